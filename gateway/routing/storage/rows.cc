#include "gateway/routing/storage/rows.h"

#include <absl/strings/match.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::routing {
namespace {

// One session, wherever it was read from.
struct SessionFields {
  const std::string& id;
  int64_t state;
  const std::string& agent;
  const std::string& previous;
  int64_t fence;
  int64_t version;
  int64_t enqueue_ms;
  int64_t assign_ms;
  int64_t category;
  const std::string& language;
  const std::string& cause;
  const std::string& class_name;
  int64_t offer;
  int64_t until_ms;
  int64_t held;
  const std::string& why;
  const std::string& group;
};

absl::Status Corrupt(const std::string& what) {
  return Error(absl::StatusCode::kInternal, "STORE_CORRUPT",
               "The routing store holds " + what + "; run reconcile.");
}

int64_t ToNumber(const std::string& word) { return redis::Value(word).Int(); }

// As 35_matching.lua puts it together.
Assignment ToAssignment(const std::string& why) {
  const std::vector<std::string> words = absl::StrSplit(why, ' ', absl::SkipEmpty());
  Assignment assignment;
  if (words.size() != 8) return assignment;
  assignment.how = words[0];
  assignment.class_name = words[1];
  assignment.strategy = static_cast<int>(ToNumber(words[2]));
  assignment.waited_ms = ToNumber(words[3]);
  assignment.eligible = ToNumber(words[4]);
  assignment.score = ToNumber(words[5]);
  if (words[6] != "-") assignment.runner_up = words[6];
  assignment.runner_up_score = ToNumber(words[7]);
  return assignment;
}

v1::Assignment::How ToHow(const std::string& how) {
  if (how == "session") return v1::Assignment::HOW_SESSION_CHOSE;
  if (how == "agent") return v1::Assignment::HOW_AGENT_CHOSE;
  if (how == "last") return v1::Assignment::HOW_LAST_AGENT;
  if (how == "hand") return v1::Assignment::HOW_BY_HAND;
  return v1::Assignment::HOW_UNSPECIFIED;
}

// As SkillGroup.Strategy names them.
const char* ToName(Strategy strategy) {
  switch (strategy) {
    case Strategy::kLeastLoaded:
      return "LEAST_LOADED";
    case Strategy::kLongestIdle:
      return "LONGEST_IDLE";
    case Strategy::kRoundRobin:
      return "ROUND_ROBIN";
    case Strategy::kHighestLevel:
      return "HIGHEST_LEVEL";
    case Strategy::kFewestToday:
      return "FEWEST_TODAY";
    case Strategy::kManualClaim:
      return "MANUAL_CLAIM";
  }
  return "";
}

// As callers are told; `group` is the session's.
v1::Assignment ToMessage(const Assignment& assignment, const std::string& group) {
  v1::Assignment message;
  message.set_how(ToHow(assignment.how));
  const bool personal = absl::StartsWith(assignment.class_name, "@");
  message.set_group(personal ? group : std::string(GroupOf(assignment.class_name)));
  message.set_step(personal ? 0 : StepOf(assignment.class_name));
  const bool chosen = assignment.how == "session" || assignment.how == "agent";
  if (chosen) message.set_strategy(ToName(static_cast<Strategy>(assignment.strategy)));
  message.mutable_waited()->set_seconds(assignment.waited_ms / 1000);
  message.mutable_waited()->set_nanos(static_cast<int32_t>(assignment.waited_ms % 1000) *
                                      1'000'000);
  message.set_eligible(static_cast<uint32_t>(assignment.eligible));
  message.set_score(assignment.score);
  message.set_runner_up(assignment.runner_up);
  message.set_runner_up_score(assignment.runner_up_score);
  return message;
}

void SetTime(int64_t ms, google::protobuf::Timestamp& time) {
  time.set_seconds(ms / 1000);
  time.set_nanos(static_cast<int32_t>(ms % 1000) * 1'000'000);
}

absl::StatusOr<SessionChange> ToChange(const SessionFields& fields) {
  auto id = SessionId::Parse(fields.id);
  if (!id.ok()) return Corrupt("a session whose id is none");
  SessionChange change;
  v1::Session& session = change.session;
  session.set_session(fields.id);
  session.set_conversation(id->conversation().str());
  session.set_buyer(BuyerOf(id->conversation()).str());
  session.set_state(static_cast<v1::Session::State>(fields.state));
  session.set_agent(fields.agent);
  session.set_fence(fields.fence);
  session.set_version(fields.version);
  SetTime(fields.enqueue_ms, *session.mutable_enqueue_time());
  if (fields.assign_ms > 0) SetTime(fields.assign_ms, *session.mutable_assign_time());
  session.mutable_opening()->set_category(static_cast<common::v1::Category>(fields.category));
  session.mutable_opening()->set_language(fields.language);
  change.previous_agent = fields.previous;
  change.cause = fields.cause;
  change.class_name = fields.class_name;
  change.group = fields.group.empty() ? std::string(GroupOf(fields.class_name)) : fields.group;
  change.offer = fields.offer;
  if (fields.until_ms > 0) change.until = TimePoint{fields.until_ms};
  change.held = fields.held == 1;
  change.assignment = ToAssignment(fields.why);
  session.set_group(change.group);
  if (session.state() == v1::Session::STATE_OFFERED) session.set_offer(change.offer);
  if (change.until) SetTime(change.until->ms, *session.mutable_until());
  session.set_held(change.held);
  if (!change.assignment.how.empty())
    *session.mutable_assignment() = ToMessage(change.assignment, change.group);
  return change;
}

// A MessagePack array of numbers and strings; empty if it is none.
redis::Value::Array Unpack(const std::string& packed) {
  using nlohmann::json;
  const json array = json::from_msgpack(packed, /*strict=*/true, /*allow_exceptions=*/false);
  redis::Value::Array values;
  if (!array.is_array()) return values;
  values.reserve(array.size());
  for (const json& element : array) {
    if (element.is_string()) {
      values.emplace_back(element.get<std::string>());
    } else if (element.is_number()) {
      values.emplace_back(element.get<int64_t>());
    } else {
      values.emplace_back();
    }
  }
  return values;
}

constexpr size_t kPackedFields = 17;

// As 25_commit.lua packs it. What a later format adds stands behind.
absl::StatusOr<LogFields> ReadPacked(const redis::Value& fields, TimePoint time) {
  const redis::Value values(Unpack(fields.Field("m").str()));
  if (values.size() < kPackedFields) return Corrupt("an entry of its log that is none");
  KEFU_ASSIGN_OR_RETURN(SessionChange change, ToChange({.id = fields.Field("s").str(),
                                                        .state = values[2].Int(),
                                                        .agent = values[3].str(),
                                                        .previous = values[4].str(),
                                                        .fence = values[5].Int(),
                                                        .version = values[6].Int(),
                                                        .enqueue_ms = values[7].Int(),
                                                        .assign_ms = values[8].Int(),
                                                        .category = values[9].Int(),
                                                        .language = values[10].str(),
                                                        .cause = fields.Field("w").str(),
                                                        .class_name = values[11].str(),
                                                        .offer = values[12].Int(),
                                                        .until_ms = values[13].Int(),
                                                        .held = values[14].Int(),
                                                        .why = values[15].str(),
                                                        .group = values[16].str()}));
  return LogFields{
      .change = std::move(change), .time = time, .epoch = static_cast<uint64_t>(values[1].Int())};
}

}  // namespace

