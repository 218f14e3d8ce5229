#include "services/common/timers/due_queue.h"

#include <utility>

#include "services/common/base/status.h"
#include "services/common/redis/function.h"

namespace kefu::timers {
namespace {

std::string ShopKey(const std::string& service, const ShopId& shop, std::string_view type) {
  return "kf:" + service + ":{" + shop.str() + "}:" + std::string(type);
}

}  // namespace

DueKeys DueKeysOf(const std::string& service, const ShopId& shop) {
  return {ShopKey(service, shop, "due"), ShopKey(service, shop, "dueset")};
}

DueQueue::DueQueue(redis::ShardMap& shards, std::string service, const Clock* test_clock)
    : shards_(shards), service_(std::move(service)), test_clock_(test_clock) {}

Task<absl::StatusOr<redis::Value::Array>> DueQueue::Call(ShopId shop, std::string verb,
                                                         std::vector<std::string> keys,
                                                         std::vector<std::string> arguments) {
  redis::FunctionCall call;
  call.function = service_ + "_timer_" + verb + "_v1";
  call.keys = std::move(keys);
  call.arguments = std::move(arguments);
  if (test_clock_ != nullptr) call.now_ms = std::to_string(test_clock_->Now().ms);
  co_return co_await redis::CallFunction(shards_.Of(shop), std::move(call));
}

Task<absl::Status> DueQueue::Set(ShopId shop, std::string key, TimePoint due) {
  const DueKeys keys = DueKeysOf(service_, shop);
  std::vector<std::string> names = {keys.due, keys.set};
  std::vector<std::string> arguments = {std::move(key), std::to_string(due.ms)};
  const auto reply = co_await Call(shop, "set", std::move(names), std::move(arguments));
  co_return reply.status();
}

Task<absl::Status> DueQueue::Cancel(ShopId shop, std::string key) {
  const DueKeys keys = DueKeysOf(service_, shop);
  std::vector<std::string> names = {keys.due, keys.set};
  std::vector<std::string> arguments = {std::move(key)};
  const auto reply = co_await Call(shop, "cancel", std::move(names), std::move(arguments));
  co_return reply.status();
}

Task<absl::StatusOr<std::vector<DueItem>>> DueQueue::Claim(ShopId shop, size_t limit,
                                                           int64_t claim_ms) {
  const DueKeys keys = DueKeysOf(service_, shop);
  std::vector<std::string> names = {ShopKey(service_, shop, "meta"), keys.due, keys.set};
  std::vector<std::string> arguments = {std::to_string(limit), std::to_string(claim_ms)};
  const auto reply = co_await Call(shop, "claim", std::move(names), std::move(arguments));
  KEFU_CO_RETURN_IF_ERROR(reply.status());
  const redis::Value::Array& flat = reply->empty() ? *reply : reply->front().array();
  std::vector<DueItem> items;
  for (size_t i = 0; i + 1 < flat.size(); i += 2)
    items.push_back({flat[i].str(), {flat[i + 1].Int()}});
  co_return items;
}

Task<absl::StatusOr<std::optional<TimePoint>>> DueQueue::NextDue(ShopId shop) {
  redis::Command first = {"ZRANGE", DueKeysOf(service_, shop).due, "0", "0", "WITHSCORES"};
  const absl::StatusOr<redis::Value> reply = co_await shards_.Of(shop).Call(std::move(first));
  if (!reply.ok()) co_return reply.status();
  std::optional<TimePoint> due;
  if (reply->size() == 2) due = TimePoint{(*reply)[1].Int()};
  co_return due;
}

Task<absl::Status> DueQueue::Complete(ShopId shop, DueItem item) {
  const DueKeys keys = DueKeysOf(service_, shop);
  std::vector<std::string> names = {keys.due, keys.set};
  std::vector<std::string> arguments = {std::move(item.key), std::to_string(item.due.ms)};
  const auto reply = co_await Call(shop, "complete", std::move(names), std::move(arguments));
  co_return reply.status();
}

}  // namespace kefu::timers
