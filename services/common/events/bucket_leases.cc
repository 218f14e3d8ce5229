#include "services/common/events/bucket_leases.h"

#include <utility>

#include "services/common/base/clock.h"

namespace kefu::events {
namespace {

constexpr int64_t kLeaseMs = 3000;
// Whether somebody else's lease has lapsed is looked at each time, one's own is renewed every other
// time.
constexpr int64_t kLookEveryMs = 500;
constexpr int kRenewEvery = 2;

}  // namespace

uint32_t BucketLeases::BucketOf(const ShopId& shop) {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : shop.str()) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash % kBuckets;
}

BucketLeases::BucketLeases(redis::CursorStore& cursors, std::function<void(uint32_t, bool)> changed)
    : cursors_(cursors), changed_(std::move(changed)), holder_(NewToken()) {}

bool BucketLeases::HoldsBucket(uint32_t bucket) const {
  return until_ms_[bucket].load(std::memory_order_relaxed) > MonotonicMs();
}

Task<> BucketLeases::Run(TaskGroup& tasks) {
  bool goes_on = true;
  for (int round = 0; goes_on; ++round) {
    for (uint32_t bucket = 0; bucket < kBuckets && !tasks.stopping(); ++bucket) {
      if (HoldsBucket(bucket) && round % kRenewEvery != 0) continue;
      co_await Renew(bucket, kLeaseMs);
    }
    goes_on = co_await tasks.Sleep(kLookEveryMs);
  }
  for (uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
    // A lease of one millisecond: the others need not wait for the end of a longer one.
    if (HoldsBucket(bucket)) co_await Renew(bucket, 1);
  }
}

Task<> BucketLeases::Renew(uint32_t bucket, int64_t lease_ms) {
  const int64_t asked_ms = MonotonicMs();
  const absl::StatusOr<bool> leased = co_await cursors_.Lease(bucket, holder_, lease_ms);
  if (leased.ok()) {
    until_ms_[bucket].store(*leased ? asked_ms + lease_ms : 0, std::memory_order_relaxed);
  }
  // Without an answer, what was leased before lasts until its end.
  const bool held = HoldsBucket(bucket);
  if (held == held_[bucket]) co_return;
  held_[bucket] = held;
  changed_(bucket, held);
}

}  // namespace kefu::events
