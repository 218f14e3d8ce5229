#include "services/records/storage/reports.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "services/records/storage/statement.h"

namespace kefu::records::storage {
namespace {

int64_t BeginOf(const TimeSpan& span) {
  return span.from ? span.from->ms : std::numeric_limits<int64_t>::min();
}
int64_t EndOf(const TimeSpan& span) {
  return span.to ? span.to->ms : std::numeric_limits<int64_t>::max();
}

// Figures of one day by agent.
using ByAgent = std::map<std::string, Figures>;

void AddSessions(soci::session& sql, const ShopId& shop, const domain::Day& day, ByAgent* figures) {
  std::string agent;
  Figures found;
  Statement rows(sql,
                 "SELECT agent, COUNT(*), SUM(answered), SUM(first_response_ms), "
                 "SUM(CASE WHEN stars > 0 THEN 1 ELSE 0 END), SUM(stars) FROM sessions "
                 "WHERE shop = :shop AND open_ms >= :begin AND open_ms < :end GROUP BY agent");
  rows.Set("shop", shop.str()).Set("begin", day.begin.ms).Set("end", day.end.ms);
  rows.Get(&agent).Get(&found.sessions).Get(&found.answered_sessions);
  rows.Get(&found.first_response_sum_ms).Get(&found.rated_sessions).Get(&found.stars);
  while (rows.Next()) (*figures)[agent] = found;
}

void AddRounds(soci::session& sql, const ShopId& shop, const domain::Day& day, ByAgent* figures) {
  std::string agent;
  uint32_t rounds = 0, prompt = 0;
  int64_t sum = 0;
  Statement rows(sql,
                 "SELECT agent, COUNT(*), SUM(answered_ms - asked_ms), "
                 "SUM(CASE WHEN answered_ms - asked_ms <= :prompt THEN 1 ELSE 0 END) FROM rounds "
                 "WHERE shop = :shop AND asked_ms >= :begin AND asked_ms < :end AND "
                 "answered_seq > 0 GROUP BY agent");
  rows.Set("shop", shop.str()).Set("begin", day.begin.ms).Set("end", day.end.ms);
  rows.Set("prompt", kPromptMs);
  rows.Get(&agent).Get(&rounds).Get(&sum).Get(&prompt);
  while (rows.Next()) {
    (*figures)[agent].rounds = rounds;
    (*figures)[agent].response_sum_ms = sum;
    (*figures)[agent].prompt_rounds = prompt;
  }
}

// Rounds that wait are nobody's yet; they count against the session's last owner.
void AddOverdue(soci::session& sql, const ShopId& shop, const domain::Day& day, TimePoint now,
                ByAgent* figures) {
  std::string agent;
  uint32_t overdue = 0;
  Statement rows(sql,
                 "SELECT s.agent, COUNT(*) FROM rounds r "
                 "JOIN sessions s ON s.shop = r.shop AND s.session = r.session "
                 "WHERE r.shop = :shop AND r.asked_ms >= :begin AND r.asked_ms < :end AND "
                 "r.answered_seq = 0 GROUP BY s.agent");
  rows.Set("shop", shop.str()).Set("begin", day.begin.ms);
  rows.Set("end", std::min(day.end.ms, now.ms - kPromptMs));
  rows.Get(&agent).Get(&overdue);
  while (rows.Next()) (*figures)[agent].overdue_rounds = overdue;
}

Figures Total(const ByAgent& figures) {
  Figures total;
  for (const auto& [agent, of_agent] : figures) {
    total.sessions += of_agent.sessions;
    total.answered_sessions += of_agent.answered_sessions;
    total.first_response_sum_ms += of_agent.first_response_sum_ms;
    total.rounds += of_agent.rounds;
    total.response_sum_ms += of_agent.response_sum_ms;
    total.rated_sessions += of_agent.rated_sessions;
    total.stars += of_agent.stars;
    total.prompt_rounds += of_agent.prompt_rounds;
    total.overdue_rounds += of_agent.overdue_rounds;
  }
  return total;
}

}  // namespace

std::vector<SessionRow> ListSessions(soci::session& sql, const ShopId& shop,
                                     const SessionQuery& query) {
  // A condition that is always true would keep the index by buyer or agent from being used.
  std::string conditions;
  if (!query.buyer.empty()) conditions += "AND buyer = :buyer ";
  if (!query.agent.empty()) conditions += "AND agent = :agent ";
  if (query.after) conditions += "AND (open_ms, session) < (:after_ms, :after_session) ";
  Statement rows(sql,
                 "SELECT session, conversation, buyer, agent, category, open_ms, close_ms, "
                 "close_reason, buyer_messages, agent_messages, answered, first_response_ms, "
                 "stars, assign_ms "
                 "FROM sessions WHERE shop = :shop AND open_ms >= :begin AND open_ms < :end " +
                     conditions + "ORDER BY open_ms DESC, session DESC LIMIT :limit");
  rows.Set("shop", shop.str()).Set("limit", query.limit);
  rows.Set("begin", BeginOf(query.opened)).Set("end", EndOf(query.opened));
  if (!query.buyer.empty()) rows.Set("buyer", query.buyer);
  if (!query.agent.empty()) rows.Set("agent", query.agent);
  if (query.after) {
    rows.Set("after_ms", query.after->open.ms).Set("after_session", query.after->session);
  }
  SessionRow row;
  bool answered = false;
  int64_t first_response_ms = 0;
  rows.Get(&row.session).Get(&row.conversation).Get(&row.buyer).Get(&row.agent);
  rows.Get(&row.category).Get(&row.open.ms).Get(&row.close.ms).Get(&row.close_reason);
  rows.Get(&row.buyer_messages).Get(&row.agent_messages).Get(&answered).Get(&first_response_ms);
  rows.Get(&row.stars).Get(&row.assign.ms);
  std::vector<SessionRow> found;
  while (rows.Next()) {
    row.first_response_ms = answered ? std::optional<int64_t>(first_response_ms) : std::nullopt;
    found.push_back(row);
  }
  return found;
}

std::vector<RoundRow> ListRounds(soci::session& sql, const ShopId& shop, const RoundQuery& query) {
  std::string conditions;
  if (!query.agent.empty()) conditions += "AND agent = :agent ";
  if (!query.session.empty()) conditions += "AND session = :session ";
  if (query.after) {
    conditions += "AND (asked_ms, session, asked_seq) < (:after_ms, :after_session, :after_seq) ";
  }
  Statement rows(sql,
                 "SELECT session, asked_seq, asked_ms, answered_seq, answered_ms, agent "
                 "FROM rounds WHERE shop = :shop AND asked_ms >= :begin AND asked_ms < :end " +
                     conditions +
                     "ORDER BY asked_ms DESC, session DESC, asked_seq DESC LIMIT :limit");
  rows.Set("shop", shop.str()).Set("limit", query.limit);
  rows.Set("begin", BeginOf(query.asked)).Set("end", EndOf(query.asked));
  if (!query.agent.empty()) rows.Set("agent", query.agent);
  if (!query.session.empty()) rows.Set("session", query.session);
  if (query.after) {
    rows.Set("after_ms", query.after->asked.ms).Set("after_session", query.after->session);
    rows.Set("after_seq", query.after->asked_seq);
  }
  RoundRow row;
  rows.Get(&row.session).Get(&row.round.asked_seq).Get(&row.round.asked.ms);
  rows.Get(&row.round.answered_seq).Get(&row.round.answered.ms).Get(&row.round.agent);
  std::vector<RoundRow> found;
  while (rows.Next()) found.push_back(row);
  return found;
}

int64_t Figures::Mean(int64_t sum, uint32_t count) {
  return count == 0 ? 0 : (sum + count / 2) / count;
}

std::vector<Figures> GetFigures(soci::session& sql, const ShopId& shop,
                                const std::vector<domain::Day>& days, const std::string& agent,
                                TimePoint now) {
  std::vector<Figures> all;
  for (const domain::Day& day : days) {
    ByAgent of_day;
    AddSessions(sql, shop, day, &of_day);
    AddRounds(sql, shop, day, &of_day);
    AddOverdue(sql, shop, day, now, &of_day);
    const Figures total = Total(of_day);
    of_day.erase("");  // sessions that nobody took are the shop's only
    if (agent.empty()) {
      all.push_back(total);
      all.back().day = day.name;
    }
    for (auto& [name, figures] : of_day) {
      if (!agent.empty() && name != agent) continue;
      figures.day = day.name;
      figures.agent = name;
      all.push_back(std::move(figures));
    }
  }
  return all;
}

std::optional<TimePoint> ReadUpTo(soci::session& sql, const ShopId& shop) {
  TimePoint last;
  Statement row(sql,
                "SELECT event_ms FROM cursors WHERE shop = :shop AND source = 'inquiries' AND "
                "event_ms > 0");
  if (!row.Set("shop", shop.str()).Get(&last.ms).Next()) return std::nullopt;
  return last;
}

}  // namespace kefu::records::storage