absl::StatusOr<SessionChange> ReadSessionRow(const redis::Value& row) {
  return ToChange({.id = row[0].str(),
                   .state = row[1].Int(),
                   .agent = row[2].str(),
                   .previous = row[3].str(),
                   .fence = row[4].Int(),
                   .version = row[5].Int(),
                   .enqueue_ms = row[6].Int(),
                   .assign_ms = row[7].Int(),
                   .category = row[8].Int(),
                   .language = row[9].str(),
                   .cause = row[10].str(),
                   .class_name = row[11].str(),
                   .offer = row[12].Int(),
                   .until_ms = row[13].Int(),
                   .held = row[14].Int(),
                   .why = row[15].str(),
                   .group = row[16].str()});
}

absl::StatusOr<std::vector<v1::Session>> ReadSessionRows(const redis::Value& rows) {
  std::vector<v1::Session> sessions;
  sessions.reserve(rows.size());
  for (const redis::Value& row : rows.array()) {
    KEFU_ASSIGN_OR_RETURN(SessionChange change, ReadSessionRow(row));
    sessions.push_back(std::move(change.session));
  }
  return sessions;
}

v1::AgentState ReadAgentRow(const redis::Value& row) {
  v1::AgentState agent;
  agent.set_agent(row[0].str());
  agent.set_presence(static_cast<v1::Presence>(row[1].Int()));
  agent.set_readiness(static_cast<v1::Readiness>(row[2].Int()));
  agent.set_capacity(static_cast<uint32_t>(row[3].Int()));
  agent.set_used(static_cast<uint32_t>(row[4].Int()));
  agent.set_incarnation(row[5].Int());
  agent.set_version(row[6].Int());
  return agent;
}

