// Sessions, rounds and figures as they are asked for. Parts of a reading transaction.
// Threads: as the session. Errors: SOCI throws; Connection::Run turns that into a status.
#pragma once

#include <soci/soci.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/records/domain/days.h"
#include "services/records/domain/rounds.h"

namespace kefu::records::storage {

// `from` included, `to` not.
struct TimeSpan {
  std::optional<TimePoint> from;
  std::optional<TimePoint> to;
};

struct SessionRow {
  std::string session;
  std::string conversation;
  std::string buyer;
  std::string agent;
  int category = 0;
  TimePoint open;
  TimePoint close;
  std::string close_reason;
  uint32_t buyer_messages = 0;
  uint32_t agent_messages = 0;
  std::optional<int64_t> first_response_ms;
  uint32_t stars = 0;
  // {0}: no agent ever had it.
  TimePoint assign;
};

// Where a page ends.
struct SessionPosition {
  TimePoint open;
  std::string session;
};

struct SessionQuery {
  // Empty: any.
  std::string buyer;
  std::string agent;
  // Of the opening.
  TimeSpan opened;
  std::optional<SessionPosition> after;
  uint32_t limit = 20;
};

// Newest first.
std::vector<SessionRow> ListSessions(soci::session& sql, const ShopId& shop,
                                     const SessionQuery& query);

struct RoundRow {
  std::string session;
  domain::Round round;
};

struct RoundPosition {
  TimePoint asked;
  std::string session;
  uint64_t asked_seq = 0;
};

struct RoundQuery {
  // Who answered; empty: anybody, and those that wait.
  std::string agent;
  std::string session;
  TimeSpan asked;
  std::optional<RoundPosition> after;
  uint32_t limit = 100;
};

// Newest first.
std::vector<RoundRow> ListRounds(soci::session& sql, const ShopId& shop, const RoundQuery& query);

// Within which a buyer should be answered: the marketplaces' three minutes.
inline constexpr int64_t kPromptMs = 180'000;

// A mean is the nearest whole number to sum / count.
struct Figures {
  std::string day;
  // Empty: the whole shop.
  std::string agent;
  uint32_t sessions = 0;
  uint32_t answered_sessions = 0;
  int64_t first_response_sum_ms = 0;
  uint32_t rounds = 0;
  int64_t response_sum_ms = 0;
  uint32_t rated_sessions = 0;
  uint64_t stars = 0;
  // Of `rounds`.
  uint32_t prompt_rounds = 0;
  // Unanswered for longer than kPromptMs.
  uint32_t overdue_rounds = 0;

  static int64_t Mean(int64_t sum, uint32_t count);
};

// By day, the shop before its agents; days and agents without anything are left out, the shop's row
// is there for every day. With `agent`: only theirs.
std::vector<Figures> GetFigures(soci::session& sql, const ShopId& shop,
                                const std::vector<domain::Day>& days, const std::string& agent,
                                TimePoint now);

// Everything that happened in conversations before is in the rows; none: nothing is.
std::optional<TimePoint> ReadUpTo(soci::session& sql, const ShopId& shop);

}  // namespace kefu::records::storage
