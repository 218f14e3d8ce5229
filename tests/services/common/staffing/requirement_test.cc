#include "services/common/staffing/requirement.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace kefu::staffing {
namespace {

Goal Within(double target_s, double share) {
  return {.target_s = target_s, .service_level = share};
}

TEST(LeastAgents, GivesTheReferenceValues) {
  EXPECT_EQ(LeastAgents({0.1, 240}, {}, Within(20, 0.8))->agents, 29);
  EXPECT_EQ(LeastAgents({10, 480}, {}, Within(20, 0.8))->agents, 4827);
}

TEST(LeastAgents, AreEnoughAndOneLessIsNot) {
  std::vector<Goal> goals = {Within(20, 0.8), Within(0, 0.5), Within(120, 0.999)};
  goals.push_back({.max_asa_s = 5});
  goals.push_back({.max_occupancy = 0.85});
  goals.push_back({.target_s = 20, .service_level = 0.8, .max_asa_s = 60, .max_occupancy = 0.9});
  for (const Goal& goal : goals) {
    for (const double patience : {40.0, 900.0, kForever}) {
      for (const double traffic : {0.01, 0.9, 7.3, 64.0, 800.0, 90'000.0}) {
        for (const Sharing sharing : {Sharing::kNone, Sharing::kProcessor}) {
          const Load load = {traffic / 250, 250, patience};
          Team team = {.chats_per_agent = 3, .sharing = sharing};
          const std::optional<Requirement> found = LeastAgents(load, team, goal);
          ASSERT_TRUE(found);
          team.agents = found->agents;
          EXPECT_TRUE(goal.MetBy(Evaluate(load, team, goal.target_s)));
          if (--team.agents == 0) continue;
          EXPECT_FALSE(goal.MetBy(Evaluate(load, team, goal.target_s)))
              << traffic << " " << patience << " " << found->agents;
        }
      }
    }
  }
}

TEST(LeastAgents, LetAsManyLeaveAsTheGoalAllows) {
  const Load load = {0.8, 60, 120};
  const Goal goal = {.max_abandon_probability = 0.0309122492};
  EXPECT_EQ(LeastAgents(load, {}, goal)->agents, 50);
}

TEST(LeastAgents, ReachABoundThatIsWhole) {
  // 8.5 erlangs at 0.85 are ten agents, whatever the digits behind.
  const Goal goal = {.max_occupancy = 0.85};
  EXPECT_EQ(LeastAgents({8.5 / 250, 250}, {}, goal)->agents, 10);
}

TEST(LeastAgents, AreNoneWhereNobodyComes) {
  const std::optional<Requirement> found = LeastAgents({0, 250}, {}, Within(20, 0.8));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->agents, 0);
  EXPECT_EQ(found->performance.service_level, 1);
}

TEST(LeastAgents, AreSaidNotToExistBeyondTheBound) {
  EXPECT_FALSE(LeastAgents({kMostAgents / 250.0, 250}, {}, Within(20, 0.8)));
}

TEST(LeastAgents, AreFoundWithoutTryingThemAll) {
  // A day of half hours at tens of thousands of agents; a search that tries one by one from the
  // load up takes minutes. The bound is a hundred times what it takes.
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 48; ++i) {
    const Load load = {(50'000.0 + 1000 * i) / 300, 300, i % 2 == 0 ? 120 : kForever};
    ASSERT_TRUE(LeastAgents(load, {}, Within(20, 0.8)));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(took.count(), 2.0);
  RecordProperty("microseconds_each", static_cast<int>(took.count() / 48 * 1e6));
}

TEST(Roster, IsRoundedUpAndWholeQuotientsStay) {
  EXPECT_EQ(WithShrinkage(14, 0.3), 20);
  EXPECT_EQ(WithShrinkage(21, 0.3), 30);
  EXPECT_EQ(WithShrinkage(74, 0.3), 106);
  EXPECT_EQ(WithShrinkage(5, 0), 5);
  EXPECT_EQ(WithShrinkage(0, 0.3), 0);
}

}  // namespace
}  // namespace kefu::staffing
