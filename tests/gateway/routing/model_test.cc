// The model by tables: every state of a session against every command, every state of an agent
// against every event.
#include "gateway/routing/domain/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "gateway/routing/domain/invariants.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kStart = 1'000'000;

// A shop that commands are tried on, one after the other.
class Shop {
 public:
  // The reason of a refusal; "" if it was done, "unchanged" if there was nothing to do.
  std::string Try(const Command& command) {
    absl::StatusOr<Decision> decision = Apply(state_, command, TimePoint{now_}, policy_);
    if (!decision.ok()) return ErrorReason(decision.status());
    state_ = std::move(decision->next);
    reply_ = std::move(decision->reply);
    EXPECT_THAT(Violations(DumpOf(state_, policy_.classes), policy_.classes, false), IsEmpty());
    return reply_.changes.empty() && reply_.agents.empty() ? "unchanged" : "";
  }
  void Arrive(const std::string& session, const std::string& class_name = "g.0",
              int64_t boost_ms = 0) {
    EXPECT_EQ(Try(OpenSession{.session = session, .class_name = class_name, .boost_ms = boost_ms}),
              "");
  }
  void Online(const std::string& agent, int64_t capacity = 100,
              std::vector<std::string> classes = {"g.0"}) {
    EXPECT_EQ(Try(ConnectAgent{agent, 1, capacity, std::move(classes)}), "");
    EXPECT_EQ(Try(SetPresence{agent, AgentPresence::kOnline}), "");
  }
  void Advance(int64_t ms) { now_ += ms; }

  const SessionRecord& session(const std::string& id) const { return state_.sessions.at(id); }
  const AgentRecord& agent(const std::string& id) const { return state_.agents.at(id); }
  AgentRecord& change(const std::string& id) { return state_.agents.at(id); }
  const Reply& reply() const { return reply_; }
  const State& state() const { return state_; }
  Policy& policy() { return policy_; }

 private:
  Policy policy_;
  State state_;
  Reply reply_;
  int64_t now_ = kStart;
};

TEST(WaitScore, OrdersByAgeThenByArrivalAndLetsABoostGoAhead) {
  EXPECT_LT(WaitScore(1000, 0, 0, 0), WaitScore(1000, 0, 0, 1));
  EXPECT_LT(WaitScore(1000, 0, 0, 1023), WaitScore(1001, 0, 0, 1024));
  EXPECT_LT(WaitScore(61'000, 0, 60'001, 5), WaitScore(1000, 0, 0, 4));
  EXPECT_GT(WaitScore(61'001, 0, 60'000, 5), WaitScore(1000, 0, 0, 4));
  EXPECT_EQ(WaitScore(1000, 400, 100, 1025), 500 * 1024 + 1);
}

TEST(LoadScore, OrdersByLoadThenByIdleTimeAndStaysExactInADouble) {
  auto score = [](int64_t used, int64_t capacity, int64_t last_assigned_ms) {
    AgentRecord agent;
    agent.used = used;
    agent.capacity = capacity;
    agent.last_assigned_ms = last_assigned_ms;
    return LoadScore(agent, /*origin_ms=*/100);
  };
  EXPECT_LT(score(20, 100, 9'000'000), score(40, 100, 200));
  EXPECT_LT(score(20, 100, 200), score(20, 100, 201));
  EXPECT_EQ(score(20, 60, 150), score(40, 120, 150));
  EXPECT_EQ(score(0, 100, 0), 0) << "never assigned";
  EXPECT_LT(score(200, 100, 2'000'000'000'000), int64_t{1} << 53);
}

