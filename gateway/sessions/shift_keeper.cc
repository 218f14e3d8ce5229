#include "gateway/sessions/shift_keeper.h"

#include <algorithm>
#include <limits>

#include "proto/kefu/gateway/v1/record.pb.h"
#include "services/common/base/failpoint.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"

namespace kefu::gateway::sessions {
namespace {

constexpr uint32_t kVersion = 1;
constexpr char kType[] = "shifts";
// An end that nobody dealt with for so long is forgotten.
constexpr int64_t kLookBackMs = 24 * 3'600'000;

redis::AggregateId IdOf(const ShopId& shop) { return {shop, kType, shop.str()}; }

int64_t NextChangeMs(const routing::config::Plan& plan, TimePoint now) {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (const v1::BusinessHours& each : plan.config().hours()) {
    const std::optional<TimePoint> change = plan.FindHours(each.hours())->NextChange(now);
    if (change) next = std::min(next, change->ms);
  }
  return next;
}

}  // namespace

std::optional<TimePoint> EndedSince(const routing::config::Hours& hours, TimePoint since,
                                    TimePoint now) {
  std::optional<TimePoint> ended;
  if (hours.IsOpen(now)) return ended;
  std::optional<TimePoint> change = hours.NextChange(since);
  while (change && *change <= now) {
    if (!hours.IsOpen(*change)) ended = change;
    change = hours.NextChange(*change);
  }
  return ended;
}

bool ShiftKeeper::IsDue(const ShopId& shop, const routing::config::Plan& plan, TimePoint now) {
  absl::MutexLock lock(&mutex_);
  const auto looked = looked_.find(shop);
  return looked == looked_.end() || looked->second.plan_version != plan.version() ||
         now.ms >= looked->second.again_at_ms;
}

Task<absl::StatusOr<ShiftKeeper::Ends>> ShiftKeeper::Unsettled(ShopId shop, Ends ends) {
  redis::AggregateId aggregate = IdOf(shop);
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot,
                           co_await deps_.store.Load(std::move(aggregate)));
  KEFU_CO_ASSIGN_OR_RETURN(const auto record,
                           ParseRecord<v1::ShiftsRecord>(snapshot.state, kVersion));
  std::erase_if(ends, [&record](const auto& end) {
    const auto settled = record.settled_ms().find(end.first);
    return settled != record.settled_ms().end() && settled->second >= end.second;
  });
  co_return ends;
}

Task<absl::Status> ShiftKeeper::MarkSettled(ShopId shop, Ends ends) {
  redis::Aggregates::Decide decide =
      [ends = std::move(ends)](const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
    KEFU_ASSIGN_OR_RETURN(auto record, ParseRecord<v1::ShiftsRecord>(snapshot.state, kVersion));
    record.set_record_version(kVersion);
    for (const auto& [hours, end_ms] : ends) {
      int64_t& settled_ms = (*record.mutable_settled_ms())[hours];
      settled_ms = std::max(settled_ms, end_ms);
    }
    return redis::Change{.state = record.SerializeAsString()};
  };
  redis::AggregateId aggregate = IdOf(shop);
  redis::Request repeatable;
  const auto committed =
      co_await deps_.store.Update(std::move(aggregate), std::move(repeatable), std::move(decide));
  co_return committed.status();
}

Task<absl::Status> ShiftKeeper::Settle(ShopId shop) {
  const TimePoint now = deps_.clock.Now();
  KEFU_CO_ASSIGN_OR_RETURN(const std::shared_ptr<const routing::config::Plan> plan,
                           co_await deps_.plan_of(shop));
  if (plan->config().hours().empty() || !IsDue(shop, *plan, now)) co_return absl::OkStatus();
  Ends ends;
  for (const v1::BusinessHours& each : plan->config().hours()) {
    const auto ended =
        EndedSince(*plan->FindHours(each.hours()), TimePoint{now.ms - kLookBackMs}, now);
    if (ended) ends[each.hours()] = ended->ms;
  }
  if (!ends.empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(ends, co_await Unsettled(shop, std::move(ends)));
  }
  if (!ends.empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(const std::vector<Worker> workers, co_await deps_.list_workers(shop));
    for (const Worker& worker : workers) {
      if (ends.count(worker.hours) == 0) continue;
      KEFU_CO_RETURN_IF_ERROR(co_await deps_.hang_up(shop, worker.agent));
      KEFU_FAILPOINT("gateway.shifts.after_one");
    }
    KEFU_CO_RETURN_IF_ERROR(co_await MarkSettled(shop, std::move(ends)));
  }
  absl::MutexLock lock(&mutex_);
  looked_[shop] = {plan->version(), NextChangeMs(*plan, now)};
  co_return absl::OkStatus();
}

}  // namespace kefu::gateway::sessions
