#include "services/common/host/upkeep.h"

#include <utility>

#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::host {
namespace {

constexpr int64_t kTickMs = 500;
constexpr int64_t kSweepEveryMs = 10'000;
constexpr int64_t kClaimMs = 30'000;
constexpr size_t kClaimed = 64;

}  // namespace

Upkeep::Upkeep(const std::string& service, int64_t functions_version, redis::ShardMap& shards,
               redis::AggregateStore& store, events::Outbox& outbox, timers::DueQueue& timers)
    : shards_(shards),
      store_(store),
      outbox_(outbox),
      timers_(timers),
      functions_(shards, service, functions_version) {}

void Upkeep::Start(Executor executor) {
  tasks_ = std::make_unique<TaskGroup>(executor);
  sweeps_ = std::make_unique<ShopRounds>(*tasks_, [this](ShopId shop) { return Sweep(shop); });
  timer_rounds_ =
      std::make_unique<ShopRounds>(*tasks_, [this](ShopId shop) { return ServeTimers(shop); });
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
    co_await functions_.Look();
    goes_on = co_await tasks_->Sleep(kTickMs);
  }
}

Task<> Upkeep::KeepSweeping() {
  bool goes_on = true;
  while (goes_on) {
    bool swept = false;
    if (functions_ready()) swept = co_await SweepAll();
    const int64_t pause_ms = swept ? kSweepEveryMs : kTickMs;
    goes_on = co_await tasks_->Sleep(pause_ms);
  }
}

Task<bool> Upkeep::SweepAll() {
  if (const absl::Status refreshed = shards_.Refresh(); !refreshed.ok()) {
    log::Error("shard file not usable", {{"reason", FromAbsl(refreshed.message())}});
  }
  const absl::StatusOr<std::vector<ShopId>> shops = co_await store_.ListShops();
  if (!shops.ok()) co_return false;  // told of by FunctionsCheck
  sweeps_->Begin(*shops);
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
    if (functions_ready()) {
      absl::StatusOr<std::vector<ShopId>> shops = co_await store_.ListShops();
      if (shops.ok()) shops_ = *std::move(shops);
      timer_rounds_->Begin(shops_);
    }
    goes_on = co_await tasks_->Sleep(kTickMs);
  }
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
