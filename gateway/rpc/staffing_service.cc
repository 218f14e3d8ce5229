#include "gateway/rpc/staffing_service.h"

#include <cmath>
#include <optional>
#include <utility>

#include "gateway/rpc/methods.h"
#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/staffing/calculator.h"

namespace kefu::gateway {
namespace {

constexpr int64_t kTurnMs = 2;
constexpr uint32_t kHalfHour = 30;
constexpr double kMostSeconds = 253402300799;  // the year 9999

absl::StatusOr<staffing::Desk> DeskOf(uint32_t chats_per_agent, v1::Sharing sharing) {
  staffing::Desk desk;
  if (chats_per_agent > 0) desk.chats_per_agent = chats_per_agent;
  switch (sharing) {
    case v1::SHARING_UNSPECIFIED:
      return desk;
    case v1::SHARING_NONE:
      desk.sharing = staffing::Sharing::kNone;
      return desk;
    case v1::SHARING_PROCESSOR:
      desk.sharing = staffing::Sharing::kProcessor;
      return desk;
    default:
      return InvalidField("sharing", "Choose SHARING_NONE or SHARING_PROCESSOR.");
  }
}

template <class Message>
std::optional<double> PatienceOf(const Message& message) {
  return message.has_patience_s() ? std::optional<double>(message.patience_s()) : std::nullopt;
}

staffing::Aim AimOf(const v1::PlanStaffingRequest& goal) {
  staffing::Aim aim;
  if (goal.has_target_s()) aim.target_s = goal.target_s();
  if (goal.has_service_level()) aim.service_level = goal.service_level();
  if (goal.has_max_asa_s()) aim.max_asa_s = goal.max_asa_s();
  if (goal.has_max_abandon_probability()) {
    aim.max_abandon_probability = goal.max_abandon_probability();
  }
  if (goal.has_max_occupancy()) aim.max_occupancy = goal.max_occupancy();
  return aim;
}

v1::Performance ToMessage(const staffing::Performance& performance, bool with_target,
                          bool abandons) {
  v1::Performance message;
  message.set_stable(performance.stable);
  message.set_wait_probability(performance.wait_probability);
  if (with_target) message.set_service_level(performance.service_level);
  if (performance.stable) {
    message.set_asa_s(performance.asa_s);
    message.set_queue_length(performance.queue_length);
  }
  message.set_occupancy(performance.occupancy);
  if (abandons) message.set_abandon_probability(performance.abandon_probability);
  return message;
}

absl::StatusOr<staffing::PlanInput> PlanOf(const v1::PlanStaffingRequest& request) {
  staffing::PlanInput plan;
  KEFU_ASSIGN_OR_RETURN(plan.desk, DeskOf(request.chats_per_agent(), request.sharing()));
  plan.interval_minutes = request.interval_minutes() == 0 ? kHalfHour : request.interval_minutes();
  plan.aht_s = request.aht_s();
  plan.patience_s = PatienceOf(request);
  plan.aim = AimOf(request);
  plan.shrinkage = request.shrinkage();
  for (const auto& interval : request.intervals()) {
    staffing::PlanInterval& added = plan.intervals.emplace_back();
    added.arrivals = interval.arrivals();
    if (interval.has_aht_s()) added.aht_s = interval.aht_s();
  }
  KEFU_RETURN_IF_ERROR(staffing::CheckPlan(plan));
  const auto seconds = static_cast<double>(request.start_time().seconds());
  if (std::abs(seconds) <= kMostSeconds / 2) return plan;
  return InvalidField("start_time", "Give a time of this millennium.");
}

v1::PlanStaffingResponse::Row RowOf(const v1::PlanStaffingRequest& request,
                                    const staffing::PlanInput& plan,
                                    const staffing::Required& required, int index) {
  v1::PlanStaffingResponse::Row row;
  if (request.has_start_time()) {
    *row.mutable_start_time() = request.start_time();
    row.mutable_start_time()->set_seconds(request.start_time().seconds() +
                                          static_cast<int64_t>(plan.interval_minutes) * 60 * index);
  }
  row.set_arrivals(request.intervals(index).arrivals());
  row.set_traffic_erlang(required.traffic_erlang);
  row.set_agents(static_cast<uint32_t>(required.agents));
  row.set_agents_with_shrinkage(static_cast<uint32_t>(required.agents_with_shrinkage));
  *row.mutable_performance() =
      ToMessage(required.performance, request.has_target_s(), request.has_patience_s());
  return row;
}

// Lets the executor's other work go first.
Task<> GiveWay() { co_await boost::asio::post(co_await boost::asio::this_coro::executor, kAwait); }

}  // namespace

void StaffingService::Register(Registry& registry) {
  Methods<StaffingService>(registry, "kefu.gateway.v1.StaffingService", this)
      .Unary("CalculateStaffing", &StaffingService::CalculateStaffing)
      .Unary("PlanStaffing", &StaffingService::PlanStaffing);
}

Task<absl::StatusOr<v1::CalculateStaffingResponse>> StaffingService::CalculateStaffing(
    CallContext, v1::CalculateStaffingRequest request) {
  staffing::CalculateInput input = {.demand = {.arrivals_per_hour = request.arrivals_per_hour(),
                                               .aht_s = request.aht_s(),
                                               .patience_s = PatienceOf(request)},
                                    .agents = static_cast<double>(request.agents())};
  if (request.has_target_s()) input.target_s = request.target_s();
  KEFU_CO_ASSIGN_OR_RETURN(input.desk, DeskOf(request.chats_per_agent(), request.sharing()));
  KEFU_CO_ASSIGN_OR_RETURN(const staffing::Calculation found, staffing::Calculate(input));
  v1::CalculateStaffingResponse response;
  response.set_traffic_erlang(found.traffic_erlang);
  response.set_stable_agents(static_cast<uint32_t>(found.stable_agents));
  *response.mutable_performance() =
      ToMessage(found.performance, request.has_target_s(), request.has_patience_s());
  co_return response;
}

Task<absl::StatusOr<v1::PlanStaffingResponse>> StaffingService::PlanStaffing(
    CallContext, v1::PlanStaffingRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const staffing::PlanInput plan, PlanOf(request));
  v1::PlanStaffingResponse response;
  staffing::PlanTotals totals;
  int64_t turn_ends = MonotonicMs() + kTurnMs;
  for (int i = 0; i < request.intervals_size(); ++i) {
    KEFU_CO_ASSIGN_OR_RETURN(const staffing::Required required,
                             staffing::RequireInInterval(plan, static_cast<size_t>(i)));
    *response.add_rows() = RowOf(request, plan, required, i);
    totals.Add(required, plan.interval_minutes);
    if (MonotonicMs() < turn_ends) continue;
    co_await GiveWay();
    turn_ends = MonotonicMs() + kTurnMs;
  }
  response.set_peak_agents(static_cast<uint32_t>(totals.peak_agents));
  response.set_peak_agents_with_shrinkage(static_cast<uint32_t>(totals.peak_agents_with_shrinkage));
  response.set_agent_hours(totals.agent_hours);
  response.set_agent_hours_with_shrinkage(totals.agent_hours_with_shrinkage);
  co_return response;
}

}  // namespace kefu::gateway
