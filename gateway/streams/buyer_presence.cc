#include "gateway/streams/buyer_presence.h"

#include <utility>

#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::streams {

BuyerPresence::BuyerPresence(Tell tell, int64_t linger_ms)
    : tell_(std::move(tell)), linger_ms_(linger_ms) {}

void BuyerPresence::Came(const ShopId& shop, const std::string& buyer) {
  absl::MutexLock lock(&mutex_);
  ++streams_[{shop, buyer}];
}

void BuyerPresence::Went(const ShopId& shop, const std::string& buyer, const SessionId* session,
                         Executor executor) {
  {
    absl::MutexLock lock(&mutex_);
    const auto found = streams_.find({shop, buyer});
    if (found == streams_.end() || --found->second > 0) return;
    streams_.erase(found);
    if (stopped_ || session == nullptr) return;
  }
  Spawn(executor, TellGone(shop, buyer, *session));
}

bool BuyerPresence::Here(const ShopId& shop, const std::string& buyer) {
  absl::MutexLock lock(&mutex_);
  return streams_.count({shop, buyer}) > 0;
}

Task<> BuyerPresence::TellGone(ShopId shop, std::string buyer, SessionId session) {
  co_await SleepMs(linger_ms_);
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_ || streams_.count({shop, buyer}) > 0) co_return;
  }
  const absl::Status told = co_await tell_(shop, session, /*present=*/false);
  // It counts as present then, and waits as long as others.
  if (!told.ok() && !absl::IsNotFound(told)) {
    log::Warn("routing was not told that a buyer went away",
              {{"session", session.str()}, {"reason", ErrorReason(told)}});
  }
}

Task<> BuyerPresence::Assert(ShopId shop, SessionId session) {
  const absl::Status told = co_await tell_(std::move(shop), session, /*present=*/true);
  if (!told.ok() && !absl::IsNotFound(told)) {
    log::Warn("routing was not told that a buyer is there",
              {{"session", session.str()}, {"reason", ErrorReason(told)}});
  }
}

void BuyerPresence::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
}

}  // namespace kefu::gateway::streams
