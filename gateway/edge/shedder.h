// What is refused when there is too much to do: the least important calls first, before they cost
// anything.
#pragma once

#include <absl/status/statusor.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "proto/kefu/options.pb.h"

namespace kefu::gateway {

// Decides whether a call may begin. Thread-safe; outlives its tickets.
class Shedder {
 public:
  virtual ~Shedder() = default;

  // Held while the call runs.
  class Ticket {
   public:
    Ticket(Shedder* shedder, ShedLevel level) : shedder_(shedder), level_(level) {}
    Ticket(Ticket&& other) noexcept
        : shedder_(std::exchange(other.shedder_, nullptr)), level_(other.level_) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(shedder_, other.shedder_);
      std::swap(level_, other.level_);
      return *this;
    }
    ~Ticket() { Release(); }
    void Release() {
      if (Shedder* shedder = std::exchange(shedder_, nullptr)) shedder->Done(level_);
    }

   private:
    Shedder* shedder_;
    ShedLevel level_;
  };

  // RESOURCE_EXHAUSTED, reason OVERLOADED, with a retry delay.
  absl::StatusOr<Ticket> Admit(ShedLevel level);

 protected:
  virtual bool Begin(ShedLevel level) = 0;
  virtual void Done(ShedLevel level) = 0;
};

// A bound on the calls in progress: a call begins if fewer than its level's bound are in progress,
// counting all levels, so that the room between two bounds is kept for what matters more.
class ConcurrencyShedder final : public Shedder {
 public:
  static constexpr size_t kLevels = 5;
  using Bounds = std::array<int64_t, kLevels>;
  static constexpr Bounds kDefaultBounds = {2000, 1600, 1200, 1000, 800};

  explicit ConcurrencyShedder(const Bounds& bounds = kDefaultBounds) : bounds_(bounds) {}
  int64_t in_progress() const { return in_progress_.load(std::memory_order_relaxed); }

 private:
  bool Begin(ShedLevel level) override;
  void Done(ShedLevel level) override;

  const Bounds bounds_;
  std::atomic<int64_t> in_progress_{0};
};

}  // namespace kefu::gateway
