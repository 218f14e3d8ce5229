#include "gateway/routing/simulation/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {
namespace {

template <class T>
std::string FieldOf(const absl::StatusOr<T>& result) {
  EXPECT_EQ(ErrorReason(result.status()), "INVALID_FIELD");
  const std::vector<FieldViolation> violations = FieldViolationsOf(result.status());
  return violations.empty() ? "" : violations.front().field;
}

TEST(ArrivalsTest, AreReadWithTimesInSecondsOrAsTimes) {
  const auto arrivals = ParseArrivals(
      R"({"time": 12.5, "category": "order", "language": "en", "priority": "vip", "service": 60})"
      "\n\n"
      R"({"time": "2026-01-05T09:00:00Z", "channel": "email", "page": "/p/1", "patience": 0.25})");
  ASSERT_TRUE(arrivals.ok()) << arrivals.status();
  ASSERT_EQ(arrivals->size(), 2u);
  EXPECT_EQ((*arrivals)[0].at_ms, 12'500);
  EXPECT_EQ((*arrivals)[0].traits.priority, "vip");
  EXPECT_EQ(CategoryName((*arrivals)[0].traits.category), "order");
  EXPECT_EQ((*arrivals)[0].service_ms, 60'000);
  EXPECT_EQ((*arrivals)[0].patience_ms, std::nullopt);
  EXPECT_EQ((*arrivals)[1].at_ms, 1'767'603'600'000);
  EXPECT_EQ((*arrivals)[1].traits.channel, "email");
  EXPECT_EQ((*arrivals)[1].patience_ms, 250);
}

TEST(ArrivalsTest, WhatIsWrongIsNamedByLineAndField) {
  EXPECT_EQ(FieldOf(ParseArrivals("{\"time\": 1}\n\nnonsense")), "line 3");
  EXPECT_EQ(FieldOf(ParseArrivals("{\"time\": 1}\n{\"service\": 1}")), "line 2: time");
  EXPECT_EQ(FieldOf(ParseArrivals("{\"time\": 1, \"service\": -1}")), "line 1: service");
  EXPECT_EQ(FieldOf(ParseArrivals("{\"time\": 1, \"patience\": \"x\"}")), "line 1: patience");
  EXPECT_EQ(FieldOf(ParseArrivals("{\"time\": \"soon\"}")), "line 1: time");
  EXPECT_EQ(FieldOf(ParseArrivals("{\"time\": 1, \"priority\": \"top\"}")), "line 1: priority");
  EXPECT_EQ(FieldOf(ParseArrivals("{\"time\": 1, \"category\": 3}")), "line 1: category");
  EXPECT_EQ(FieldOf(ParseArrivals("{\"time\": 1, \"servce\": 3}")), "line 1: servce");
}

TEST(ChatsTest, ComeAtTheirStartAndTakeTheirDuration) {
  const auto arrivals =
      ParseChats(R"({"id": "star-1", "start": 1589554770, "duration": 240, "turns": []})");
  ASSERT_TRUE(arrivals.ok()) << arrivals.status();
  EXPECT_EQ(arrivals->front().at_ms, 1'589'554'770'000);
  EXPECT_EQ(arrivals->front().service_ms, 240'000);
  EXPECT_EQ(FieldOf(ParseChats("{\"start\": 1}")), "line 1: duration");
}

TEST(AgentsTest, AnEntryWithACountIsThatManyAgents) {
  const auto agents = ParseAgents(R"({"agents": [
    {"agent": "ann", "skills": {"refund": 3}, "languages": ["en"], "capacity": 60,
     "shifts": [{"from": 10, "to": 20}, {"from": 20, "to": 30}]},
    {"agent": "bob", "count": 2}]})");
  ASSERT_TRUE(agents.ok()) << agents.status();
  ASSERT_EQ(agents->size(), 3u);
  EXPECT_EQ((*agents)[0].capacity, 60u);
  EXPECT_EQ((*agents)[0].skills.at("refund"), 3u);
  EXPECT_EQ((*agents)[0].languages, std::vector<std::string>{"en"});
  EXPECT_EQ((*agents)[0].shifts.back(), (Shift{20'000, 30'000}));
  EXPECT_EQ((*agents)[1].name, "bob-1");
  EXPECT_EQ((*agents)[2].name, "bob-2");
  EXPECT_EQ((*agents)[2].capacity, 100u);
}

TEST(AgentsTest, WhatIsWrongIsNamedByItsField) {
  EXPECT_EQ(FieldOf(ParseAgents("7")), "agents");
  EXPECT_EQ(FieldOf(ParseAgents(R"([{"agent": ""}])")), "agents[0].agent");
  EXPECT_EQ(FieldOf(ParseAgents(R"([{"agent": "a"}, {"agent": "a"}])")), "agents");
  EXPECT_EQ(FieldOf(ParseAgents(R"([{"agent": "a", "capacity": 1.5}])")), "agents[0].capacity");
  EXPECT_EQ(FieldOf(ParseAgents(R"([{"agent": "a", "skills": {"x": 6}}])")),
            "agents[0].skills[\"x\"]");
  EXPECT_EQ(FieldOf(ParseAgents(R"([{"agent": "a", "shifts": [{"from": 2, "to": 1}]}])")),
            "agents[0].shifts[0].to");
  EXPECT_EQ(FieldOf(ParseAgents(
                R"([{"agent": "a", "shifts": [{"from": 1, "to": 3}, {"from": 2, "to": 4}]}])")),
            "agents[0].shifts[1].from");
  EXPECT_EQ(FieldOf(ParseAgents(R"([{"agent": "a", "role": "b"}])")), "agents[0].role");
}

}  // namespace
}  // namespace kefu::gateway::routing::simulation
