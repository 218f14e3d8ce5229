// What was read from the store, for a few seconds: bounded, the least recently used goes first. A
// notice drops an entry at once; age drops it where the notice was lost.
//
//   if (auto shop = cache.Get(id)) return *shop;
//   const auto ticket = cache.Begin();         // before reading
//   … read …
//   cache.Put(id, shop, ticket);               // ignored if anything was dropped while reading
//
// Thread-safe.
#pragma once

#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "services/common/base/clock.h"

namespace kefu::gateway::directory {

template <class Value>
class StaleCache {
 public:
  // `now_ms` is a monotonic clock.
  StaleCache(size_t capacity, int64_t max_age_ms, int64_t (*now_ms)() = MonotonicMs)
      : capacity_(capacity), max_age_ms_(max_age_ms), now_ms_(now_ms) {}

  struct Ticket {
    int64_t began_ms;
    uint64_t drops;
  };

  std::optional<Value> Get(const std::string& key) {
    absl::MutexLock lock(&mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return std::nullopt;
    if (now_ms_() - found->second->read_ms >= max_age_ms_) {
      Erase(found);
      return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  Ticket Begin() const {
    absl::MutexLock lock(&mutex_);
    return {now_ms_(), drops_};
  }

  void Put(const std::string& key, Value value, Ticket ticket) {
    absl::MutexLock lock(&mutex_);
    if (ticket.drops != drops_) return;
    if (const auto found = places_.find(key); found != places_.end()) Erase(found);
    entries_.push_front({key, std::move(value), ticket.began_ms});
    places_[key] = entries_.begin();
    if (entries_.size() > capacity_) Erase(places_.find(entries_.back().key));
  }

  void Drop(const std::string& key) {
    absl::MutexLock lock(&mutex_);
    ++drops_;
    if (const auto found = places_.find(key); found != places_.end()) Erase(found);
  }

  size_t size() const {
    absl::MutexLock lock(&mutex_);
    return entries_.size();
  }

 private:
  struct Entry {
    std::string key;
    Value value;
    int64_t read_ms;
  };
  using Places = std::unordered_map<std::string, typename std::list<Entry>::iterator>;

  void Erase(typename Places::iterator place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    entries_.erase(place->second);
    places_.erase(place);
  }

  const size_t capacity_;
  const int64_t max_age_ms_;
  int64_t (*const now_ms_)();
  mutable absl::Mutex mutex_;
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // most recently used first
  Places places_ ABSL_GUARDED_BY(mutex_);
  uint64_t drops_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kefu::gateway::directory
