#include "services/inquiries/upkeep.h"

#include <boost/asio/redirect_error.hpp>
#include <utility>

#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"
#include "services/inquiries/storage/keys.h"

namespace kefu::inquiries {
namespace {

constexpr int64_t kTickMs = 500;
constexpr int64_t kTimeoutMs = 2000;

}  // namespace

Upkeep::Upkeep(Executor executor, redis::ShardMap& shards, storage::Archiver& archiver,
               storage::EventLog& events, int64_t sweep_interval_ms)
    : executor_(executor),
      shards_(shards),
      archiver_(archiver),
      events_(events),
      sweep_interval_ms_(sweep_interval_ms),
      timer_(executor),
      functions_(shards, "inquiries") {}

Upkeep::~Upkeep() { Stop(); }

void Upkeep::Start() {
  started_ = true;
  Spawn(executor_, Run());
}

void Upkeep::Stop() {
  if (!started_) return;
  started_ = false;
  stopping_ = true;
  boost::asio::post(executor_, [this] { timer_.cancel(); });
  ended_.get_future().wait();
}

Task<> Upkeep::Run() {
  int64_t next_sweep_ms = 0;
  while (!stopping_) {
    co_await functions_.Look();
    if (functions_ready() && MonotonicMs() >= next_sweep_ms) {
      co_await Sweep();
      next_sweep_ms = MonotonicMs() + sweep_interval_ms_;
    }
    if (stopping_) break;
    timer_.expires_after(std::chrono::milliseconds(kTickMs));
    boost::system::error_code cancelled;  // then the loop ends
    co_await timer_.async_wait(boost::asio::redirect_error(kAwait, cancelled));
  }
  ended_.set_value();
}

Task<> Upkeep::Sweep() {
  if (const absl::Status refreshed = shards_.Refresh(); !refreshed.ok()) {
    log::Error("shard file not usable", {{"reason", FromAbsl(refreshed.message())}});
  }
  redis::Command command = {"SMEMBERS", storage::kShopsKey};
  const auto shops = co_await shards_.System().Call(std::move(command), kTimeoutMs);
  if (!shops.ok()) co_return;  // told of by FunctionsCheck
  for (const redis::Value& name : shops->array()) {
    const auto shop = ShopId::Parse(name.str());
    if (!shop.ok() || stopping_) continue;
    const absl::Status archived = co_await archiver_.Sweep(*shop);
    if (!archived.ok()) {
      log::Warn("archiving failed, will be tried again",
                {{"shop", shop->str()}, {"reason", ErrorReason(archived)}});
    }
    co_await TrimOutbox(*shop);
  }
}

Task<> Upkeep::TrimOutbox(ShopId shop) {
  // Each call drops a bounded part.
  while (!stopping_) {
    const auto trimmed = co_await events_.Trim(shop);
    if (!trimmed.ok()) {
      log::Warn("outbox not trimmed",
                {{"shop", shop.str()}, {"reason", ErrorReason(trimmed.status())}});
    }
    if (!trimmed.ok() || *trimmed == 0) co_return;
  }
}

}  // namespace kefu::inquiries
