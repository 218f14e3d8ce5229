// What came to a shop, hour by hour. Part of a reading transaction.
// Threads: as the session. Errors: SOCI throws; Connection::Run turns that into a status.
#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/ids.h"

namespace kefu::records::storage {

// Of the sessions opened in the hour, but for `held_sessions`.
struct HourlyFigures {
  TimePoint begin;
  uint32_t sessions = 0;
  uint32_t assigned_sessions = 0;
  // Closed before an agent had them.
  uint32_t lost_sessions = 0;
  int64_t wait_sum_ms = 0;
  int64_t longest_wait_ms = 0;
  uint32_t answered_sessions = 0;
  int64_t first_response_sum_ms = 0;
  // With an agent when the hour ends: of those opened in these hours or in the 24 h before.
  uint32_t held_sessions = 0;
};

// Every hour from `begin` that begins before `end`.
std::vector<HourlyFigures> GetHourlyFigures(soci::session& sql, const ShopId& shop, TimePoint begin,
                                            TimePoint end);

}  // namespace kefu::records::storage
