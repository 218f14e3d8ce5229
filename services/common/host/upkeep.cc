#include "services/common/host/upkeep.h"

#include <utility>

#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"
#include "services/common/redis/function.h"

namespace kefu::host {
namespace {

constexpr int64_t kTickMs = 500;
constexpr int64_t kSweepEveryMs = 10'000;
constexpr int64_t kTimeoutMs = 2000;
constexpr int64_t kClaimMs = 30'000;
constexpr size_t kClaimed = 64;
// Shops whose timers are served beside each other.
constexpr int kMaxServers = 16;

}  // namespace

Upkeep::Upkeep(std::string service, int64_t functions_version, redis::ShardMap& shards,
               redis::AggregateStore& store, events::Outbox& outbox, timers::DueQueue& timers)
    : service_(std::move(service)),
      functions_version_(functions_version),
      shards_(shards),
      store_(store),
      outbox_(outbox),
      timers_(timers) {}

void Upkeep::Start(Executor executor) {
  tasks_ = std::make_unique<TaskGroup>(executor);
  tasks_->Spawn(KeepWatching());
  tasks_->Spawn(KeepSweeping());
  if (due_) tasks_->Spawn(KeepServingTimers());
}

void Upkeep::Stop() {
  if (tasks_ != nullptr) tasks_->Stop();
}

Task<> Upkeep::KeepWatching() {
  bool goes_on = true;
  while (goes_on) {
    co_await CheckFunctions();
    goes_on = co_await tasks_->Sleep(kTickMs);
  }
}

Task<> Upkeep::CheckFunctions() {
  redis::FunctionCall call;
  call.function = service_ + "_version_v1";
  const auto answer = co_await redis::CallFunction(shards_.System(), std::move(call), kTimeoutMs);
  const bool ready = answer.ok() && !answer->empty() && (*answer)[0].Int() >= functions_version_;
  if (ready == functions_ready_) co_return;
  functions_ready_ = ready;
  if (ready) {
    log::Info("store ready", {{"functions", (*answer)[0].Int()}});
  } else {
    log::Warn("store not ready",
              {{"reason", answer.ok() ? "functions too old" : ErrorReason(answer.status())}});
  }
}

Task<> Upkeep::KeepSweeping() {
  bool goes_on = true;
  while (goes_on) {
    bool swept = false;
    if (functions_ready_) swept = co_await SweepAll();
    const int64_t pause_ms = swept ? kSweepEveryMs : kTickMs;
    goes_on = co_await tasks_->Sleep(pause_ms);
  }
}

Task<bool> Upkeep::SweepAll() {
  if (const absl::Status refreshed = shards_.Refresh(); !refreshed.ok()) {
    log::Error("shard file not usable", {{"reason", FromAbsl(refreshed.message())}});
  }
  const absl::StatusOr<std::vector<ShopId>> shops = co_await store_.ListShops();
  if (!shops.ok()) co_return false;  // told of by CheckFunctions
  for (const ShopId& shop : *shops) {
    if (!tasks_->stopping()) co_await Sweep(shop);
  }
  co_return true;
}

Task<> Upkeep::Sweep(ShopId shop) {
  co_await Trim(shop);
  for (const Chore& chore : chores_) {
    const absl::Status done = co_await chore(shop);
    if (done.ok()) continue;
    log::Warn("a chore failed, will be tried again",
              {{"shop", shop.str()}, {"reason", ErrorReason(done)}});
  }
}

Task<> Upkeep::Trim(ShopId shop) {
  // Each call drops a bounded part.
  while (!tasks_->stopping()) {
    const absl::StatusOr<uint64_t> trimmed = co_await outbox_.Trim(shop);
    if (!trimmed.ok()) {
      log::Warn("outbox not trimmed",
                {{"shop", shop.str()}, {"reason", ErrorReason(trimmed.status())}});
    }
    if (!trimmed.ok() || *trimmed == 0) co_return;
  }
}

Task<> Upkeep::KeepServingTimers() {
  bool goes_on = true;
  while (goes_on) {
    if (functions_ready_) {
      absl::StatusOr<std::vector<ShopId>> shops = co_await store_.ListShops();
      if (shops.ok()) shops_ = *std::move(shops);
      BeginRound();
    }
    goes_on = co_await tasks_->Sleep(kTickMs);
  }
}

void Upkeep::BeginRound() {
  if (!round_.empty()) return;
  for (const ShopId& shop : shops_) {
    if (!busy_.contains(shop)) round_.push_back(shop);
  }
  // A shop whose timers take long holds up one of the servers, not the others.
  while (servers_ < kMaxServers && static_cast<size_t>(servers_) < round_.size() + busy_.size()) {
    ++servers_;
    tasks_->Spawn(ServeRound());
  }
}

Task<> Upkeep::ServeRound() {
  while (!round_.empty() && !tasks_->stopping()) {
    const ShopId shop = round_.front();
    round_.pop_front();
    busy_.insert(shop);
    co_await ServeTimers(shop);
    busy_.erase(shop);
  }
  --servers_;
}

Task<> Upkeep::ServeTimers(ShopId shop) {
  size_t claimed = kClaimed;
  while (claimed == kClaimed && !tasks_->stopping()) {
    const auto items = co_await timers_.Claim(shop, kClaimed, kClaimMs);
    if (!items.ok()) {
      log::Warn("timers not claimed",
                {{"shop", shop.str()}, {"reason", ErrorReason(items.status())}});
      co_return;
    }
    claimed = items->size();
    for (const timers::DueItem& item : *items) {
      if (tasks_->stopping()) co_return;  // somebody claims it again
      absl::Status done = co_await due_(shop, item);
      if (done.ok()) done = co_await timers_.Complete(shop, item);
      if (done.ok()) continue;
      log::Warn("a timer was not served, will be tried again",
                {{"shop", shop.str()}, {"timer", item.key}, {"reason", ErrorReason(done)}});
    }
  }
}

}  // namespace kefu::host
