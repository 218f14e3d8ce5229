#include "services/common/seal/key_cache.h"

#include <utility>

namespace kefu::seal {

DataKeyPtr KeyCache::Find(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return found->second->key;
}

DataKeyPtr KeyCache::Remember(const std::string& name, DataKey key) {
  auto shared = std::make_shared<const DataKey>(std::move(key));
  absl::MutexLock lock(&mutex_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    found->second->key = shared;
    return shared;
  }
  order_.push_front({name, shared});
  by_name_[name] = order_.begin();
  if (order_.size() > capacity_) {
    by_name_.erase(order_.back().name);
    order_.pop_back();
  }
  return shared;
}

void KeyCache::Forget(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  order_.erase(found->second);
  by_name_.erase(found);
}

size_t KeyCache::size() const {
  absl::MutexLock lock(&mutex_);
  return by_name_.size();
}

}  // namespace kefu::seal
