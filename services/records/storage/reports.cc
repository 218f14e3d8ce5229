#include "services/records/storage/reports.h"

#include <limits>
#include <map>
#include <utility>

namespace kefu::records::storage {
namespace {

using soci::into;
using soci::use;

long long BeginOf(const TimeSpan& span) {
  return span.from ? span.from->ms : std::numeric_limits<long long>::min();
}
long long EndOf(const TimeSpan& span) {
  return span.to ? span.to->ms : std::numeric_limits<long long>::max();
}

// Figures of one day by agent.
using ByAgent = std::map<std::string, Figures>;

void AddSessions(soci::session& sql, const ShopId& shop, const domain::Day& day, ByAgent* figures) {
  std::string agent;
  long long sessions = 0, answered = 0, sum = 0;
  soci::statement rows =
      (sql.prepare << "SELECT agent, COUNT(*), SUM(answered), SUM(first_response_ms) FROM sessions "
                      "WHERE shop = :shop AND open_ms >= :begin AND open_ms < :end GROUP BY agent",
       use(shop.str(), "shop"), use(static_cast<long long>(day.begin.ms), "begin"),
       use(static_cast<long long>(day.end.ms), "end"), into(agent), into(sessions), into(answered),
       into(sum));
  rows.execute();
  while (rows.fetch()) {
    Figures& of_agent = (*figures)[agent];
    of_agent.sessions = static_cast<uint32_t>(sessions);
    of_agent.answered_sessions = static_cast<uint32_t>(answered);
    of_agent.first_response_sum_ms = sum;
  }
}

void AddRounds(soci::session& sql, const ShopId& shop, const domain::Day& day, ByAgent* figures) {
  std::string agent;
  long long rounds = 0, sum = 0;
  soci::statement rows =
      (sql.prepare << "SELECT agent, COUNT(*), SUM(answered_ms - asked_ms) FROM rounds "
                      "WHERE shop = :shop AND asked_ms >= :begin AND asked_ms < :end AND "
                      "answered_seq > 0 GROUP BY agent",
       use(shop.str(), "shop"), use(static_cast<long long>(day.begin.ms), "begin"),
       use(static_cast<long long>(day.end.ms), "end"), into(agent), into(rounds), into(sum));
  rows.execute();
  while (rows.fetch()) {
    Figures& of_agent = (*figures)[agent];
    of_agent.rounds = static_cast<uint32_t>(rounds);
    of_agent.response_sum_ms = sum;
  }
}

Figures Total(const ByAgent& figures) {
  Figures total;
  for (const auto& [agent, of_agent] : figures) {
    total.sessions += of_agent.sessions;
    total.answered_sessions += of_agent.answered_sessions;
    total.first_response_sum_ms += of_agent.first_response_sum_ms;
    total.rounds += of_agent.rounds;
    total.response_sum_ms += of_agent.response_sum_ms;
  }
  return total;
}

}  // namespace

std::vector<SessionRow> ListSessions(soci::session& sql, const ShopId& shop,
                                     const SessionQuery& query) {
  SessionRow row;
  long long open = 0, close = 0, answered = 0, first_response = 0, buyer = 0, agent = 0;
  const long long begin = BeginOf(query.opened), end = EndOf(query.opened);
  const long long limit = query.limit;
  const long long after_ms =
      query.after ? query.after->open.ms : std::numeric_limits<long long>::max();
  const std::string after_session = query.after ? query.after->session : "";
  std::string statement =
      "SELECT session, conversation, buyer, agent, category, open_ms, close_ms, close_reason, "
      "buyer_messages, agent_messages, answered, first_response_ms FROM sessions "
      "WHERE shop = :shop AND open_ms >= :begin AND open_ms < :end AND "
      "(open_ms, session) < (:after_ms, :after_session) ";
  // A condition that is always true would keep the index by buyer or agent from being used.
  if (!query.buyer.empty()) statement += "AND buyer = :buyer ";
  if (!query.agent.empty()) statement += "AND agent = :agent ";
  statement += "ORDER BY open_ms DESC, session DESC LIMIT :limit";
  soci::statement rows(sql);
  rows.exchange(use(shop.str(), "shop"));
  rows.exchange(use(begin, "begin"));
  rows.exchange(use(end, "end"));
  rows.exchange(use(after_ms, "after_ms"));
  rows.exchange(use(after_session, "after_session"));
  if (!query.buyer.empty()) rows.exchange(use(query.buyer, "buyer"));
  if (!query.agent.empty()) rows.exchange(use(query.agent, "agent"));
  rows.exchange(use(limit, "limit"));
  rows.exchange(into(row.session));
  rows.exchange(into(row.conversation));
  rows.exchange(into(row.buyer));
  rows.exchange(into(row.agent));
  rows.exchange(into(row.category));
  rows.exchange(into(open));
  rows.exchange(into(close));
  rows.exchange(into(row.close_reason));
  rows.exchange(into(buyer));
  rows.exchange(into(agent));
  rows.exchange(into(answered));
  rows.exchange(into(first_response));
  rows.alloc();
  rows.prepare(statement);
  rows.define_and_bind();
  rows.execute();
  std::vector<SessionRow> found;
  while (rows.fetch()) {
    row.open = {open};
    row.close = {close};
    row.buyer_messages = static_cast<uint32_t>(buyer);
    row.agent_messages = static_cast<uint32_t>(agent);
    row.first_response_ms = answered != 0 ? std::optional<int64_t>(first_response) : std::nullopt;
    found.push_back(row);
  }
  return found;
}

std::vector<RoundRow> ListRounds(soci::session& sql, const ShopId& shop, const RoundQuery& query) {
  RoundRow row;
  long long asked_seq = 0, asked = 0, answered_seq = 0, answered = 0;
  const long long begin = BeginOf(query.asked), end = EndOf(query.asked), limit = query.limit;
  const long long after_ms =
      query.after ? query.after->asked.ms : std::numeric_limits<long long>::max();
  const std::string after_session = query.after ? query.after->session : "";
  const long long after_seq = query.after ? static_cast<long long>(query.after->asked_seq) : 0;
  std::string statement =
      "SELECT session, asked_seq, asked_ms, answered_seq, answered_ms, agent FROM rounds "
      "WHERE shop = :shop AND asked_ms >= :begin AND asked_ms < :end AND "
      "(asked_ms, session, asked_seq) < (:after_ms, :after_session, :after_seq) ";
  if (!query.agent.empty()) statement += "AND agent = :agent ";
  if (!query.session.empty()) statement += "AND session = :session ";
  statement += "ORDER BY asked_ms DESC, session DESC, asked_seq DESC LIMIT :limit";
  soci::statement rows(sql);
  rows.exchange(use(shop.str(), "shop"));
  rows.exchange(use(begin, "begin"));
  rows.exchange(use(end, "end"));
  rows.exchange(use(after_ms, "after_ms"));
  rows.exchange(use(after_session, "after_session"));
  rows.exchange(use(after_seq, "after_seq"));
  if (!query.agent.empty()) rows.exchange(use(query.agent, "agent"));
  if (!query.session.empty()) rows.exchange(use(query.session, "session"));
  rows.exchange(use(limit, "limit"));
  rows.exchange(into(row.session));
  rows.exchange(into(asked_seq));
  rows.exchange(into(asked));
  rows.exchange(into(answered_seq));
  rows.exchange(into(answered));
  rows.exchange(into(row.round.agent));
  rows.alloc();
  rows.prepare(statement);
  rows.define_and_bind();
  rows.execute();
  std::vector<RoundRow> found;
  while (rows.fetch()) {
    row.round.asked_seq = static_cast<uint64_t>(asked_seq);
    row.round.asked = {asked};
    row.round.answered_seq = static_cast<uint64_t>(answered_seq);
    row.round.answered = {answered};
    found.push_back(row);
  }
  return found;
}

int64_t Figures::Mean(int64_t sum, uint32_t count) {
  return count == 0 ? 0 : (sum + count / 2) / count;
}

std::vector<Figures> GetFigures(soci::session& sql, const ShopId& shop,
                                const std::vector<domain::Day>& days, const std::string& agent) {
  std::vector<Figures> all;
  for (const domain::Day& day : days) {
    ByAgent of_day;
    AddSessions(sql, shop, day, &of_day);
    AddRounds(sql, shop, day, &of_day);
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
  long long event_ms = 0;
  sql << "SELECT COALESCE(MAX(event_ms), 0) FROM cursors WHERE shop = :shop AND source = "
         "'inquiries'",
      use(shop.str(), "shop"), into(event_ms);
  if (event_ms == 0) return std::nullopt;
  return TimePoint{event_ms};
}

}  // namespace kefu::records::storage
