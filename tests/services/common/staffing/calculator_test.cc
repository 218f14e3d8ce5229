#include "services/common/staffing/calculator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "services/common/base/status.h"

namespace kefu::staffing {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string FieldOf(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  const std::vector<FieldViolation> violations = FieldViolationsOf(status);
  return violations.size() == 1 ? violations.front().field : "";
}

CalculateInput GoodQuestion() {
  return {.demand = {.arrivals_per_hour = 200, .aht_s = 180}, .agents = 14, .target_s = 20};
}

RequireInput GoodRequirement() {
  return {.demand = {.arrivals_per_hour = 200, .aht_s = 180},
          .aim = {.target_s = 20, .service_level = 0.8},
          .shrinkage = 0.3};
}

TEST(Calculator, AnswersInTheUnitsOfTheQuestion) {
  const absl::StatusOr<Calculation> found = Calculate(GoodQuestion());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_NEAR(found->traffic_erlang, 10, 1e-12);
  EXPECT_NEAR(found->performance.service_level, 0.8883500192, 1e-10);
  EXPECT_EQ(found->stable_agents, 11);
}

TEST(Calculator, TellsOfAnOverloadAndHowManyWouldDoInsteadOfRefusing) {
  CalculateInput question = GoodQuestion();
  question.agents = 10;
  const absl::StatusOr<Calculation> found = Calculate(question);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_FALSE(found->performance.stable);
  EXPECT_EQ(found->stable_agents, 11);
}

TEST(Calculator, NamesTheFieldThatMakesNoSense) {
  struct Case {
    const char* field;
    std::function<void(CalculateInput&, double)> set;
    std::vector<double> nonsense;
  };
  const double inf = kForever;
  const std::vector<Case> cases = {
      {"arrivals_per_hour",
       [](auto& q, double v) { q.demand.arrivals_per_hour = v; },
       {-1, kNan, inf, -inf, 1e10, 1e9}},
      {"aht_s", [](auto& q, double v) { q.demand.aht_s = v; }, {0, -180, kNan, inf, 1e8}},
      {"patience_s", [](auto& q, double v) { q.demand.patience_s = v; }, {0, -1, kNan, inf, 1e8}},
      {"agents", [](auto& q, double v) { q.agents = v; }, {0, -5, 1.5, kNan, inf, 1e6 + 1, 1e30}},
      {"chats_per_agent",
       [](auto& q, double v) { q.desk.chats_per_agent = v; },
       {0, -1, 2.5, kNan, inf, 1001}},
      {"target_s", [](auto& q, double v) { q.target_s = v; }, {-1, kNan, inf, 1e8}},
      {"sharing", [](auto& q, double v) { q.desk.chats_per_agent = v; }, {3}},
  };
  for (const Case& each : cases) {
    for (const double value : each.nonsense) {
      CalculateInput question = GoodQuestion();
      each.set(question, value);
      EXPECT_EQ(FieldOf(Calculate(question).status()), each.field) << value;
    }
  }
}

TEST(Calculator, RefusesGoalsThatCannotBeMeant) {
  struct Case {
    const char* field;
    std::function<void(RequireInput&)> spoil;
  };
  const std::vector<Case> cases = {
      {"service_level", [](auto& q) { q.aim.service_level = 1; }},
      {"service_level", [](auto& q) { q.aim.service_level = 80; }},
      {"service_level", [](auto& q) { q.aim.service_level = kNan; }},
      {"service_level", [](auto& q) { q.aim = {}; }},
      {"target_s", [](auto& q) { q.aim.target_s.reset(); }},
      {"max_asa_s", [](auto& q) { q.aim.max_asa_s = 0; }},
      {"max_abandon_probability", [](auto& q) { q.aim.max_abandon_probability = 0; }},
      {"patience_s", [](auto& q) { q.aim.max_abandon_probability = 0.05; }},
      {"max_occupancy", [](auto& q) { q.aim.max_occupancy = 1.01; }},
      {"max_occupancy", [](auto& q) { q.aim.max_occupancy = kNan; }},
      {"shrinkage", [](auto& q) { q.shrinkage = 1; }},
      {"shrinkage", [](auto& q) { q.shrinkage = -0.1; }},
      {"shrinkage", [](auto& q) { q.shrinkage = kNan; }},
      {"arrivals_per_hour",
       [](auto& q) { q.demand = {.arrivals_per_hour = 19'999'980, .aht_s = 180}; }},
  };
  for (const Case& each : cases) {
    RequireInput question = GoodRequirement();
    each.spoil(question);
    EXPECT_EQ(FieldOf(Require(question).status()), each.field);
  }
  EXPECT_TRUE(Require(GoodRequirement()).ok());
}

TEST(Plan, RequiresInEachIntervalWhatItsHourWouldRequire) {
  PlanInput plan = {.interval_minutes = 30,
                    .intervals = {{100, {}}, {0, {}}, {50, 360}},
                    .aht_s = 180,
                    .aim = {.target_s = 20, .service_level = 0.8, .max_occupancy = 0.85},
                    .shrinkage = 0.3};
  ASSERT_TRUE(CheckPlan(plan).ok());
  PlanTotals totals;
  std::vector<int64_t> agents;
  for (size_t i = 0; i < plan.intervals.size(); ++i) {
    const absl::StatusOr<Required> required = RequireInInterval(plan, i);
    ASSERT_TRUE(required.ok()) << required.status();
    agents.push_back(required->agents);
    totals.Add(*required, plan.interval_minutes);
  }
  RequireInput third = GoodRequirement();
  third.demand = {.arrivals_per_hour = 100, .aht_s = 360};
  third.aim = plan.aim;
  EXPECT_EQ(agents, (std::vector<int64_t>{14, 0, Require(third)->agents}));
  EXPECT_EQ(totals.peak_agents, std::max<int64_t>(14, agents[2]));
  EXPECT_NEAR(totals.agent_hours, static_cast<double>(14 + agents[2]) / 2, 1e-12);
  EXPECT_GE(totals.agent_hours_with_shrinkage, totals.agent_hours / 0.7);
}

TEST(Plan, NamesTheIntervalThatIsWrong) {
  PlanInput plan = {.intervals = {{100, {}}, {50, {}}},
                    .aht_s = 180,
                    .aim = {.target_s = 20, .service_level = 0.8}};
  plan.intervals[1].arrivals = -3;
  EXPECT_EQ(FieldOf(RequireInInterval(plan, 1).status()), "intervals[1].arrivals");
  plan.intervals[1].arrivals = 1e7;
  EXPECT_EQ(FieldOf(RequireInInterval(plan, 1).status()), "intervals[1].arrivals");
  plan.intervals[1] = {50, 0};
  EXPECT_EQ(FieldOf(RequireInInterval(plan, 1).status()), "intervals[1].aht_s");
  plan.interval_minutes = kNan;
  EXPECT_EQ(FieldOf(CheckPlan(plan)), "interval_minutes");
  plan.interval_minutes = 30;
  plan.intervals.resize(kMostIntervals + 1);
  EXPECT_EQ(FieldOf(CheckPlan(plan)), "intervals");
  plan.intervals.clear();
  EXPECT_EQ(FieldOf(CheckPlan(plan)), "intervals");
}

TEST(Calculator, PredictsTheWaitBeforeATeam) {
  WaitInput question = {.ahead = 9, .agents = 50, .aht_s = 300, .patience_s = 180};
  EXPECT_NEAR(PredictWait(question)->expected_wait_s, 52.5401, 5e-5);
  question.ahead = -1;
  EXPECT_EQ(FieldOf(PredictWait(question).status()), "ahead");
}

TEST(Calculator, ChecksWhatErlangBIsAsked) {
  EXPECT_NEAR(*Blocking(10, 15), 0.0364969455, 1e-10);
  EXPECT_EQ(FieldOf(Blocking(kNan, 15).status()), "traffic_erlang");
  EXPECT_EQ(FieldOf(Blocking(10, 1.5).status()), "lines");
}

}  // namespace
}  // namespace kefu::staffing
