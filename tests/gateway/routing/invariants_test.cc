// A checker that finds nothing proves nothing: each damage must be found.
#include "gateway/routing/domain/invariants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace kefu::gateway::routing {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// a holds s1; s2 waits; s3 is closed; b is full.
State SoundState(const Policy& policy) {
  State state;
  for (const Command& command : std::initializer_list<Command>{
           ConnectAgent{"a", 1, 20, {"g.0"}}, SetPresence{"a", AgentPresence::kOnline},
           ConnectAgent{"b", 1, 0, {"g.0"}}, SetPresence{"b", AgentPresence::kOnline},
           OpenSession{.session = "s3", .class_name = "g.0"}, CompleteSession{"s3"},
           OpenSession{.session = "s1", .class_name = "g.0"},
           OpenSession{.session = "s2", .class_name = "g.0"}}) {
    absl::StatusOr<Decision> decision = Apply(state, command, TimePoint{1000}, policy);
    EXPECT_TRUE(decision.ok());
    state = std::move(decision->next);
  }
  return state;
}

std::string Joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += sentence + "\n";
  return text;
}

TEST(Violations, FindEveryKindOfDamage) {
  const Policy policy;
  const Dump sound = DumpOf(SoundState(policy), policy.classes);
  ASSERT_THAT(Violations(sound, policy.classes, true), IsEmpty());
  struct Damage {
    const char* expected;
    std::function<void(Dump&)> inflict;
  };
  const Damage damages[] = {
      {"s1 is held by a and b", [](Dump& d) { d.state.agents["b"].held = {"s1"}; }},
      {"held by ''", [](Dump& d) { d.state.agents["a"].held.clear(); }},
      {"b holds unknown s9", [](Dump& d) { d.state.agents["b"].held = {"s9"}; }},
      {"wrong kind of owner", [](Dump& d) { d.state.sessions["s1"].agent = ""; }},
      {"wrong kind of owner", [](Dump& d) { d.state.sessions["s2"].agent = "a"; }},
      {"a counts 40 instead of 20", [](Dump& d) { d.state.agents["a"].used = 40; }},
      {"above the ceiling", [](Dump& d) { d.state.agents["a"].capacity = 9; }},
      {"connected without a lease", [](Dump& d) { d.state.leases.clear(); }},
      {"belongs to no connection", [](Dump& d) { ++d.state.agents["a"].incarnation; }},
      {"disabled but connected", [](Dump& d) { d.state.agents["b"].disabled = true; }},
      {"s2 waits in 0 sets", [](Dump& d) { d.waiting.clear(); }},
      {"s2 waits in 2 sets", [](Dump& d) { d.waiting["h.0"] = d.waiting["g.0"]; }},
      {"does not wait", [](Dump& d) { d.waiting["g.0"]["s1"] = 4; }},
      {"s2 came at 1000, but waits as from 999",
       [](Dump& d) { d.state.sessions["s2"].score -= 2048; }},
      {"with score 4", [](Dump& d) { d.waiting["g.0"]["s2"] = 4; }},
      {"counted are 7", [](Dump& d) { d.waiting_count = 7; }},
      {"has a timer", [](Dump& d) { d.state.timers["s1"] = 5; }},
      {"s2 is due at 0, timed for 9", [](Dump& d) { d.state.timers["s2"] = 9; }},
      {"a timer of unknown s9", [](Dump& d) { d.state.timers["s9"] = 9; }},
      {"s1 has no end",
       [](Dump& d) {
         d.state.sessions["s1"].state = SessionState::kOffered;
         d.state.sessions["s1"].until_ms = 9;
       }},
      {"w:g.0 is 1, counted 5", [](Dump& d) { d.counts["w:g.0"] = 5; }},
      {"active:g is not counted", [](Dump& d) { d.counts.erase("active:g"); }},
      {"has room but is not available", [](Dump& d) { d.state.agents["a"].capacity = 40; }},
      {"too high a score",
       [](Dump& d) {
         d.state.agents["a"].capacity = 40;
         d.available["g.0"]["a"] = int64_t{900} << 41;
       }},
      {"not eligible but available",
       [](Dump& d) {
         d.available["g.0"]["a"] = 0;
         d.state.agents["a"].presence = AgentPresence::kBreak;
       }},
      {"does not serve", [](Dump& d) { d.available["h.0"]["a"] = 0; }},
      {"has 2 eligible agents, counted 3", [](Dump& d) { d.online["g.0"] = 3; }},
      {"not counted", [](Dump& d) { d.online.clear(); }},
      {"s9 is a stranger's tombstone", [](Dump& d) { d.state.tombstones["s9"] = 1; }},
      {"s3: wrong tombstone", [](Dump& d) { d.state.tombstones.clear(); }},
      {"3 arrived, 2 closed", [](Dump& d) { d.state.closed = 2; }},
  };
  for (const Damage& damage : damages) {
    Dump dump = sound;
    damage.inflict(dump);
    EXPECT_THAT(Joined(Violations(dump, policy.classes, true)), HasSubstr(damage.expected));
  }
}

