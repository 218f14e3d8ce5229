// Data keys kept in memory as long as there is room, by name (whose they are). A cached key is only
// good as long as its id is the one in force, which the store says; the cache does not know.
// Thread-safe.
#pragma once

#include <absl/synchronization/mutex.h>

#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "services/common/seal/sealing.h"

namespace kefu::seal {

// Shared, because the cache may drop a key that somebody still seals with.
using DataKeyPtr = std::shared_ptr<const DataKey>;

class KeyCache {
 public:
  explicit KeyCache(size_t capacity) : capacity_(capacity) {}

  // Null if it is not here.
  DataKeyPtr Find(const std::string& name);
  // Takes the place of another key of this name; drops the one not used for longest.
  DataKeyPtr Remember(const std::string& name, DataKey key);
  void Forget(const std::string& name);
  size_t size() const;

 private:
  struct Cached {
    std::string name;
    DataKeyPtr key;
  };

  const size_t capacity_;
  mutable absl::Mutex mutex_;
  // Most recently used first.
  std::list<Cached> order_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, std::list<Cached>::iterator> by_name_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::seal