std::vector<v1::AgentState> ReadAgentRows(const redis::Value& rows) {
  std::vector<v1::AgentState> agents;
  agents.reserve(rows.size());
  for (const redis::Value& row : rows.array()) agents.push_back(ReadAgentRow(row));
  return agents;
}

absl::StatusOr<LogFields> ReadLogFields(const redis::Value& fields) {
  const TimePoint time{fields.Field("at").Int()};
  if (!fields.Field("m").is_nil()) return ReadPacked(fields, time);
  // As releases before wrote it, each by itself; the first of them did not say the epoch.
  KEFU_ASSIGN_OR_RETURN(SessionChange change, ToChange({.id = fields.Field("s").str(),
                                                        .state = fields.Field("st").Int(),
                                                        .agent = fields.Field("a").str(),
                                                        .previous = fields.Field("p").str(),
                                                        .fence = fields.Field("f").Int(),
                                                        .version = fields.Field("v").Int(),
                                                        .enqueue_ms = fields.Field("e").Int(),
                                                        .assign_ms = fields.Field("t").Int(),
                                                        .category = fields.Field("c").Int(),
                                                        .language = fields.Field("l").str(),
                                                        .cause = fields.Field("w").str(),
                                                        .class_name = fields.Field("cl").str(),
                                                        .offer = fields.Field("o").Int(),
                                                        .until_ms = fields.Field("u").Int(),
                                                        .held = fields.Field("h").Int(),
                                                        .why = fields.Field("x").str(),
                                                        .group = fields.Field("g").str()}));
  return LogFields{.change = std::move(change),
                   .time = time,
                   .epoch = static_cast<uint64_t>(fields.Field("ep").Int())};
}

absl::StatusOr<Event> ReadLogEntry(const redis::Value& entry) {
  Event event;
  // "<seq>-0"
  event.seq = redis::Value(entry[0].str().substr(0, entry[0].str().find('-'))).Int();
  KEFU_ASSIGN_OR_RETURN(LogFields fields, ReadLogFields(entry[1]));
  event.change = std::move(fields.change);
  event.time = fields.time;
  return event;
}

