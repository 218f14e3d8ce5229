#include "services/common/redis/together.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <memory>
#include <utility>

#include "services/common/base/async.h"

namespace kefu::redis {
namespace {

using Answers = absl::StatusOr<std::vector<Value>>;

// Filled on the I/O threads of the clients.
class Gathering {
 public:
  Gathering(size_t count, std::function<void(Answers)> done)
      : values_(count), missing_(count), done_(std::move(done)) {}

  void Take(size_t place, absl::StatusOr<Value> reply) {
    {
      absl::MutexLock lock(&mutex_);
      if (reply.ok()) {
        values_[place] = *std::move(reply);
      } else if (error_.ok()) {
        error_ = reply.status();
      }
      if (--missing_ > 0) return;
    }
    Finish();
  }

 private:
  // Nobody else comes any more.
  void Finish() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (error_.ok()) return done_(std::move(values_));
    done_(error_);
  }

  absl::Mutex mutex_;
  std::vector<Value> values_ ABSL_GUARDED_BY(mutex_);
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  size_t missing_ ABSL_GUARDED_BY(mutex_);
  const std::function<void(Answers)> done_;
};

}  // namespace

Task<Answers> SendTogether(std::vector<Addressed> commands, int64_t timeout_ms) {
  if (commands.empty()) co_return std::vector<Value>();
  co_return co_await AwaitCallback<Answers>([&](std::function<void(Answers)> done) {
    // Shared by the callbacks of all commands.
    const auto gathering = std::make_shared<Gathering>(commands.size(), std::move(done));
    for (size_t i = 0; i < commands.size(); ++i) {
      commands[i].client->Send(
          std::move(commands[i].command), timeout_ms,
          [gathering, i](absl::StatusOr<Value> reply) { gathering->Take(i, std::move(reply)); });
    }
  });
}

}  // namespace kefu::redis
