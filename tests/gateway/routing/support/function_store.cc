#include "tests/gateway/routing/support/function_store.h"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/redis/function.h"

namespace kefu::gateway::routing::test {
namespace {

using Words = std::vector<std::string>;

std::string Text(int64_t number) { return std::to_string(number); }

void Append(Words& words, const Words& more) {
  words.push_back(Text(static_cast<int64_t>(more.size())));
  words.insert(words.end(), more.begin(), more.end());
}

Words PlanArguments(const ClassTable& plan) {
  Words words = {Text(static_cast<int64_t>(plan.version())), plan.all().front().name,
                 Text(static_cast<int64_t>(plan.all().size()))};
  for (const ClassSpec& c : plan.all()) {
    words.insert(words.end(), {c.name, Text(c.weight), Text(c.held_weight), Text(c.wrap_weight),
                               Text(static_cast<int>(c.strategy)), Text(static_cast<int>(c.push)),
                               Text(c.offer_ms), Text(c.missed_limit), c.next,
                               Text(c.next_after_ms), Text(c.waiting_limit_ms), Text(c.queue_cap),
                               Text(c.wrap_ms), Text(c.sticky_ms), Text(c.target_ms)});
  }
  return words;
}

// Classes with levels, as version 2 of connect and set_profile takes them; or without, as
// version 1.
template <class Profile>
std::string AppendClasses(const Profile& c, Words& words) {
  if (!c.plan_version.has_value()) {
    Append(words, c.classes);
    return "";
  }
  words.push_back(Text(*c.plan_version));
  words.push_back(Text(static_cast<int64_t>(c.classes.size())));
  for (size_t i = 0; i < c.classes.size(); ++i) {
    words.push_back(c.classes[i]);
    words.push_back(Text(i < c.levels.size() ? c.levels[i] : 0));
  }
  return "_v2";
}

// The verb and the arguments of a command.
struct ToCall {
  const Policy& policy;
  int64_t now_ms;

