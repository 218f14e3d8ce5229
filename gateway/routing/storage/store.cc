#include "gateway/routing/storage/store.h"

#include <absl/strings/str_split.h>

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/redis/function.h"

namespace kefu::gateway::routing {
namespace {

// A class can change between the refusal and the repetition; a call that never settles is a bug or
// a storm.
constexpr int kAttempts = 6;

// The order that storage/functions/20_work.lua reads them in.
constexpr std::string_view kFixedKeys[] = {"meta", "S",    "A",  "ev", "hb",
                                           "done", "live", "on", "tm"};

}  // namespace

std::string RoutingKey(std::string_view shop, std::string_view type) {
  std::string key = "kf:gateway:{";
  key.append(shop).append("}:").append(type);
  return key;
}

Store::Store(redis::ShardMap& shards, ClassTable classes, const Clock* test_clock)
    : shards_(shards), classes_(std::move(classes)), test_clock_(test_clock) {}

std::vector<std::string> Store::Keys(const ShopId& shop, const Operation& operation) const {
  std::vector<std::string> keys;
  keys.reserve(std::size(kFixedKeys) + 2 * operation.classes.size());
  for (std::string_view type : kFixedKeys) keys.push_back(RoutingKey(shop.str(), type));
  for (const std::string& name : operation.classes) {
    keys.push_back(RoutingKey(shop.str(), "w:" + name));
    keys.push_back(RoutingKey(shop.str(), "av:" + name));
  }
  return keys;
}

std::vector<std::string> Store::Arguments(const ShopId& shop, const Operation& operation) const {
  std::vector<std::string> arguments;
  arguments.reserve(2 + 2 * operation.classes.size() + operation.arguments.size());
  {
    absl::MutexLock lock(&mutex_);
    auto version = config_versions_.find(shop);
    arguments.push_back(version == config_versions_.end() ? "0" : version->second);
  }
  arguments.push_back(std::to_string(operation.classes.size()));
  for (const std::string& name : operation.classes) {
    arguments.push_back(name);
    arguments.push_back(std::to_string(classes_.Find(name).weight));
  }
  arguments.insert(arguments.end(), operation.arguments.begin(), operation.arguments.end());
  return arguments;
}

bool Store::Learn(const ShopId& shop, const absl::Status& refusal, Operation& operation) {
  if (refusal.code() != absl::StatusCode::kAborted) return false;
  const std::string reason = ErrorReason(refusal);
  const ErrorMetadata metadata = ErrorMetadataOf(refusal);
  if (reason == "STALE_CONFIG" && metadata.contains("config_version")) {
    absl::MutexLock lock(&mutex_);
    config_versions_[shop] = metadata.at("config_version");
    return true;
  }
  if (reason == "STALE_CLASSES" && metadata.contains("classes")) {
    const std::vector<std::string> missing =
        absl::StrSplit(metadata.at("classes"), ' ', absl::SkipEmpty());
    for (const std::string& name : missing) {
      if (std::find(operation.classes.begin(), operation.classes.end(), name) ==
          operation.classes.end()) {
        operation.classes.push_back(name);
      }
    }
    return true;
  }
  return false;
}

Task<absl::StatusOr<redis::Value::Array>> Store::Call(ShopId shop, Operation operation) {
  absl::StatusOr<redis::Value::Array> reply;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    redis::FunctionCall call;
    call.function = "gateway_" + operation.verb + "_v1";
    call.keys = Keys(shop, operation);
    call.arguments = Arguments(shop, operation);
    if (test_clock_ != nullptr) call.now_ms = std::to_string(test_clock_->Now().ms);
    reply = co_await redis::CallFunction(shards_.Of(shop), std::move(call));
    if (reply.ok() || !Learn(shop, reply.status(), operation)) break;
  }
  co_return reply;
}

}  // namespace kefu::gateway::routing
