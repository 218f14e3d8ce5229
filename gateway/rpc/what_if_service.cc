#include "gateway/rpc/what_if_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/rpc/experiment_messages.h"
#include "gateway/rpc/methods.h"
#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

using routing::simulation::BackgroundComparison;
using routing::simulation::Comparison;
using routing::simulation::Experiment;

constexpr int64_t kLookMs = 50;
constexpr int64_t kTellMs = 500;

Task<absl::Status> Write(StreamWriter& writer, v1::CompareFrame frame) {
  std::vector<MessagePtr> frames;
  frames.push_back(std::make_unique<v1::CompareFrame>(std::move(frame)));
  co_return co_await writer.Write(std::move(frames));
}

// Whatever way the call ends, nobody waits for the comparison any more.
class Awaited {
 public:
  Awaited(std::shared_ptr<BackgroundComparison> running, StreamWriter& writer)
      : running_(std::move(running)), writer_(writer) {
    writer_.OnGone([running = running_] { running->stop = true; });
  }
  ~Awaited() {
    writer_.OnGone(nullptr);
    running_->stop = true;
  }
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;

  const BackgroundComparison& running() const { return *running_; }

 private:
  const std::shared_ptr<BackgroundComparison> running_;
  StreamWriter& writer_;
};

}  // namespace

void WhatIfService::Register(Registry& registry) {
  Methods<WhatIfService>(registry, "kefu.gateway.v1.WhatIfService", this)
      .Stream("Compare", &WhatIfService::Compare);
}

Task<absl::Status> WhatIfService::Compare(CallContext, v1::CompareRequest request,
                                          StreamWriter& writer) {
  KEFU_CO_ASSIGN_OR_RETURN(Experiment experiment, ToExperiment(request));
  const uint64_t sessions = SessionsOf(experiment);
  KEFU_CO_ASSIGN_OR_RETURN(std::shared_ptr<BackgroundComparison> running,
                           comparisons_.Start(std::move(experiment)));
  const Awaited awaited(std::move(running), writer);
  int64_t told_ms = 0;
  while (true) {
    const std::optional<absl::StatusOr<Comparison>> result = awaited.running().result();
    v1::CompareFrame frame;
    if (result) {
      if (!result->ok()) co_return result->status();
      *frame.mutable_comparison() = ToMessage(**result);
      co_return co_await Write(writer, std::move(frame));
    }
    if (MonotonicMs() >= told_ms + kTellMs) {
      told_ms = MonotonicMs();
      const uint64_t arrived = awaited.running().arrived;
      frame.mutable_progress()->set_sessions(arrived);
      frame.mutable_progress()->set_of_sessions(std::max(sessions, arrived));
      KEFU_CO_RETURN_IF_ERROR(co_await Write(writer, std::move(frame)));
    }
    co_await SleepMs(kLookMs);
  }
}

}  // namespace kefu::gateway
