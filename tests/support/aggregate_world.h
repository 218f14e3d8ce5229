// Where a store on aggregates (services/common/redis/aggregates.h) lives in tests, so that the same
// tests run on a private Redis and in memory:
//
//   class OrderStoreContract : public testing::TestWithParam<test::AggregateSubject> {
//     const std::unique_ptr<test::AggregateWorld> world_ = GetParam().make("orders");
//   };
//   INSTANTIATE_TEST_SUITE_P(Stores, OrderStoreContract,
//                            testing::ValuesIn(test::BothAggregates()), test::NameOf);
//
// A world has a clock set by hand, and is empty at the beginning.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/aggregates.h"
#include "services/common/redis/cursors.h"
#include "tests/support/redis_server.h"

namespace kefu::test {

class AggregateWorld {
 public:
  // 2023-11-14.
  static constexpr TimePoint kNow{1'700'000'000'000};

  virtual ~AggregateWorld() = default;

  virtual redis::Aggregates& store() = 0;
  // As another replica of the service has it: with a connection of its own, where there are any.
  // Lives as long as the world. Thread-safe.
  virtual redis::Aggregates& NewReplica() = 0;
  // Those that commits move.
  virtual redis::CursorStore& cursors() = 0;
  ManualClock& clock() { return clock_; }

  // What others than the store can see.
  // Members of an index with their value or score, "" in a set.
  virtual std::map<std::string, std::string> IndexOf(const std::optional<ShopId>& shop,
                                                     const std::string& name) = 0;
  // The outbox, with what only its place says of an event, as its readers see it.
  virtual std::vector<events::v1::Envelope> Log(const std::optional<ShopId>& shop) = 0;
  // The timers that are due now: names with the time they were set to. May claim them, so that they
  // are not due again at once.
  virtual std::map<std::string, TimePoint> Due(const ShopId& shop) = 0;
  // Whether nothing at all is stored.
  virtual bool empty() = 0;

  // What others do to it.
  virtual void SetEpoch(const ShopId& shop, uint64_t epoch) = 0;
  // The state of an aggregate becomes this, by no commit: as another release wrote it.
  virtual void Overwrite(const redis::AggregateId& id, const std::string& state) = 0;

 protected:
  ManualClock clock_{kNow};
};

// On a private Redis with the functions of the service.
class RedisAggregateWorld final : public AggregateWorld {
 public:
  explicit RedisAggregateWorld(std::string service);

  redis::AggregateStore& store() override { return store_; }
  redis::AggregateStore& NewReplica() override;
  redis::CursorStore& cursors() override { return *cursors_; }
  std::map<std::string, std::string> IndexOf(const std::optional<ShopId>& shop,
                                             const std::string& name) override;
  std::vector<events::v1::Envelope> Log(const std::optional<ShopId>& shop) override;
  std::map<std::string, TimePoint> Due(const ShopId& shop) override;
  bool empty() override;
  void SetEpoch(const ShopId& shop, uint64_t epoch) override;
  void Overwrite(const redis::AggregateId& id, const std::string& state) override;

  redis::ShardMap& shards() { return *shards_; }
  redis::Value Command(const std::optional<ShopId>& shop, redis::Command command);

 private:
  const std::string service_;
  RedisServer server_;
  const std::unique_ptr<redis::ShardMap> shards_;
  redis::AggregateStore store_;
  const std::unique_ptr<redis::CursorStore> cursors_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<redis::ShardMap>> replica_shards_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<redis::AggregateStore>> replicas_ ABSL_GUARDED_BY(mutex_);
};

struct AggregateSubject {
  std::string name;
  std::function<std::unique_ptr<AggregateWorld>(std::string service)> make;
};
inline void PrintTo(const AggregateSubject& subject, std::ostream* out) { *out << subject.name; }
std::string NameOf(const testing::TestParamInfo<AggregateSubject>& info);
// In memory, and on Redis.
std::vector<AggregateSubject> BothAggregates();

}  // namespace kefu::test
