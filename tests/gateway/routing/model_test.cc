// The model by tables: every state of a session against every command, every state of an agent
// against every event.
#include "gateway/routing/domain/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/gateway/routing/support/model_shop.h"

namespace kefu::gateway::routing {
namespace {

using test::Shop;
using testing::IsEmpty;

constexpr int64_t kStart = test::kModelStart;

TEST(WaitScore, OrdersByAgeThenByArrivalAndLetsABoostGoAhead) {
  // However many came before, and however many in the same millisecond.
  int64_t last = 0;
  for (const int64_t ms : {1000, 1000, 1000, 1001, 1001}) {
    const int64_t place = NextPlace(ms, 400, last);
    EXPECT_GT(place, last);
    EXPECT_EQ(place / 1024, ms - 400);
    last = place;
  }
  for (int i = 0; i < 3000; ++i) {
    const int64_t place = NextPlace(1001, 400, last);
    EXPECT_EQ(place, last + 1);
    last = place;
  }
  EXPECT_GT(NextPlace(1002, 400, last), last);
  auto score = [](int64_t ms, int64_t boost_ms) {
    return WaitScore(NextPlace(ms, 0, 0), boost_ms);
  };
  EXPECT_LT(score(61'000, 60'001), score(1000, 0));
  EXPECT_GT(score(61'001, 60'000), score(1000, 0));
  EXPECT_EQ(score(1000, 100), 900 * 1024);
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
