// Finds entries by their words. Part of a reading transaction.
// Threads: as the session. Errors: SOCI throws; Connection::Run turns that into a status.
#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/records/domain/query.h"

namespace kefu::records::storage {

struct SearchQuery {
  domain::Query query;
  // Empty: any.
  std::string conversation;
  // Only what this agent wrote; empty: anybody.
  std::string agent;
  // Only in sessions whose last owner this agent is; empty: in all.
  std::string owner;
  std::optional<TimePoint> from;
  // Before it.
  std::optional<TimePoint> to;
  // Only entries with a lower id; none: from the newest.
  std::optional<int64_t> before_id;
  uint32_t limit = 20;
};

struct Hit {
  // Newer entries have higher ones (storage/schema.h).
  int64_t id = 0;
  std::string conversation;
  std::string session;
  uint64_t seq = 0;
  TimePoint time;
  int sender_kind = 0;
  // Agent or buyer; empty for the system.
  std::string sender;
  std::string text;
};

// Newest first.
std::vector<Hit> Search(soci::session& sql, const ShopId& shop, const SearchQuery& query);

}  // namespace kefu::records::storage
