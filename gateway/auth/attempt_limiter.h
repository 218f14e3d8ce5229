// How often somebody may try a password: 10 times in any minute per login and per address, counted
// in Redis for all gateways together. An attempt that succeeds is taken back from its address, so
// that an office behind one address can begin its day; it stays with its login.
//
// Memory: only attempts that were let through are written down, for a minute, and the password
// queue bounds those. Keys: `kf:gateway:{sys}:attempts:login:<hash>`, `…:attempts:address:<hash>`,
// lists that expire. Threads: thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "services/common/base/task.h"
#include "services/common/redis/aggregate_store.h"

namespace kefu::gateway::auth {

struct AttemptLimits {
  uint32_t attempts = 10;
  int64_t window_ms = 60'000;
};

class AttemptLimiter {
 public:
  explicit AttemptLimiter(redis::AggregateStore& store, AttemptLimits limits = {})
      : store_(store), limits_(limits) {}

  struct Attempt {
    std::string id;
    std::string address_key;
    std::string entry;
  };
  // RESOURCE_EXHAUSTED TOO_MANY_ATTEMPTS with a retry delay. `address` may be empty (unknown): only
  // the login counts.
  Task<absl::StatusOr<Attempt>> Admit(std::string login, std::string address);
  Task<absl::Status> Succeeded(Attempt attempt);

 private:
  redis::AggregateStore& store_;
  const AttemptLimits limits_;
};

// What counts as one address: an IPv4 address, or the /64 of an IPv6 address, which one customer
// has as a whole.
std::string AddressGroup(std::string_view address);

}  // namespace kefu::gateway::auth
