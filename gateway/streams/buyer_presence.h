// Whether buyers who wait are still there: routing is told when the last stream of one ends at this
// gateway, a moment later, and it did not come back.
//
// Every gateway knows its own streams only. One that still has a stream hears of the session's
// change (or looks, every ten seconds while the buyer waits), finds the buyer believed away, and
// says that it is not so (`Assert`); that is well within the grace. Limits: a buyer who never had a
// stream counts as present; so does one whose gateway died, and one who went while being served.
// Threads: thread-safe.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"

namespace kefu::gateway::streams {

class BuyerPresence {
 public:
  // Tells routing, and the others what follows.
  using Tell = std::function<Task<absl::Status>(ShopId, SessionId, bool present)>;

  // A page that is loaded anew has no stream for a moment.
  explicit BuyerPresence(Tell tell, int64_t linger_ms = 1000);

  void Came(const ShopId& shop, const std::string& buyer);
  // A stream of the buyer ended; `session` waits, as far as the stream knew.
  void Went(const ShopId& shop, const std::string& buyer, const SessionId* session,
            Executor executor);
  bool Here(const ShopId& shop, const std::string& buyer);
  Task<> Assert(ShopId shop, SessionId session);
  // The gateway goes away: streams end, but not because buyers went.
  void Stop();

 private:
  using Key = std::pair<ShopId, std::string>;
  Task<> TellGone(ShopId shop, std::string buyer, SessionId session);

  const Tell tell_;
  const int64_t linger_ms_;
  absl::Mutex mutex_;
  std::map<Key, int> streams_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace kefu::gateway::streams
