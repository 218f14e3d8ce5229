// Which Redis primary (cell) holds a shop: a static file, the same for every service, picked up
// without a restart when it changes.
//
//   default: cell-1
//   cells:
//     cell-1: {inquiries: "unix:/run/kefu/redis.sock", gateway: "unix:/run/kefu/redis.sock"}
//     cell-2: {inquiries: "10.0.0.2:6379", gateway: "10.0.0.2:6379"}
//   shops:
//     bigshop: cell-2
//
// What precedes the shop ({sys}: logins, API keys, shop list, leases) lives in the default cell.
// Moving a shop means copying its keys, changing the file and raising the shop's store epoch.
#pragma once

#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "services/common/base/ids.h"
#include "services/common/redis/client.h"

namespace kefu::redis {

struct ShardTable {
  std::string default_cell;
  std::map<std::string, std::string> addresses;  // cell → address of this service's primary
  std::map<std::string, std::string> shops;      // shop → cell, where not the default

  const std::string& CellOf(std::string_view shop) const;
};

// Reads the text of a shard file for one service. INVALID_ARGUMENT names what is wrong.
absl::StatusOr<ShardTable> ParseShardTable(std::string_view yaml, std::string_view service);

// Owns one Client per cell. Thread-safe. A Client once handed out lives as long as the map.
class ShardMap {
 public:
  // `credentials` supplies user and password; its address is ignored.
  static absl::StatusOr<std::unique_ptr<ShardMap>> Load(std::string path, std::string service,
                                                        Endpoint credentials);
  // Everything on one primary, for small installations and tests.
  static std::unique_ptr<ShardMap> Single(Endpoint endpoint);

  Client& Of(const ShopId& shop);
  Client& System();
  // Reads the file again if it changed; on error the old table stays.
  absl::Status Refresh();
  // All cells connected.
  bool connected() const;

 private:
  ShardMap(std::string path, std::string service, Endpoint credentials);
  Client& OfCell(const std::string& cell) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const std::string service_;
  const Endpoint credentials_;
  mutable absl::Mutex mutex_;
  ShardTable table_ ABSL_GUARDED_BY(mutex_);
  int64_t file_time_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::unique_ptr<Client>> clients_ ABSL_GUARDED_BY(mutex_);  // by address
};

}  // namespace kefu::redis