TEST(Agent, OnlyOnlineReadyEnabledOnesGetSessionsByThemselves) {
  for (int presence = 1; presence <= 5; ++presence) {
    for (int readiness = 0; readiness <= 3; ++readiness) {
      for (bool disabled : {false, true}) {
        Shop shop;
        shop.Online("a");
        AgentRecord& agent = shop.change("a");
        agent.presence = static_cast<AgentPresence>(presence);
        agent.readiness = static_cast<AgentReadiness>(readiness);
        agent.disabled = disabled;
        const bool expected = agent.presence == AgentPresence::kOnline &&
                              agent.readiness == AgentReadiness::kReady && !disabled;
        absl::StatusOr<Decision> arrived =
            Apply(shop.state(), OpenSession{.session = "s", .class_name = "g.0"}, TimePoint{kStart},
                  Policy{});
        ASSERT_TRUE(arrived.ok());
        EXPECT_EQ(arrived->next.sessions.at("s").agent == "a", expected)
            << presence << readiness << disabled;
      }
    }
  }
}

// What a command does to a session in each of its states. `a` owns what is active, `b` has room for
// more.
TEST(Session, EveryCommandInEveryState) {
  enum State { kUnknown, kWaiting, kActive, kClosed, kTombstone };
  struct Case {
    const char* name;
    Command command;
    // By state: a reason, "unchanged", or the owner after it ("-" for none, "x" for closed).
    const char* expected[5];
  };
  const OpenSession arrive{.session = "s", .class_name = "g.0"};
  OpenSession reopen = arrive;
  reopen.reopen = true;
  OpenSession reopen_first_life = reopen, reopen_second_life = reopen, arrive_second_life = arrive;
  reopen_first_life.life = 1;
  reopen_second_life.life = 2;
  arrive_second_life.life = 2;
  OpenSession preferred = reopen;
  preferred.preferred = "c";
  const Case cases[] = {
      {"arrive", arrive, {"b", "unchanged", "unchanged", "unchanged", "unchanged"}},
      {"arrive in a later life", arrive_second_life, {"b", "unchanged", "unchanged", "b", "b"}},
      {"reopen", reopen, {"b", "unchanged", "unchanged", "b", "b"}},
      {"reopen, life 1", reopen_first_life, {"b", "unchanged", "unchanged", "b", "b"}},
      {"reopen, life 2", reopen_second_life, {"b", "unchanged", "unchanged", "b", "b"}},
      {"reopen for one without room", preferred, {"b", "unchanged", "unchanged", "b", "b"}},
      {"transfer to the queue",
       TransferSession{"s", "a", 1, ""},
       {"NO_SUCH_SESSION", "STALE_FENCE", "b", "SESSION_CLOSED", "SESSION_CLOSED"}},
      {"transfer to b",
       TransferSession{"s", "a", 1, "b"},
       {"NO_SUCH_SESSION", "STALE_FENCE", "b", "SESSION_CLOSED", "SESSION_CLOSED"}},
      {"transfer by one who does not own it",
       TransferSession{"s", "b", 1, "a"},
       {"NO_SUCH_SESSION", "STALE_FENCE", "NOT_OWNER", "SESSION_CLOSED", "SESSION_CLOSED"}},
      {"transfer with an old fence",
       TransferSession{"s", "a", 0, "b"},
       {"NO_SUCH_SESSION", "NOT_OWNER", "STALE_FENCE", "SESSION_CLOSED", "SESSION_CLOSED"}},
      {"transfer to oneself",
       TransferSession{"s", "a", 1, "a"},
       {"NO_SUCH_SESSION", "STALE_FENCE", "unchanged", "SESSION_CLOSED", "SESSION_CLOSED"}},
      {"transfer to nobody known",
       TransferSession{"s", "a", 1, "z"},
       {"NO_SUCH_SESSION", "STALE_FENCE", "NO_SUCH_AGENT", "SESSION_CLOSED", "SESSION_CLOSED"}},
      {"transfer to one who left",
       TransferSession{"s", "a", 1, "d"},
       {"NO_SUCH_SESSION", "STALE_FENCE", "AGENT_NOT_READY", "SESSION_CLOSED", "SESSION_CLOSED"}},
      {"transfer beyond the ceiling",
       TransferSession{"s", "a", 1, "c"},
       {"NO_SUCH_SESSION", "STALE_FENCE", "AGENT_FULL", "SESSION_CLOSED", "SESSION_CLOSED"}},
      {"take over",
       TakeOverSession{"s", "b"},
       {"NO_SUCH_SESSION", "b", "b", "SESSION_CLOSED", "SESSION_CLOSED"}},
      {"take over one's own",
       TakeOverSession{"s", "a"},
       {"NO_SUCH_SESSION", "a", "unchanged", "SESSION_CLOSED", "SESSION_CLOSED"}},
      {"take over unconnected",
       TakeOverSession{"s", "d"},
       {"NO_SUCH_SESSION", "AGENT_NOT_READY", "AGENT_NOT_READY", "SESSION_CLOSED",
        "SESSION_CLOSED"}},
      {"take over beyond the ceiling",
       TakeOverSession{"s", "c"},
       {"NO_SUCH_SESSION", "AGENT_FULL", "AGENT_FULL", "SESSION_CLOSED", "SESSION_CLOSED"}},
      {"complete", CompleteSession{"s"}, {"x", "x", "x", "unchanged", "unchanged"}},
      {"complete this life", CompleteSession{"s", 0}, {"x", "x", "x", "unchanged", "unchanged"}},
  };
  for (const Case& c : cases) {
    for (State state : {kUnknown, kWaiting, kActive, kClosed, kTombstone}) {
      Shop shop;
      if (state == kTombstone) shop.Try(CompleteSession{"s"});
      if (state == kWaiting) shop.Arrive("s");
      shop.Online("a", state == kWaiting ? 0 : 20);
      if (state == kActive || state == kClosed) shop.Arrive("s");
      if (state == kClosed) shop.Try(CompleteSession{"s"});
      // a can take over what waits, but gets nothing by itself.
      shop.Try(SetPresence{"a", AgentPresence::kBusy});
      if (state == kWaiting) shop.change("a").capacity = 20;
      shop.Online("c", 0);
      shop.Try(SetProfile{"d", 1, 100, {"g.0"}, false});
      if (state != kWaiting) {
        shop.Online("b");
      } else {
        shop.Try(ConnectAgent{"b", 1, 100, {"g.0"}});
        shop.Try(SetPresence{"b", AgentPresence::kHungUp});
      }

      const std::string answer = shop.Try(c.command);
      std::string outcome = answer;
      auto session = shop.state().sessions.find("s");
      if (answer.empty() || (state == kUnknown && answer == "unchanged")) {
        ASSERT_NE(session, shop.state().sessions.end());
        outcome = !session->second.live()         ? "x"
                  : session->second.agent.empty() ? "-"
                                                  : session->second.agent;
      }
      EXPECT_EQ(outcome, c.expected[state]) << c.name << " in state " << state;
    }
  }
}

