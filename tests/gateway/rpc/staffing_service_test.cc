#include "gateway/rpc/staffing_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <vector>

#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "tests/support/await.h"

namespace kefu::gateway {
namespace {

using test::Await;
using testing::ElementsAre;

v1::CalculateStaffingRequest Question(uint32_t agents) {
  v1::CalculateStaffingRequest request;
  request.set_arrivals_per_hour(200);
  request.set_aht_s(180);
  request.set_agents(agents);
  return request;
}

v1::PlanStaffingRequest Forecast(const std::vector<double>& arrivals) {
  v1::PlanStaffingRequest request;
  for (const double each : arrivals) request.add_intervals()->set_arrivals(each);
  request.set_aht_s(180);
  request.set_service_level(0.8);
  request.set_target_s(20);
  return request;
}

std::string FieldOf(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  const std::vector<FieldViolation> violations = FieldViolationsOf(status);
  return violations.size() == 1 ? violations.front().field : "";
}

absl::StatusOr<v1::CalculateStaffingResponse> Calculate(v1::CalculateStaffingRequest request) {
  StaffingService service;
  return Await(service.CalculateStaffing({}, std::move(request)));
}

absl::StatusOr<v1::PlanStaffingResponse> Plan(v1::PlanStaffingRequest request) {
  StaffingService service;
  return Await(service.PlanStaffing({}, std::move(request)));
}

TEST(StaffingService, LeavesOutWhatWasNotAskedAndWhatIsInfinite) {
  const absl::StatusOr<v1::CalculateStaffingResponse> enough = Calculate(Question(14));
  ASSERT_TRUE(enough.ok()) << enough.status();
  EXPECT_NEAR(enough->performance().asa_s(), 7.835937, 1e-6);
  EXPECT_FALSE(enough->performance().has_service_level());
  EXPECT_FALSE(enough->performance().has_abandon_probability());
  const absl::StatusOr<v1::CalculateStaffingResponse> too_few = Calculate(Question(10));
  ASSERT_TRUE(too_few.ok()) << too_few.status();
  EXPECT_FALSE(too_few->performance().stable());
  EXPECT_FALSE(too_few->performance().has_asa_s());
  EXPECT_FALSE(too_few->performance().has_queue_length());
  EXPECT_EQ(too_few->stable_agents(), 11);
}

TEST(StaffingService, TakesTargetPatienceAndChats) {
  v1::CalculateStaffingRequest request = Question(10);
  request.set_patience_s(120);
  request.set_target_s(20);
  EXPECT_NEAR(Calculate(request)->performance().service_level(), 0.639941, 1e-6);
  EXPECT_NEAR(Calculate(request)->performance().abandon_probability(), 0.137464, 1e-6);
  request = Question(1);
  request.set_aht_s(14.4);
  request.set_chats_per_agent(3);
  EXPECT_EQ(FieldOf(Calculate(request).status()), "sharing");
  request.set_sharing(v1::SHARING_PROCESSOR);
  EXPECT_NEAR(Calculate(request)->performance().wait_probability(), 0.512, 1e-9);
  request.set_sharing(static_cast<v1::Sharing>(9));
  EXPECT_EQ(FieldOf(Calculate(request).status()), "sharing");
}

TEST(StaffingService, PlansConsecutiveHalfHours) {
  v1::PlanStaffingRequest request = Forecast({100, 0, 100});
  request.mutable_start_time()->set_seconds(1'800'000'000);
  request.set_shrinkage(0.3);
  request.mutable_intervals(2)->set_aht_s(90);
  const absl::StatusOr<v1::PlanStaffingResponse> plan = Plan(request);
  ASSERT_TRUE(plan.ok()) << plan.status();
  std::vector<uint32_t> agents;
  std::vector<int64_t> times;
  for (const auto& row : plan->rows()) {
    agents.push_back(row.agents());
    times.push_back(row.start_time().seconds());
  }
  EXPECT_THAT(agents, ElementsAre(14, 0, 8));
  EXPECT_THAT(times, ElementsAre(1'800'000'000, 1'800'001'800, 1'800'003'600));
  EXPECT_EQ(plan->rows(0).agents_with_shrinkage(), 20);
  EXPECT_EQ(plan->peak_agents(), 14);
  EXPECT_DOUBLE_EQ(plan->agent_hours(), 11);
}

TEST(StaffingService, NamesTheFieldThatMakesNoSense) {
  EXPECT_EQ(FieldOf(Calculate(Question(0)).status()), "agents");
  EXPECT_EQ(FieldOf(Plan(Forecast({})).status()), "intervals");
  EXPECT_EQ(FieldOf(Plan(Forecast({3, -1})).status()), "intervals[1].arrivals");
  v1::PlanStaffingRequest request = Forecast({3});
  request.set_service_level(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(FieldOf(Plan(request).status()), "service_level");
  request = Forecast({3});
  request.mutable_start_time()->set_seconds(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(FieldOf(Plan(request).status()), "start_time");
}

Task<> PlanAndTell(v1::PlanStaffingRequest request, std::atomic<bool>* done) {
  StaffingService service;
  CallContext context;
  const absl::StatusOr<v1::PlanStaffingResponse> plan =
      co_await service.PlanStaffing(std::move(context), std::move(request));
  EXPECT_TRUE(plan.ok()) << plan.status();
  done->store(true);
}

TEST(StaffingService, GivesWayToOtherCallsWhilePlanningLong) {
  v1::PlanStaffingRequest request = Forecast(std::vector<double>(2016, 500'000));
  request.set_patience_s(120);
  boost::asio::io_context io(1);
  std::atomic<bool> done = false;
  int others = 0;
  Spawn(io.get_executor(), PlanAndTell(std::move(request), &done));
  // Each turn of the loop in which the plan was not ready is one in which others were heard.
  while (!done && io.run_one() > 0) ++others;
  EXPECT_GT(others, 10);
}

}  // namespace
}  // namespace kefu::gateway
