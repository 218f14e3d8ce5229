// Handlers for a few real methods of kefu.gateway.v1, with a fake identity: enough to drive the
// edge from both sides.
//
//   GetState      answers the caller's subject as `buyer` and the peer as `conversation`.
//   SendMessage   echoes; the text "throw" throws, "stall" never answers, "unavailable" fails so.
//   Subscribe     resume.seq = n > 0: n entries, then the end. resume.conversation "fail": an error
//   after one frame,
//                 "flood": frames for ever. Else a hello, silence until gone, then a goodbye.
//   StartGuest    (anyone) answers the shop as `buyer`.
//   CreatePerson  (operator, audited) answers "p_1".
//   UpsertOrders  (integrator) takes bodies of up to 1 MiB and answers a result for each order.
#pragma once

#include <absl/synchronization/mutex.h>

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "gateway/edge/dispatcher.h"

namespace kefu::gateway {

// Tokens are roles: "buyer", "buyer-2" (another buyer), "agent", "integrator", "operator". "stuck"
// never gets an answer.
class FakeAuthenticator final : public Authenticator {
 public:
  Task<absl::StatusOr<Caller>> Authenticate(std::string bearer) override;
  std::atomic<int> asked{0};
};

class FakeAuditor final : public Auditor {
 public:
  Task<absl::Status> Record(CallContext context, std::string method,
                            std::string request_json) override;
  absl::Status answer;
  std::vector<std::string> entries;  // "<subject> <method> <json>"
};

// Thread-safe.
class ToyServices {
 public:
  void Register(Registry& registry);

  struct Seen {
    int messages = 0;
    int streams_begun = 0;
    int streams_gone = 0;
    int streams_ended = 0;
    int goodbyes_sent = 0;
    CallContext last_context;
  };
  Seen seen() const;
  // False if it was not so within 5 s.
  bool WaitFor(const std::function<bool(const Seen&)>& condition) const;

 private:
  void Note(const std::function<void(Seen&)>& change);

  mutable absl::Mutex mutex_;
  Seen seen_ ABSL_GUARDED_BY(mutex_);
};

// Everything a dispatcher needs.
struct ToyGateway {
  explicit ToyGateway(const ConcurrencyShedder::Bounds& bounds = ConcurrencyShedder::kDefaultBounds)
      : shedder(bounds) {
    toys.Register(registry);
  }
  ToyServices toys;
  Registry registry;
  FakeAuthenticator authenticator;
  FakeAuditor auditor;
  ConcurrencyShedder shedder;
  RateLimiter rate_limiter{RateLimits{}};
  metrics::Metrics metrics;
  // After the registry is filled.
  Dispatcher& dispatcher() {
    if (!dispatcher_) {
      const DispatcherDeps deps{registry, authenticator, auditor, shedder, rate_limiter, metrics};
      dispatcher_ = std::make_unique<Dispatcher>(deps);
    }
    return *dispatcher_;
  }

 private:
  std::unique_ptr<Dispatcher> dispatcher_;
};

}  // namespace kefu::gateway
