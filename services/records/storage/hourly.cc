#include "services/records/storage/hourly.h"

#include <string>

#include "services/records/storage/statement.h"

namespace kefu::records::storage {
namespace {

constexpr int64_t kHourMs = 3'600'000;
// Sessions that were opened so long before may still be going on.
constexpr int64_t kBeforeMs = 24 * kHourMs;

void AddOpened(soci::session& sql, const ShopId& shop, TimePoint begin, TimePoint end,
               std::vector<HourlyFigures>* hours) {
  size_t hour = 0;
  HourlyFigures found;
  Statement rows(sql,
                 "SELECT (open_ms - :origin) / :hour, COUNT(*), "
                 "SUM(CASE WHEN assign_ms > 0 THEN 1 ELSE 0 END), "
                 "SUM(CASE WHEN assign_ms = 0 AND close_ms > 0 THEN 1 ELSE 0 END), "
                 "SUM(CASE WHEN assign_ms > 0 THEN assign_ms - open_ms ELSE 0 END), "
                 "MAX(CASE WHEN assign_ms > 0 THEN assign_ms - open_ms ELSE 0 END), "
                 "SUM(answered), SUM(first_response_ms) FROM sessions "
                 "WHERE shop = :shop AND open_ms >= :begin AND open_ms < :end GROUP BY 1");
  rows.Set("origin", begin.ms).Set("hour", kHourMs);
  rows.Set("shop", shop.str()).Set("begin", begin.ms).Set("end", end.ms);
  rows.Get(&hour).Get(&found.sessions).Get(&found.assigned_sessions).Get(&found.lost_sessions);
  rows.Get(&found.wait_sum_ms).Get(&found.longest_wait_ms);
  rows.Get(&found.answered_sessions).Get(&found.first_response_sum_ms);
  while (rows.Next()) {
    found.begin = hours->at(hour).begin;
    hours->at(hour) = found;
  }
}

// How many sessions got their first agent, or lost their last one by closing, by hour; the first
// counts everything before, too.
std::vector<int64_t> CountMoves(soci::session& sql, const ShopId& shop, const std::string& moment,
                                TimePoint begin, TimePoint end, size_t hours) {
  std::vector<int64_t> counts(hours);
  size_t hour = 0;
  int64_t count = 0;
  Statement rows(sql, "SELECT CASE WHEN " + moment + " < :origin THEN 0 ELSE (" + moment +
                          " - :origin) / :hour END, COUNT(*) FROM sessions "
                          "WHERE shop = :shop AND open_ms >= :begin AND open_ms < :end AND "
                          "assign_ms > 0 AND " +
                          moment + " > 0 GROUP BY 1");
  rows.Set("origin", begin.ms).Set("hour", kHourMs);
  rows.Set("shop", shop.str()).Set("begin", begin.ms - kBeforeMs).Set("end", end.ms);
  rows.Get(&hour).Get(&count);
  while (rows.Next()) {
    if (hour < hours) counts[hour] = count;
  }
  return counts;
}

}  // namespace

std::vector<HourlyFigures> GetHourlyFigures(soci::session& sql, const ShopId& shop, TimePoint begin,
                                            TimePoint end) {
  std::vector<HourlyFigures> hours;
  for (int64_t ms = begin.ms; ms < end.ms; ms += kHourMs) {
    hours.emplace_back();
    hours.back().begin = {ms};
  }
  AddOpened(sql, shop, begin, end, &hours);
  const std::vector<int64_t> came = CountMoves(sql, shop, "assign_ms", begin, end, hours.size());
  const std::vector<int64_t> went = CountMoves(sql, shop, "close_ms", begin, end, hours.size());
  int64_t held = 0;
  for (size_t hour = 0; hour < hours.size(); ++hour) {
    held += came[hour] - went[hour];
    hours[hour].held_sessions = static_cast<uint32_t>(held);
  }
  return hours;
}

}  // namespace kefu::records::storage
