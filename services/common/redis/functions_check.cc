#include "services/common/redis/functions_check.h"

#include <utility>

#include "services/common/base/status.h"
#include "services/common/logging/log.h"
#include "services/common/redis/function.h"

namespace kefu::redis {
namespace {

constexpr int64_t kTimeoutMs = 2000;

}  // namespace

FunctionsCheck::FunctionsCheck(ShardMap& shards, std::string service, int64_t needed)
    : shards_(shards), service_(std::move(service)), needed_(needed) {}

Task<> FunctionsCheck::Look() {
  FunctionCall call;
  call.function = service_ + "_version_v1";
  const auto answer = co_await CallFunction(shards_.System(), std::move(call), kTimeoutMs);
  const bool ready = answer.ok() && !answer->empty() && (*answer)[0].Int() >= needed_;
  if (ready == ready_) co_return;
  ready_ = ready;
  if (ready) {
    log::Info("store ready", {{"functions", (*answer)[0].Int()}});
  } else {
    log::Warn("store not ready",
              {{"reason", answer.ok() ? "functions too old" : ErrorReason(answer.status())}});
  }
}

}  // namespace kefu::redis
