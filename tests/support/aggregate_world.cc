#include "tests/support/aggregate_world.h"

#include <utility>

#include "services/common/timers/due_queue.h"
#include "tests/support/await.h"
#include "tests/support/memory_aggregates.h"
#include "tests/support/memory_cursors.h"

namespace kefu::test {
namespace {

using events::v1::Envelope;

class MemoryAggregateWorld final : public AggregateWorld {
 public:
  explicit MemoryAggregateWorld(std::string service)
      : store_(std::move(service), clock_, cursors_) {}

  redis::Aggregates& store() override { return store_; }
  redis::Aggregates& NewReplica() override { return store_; }
  redis::CursorStore& cursors() override { return cursors_; }
  std::map<std::string, std::string> IndexOf(const std::optional<ShopId>& shop,
                                             const std::string& name) override {
    return store_.IndexOf(shop, name);
  }
  std::vector<Envelope> Log(const std::optional<ShopId>& shop) override { return store_.Log(shop); }
  std::map<std::string, TimePoint> Due(const ShopId& shop) override { return store_.Due(shop); }
  bool empty() override { return store_.empty(); }
  void SetEpoch(const ShopId& shop, uint64_t epoch) override { store_.SetEpoch(shop, epoch); }
  void Overwrite(const redis::AggregateId& id, const std::string& state) override {
    store_.Overwrite(id, state);
  }

 private:
  MemoryCursors cursors_{clock_};
  MemoryAggregates store_;
};

}  // namespace

RedisAggregateWorld::RedisAggregateWorld(std::string service)
    : service_(std::move(service)),
      shards_(redis::ShardMap::Single({server_.address(), "", ""})),
      store_(*shards_, service_, &clock_),
      cursors_(redis::NewRedisCursors(*shards_, service_, &clock_)) {
  server_.LoadFunctions(service_);
}

redis::AggregateStore& RedisAggregateWorld::NewReplica() {
  absl::MutexLock lock(&mutex_);
  replica_shards_.push_back(redis::ShardMap::Single({server_.address(), "", ""}));
  replicas_.push_back(
      std::make_unique<redis::AggregateStore>(*replica_shards_.back(), service_, &clock_));
  return *replicas_.back();
}

redis::Value RedisAggregateWorld::Command(const std::optional<ShopId>& shop,
                                          redis::Command command) {
  return Await(store_.ClientOf(shop).Call(std::move(command))).value();
}

std::map<std::string, std::string> RedisAggregateWorld::IndexOf(const std::optional<ShopId>& shop,
                                                                const std::string& name) {
  const std::string key = store_.Key(shop, name);
  const std::string type = Command(shop, {"TYPE", key}).str();
  std::map<std::string, std::string> index;
  if (type == "set") {
    const redis::Value members = Command(shop, {"SMEMBERS", key});
    for (const redis::Value& member : members.array()) index[member.str()] = "";
  } else if (type != "none") {
    const redis::Value flat = type == "hash"
                                  ? Command(shop, {"HGETALL", key})
                                  : Command(shop, {"ZRANGE", key, "0", "-1", "WITHSCORES"});
    for (size_t i = 0; i + 1 < flat.size(); i += 2) index[flat[i].str()] = flat[i + 1].str();
  }
  return index;
}

std::vector<Envelope> RedisAggregateWorld::Log(const std::optional<ShopId>& shop) {
  const redis::Value stored = Command(shop, {"XRANGE", store_.Key(shop, "outbox"), "-", "+"});
  std::vector<Envelope> log;
  for (const redis::Value& element : stored.array()) {
    Envelope& envelope = log.emplace_back();
    EXPECT_TRUE(envelope.ParseFromString(element[1].Field("e").str()));
    envelope.set_seq(std::stoull(element[0].str()));
    envelope.set_store_epoch(static_cast<uint64_t>(element[1].Field("ep").Int()));
    const int64_t ms = element[1].Field("t").Int();
    envelope.mutable_time()->set_seconds(ms / 1000);
    envelope.mutable_time()->set_nanos(static_cast<int32_t>(ms % 1000) * 1'000'000);
  }
  return log;
}

std::map<std::string, TimePoint> RedisAggregateWorld::Due(const ShopId& shop) {
  timers::DueQueue queue(*shards_, service_, &clock_);
  std::map<std::string, TimePoint> due;
  const auto claimed = Await(queue.Claim(shop, 10, 1000));
  for (const timers::DueItem& item : claimed.value()) due[item.key] = item.due;
  return due;
}

bool RedisAggregateWorld::empty() { return Command(std::nullopt, {"DBSIZE"}).Int() == 0; }

void RedisAggregateWorld::SetEpoch(const ShopId& shop, uint64_t epoch) {
  Command(shop, {"HSET", store_.Key(shop, "meta"), "store_epoch", std::to_string(epoch)});
}

void RedisAggregateWorld::Overwrite(const redis::AggregateId& id, const std::string& state) {
  Command(id.shop, {"HSET", store_.Key(id.shop, id.type + ":" + id.id), "s", state});
}

std::string NameOf(const testing::TestParamInfo<AggregateSubject>& info) { return info.param.name; }

std::vector<AggregateSubject> BothAggregates() {
  return {{"memory",
           [](std::string service) -> std::unique_ptr<AggregateWorld> {
             return std::make_unique<MemoryAggregateWorld>(std::move(service));
           }},
          {"redis", [](std::string service) -> std::unique_ptr<AggregateWorld> {
             return std::make_unique<RedisAggregateWorld>(std::move(service));
           }}};
}

}  // namespace kefu::test