absl::StatusOr<Explanation> ReadExplanation(const redis::Value& reply) {
  Explanation explanation;
  KEFU_ASSIGN_OR_RETURN(explanation.session, ReadSessionRow(reply[0]));
  explanation.ahead = static_cast<uint32_t>(reply[1].Int());
  explanation.eligible = static_cast<uint32_t>(reply[2].Int());
  explanation.with_room = static_cast<uint32_t>(reply[3].Int());
  const redis::Value& excluded = reply[4];
  for (size_t i = 0; i + 1 < excluded.size(); i += 2) {
    explanation.excluded.emplace_back(excluded[i].str(), TimePoint{excluded[i + 1].Int()});
  }
  auto time = [&reply](size_t at) {
    return reply[at].Int() > 0 ? std::optional(TimePoint{reply[at].Int()}) : std::nullopt;
  };
  explanation.next_class = reply[5].str();
  explanation.next_at = time(6);
  explanation.sticky_until = time(7);
  explanation.buyer_away_until = time(8);
  explanation.waits_until = time(9);
  explanation.next_session = reply[10].str();
  explanation.next_agent = reply[11].str();
  return explanation;
}

std::map<std::string, GroupFigures> ReadBoard(const redis::Value& counts,
                                              const redis::Value& oldest) {
  static const std::map<std::string, uint32_t GroupFigures::*> kFields = {
      {"waiting:", &GroupFigures::waiting},        {"offered:", &GroupFigures::offered},
      {"active:", &GroupFigures::active},          {"wrap:", &GroupFigures::wrap},
      {"d:served:", &GroupFigures::served_today},  {"d:in_time:", &GroupFigures::in_time_today},
      {"d:missed:", &GroupFigures::missed_today},  {"d:abandoned:", &GroupFigures::abandoned_today},
      {"d:gave_up:", &GroupFigures::gave_up_today}};
  std::map<std::string, GroupFigures> board;
  for (size_t i = 0; i + 1 < counts.size(); i += 2) {
    const std::string& field = counts[i].str();
    const size_t colon = field.rfind(':');
    const auto known =
        colon == std::string::npos ? kFields.end() : kFields.find(field.substr(0, colon + 1));
    if (known == kFields.end()) continue;
    const int64_t count = std::max<int64_t>(0, counts[i + 1].Int());
    board[field.substr(colon + 1)].*(known->second) = static_cast<uint32_t>(count);
  }
  // Class, its agents online, when the oldest came (0: nobody waits).
  for (size_t i = 0; i + 2 < oldest.size(); i += 3) {
    GroupFigures& figures = board[std::string(GroupOf(oldest[i].str()))];
    figures.online = std::max(figures.online, static_cast<uint32_t>(oldest[i + 1].Int()));
    const TimePoint since{oldest[i + 2].Int()};
    if (since.ms > 0 && (!figures.oldest.has_value() || since.ms < figures.oldest->ms)) {
      figures.oldest = since;
    }
  }
  return board;
}

absl::StatusOr<OperationReply> ReadReply(const redis::Value::Array& values) {
  if (values.size() < 5) {
    return Error(
        absl::StatusCode::kInternal, "STORE_ERROR",
        "A routing function answered less than it must; load the library of this release.");
  }
  OperationReply reply;
  reply.outcome.waiting = static_cast<uint32_t>(values[0].Int());
  reply.outcome.event_seq = values[1].Int();
  for (const redis::Value& target : values[2].array()) reply.again.push_back(target.str());
  for (const redis::Value& row : values[3].array()) {
    KEFU_ASSIGN_OR_RETURN(SessionChange change, ReadSessionRow(row));
    reply.outcome.sessions.push_back(std::move(change));
  }
  reply.outcome.agents = ReadAgentRows(values[4]);
  return reply;
}

void Merge(Outcome later, Outcome& outcome) {
  outcome.sessions.insert(outcome.sessions.end(), std::make_move_iterator(later.sessions.begin()),
                          std::make_move_iterator(later.sessions.end()));
  for (v1::AgentState& agent : later.agents) {
    auto known = std::find_if(
        outcome.agents.begin(), outcome.agents.end(),
        [&agent](const v1::AgentState& other) { return other.agent() == agent.agent(); });
    if (known == outcome.agents.end()) {
      outcome.agents.push_back(std::move(agent));
    } else {
      *known = std::move(agent);
    }
  }
  outcome.waiting = later.waiting;
  outcome.event_seq = std::max(outcome.event_seq, later.event_seq);
}

}  // namespace kefu::gateway::routing
