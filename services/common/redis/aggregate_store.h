// Aggregates in Redis, committed by one function (functions/commit.lua).
//
// Keys: `kf:<service>:{shop}:<type>:<id>`, with {sys} for what precedes the shop; index keys
// `kf:<service>:{shop}:<name>`.
// The shops in which something was ever committed are listed in `kf:<service>:{sys}:log_shops` (a
// sorted set, all scores 0), written before the first commit and again every ten minutes.
// Threads: thread-safe. Errors: those of Aggregates.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregates.h"
#include "services/common/redis/function.h"
#include "services/common/redis/shard_map.h"

namespace kefu::redis {

class AggregateStore final : public Aggregates {
 public:
  // `test_clock` is heard only by the function library that tests load.
  AggregateStore(ShardMap& shards, std::string service, const Clock* test_clock = nullptr);

  using Aggregates::ListShops;
  using Aggregates::Update;
  Task<absl::StatusOr<Snapshot>> Load(AggregateId id) override;
  Task<absl::StatusOr<std::vector<Snapshot>>> LoadMany(std::optional<ShopId> shop, std::string type,
                                                       std::vector<std::string> ids) override;
  Task<absl::StatusOr<std::optional<Committed>>> FindReplay(AggregateId id,
                                                            Request request) override;
  Task<absl::StatusOr<Committed>> Update(AggregateId id, Request request, Decide decide,
                                         std::optional<CursorMove> move) override;
  Task<absl::StatusOr<std::vector<IndexPlace>>> ReadIndex(std::optional<ShopId> shop,
                                                          std::string index,
                                                          std::optional<IndexPlace> after,
                                                          size_t count) override;
  Task<absl::Status> Remove(AggregateId id, std::string index) override;
  Task<absl::StatusOr<std::vector<ShopId>>> ListShops(std::string after, size_t limit,
                                                      std::string index) override;

  std::string Key(const std::optional<ShopId>& shop, std::string_view name) const;
  Client& ClientOf(const std::optional<ShopId>& shop);
  std::string TestNow() const;
  const Clock* test_clock() const { return test_clock_; }

 private:
  struct Loaded;
  struct Attempt;
  Task<absl::StatusOr<Loaded>> LoadFor(AggregateId id, Request request);
  Task<absl::Status> RegisterShop(ShopId shop);
  // A request that was carried out before: only its cursor is left to be moved.
  Task<absl::StatusOr<Committed>> Replay(AggregateId id, Loaded loaded,
                                         std::optional<CursorMove> move);
  Task<absl::StatusOr<Committed>> Commit(Attempt attempt);
  FunctionCall CommitCall(const Attempt& attempt,
                          const std::vector<events::v1::Envelope>& envelopes) const;

  ShardMap& shards_;
  const std::string service_;
  const Clock* test_clock_;
  absl::Mutex mutex_;
  // Shops known to be listed, and until when (MonotonicMs) that is believed.
  std::map<ShopId, int64_t> listed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::redis
