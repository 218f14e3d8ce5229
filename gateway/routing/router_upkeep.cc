// Sweep, cursors, reconciliation.
#include <algorithm>

#include "gateway/routing/router.h"
#include "gateway/routing/storage/rows.h"
#include "gateway/routing/storage/store.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing {
namespace {

// Records that one call compares, since a function blocks its node; of a set only what says where
// they stand.
constexpr int kScanCount = 50;
constexpr int kSetScanCount = 200;
// Leases and timers that one call of the sweep handles.
constexpr int kExpiriesPerCall = 12;
constexpr int kMaxSweepRounds = 32;

}  // namespace

Task<absl::StatusOr<Router::SweepResult>> Router::Sweep(ShopId shop) {
  SweepResult result;
  // Its own clock: the time of the store is not known yet, and an hour is soon enough for a change
  // of the day.
  const int64_t now_ms =
      options_.test_clock != nullptr ? options_.test_clock->Now().ms : SystemClock().Now().ms;
  BuildOperation sweep = [this, now_ms](const RoutingPlan& plan) {
    std::vector<std::string> arguments = {
        std::to_string(options_.orphan_grace_ms),
        std::to_string(options_.orphan_boost_ms),
        std::to_string(kExpiriesPerCall),
        std::to_string(plan.ExclusionMs().value_or(options_.exclusion_ms)),
        std::to_string(options_.offer_pause_ms),
        std::to_string(plan.DayOffsetMs(now_ms))};
    return OnAllClasses(plan, "sweep_v2", std::move(arguments));
  };
  for (int round = 0; round < kMaxSweepRounds; ++round) {
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values, co_await store_->Call(shop, sweep));
    KEFU_CO_ASSIGN_OR_RETURN(OperationReply reply, ReadReply(values));
    Merge(std::move(reply.outcome), result.outcome);
    const redis::Value all(std::move(values));
    result.next_due.reset();
    if (all[6].Int() > 0) result.next_due = TimePoint{all[6].Int()};
    // Classes are what the next round looks at anyway.
    std::erase_if(reply.again,
                  [](const std::string& target) { return target.find(':') == std::string::npos; });
    KEFU_CO_RETURN_IF_ERROR(co_await GoOn(shop, std::move(reply.again), result.outcome));
    if (all[5].Int() == 0) break;
  }
  co_return result;
}

Task<absl::StatusOr<Router::Cursor>> Router::GetCursor(ShopId shop, std::string log) {
  Operation operation{.verb = "read_cursor", .classes = {}, .arguments = {}};
  operation.arguments.push_back(std::move(log));
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(operation)));
  const redis::Value reply(std::move(values));
  Cursor cursor;
  cursor.store_epoch = reply[0].Int();
  cursor.seq = reply[1].Int();
  co_return cursor;
}

Task<absl::StatusOr<bool>> Router::AdvanceCursor(ShopId shop, std::string log, Cursor expected,
                                                 Cursor next, std::optional<TimePoint> passed) {
  Operation operation{.verb = "advance_cursor", .classes = {}, .arguments = {}};
  operation.arguments = {std::move(log), std::to_string(expected.store_epoch),
                         std::to_string(expected.seq), std::to_string(next.store_epoch),
                         std::to_string(next.seq)};
  operation.arguments.push_back(passed.has_value() ? std::to_string(passed->ms) : std::string());
  operation.arguments.push_back(std::to_string(options_.tombstone_ms));
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(operation)));
  const redis::Value reply(std::move(values));
  co_return reply[0].Int() == 1;
}

Task<absl::Status> Router::ReconcileScan(ShopId shop, std::string verb,
                                         std::vector<std::string> what,
                                         std::vector<std::string>& repairs) {
  // Functions that change records answer as every operation does, before cursor and repairs.
  const bool records = verb == "reconcile_records";
  const size_t at = records ? 5 : 0;
  std::string cursor = "0";
  do {
    std::vector<std::string> arguments = what;
    arguments.push_back(cursor);
    arguments.push_back(std::to_string(records ? kScanCount : kSetScanCount));
    BuildOperation scan = [verb, records, what,
                           arguments = std::move(arguments)](const RoutingPlan& plan) {
      if (records) return OnAllClasses(plan, verb, arguments);
      Operation operation{.verb = verb, .classes = {}, .arguments = arguments};
      if (!what[1].empty()) operation.classes.push_back(what[1]);
      return operation;
    };
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(scan)));
    const redis::Value reply(std::move(values));
    for (const redis::Value& repair : reply[at + 1].array()) repairs.push_back(repair.str());
    cursor = reply[at].str();
  } while (!cursor.empty() && cursor != "0");
  co_return absl::OkStatus();
}

Task<absl::StatusOr<std::vector<std::string>>> Router::Reconcile(ShopId shop) {
  std::vector<std::string> repairs;
  KEFU_CO_ASSIGN_OR_RETURN(std::shared_ptr<const RoutingPlan> plan, co_await store_->PlanOf(shop));
  for (const char* records : {"sessions", "agents"}) {
    std::vector<std::string> what = {records};
    KEFU_CO_RETURN_IF_ERROR(
        co_await ReconcileScan(shop, "reconcile_records", std::move(what), repairs));
  }
  for (const char* kind : {"waiting", "available"}) {
    for (const ClassSpec& spec : plan->classes().all()) {
      std::vector<std::string> what = {kind, spec.name};
      KEFU_CO_RETURN_IF_ERROR(
          co_await ReconcileScan(shop, "reconcile_set", std::move(what), repairs));
    }
  }
  std::vector<std::string> closed = {"closed", ""};
  KEFU_CO_RETURN_IF_ERROR(
      co_await ReconcileScan(shop, "reconcile_set", std::move(closed), repairs));
  BuildOperation counts = [](const RoutingPlan& current) {
    return OnAllClasses(current, "reconcile_counts", {});
  };
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(counts)));
  const redis::Value reply(std::move(values));
  for (const redis::Value& repair : reply[5].array()) repairs.push_back(repair.str());
  co_return repairs;
}

}  // namespace kefu::gateway::routing
