#include "gateway/directory/passwords.h"

#include <sodium.h>

#include <array>
#include <memory>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/ids.h"
#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

constexpr int64_t kRetryMs = 1000;
static_assert(PasswordLimits().operations == crypto_pwhash_OPSLIMIT_INTERACTIVE);
static_assert(PasswordLimits().memory_bytes == crypto_pwhash_MEMLIMIT_INTERACTIVE);

absl::Status QueueFull() {
  return WithRetryDelay(
      Error(absl::StatusCode::kResourceExhausted, "PASSWORD_QUEUE_FULL",
            "Too many people are signing in at this moment; try again in a second."),
      kRetryMs);
}

absl::Status Stopping() {
  return Error(absl::StatusCode::kUnavailable, "STOPPING",
               "This gateway is stopping; try another one.");
}

absl::Status OutOfMemory() {
  return Error(absl::StatusCode::kInternal, "OUT_OF_MEMORY",
               "There is no memory to hash a password; try again later.");
}

absl::StatusOr<std::string> HashOf(const PasswordLimits& limits, const std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> hash;
  if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), limits.operations,
                            limits.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return OutOfMemory();
  }
  return std::string(hash.data());
}

}  // namespace

Passwords::Passwords(PasswordLimits limits) : limits_(limits) {
  // Of random bytes that nobody keeps.
  absl::StatusOr<std::string> decoy = HashOf(limits_, NewToken());
  if (decoy.ok()) decoy_ = *std::move(decoy);
  for (size_t i = 0; i < limits_.threads; ++i) threads_.emplace_back([this] { Work(); });
}

Passwords::~Passwords() { Stop(); }

void Passwords::Stop() {
  std::deque<Job> left;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    left.swap(jobs_);
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (Job& job : left) job(false);
}

Passwords::Place::~Place() {
  if (owner_ == nullptr) return;
  absl::MutexLock lock(&owner_->mutex_);
  --owner_->places_;
}

absl::StatusOr<Passwords::Place> Passwords::Reserve() {
  absl::MutexLock lock(&mutex_);
  if (places_ >= limits_.threads + limits_.queue) return QueueFull();
  ++places_;
  return Place(this);
}

Task<absl::StatusOr<std::string>> Passwords::HashNew([[maybe_unused]] Place place,
                                                     std::string password) {
  using Result = absl::StatusOr<std::string>;
  Result result =
      co_await AwaitCallback<Result>([this, &password](std::function<void(Result)> done) {
        Add([this, password, done = std::move(done)](bool run) mutable {
          done(run ? HashOf(limits_, password) : Result(Stopping()));
          sodium_memzero(password.data(), password.size());
        });
      });
  sodium_memzero(password.data(), password.size());
  co_return result;
}

Task<absl::StatusOr<bool>> Passwords::Verify([[maybe_unused]] Place place,
                                             std::optional<std::string> hash,
                                             std::string password) {
  using Result = absl::StatusOr<bool>;
  const std::string against = hash.value_or(decoy_);
  if (against.empty()) co_return OutOfMemory();
  Result result =
      co_await AwaitCallback<Result>([this, &password, &against](std::function<void(Result)> done) {
        Add([this, password, against, done = std::move(done)](bool run) mutable {
          if (run) ++verified_;
          done(run ? Result(crypto_pwhash_str_verify(against.c_str(), password.data(),
                                                     password.size()) == 0)
                   : Result(Stopping()));
          sodium_memzero(password.data(), password.size());
        });
      });
  sodium_memzero(password.data(), password.size());
  if (result.ok() && !hash) result = false;
  co_return result;
}

void Passwords::Add(Job job) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) {
      jobs_.push_back(std::move(job));
      return;
    }
  }
  job(false);
}

void Passwords::Work() {
  for (;;) {
    Job job;
    {
      absl::MutexLock lock(&mutex_);
      const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopping_ || !jobs_.empty();
      };
      mutex_.Await(absl::Condition(&ready));
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job(true);
  }
}

}  // namespace kefu::gateway::directory
