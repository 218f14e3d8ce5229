#include "services/logistics/storage/push_store.h"

#include <memory>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::logistics::storage {
namespace {

constexpr char kPushType[] = "push";
constexpr char kUnreadableIndex[] = "unreadable_pushes";
// A process that takes it apart at once is long done by then.
constexpr int64_t kRetryMs = 30'000;
constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;
constexpr int64_t kKeepMs = 7 * kDayMs;
constexpr int64_t kKeepUnreadableMs = 30 * kDayMs;

redis::AggregateId IdOf(const ShopId& shop, const std::string& id) { return {shop, kPushType, id}; }

std::string TimerOf(std::string_view id) { return std::string(kPushTimer).append(id); }

}  // namespace

std::string PushIdOf(std::string_view webhook, std::string_view deduplication_key) {
  return DeriveToken("push", std::string(webhook).append("|").append(deduplication_key));
}

Task<absl::StatusOr<bool>> PushStore::Keep(ShopId shop, redis::Request request, std::string id,
                                           PushState push) {
  // Shared with the decision, which may run several times.
  const auto is_new = std::make_shared<bool>();
  redis::Aggregates::Decide decide =
      [is_new, id,
       push = std::move(push)](const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
    *is_new = snapshot.version == 0;
    if (!*is_new) return redis::Change{.state = snapshot.state, .unchanged = true};
    PushState kept = push;
    kept.received = snapshot.time;
    return redis::Change{.state = Encode(kept),
                         .timers = {{TimerOf(id), snapshot.time + kRetryMs}}};
  };
  redis::AggregateId aggregate = IdOf(shop, id);
  KEFU_CO_RETURN_IF_ERROR(
      co_await commit_(std::move(aggregate), std::move(request), std::move(decide), std::nullopt));
  co_return *is_new;
}

Task<absl::StatusOr<std::optional<PushState>>> PushStore::Find(ShopId shop, std::string id) {
  redis::AggregateId aggregate = IdOf(shop, id);
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot,
                           co_await store_.Load(std::move(aggregate)));
  std::optional<PushState> push;
  if (snapshot.version > 0) {
    KEFU_CO_ASSIGN_OR_RETURN(push, DecodePush(snapshot.state));
  }
  co_return push;
}

Task<absl::Status> PushStore::Finish(ShopId shop, std::string id, std::string problem) {
  redis::Aggregates::Decide decide =
      [id, problem = std::move(problem)](
          const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
    if (snapshot.version == 0) return redis::Change{.unchanged = true};
    KEFU_ASSIGN_OR_RETURN(PushState push, DecodePush(snapshot.state));
    if (push.processed) return redis::Change{.state = snapshot.state, .unchanged = true};
    push.processed = true;
    push.problem = problem;
    redis::Change change{.state = Encode(push)};
    const TimePoint drop = snapshot.time + (problem.empty() ? kKeepMs : kKeepUnreadableMs);
    change.timers.push_back({TimerOf(id), drop});
    if (!problem.empty()) {
      change.indexes.push_back({redis::IndexChange::Kind::kSortedAdd, kUnreadableIndex, id,
                                std::to_string(push.received.ms), "", ""});
    }
    return change;
  };
  redis::AggregateId aggregate = IdOf(shop, id);
  redis::Request repeatable;
  const auto committed = co_await commit_(std::move(aggregate), std::move(repeatable),
                                          std::move(decide), std::nullopt);
  co_return committed.status();
}

Task<absl::Status> PushStore::Drop(ShopId shop, std::string id) {
  redis::AggregateId aggregate = IdOf(shop, id);
  co_return co_await store_.Remove(std::move(aggregate), kUnreadableIndex);
}

}  // namespace kefu::logistics::storage
