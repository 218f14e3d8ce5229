// The whole chain (simulation, Router, Redis functions) against an exact calculation that shares
// nothing with it: the recursion of Kiefer and Wolfowitz for a first-come-first-served queue, whose
// whole state is when each slot is free. Session by session, to the millisecond.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <queue>

#include "gateway/routing/simulation/run.h"
#include "tests/gateway/routing/simulation/simulation_fixture.h"

namespace kefu::gateway::routing::simulation {
namespace {

using End = SessionResult::End;

struct Expected {
  bool served;
  int64_t wait_ms;
};

// Every slot serves one session at a time. Whoever comes gets the slot that is free first, unless
// that is after their patience: then they leave and the slot is free for the next as before.
std::vector<Expected> FirstComeFirstServed(const std::vector<SimulatedSession>& sessions,
                                           size_t slots) {
  std::priority_queue<int64_t, std::vector<int64_t>, std::greater<>> free_at;
  for (size_t i = 0; i < slots; ++i) free_at.push(0);
  std::vector<Expected> expected;
  for (const SimulatedSession& session : sessions) {
    const int64_t start_ms = std::max(session.at_ms, free_at.top());
    if (session.patience_ms && start_ms > session.at_ms + *session.patience_ms) {
      expected.push_back({false, *session.patience_ms});
      continue;
    }
    free_at.pop();
    free_at.push(start_ms + session.service_ms);
    expected.push_back({true, start_ms - session.at_ms});
  }
  return expected;
}

class ReferenceTest : public SimulationTest {
 protected:
  // Answers how many waited, so that a test cannot pass on an empty queue.
  int Compare(const std::vector<SimulatedSession>& sessions, int agents, uint32_t slots_each) {
    const RunResult run = Play(sessions, EqualAgents(agents, 20 * slots_each));
    const std::vector<Expected> expected = FirstComeFirstServed(sessions, agents * slots_each);
    int waited = 0;
    for (size_t i = 0; i < sessions.size(); ++i) {
      EXPECT_EQ(run.sessions[i].end, expected[i].served ? End::kServed : End::kAbandoned) << i;
      EXPECT_EQ(run.sessions[i].wait_ms(), expected[i].wait_ms) << "session " << i;
      if (testing::Test::HasFailure()) break;
      waited += expected[i].wait_ms > 0 ? 1 : 0;
    }
    return waited;
  }

  std::vector<SimulatedSession> Random(const char* poisson, const char* patience, uint64_t seed) {
    ArrivalSource source;
    source.poisson = Ok(PoissonArrivals::Parse(poisson));
    source.service = Ok(Distribution::Parse("service", "lognormal:60:1.2"));
    source.patience = Ok(Distribution::Parse("patience", patience));
    return Draw(source, seed);
  }
};

TEST_F(ReferenceTest, OneSlotPerAgentWithoutAbandonment) {
  EXPECT_GT(Compare(Random("rate=0.16,hours=8", "never", 11), 10, 1), 1000);
}

TEST_F(ReferenceTest, SeveralSlotsPerAgentWithoutAbandonment) {
  EXPECT_GT(Compare(Random("rate=0.16,hours=8", "never", 12), 2, 5), 1000);
}

TEST_F(ReferenceTest, MoreComeThanCanBeServedAndMostGiveUp) {
  EXPECT_GT(Compare(Random("rate=0.4,hours=5", "exponential:90", 13), 3, 4), 2000);
}

TEST_F(ReferenceTest, ManySeedsWithAndWithoutAbandonment) {
  for (uint64_t seed = 100; seed < 110; ++seed) {
    const char* patience = seed % 2 == 0 ? "lognormal:100:0.5" : "never";
    EXPECT_GT(
        Compare(Random("rate=0.1,hours=2", patience, seed), 1 + static_cast<int>(seed % 5), 2), 0)
        << "seed " << seed;
  }
}

// tests/run.sh and developers have the data beside the checkout.
std::string StarFile() { return std::string(KEFU_SOURCE_DIR) + "/../shared/data/star/chats.jsonl"; }

class RecordedTest : public ReferenceTest {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(StarFile())) {
      GTEST_SKIP() << "the recorded chats (../shared/data/star) are not there";
    }
    source_.recorded = Ok(ParseChats(Ok(ReadText(StarFile()))));
    ASSERT_GT(source_.recorded.size(), 1000u);
  }
  ArrivalSource source_;
};

TEST_F(RecordedTest, RecordedChatsWithoutAbandonment) {
  EXPECT_GT(Compare(Draw(source_, 1), 16, 1), 300);
}

TEST_F(RecordedTest, RecordedChatsOnAgentsWithFiveSlots) {
  EXPECT_GT(Compare(Draw(source_, 1), 3, 5), 300);
}

TEST_F(RecordedTest, RecordedChatsWhoseBuyersGiveUp) {
  source_.patience = Ok(Distribution::Parse("patience", "exponential:180"));
  EXPECT_GT(Compare(Draw(source_, 1), 3, 4), 300);
}

}  // namespace
}  // namespace kefu::gateway::routing::simulation