  std::pair<std::string, Words> operator()(const OpenSession& c) const {
    return {c.reopen ? "reopen" : (c.kept ? "arrive_kept" : "arrive"),
            {c.session, c.class_name, Text(c.boost_ms), Text(c.category), c.language, Text(c.life),
             Text(c.fence), c.preferred, Text(c.weight),
             c.sticky_ms.has_value() ? Text(*c.sticky_ms) : ""}};
  }
  std::pair<std::string, Words> operator()(const TransferSession& c) const {
    return {"transfer", {c.session, c.from, Text(c.fence), c.to, Text(policy.exclusion_ms)}};
  }
  std::pair<std::string, Words> operator()(const TakeOverSession& c) const {
    return {"take_over", {c.session, c.by}};
  }
  std::pair<std::string, Words> operator()(const CompleteSession& c) const {
    return {"complete", {c.session, c.life.has_value() ? Text(*c.life) : ""}};
  }
  std::pair<std::string, Words> operator()(const ConnectAgent& c) const {
    Words words = {c.agent, Text(c.config_version), Text(c.capacity), Text(policy.lease_ms)};
    std::string verb = "connect" + AppendClasses(c, words);
    return {std::move(verb), std::move(words)};
  }
  std::pair<std::string, Words> operator()(const SetProfile& c) const {
    Words words = {c.agent, Text(c.config_version), Text(c.capacity), c.disabled ? "1" : "0"};
    std::string verb = "set_profile" + AppendClasses(c, words);
    return {std::move(verb), std::move(words)};
  }
  std::pair<std::string, Words> operator()(const SetPresence& c) const {
    return {"set_presence", {c.agent, Text(static_cast<int>(c.presence))}};
  }
  std::pair<std::string, Words> operator()(const Heartbeat& c) const {
    Words words = {Text(policy.lease_ms)};
    for (const auto& [agent, incarnation] : c.connections) {
      words.push_back(agent);
      words.push_back(Text(incarnation));
    }
    return {"heartbeat", std::move(words)};
  }
  std::pair<std::string, Words> operator()(const Match& c) const { return {"match", {c.target}}; }
  std::pair<std::string, Words> operator()(const Sweep& c) const {
    Words words = {Text(policy.grace_ms), Text(policy.orphan_boost_ms), Text(policy.max_expiries)};
    if (!c.day_offset_ms.has_value()) return {"sweep", std::move(words)};
    words.insert(words.end(),
                 {Text(policy.exclusion_ms), Text(policy.firm_ms), Text(*c.day_offset_ms)});
    return {"sweep_v2", std::move(words)};
  }
  std::pair<std::string, Words> operator()(const Configure& c) const {
    return {"configure", PlanArguments(c.plan)};
  }
  std::pair<std::string, Words> operator()(const RequeueSession& c) const {
    return {"requeue",
            {c.session, c.from, c.fence.has_value() ? Text(*c.fence) : "", c.class_name,
             Text(policy.exclusion_ms)}};
  }
  std::pair<std::string, Words> operator()(const ClaimSession& c) const {
    return {"claim", {c.session, c.agent}};
  }
  std::pair<std::string, Words> operator()(const HoldSession& c) const {
    return {"hold", {c.session, c.agent, Text(c.fence)}};
  }
  std::pair<std::string, Words> operator()(const UnholdSession& c) const {
    return {"unhold", {c.session, c.agent}};
  }
  std::pair<std::string, Words> operator()(const FinishSession& c) const {
    return {"finish", {c.session, c.agent}};
  }
  std::pair<std::string, Words> operator()(const AcceptOffer& c) const {
    return {"accept", {c.session, c.agent, Text(c.incarnation), Text(c.offer)}};
  }
  std::pair<std::string, Words> operator()(const DeclineOffer& c) const {
    return {"decline",
            {c.session, c.agent, Text(c.offer), Text(policy.exclusion_ms), Text(policy.firm_ms)}};
  }
  std::pair<std::string, Words> operator()(const RecallOffer& c) const {
    return {"recall", {c.session, Text(policy.exclusion_ms), Text(policy.firm_ms)}};
  }
  std::pair<std::string, Words> operator()(const SetBuyerPresent& c) const {
    return {"buyer_present", {c.session, c.present ? "1" : "0", Text(policy.buyer_grace_ms)}};
  }
  std::pair<std::string, Words> operator()(const AbandonSession& c) const {
    return {c.park ? "park" : "abandon", {c.session}};
  }
  std::pair<std::string, Words> operator()(const ForgetClosed& c) const {
    return {"advance_cursor", {"inquiries", "0", "0", "0", "0", Text(c.before_ms), "0", "1000"}};
  }
};

absl::StatusCode ToCode(const std::string& name) {
  if (name == "NOT_FOUND") return absl::StatusCode::kNotFound;
  if (name == "ABORTED") return absl::StatusCode::kAborted;
  if (name == "FAILED_PRECONDITION") return absl::StatusCode::kFailedPrecondition;
  if (name == "RESOURCE_EXHAUSTED") return absl::StatusCode::kResourceExhausted;
  return absl::StatusCode::kUnknown;
}

// Without the runner-up and its score, the last two words: the model does not know stored scores.
std::string WithoutRunnerUp(std::string why) {
  for (int i = 0; i < 2; ++i) why.resize(why.find_last_of(' ') + 1 == 0 ? 0 : why.rfind(' '));
  return why;
}

LogEntry ToLogEntry(const redis::Value& entry) {
  const redis::Value& f = entry[1];
  const nlohmann::json m = nlohmann::json::from_msgpack(f.Field("m").str());
  LogEntry log;
  log.seq = std::strtoll(entry[0].str().c_str(), nullptr, 10);
  log.session = f.Field("s").str();
  log.cause = f.Field("w").str();
  log.at_ms = f.Field("at").Int();
  log.state = m[2];
  log.agent = m[3];
  log.previous = m[4];
  log.fence = m[5];
  log.version = m[6];
  log.enqueue_ms = m[7];
  log.assign_ms = m[8];
  log.category = m[9];
  log.language = m[10];
  log.class_name = m[11];
  log.offer = m[12];
  log.until_ms = m[13];
  log.held = m[14] == 1;
  log.why = WithoutRunnerUp(m[15]);
  return log;
}

std::vector<Exclusion> ToExclusions(const nlohmann::json& list) {
  std::vector<Exclusion> exclusions;
  for (size_t i = 0; i + 1 < list.size(); i += 2) {
    exclusions.push_back({.agent = list[i], .until_ms = list[i + 1]});
  }
  return exclusions;
}

SessionRecord ToSession(const std::string& packed) {
  const nlohmann::json f = nlohmann::json::from_msgpack(packed);
  SessionRecord s;
  s.state = static_cast<SessionState>(f[1].get<int64_t>());
  s.class_name = f[2];
  s.score = f[3];
  s.weight = f[4];
  s.boost_ms = f[5];
  s.agent = f[6];
  s.fence = f[7];
  s.version = f[8];
  s.life = f[9];
  s.enqueue_ms = f[10];
  s.assign_ms = f[11];
  s.last_agent = f[12];
  s.cause = f[13];
  s.category = f[14];
  s.language = f[15];
  s.excluded = ToExclusions(f[16]);
  s.home = f[17];
  s.group_ms = f[18];
  s.since_ms = f[19];
  s.offer = f[20];
  s.until_ms = f[21];
  s.due_ms = f[22];
  s.firm_ms = f[23];
  s.gone_ms = f[24];
  s.sticky_ms = f[25];
  s.held = f[26].get<int64_t>() == 1;
  s.why = WithoutRunnerUp(f[27]);
  s.full_weight = f[28];
  s.given = ToExclusions(f[29]);
  return s;
}

AgentRecord ToAgent(const std::string& packed) {
  const nlohmann::json f = nlohmann::json::from_msgpack(packed);
  AgentRecord a;
  a.incarnation = f[1];
  a.config_version = f[2];
  a.disabled = f[3].get<int64_t>() == 1;
  a.presence = static_cast<AgentPresence>(f[4].get<int64_t>());
  a.readiness = static_cast<AgentReadiness>(f[5].get<int64_t>());
  a.capacity = f[6];
  a.used = f[7];
  a.last_assigned_ms = f[8];
  a.version = f[9];
  // An empty list packs as an empty map.
  for (const auto& name : f[10]) a.classes.push_back(name);
  for (const auto& id : f[11]) a.held.push_back(id);
  a.plan_version = f[12];
  for (const auto& level : f[13]) a.levels.push_back(level);
  a.turn = f[14];
  a.day = f[15];
  a.today = f[16];
  a.missed = f[17];
  return a;
}

ClassSpec ToSpec(std::string name, const std::string& packed) {
  const nlohmann::json f = nlohmann::json::from_msgpack(packed);
  ClassSpec c;
  c.name = std::move(name);
  c.weight = f[0];
  c.held_weight = f[1];
  c.wrap_weight = f[2];
  c.strategy = static_cast<Strategy>(f[3].get<int>());
  c.push = static_cast<Push>(f[4].get<int>());
  c.offer_ms = f[5];
  c.missed_limit = f[6];
  c.next = f[7];
  c.next_after_ms = f[8];
  c.waiting_limit_ms = f[9];
  c.queue_cap = f[10];
  c.wrap_ms = f[11];
  c.sticky_ms = f[12];
  c.target_ms = f[13];
  return c;
}

bool IsRetired(const std::string& packed) {
  return nlohmann::json::from_msgpack(packed)[14].get<int>() == 1;
}

// The plan that stands in `meta`; the default class first, as the stamp names it.
void ReadPlan(const redis::Value& meta, State& state) {
  const std::string stamp = meta.Field("routing_plan").str();
  if (stamp.empty()) return;
  const std::string first = stamp.substr(stamp.find(' ') + 1);
  std::vector<ClassSpec> classes;
  for (size_t i = 0; i < meta.size(); i += 2) {
    const std::string& field = meta[i].str();
    if (!field.starts_with("c:")) continue;
    ClassSpec spec = ToSpec(field.substr(2), meta[i + 1].str());
    if (IsRetired(meta[i + 1].str())) {
      state.retired[spec.name] = spec;
    } else {
      classes.insert(spec.name == first ? classes.begin() : classes.end(), spec);
    }
  }
  state.plan = ClassTable(std::move(classes), meta.Field("routing_config").Int());
}

}  // namespace

FunctionStore::FunctionStore(const std::string& socket, std::string shop, Policy policy)
    : redis_(socket), shop_(std::move(shop)), policy_(std::move(policy)) {}

std::string FunctionStore::Key(const std::string& type) const {
  return "kf:gateway:{" + shop_ + "}:" + type;
}

redis::Value FunctionStore::Fcall(const std::string& verb, const Words& classes,
                                  const Words& arguments, const std::string& now_ms,
                                  const std::string& config_version) {
  Words keys;
  for (const char* type : {"meta", "S", "A", "ev", "hb", "done", "live", "on", "tm"}) {
    keys.push_back(Key(type));
  }
  Words declared = {config_version, Text(static_cast<int64_t>(classes.size()))};
  for (const std::string& name : classes) {
    keys.push_back(Key("w:" + name));
    keys.push_back(Key("av:" + name));
    declared.push_back(name);
    declared.push_back(Text(policy_.classes.Find(name).weight));
  }
  const std::string version = verb.ends_with("_v2") ? "" : "_v1";
  Words command = {"FCALL", "gateway_" + verb + version};
  Append(command, keys);
  command.push_back(now_ms);
  command.insert(command.end(), declared.begin(), declared.end());
  command.insert(command.end(), arguments.begin(), arguments.end());
  return redis_.Call(command);
}

absl::StatusOr<Reply> FunctionStore::Apply(const Command& command, TimePoint now) {
  const auto [verb, arguments] = std::visit(ToCall{policy_, now.ms}, command);
  Words classes;
  for (const ClassSpec& spec : policy_.classes.all()) classes.push_back(spec.name);
  redis::Value value = Fcall(verb, classes, arguments, Text(now.ms), config_version_);
  if (value[0].str() == "ERR" && value[2].str() == "STALE_CONFIG") {
    config_version_ = value[5].str();
    value = Fcall(verb, classes, arguments, Text(now.ms), config_version_);
  }
  if (value[0].str() == "ERR") {
    return Error(ToCode(value[1].str()), value[2].str(), value[3].str());
  }
  Reply reply;
  if (std::holds_alternative<ForgetClosed>(command)) {
    reply.waiting = redis_.Call({"HGET", Key("meta"), "routing_waiting"}).Int();
    return reply;
  }
  reply.waiting = value[1].Int();
  reply.event_seq = value[2].Int();
  for (const redis::Value& target : value[3].array()) reply.again.push_back(target.str());
  if (reply.event_seq > 0) {
    const int64_t first = reply.event_seq - static_cast<int64_t>(value[4].size()) + 1;
    const redis::Value entries =
        redis_.Call({"XRANGE", Key("ev"), Text(first) + "-0", Text(reply.event_seq) + "-0"});
    for (const redis::Value& entry : entries.array()) reply.changes.push_back(ToLogEntry(entry));
  }
  for (const redis::Value& row : value[5].array()) reply.agents.push_back(row[0].str());
  if (std::holds_alternative<Heartbeat>(command)) {
    for (const redis::Value& agent : value[6].array()) reply.gone.push_back(agent.str());
    for (const redis::Value& agent : value[7].array()) reply.back.push_back(agent.str());
  }
  if (std::holds_alternative<Sweep>(command)) {
    reply.more = value[6].Int() == 1;
    reply.next_due_ms = value[7].Int();
  }
  return reply;
}

Dump FunctionStore::ReadDump() {
  Dump dump;
  State& state = dump.state;
  const redis::Value meta = redis_.Call({"HGETALL", Key("meta")});
  state.last_ms = meta.Field("last_ms").Int();
  if (!meta.Field("score_origin_ms").is_nil()) {
    state.score_origin_ms = meta.Field("score_origin_ms").Int();
  }
  state.arrivals = meta.Field("routing_arrivals").Int();
  state.order = meta.Field("routing_order").Int();
  state.closed = meta.Field("routing_closed").Int();
  state.log_seq = meta.Field("routing_seq").Int();
  state.abandoned = meta.Field("routing_abandoned").Int();
  state.turn = meta.Field("routing_turn").Int();
  state.day_offset_ms = meta.Field("day_offset_ms").Int();
  ReadPlan(meta, state);
  dump.waiting_count = meta.Field("routing_waiting").Int();

  const redis::Value sessions = redis_.Call({"HGETALL", Key("S")});
  for (size_t i = 0; i < sessions.size(); i += 2) {
    state.sessions[sessions[i].str()] = ToSession(sessions[i + 1].str());
  }
  const redis::Value agents = redis_.Call({"HGETALL", Key("A")});
  for (size_t i = 0; i < agents.size(); i += 2) {
    state.agents[agents[i].str()] = ToAgent(agents[i + 1].str());
  }
  auto scored = [this](const std::string& type) {
    ScoredSet set;
    const redis::Value members = redis_.Call({"ZRANGE", Key(type), "0", "-1", "WITHSCORES"});
    for (size_t i = 0; i < members.size(); i += 2) {
      // A set keeps its scores as doubles; all of routing's are whole and below 2^53.
      set[members[i].str()] =
          static_cast<int64_t>(std::strtod(members[i + 1].str().c_str(), nullptr));
    }
    return set;
  };
  for (const auto& [member, due] : scored("hb")) {
    const size_t hash = member.find('#');
    state.leases[{.agent = member.substr(0, hash),
                  .incarnation = std::strtoll(member.c_str() + hash + 1, nullptr, 10)}] = due;
  }
  state.timers = scored("tm");
  state.tombstones = scored("done");
  for (const ClassSpec& spec : policy_.classes.all()) {
    ScoredSet waiting = scored("w:" + spec.name);
    ScoredSet available = scored("av:" + spec.name);
    if (!waiting.empty()) dump.waiting[spec.name] = std::move(waiting);
    if (!available.empty()) dump.available[spec.name] = std::move(available);
  }
  const redis::Value online = redis_.Call({"HGETALL", Key("on")});
  for (size_t i = 0; i < online.size(); i += 2) {
    const std::string& name = online[i].str();
    const bool other = name == "day" || name == "spread" || name.starts_with("d:");
    if (online[i + 1].Int() == 0 || other) continue;
    (name.find(':') == std::string::npos ? dump.online : dump.counts)[name] = online[i + 1].Int();
  }
  return dump;
}

std::vector<LogEntry> FunctionStore::ReadLog() {
  std::vector<LogEntry> log;
  int64_t after = 0;
  while (true) {
    const redis::Value page =
        redis_.Call({"XRANGE", Key("ev"), Text(after + 1) + "-0", "+", "COUNT", "5000"});
    for (const redis::Value& entry : page.array()) log.push_back(ToLogEntry(entry));
    if (page.size() < 5000) return log;
    after = log.back().seq;
  }
}

}  // namespace kefu::gateway::routing::test