TEST(IdleWork, FindsAWaitingSessionBesideAnAgentWithRoom) {
  const Policy policy;
  Dump dump = DumpOf(SoundState(policy), policy.classes);
  EXPECT_THAT(IdleWork(dump, policy), IsEmpty());
  dump.state.agents["a"].capacity = 40;
  EXPECT_THAT(Joined(IdleWork(dump, policy)), HasSubstr("s2 waits in g.0 though a has room"));
  dump.state.sessions["s2"].excluded = {{.agent = "a", .until_ms = 5000}};
  EXPECT_THAT(IdleWork(dump, policy), IsEmpty());
}

TEST(Regressions, FindWhatMayOnlyRise) {
  const State before = SoundState(Policy{});
  ASSERT_THAT(Regressions(before, before), IsEmpty());
  struct Damage {
    const char* expected;
    std::function<void(State&)> inflict;
  };
  const Damage damages[] = {
      {"time went back", [](State& s) { s.last_ms = 1; }},
      {"shorter", [](State& s) { s.log_seq = 1; }},
      {"s1 is gone", [](State& s) { s.sessions.erase("s1"); }},
      {"lower version", [](State& s) { s.sessions["s1"].version = 0; }},
      {"lower fence", [](State& s) { s.sessions["s1"].fence = 0; }},
      {"earlier life", [](State& s) { s.sessions["s1"].life = -1; }},
      {"changed without a new version", [](State& s) { s.sessions["s1"].language = "en"; }},
      {"put back in the queue", [](State& s) { ++s.sessions["s2"].score; }},
      {"lost its age", [](State& s) { ++s.sessions["s2"].enqueue_ms; }},
      {"a is gone", [](State& s) { s.agents.erase("a"); }},
      {"old incarnation", [](State& s) { s.agents["a"].incarnation = 0; }},
      {"a has a lower version", [](State& s) { s.agents["a"].version = 0; }},
      {"a changed without a new version", [](State& s) { s.agents["a"].used = 0; }},
  };
  for (const Damage& damage : damages) {
    State after = before;
    damage.inflict(after);
    EXPECT_THAT(Joined(Regressions(before, after)), HasSubstr(damage.expected));
  }
}

TEST(LogViolations, FindGapsAndBrokenChainsOfOwners) {
  auto entry = [](int64_t seq, const char* agent, const char* previous, int64_t fence,
                  int64_t version) {
    LogEntry e{.seq = seq, .session = "s", .agent = agent, .previous = previous};
    e.state = e.agent.empty() ? SessionState::kWaiting : SessionState::kActive;
    e.fence = fence;
    e.version = version;
    e.cause = "assigned";
    return e;
  };
  const std::vector<LogEntry> sound = {entry(1, "", "", 0, 1), entry(2, "a", "", 1, 2),
                                       entry(3, "b", "a", 2, 3)};
  ASSERT_THAT(LogViolations(sound), IsEmpty());
  struct Damage {
    const char* expected;
    std::function<void(LogEntry&)> inflict;
  };
  const Damage damages[] = {
      {"gap before 4", [](LogEntry& e) { e.seq = 4; }},
      {"skips a version", [](LogEntry& e) { e.version = 4; }},
      {"wrong former owner", [](LogEntry& e) { e.previous = "c"; }},
      {"lowers the fence", [](LogEntry& e) { e.fence = 0; }},
      {"without raising the fence", [](LogEntry& e) { e.fence = 1; }},
      {"owned without being active", [](LogEntry& e) { e.state = SessionState::kWaiting; }},
  };
  for (const Damage& damage : damages) {
    std::vector<LogEntry> log = sound;
    damage.inflict(log.back());
    EXPECT_THAT(Joined(LogViolations(log)), HasSubstr(damage.expected));
  }
}

}  // namespace
}  // namespace kefu::gateway::routing