// What an event does to an agent in each state of its connection.
TEST(Agent, EveryEventInEveryReadiness) {
  using R = AgentReadiness;
  struct Case {
    const char* name;
    std::function<std::string(Shop&)> event;
    // By readiness ABSENT, READY, MISSED, SUSPECT: the next one, or a refusal.
    R expected[4];
  };
  const Case cases[] = {
      {"connect",
       [](Shop& s) {
         return s.Try(ConnectAgent{"a", 1, 100, {"g.0"}});
       },
       {R::kReady, R::kReady, R::kMissed, R::kReady}},
      {"heartbeat",
       [](Shop& s) {
         return s.Try(Heartbeat{{{"a", 1}}});
       },
       {R::kAbsent, R::kReady, R::kMissed, R::kReady}},
      {"heartbeat of an old connection",
       [](Shop& s) {
         return s.Try(Heartbeat{{{"a", 0}}});
       },
       {R::kAbsent, R::kReady, R::kMissed, R::kSuspect}},
      {"online by hand",
       [](Shop& s) {
         return s.Try(SetPresence{"a", AgentPresence::kOnline});
       },
       {R::kAbsent, R::kReady, R::kReady, R::kSuspect}},
      {"break by hand",
       [](Shop& s) {
         return s.Try(SetPresence{"a", AgentPresence::kBreak});
       },
       {R::kAbsent, R::kReady, R::kMissed, R::kSuspect}},
      {"a sweep before the lease ends",
       [](Shop& s) { return s.Try(Sweep{}); },
       {R::kAbsent, R::kReady, R::kMissed, R::kSuspect}},
      {"a sweep at the end of lease or grace",
       [](Shop& s) {
         s.Advance(60'000);
         return s.Try(Sweep{});
       },
       {R::kAbsent, R::kSuspect, R::kSuspect, R::kAbsent}},
      {"disabled",
       [](Shop& s) {
         return s.Try(SetProfile{"a", 2, 100, {"g.0"}, true});
       },
       {R::kAbsent, R::kAbsent, R::kAbsent, R::kAbsent}},
      {"an older profile",
       [](Shop& s) {
         return s.Try(SetProfile{"a", 1, 10, {}, true});
       },
       {R::kAbsent, R::kReady, R::kMissed, R::kSuspect}},
  };
  for (const Case& c : cases) {
    for (R readiness : {R::kAbsent, R::kReady, R::kMissed, R::kSuspect}) {
      Shop shop;
      if (readiness == R::kAbsent) {
        shop.Try(SetProfile{"a", 1, 100, {"g.0"}, false});
      } else {
        shop.Online("a");
      }
      if (readiness == R::kMissed) shop.change("a").readiness = readiness;
      if (readiness == R::kSuspect) {
        shop.Advance(30'000);
        shop.Try(Sweep{});
      }
      ASSERT_EQ(shop.agent("a").readiness, readiness);
      c.event(shop);
      EXPECT_EQ(shop.agent("a").readiness, c.expected[static_cast<int>(readiness)])
          << c.name << " in readiness " << static_cast<int>(readiness);
    }
  }
}

TEST(Matching, AnAgentTakesTheOldestOfAllItsClasses) {
  Shop shop;
  shop.policy().classes = ClassTable({{"g.0", 20}, {"h.0", 20}, {"k.0", 20}});
  for (const auto& [session, class_name] : {std::pair("1", "h.0"), std::pair("2", "k.0"),
                                            std::pair("3", "g.0"), std::pair("4", "h.0")}) {
    shop.Arrive(session, class_name);
    shop.Advance(10);
  }
  shop.Online("a", 40, {"g.0", "h.0"});
  EXPECT_THAT(shop.agent("a").held, ElementsAre("1", "3"));
}

TEST(Matching, ABoostOvertakesByItsLengthAndNoMore) {
  Shop shop;
  shop.Arrive("old");
  shop.Advance(60'001);
  shop.Arrive("too late", "g.0", 60'000);
  shop.Arrive("in time", "g.0", 300'000);
  shop.Online("a", 60);
  EXPECT_THAT(shop.agent("a").held, ElementsAre("in time", "old", "too late"));
}

TEST(Matching, OneStepAssignsAtMostItsLimitAndSaysHowToGoOn) {
  Shop shop;
  for (int n = 0; n < 20; ++n) shop.Arrive("s" + std::to_string(n));
  shop.Online("a", 300);
  EXPECT_EQ(shop.agent("a").used, 160);
  EXPECT_THAT(shop.reply().again, ElementsAre("a"));
  shop.Try(Match{"a"});
  EXPECT_EQ(shop.agent("a").used, 300);
  EXPECT_THAT(shop.reply().again, IsEmpty());
}

TEST(Matching, ASessionDoesNotOvertakeWhatWaitsWhileAnAgentIsBeingFilled) {
  Shop shop;
  for (int n = 10; n < 30; ++n) shop.Arrive("s" + std::to_string(n));
  shop.Online("a", 300);  // took eight, has room for seven
  shop.Arrive("new");
  EXPECT_EQ(shop.session("new").agent, "");
  EXPECT_EQ(shop.session("s18").agent, "a") << "but the call served those before it";
}

TEST(Matching, AHeavierSessionWaitsUntilThereIsRoomForIt) {
  Shop shop;
  shop.policy().classes = ClassTable({{"g.0", 20}, {"k.0", 50}});
  shop.Online("a", 100, {"g.0", "k.0"});
  for (const char* session : {"1", "2", "3"}) shop.Arrive(session);
  shop.Arrive("heavy", "k.0");
  EXPECT_EQ(shop.session("heavy").agent, "");
  shop.Arrive("4");
  EXPECT_EQ(shop.session("4").agent, "a");
  shop.Try(CompleteSession{"1"});
  shop.Try(CompleteSession{"2"});
  EXPECT_EQ(shop.session("heavy").agent, "a");
  EXPECT_EQ(shop.agent("a").used, 90);
}

TEST(Exclusion, IsLiftedWhenNobodyElseIsEligibleAndEndsByItself) {
  Shop shop;
  shop.Online("a", 20);
  shop.Arrive("s");
  shop.Online("b", 0);
  shop.Try(TransferSession{"s", "a", 1, ""});
  EXPECT_EQ(shop.session("s").agent, "") << "b is there, though full";
  shop.Try(SetPresence{"b", AgentPresence::kBreak});
  EXPECT_EQ(shop.session("s").agent, "");
  shop.Try(Sweep{});
  EXPECT_EQ(shop.session("s").agent, "a") << "alone now";
}

TEST(Orphan, IsBoostedOnceAndNeverPutBack) {
  Shop shop;
  shop.Online("a", 20);
  shop.Arrive("s");
  const int64_t score = shop.session("s").score;
  for (int round = 0; round < 3; ++round) {
    shop.Advance(200'000);
    shop.Try(Sweep{});
    shop.Try(Sweep{});
    EXPECT_EQ(shop.session("s").agent, "");
    EXPECT_EQ(shop.session("s").score, score - 300'000 * 1024);
    EXPECT_EQ(shop.session("s").enqueue_ms, kStart);
    shop.Try(ConnectAgent{"a", 1, 20, {"g.0"}});
    shop.Try(SetPresence{"a", AgentPresence::kOnline});
    EXPECT_EQ(shop.session("s").agent, "a");
  }
}

TEST(Sweep, HandlesTwelveExpiriesAndSaysThatMoreAreDue) {
  Shop shop;
  for (int n = 10; n < 30; ++n) shop.Online("a" + std::to_string(n));
  shop.Advance(30'000);
  shop.Try(Sweep{});
  EXPECT_EQ(shop.reply().agents.size(), 12u);
  EXPECT_TRUE(shop.reply().more);
  shop.Try(Sweep{});
  EXPECT_EQ(shop.reply().agents.size(), 8u);
  EXPECT_FALSE(shop.reply().more);
  EXPECT_EQ(shop.reply().next_due_ms, kStart + 90'000);
}

TEST(Model, ARefusalAndARepetitionLeaveTheStateAsItWas) {
  Shop shop;
  shop.Online("a");
  shop.Arrive("s");
  const State before = shop.state();
  EXPECT_EQ(shop.Try(TransferSession{"s", "a", 7, ""}), "STALE_FENCE");
  EXPECT_EQ(shop.Try(OpenSession{.session = "s", .class_name = "g.0"}), "unchanged");
  EXPECT_THAT(Regressions(before, shop.state()), IsEmpty());
  EXPECT_EQ(before.sessions, shop.state().sessions);
  EXPECT_EQ(before.agents, shop.state().agents);
  EXPECT_EQ(before.log_seq, shop.state().log_seq);
}

TEST(Model, TimeDoesNotGoBack) {
  Shop shop;
  shop.Arrive("first");
  shop.Advance(-500'000);
  shop.Arrive("second");
  EXPECT_EQ(shop.session("second").enqueue_ms, kStart);
  EXPECT_GT(shop.session("second").score, shop.session("first").score);
}

}  // namespace
}  // namespace kefu::gateway::routing
