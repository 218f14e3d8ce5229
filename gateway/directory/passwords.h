// Passwords, hashed with Argon2id (libsodium's interactive limits: 64 MiB and about 70 ms each). At
// most two at once, on threads of their own, never on an event loop; 20 more may wait, the next one
// is refused.
//
// Threads: any. Stop it while the event loops still run, since it answers on them; destroy it after
// they are gone, since calls that end with them give their places back. Errors: RESOURCE_EXHAUSTED
// PASSWORD_QUEUE_FULL with a retry delay; INTERNAL if memory runs out.
#pragma once

#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "services/common/base/task.h"

namespace kefu::gateway::directory {

struct PasswordLimits {
  size_t threads = 2;
  size_t queue = 20;
  // Argon2id's cost; libsodium's interactive limits.
  uint64_t operations = 2;
  size_t memory_bytes = 64 << 20;
};

class Passwords {
 public:
  explicit Passwords(PasswordLimits limits = {});
  ~Passwords();
  Passwords(const Passwords&) = delete;
  Passwords& operator=(const Passwords&) = delete;

  // A place among those being hashed or waiting, held until it is used or goes: so that a refusal
  // comes before anything else is done or counted.
  class Place {
   public:
    Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    friend class Passwords;
    explicit Place(Passwords* owner) : owner_(owner) {}
    Passwords* owner_;
  };
  absl::StatusOr<Place> Reserve();

  Task<absl::StatusOr<std::string>> HashNew(Place place, std::string password);
  // Without a hash (nobody has that login) it takes as long, and answers false.
  Task<absl::StatusOr<bool>> Verify(Place place, std::optional<std::string> hash,
                                    std::string password);

  // Finishes what is being hashed; what waits, and what comes later, is UNAVAILABLE STOPPING.
  void Stop();

  // The hash that a password is held against when there is none: of equal cost, so that an unknown
  // login takes as long as a wrong password.
  const std::string& decoy() const { return decoy_; }
  // Passwords held against a hash so far, the decoy included.
  uint64_t verified() const { return verified_; }

 private:
  using Job = std::function<void(bool run)>;
  void Work();
  void Add(Job job);

  const PasswordLimits limits_;
  absl::Mutex mutex_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  size_t places_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Verified against when there is nothing to verify against.
  std::string decoy_;
  std::atomic<uint64_t> verified_{0};
  std::vector<std::thread> threads_;
};

}  // namespace kefu::gateway::directory
