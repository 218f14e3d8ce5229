#include "gateway/routing/storage/store.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/redis/function.h"

namespace kefu::gateway::routing {
namespace {

// A class can change between the refusal and the repetition; a call that never settles is a bug or
// a storm.
constexpr int kAttempts = 8;

// The order that storage/functions/20_work.lua reads them in.
constexpr std::string_view kFixedKeys[] = {"meta", "S",    "A",  "ev", "hb",
                                           "done", "live", "on", "tm"};

std::vector<std::string> KeysOf(const ShopId& shop, const Operation& operation) {
  std::vector<std::string> keys;
  keys.reserve(std::size(kFixedKeys) + 2 * operation.classes.size());
  for (std::string_view type : kFixedKeys) keys.push_back(RoutingKey(shop.str(), type));
  for (const std::string& name : operation.classes) {
    keys.push_back(RoutingKey(shop.str(), "w:" + name));
    keys.push_back(RoutingKey(shop.str(), "av:" + name));
  }
  return keys;
}

std::vector<std::string> ArgumentsOf(const ClassTable& classes, uint64_t in_force,
                                     const Operation& operation) {
  std::vector<std::string> arguments;
  arguments.reserve(2 + 2 * operation.classes.size() + operation.arguments.size());
  arguments.push_back(std::to_string(in_force));
  arguments.push_back(std::to_string(operation.classes.size()));
  for (const std::string& name : operation.classes) {
    arguments.push_back(name);
    arguments.push_back(std::to_string(classes.WeightOf(name)));
  }
  arguments.insert(arguments.end(), operation.arguments.begin(), operation.arguments.end());
  return arguments;
}

void AddTo(std::vector<std::string>& classes, const std::vector<std::string>& more) {
  for (const std::string& name : more) {
    if (std::find(classes.begin(), classes.end(), name) == classes.end()) classes.push_back(name);
  }
}

}  // namespace

std::string RoutingKey(std::string_view shop, std::string_view type) {
  std::string key = "kf:gateway:{";
  key.append(shop).append("}:").append(type);
  return key;
}

Operation OnAllClasses(const RoutingPlan& plan, std::string verb,
                       std::vector<std::string> arguments) {
  Operation operation{.verb = std::move(verb), .classes = {}, .arguments = std::move(arguments)};
  for (const ClassSpec& spec : plan.classes().all()) operation.classes.push_back(spec.name);
  return operation;
}

Operation ConfigureWith(const RoutingPlan& plan) {
  const ClassTable& classes = plan.classes();
  std::vector<std::string> words = {std::to_string(classes.version()), classes.all().front().name,
                                    std::to_string(classes.all().size())};
  for (const ClassSpec& c : classes.all()) {
    words.push_back(c.name);
    for (int64_t number : {int64_t{c.weight}, int64_t{c.held_weight}, int64_t{c.wrap_weight},
                           static_cast<int64_t>(c.strategy), static_cast<int64_t>(c.push),
                           c.offer_ms, int64_t{c.missed_limit}}) {
      words.push_back(std::to_string(number));
    }
    words.push_back(c.next);
    for (int64_t number : {c.next_after_ms, c.waiting_limit_ms, int64_t{c.queue_cap}, c.wrap_ms,
                           c.sticky_ms, c.target_ms}) {
      words.push_back(std::to_string(number));
    }
  }
  Operation operation = OnAllClasses(plan, "configure", std::move(words));
  // Where sessions may wait in a shop that had no plan.
  const ClassTable single = ClassTable::SingleGroup();
  for (const ClassSpec& spec : single.all()) {
    AddTo(operation.classes, {spec.name});
  }
  return operation;
}

Store::Store(redis::ShardMap& shards, PlanSource* plans, ClassTable fallback,
             const Clock* test_clock)
    : shards_(shards),
      plans_(plans),
      // Shared, since callers keep the plan that they were given while a newer one comes.
      fallback_(std::make_shared<EverybodyServes>(std::move(fallback))),
      test_clock_(test_clock) {}

Task<absl::StatusOr<Store::Known>> Store::KnownOf(ShopId shop) {
  {
    absl::MutexLock lock(&mutex_);
    auto known = known_.find(shop);
    if (known != known_.end()) co_return known->second;
  }
  Known known{.plan = fallback_, .in_force = fallback_->classes().version()};
  if (plans_ != nullptr) {
    KEFU_CO_ASSIGN_OR_RETURN(known.plan, co_await plans_->PlanOf(shop, 0));
    known.in_force = known.plan->classes().version();
  }
  absl::MutexLock lock(&mutex_);
  known_[shop] = known;
  co_return known;
}

Task<absl::StatusOr<std::shared_ptr<const RoutingPlan>>> Store::PlanOf(ShopId shop,
                                                                       uint64_t at_least) {
  KEFU_CO_ASSIGN_OR_RETURN(Known known, co_await KnownOf(shop));
  if (plans_ != nullptr && known.plan->classes().version() < at_least) {
    KEFU_CO_ASSIGN_OR_RETURN(known.plan, co_await plans_->PlanOf(shop, at_least));
    absl::MutexLock lock(&mutex_);
    known_[shop].plan = known.plan;
  }
  co_return known.plan;
}

Task<absl::Status> Store::CatchUp(ShopId shop, uint64_t in_force) {
  KEFU_CO_ASSIGN_OR_RETURN(std::shared_ptr<const RoutingPlan> plan,
                           co_await PlanOf(shop, in_force));
  if (plan->classes().version() > in_force) {
    // The functions do not know the plan yet.
    Known known{.plan = plan, .in_force = in_force};
    Operation configure = ConfigureWith(*plan);
    KEFU_CO_RETURN_IF_ERROR(co_await CallOnce(shop, std::move(known), std::move(configure)));
    in_force = plan->classes().version();
  }
  absl::MutexLock lock(&mutex_);
  known_[shop].in_force = in_force;
  co_return absl::OkStatus();
}

Task<absl::StatusOr<redis::Value::Array>> Store::CallOnce(ShopId shop, Known known,
                                                          Operation operation) {
  const bool versioned = operation.verb.size() > 3 && operation.verb.ends_with("_v2");
  redis::FunctionCall call;
  call.function = "gateway_" + operation.verb + (versioned ? "" : "_v1");
  call.keys = KeysOf(shop, operation);
  call.arguments = ArgumentsOf(known.plan->classes(), known.in_force, operation);
  if (test_clock_ != nullptr) call.now_ms = std::to_string(test_clock_->Now().ms);
  co_return co_await redis::CallFunction(shards_.Of(shop), std::move(call));
}

Task<absl::StatusOr<redis::Value::Array>> Store::Call(ShopId shop, BuildOperation build) {
  absl::StatusOr<redis::Value::Array> reply;
  // Asked for by refusals so far.
  std::vector<std::string> wanted;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    KEFU_CO_ASSIGN_OR_RETURN(Known known, co_await KnownOf(shop));
    Operation operation = build(*known.plan);
    AddTo(operation.classes, wanted);
    reply = co_await CallOnce(shop, std::move(known), std::move(operation));
    if (reply.status().code() != absl::StatusCode::kAborted) co_return reply;
    const std::string reason = ErrorReason(reply.status());
    const ErrorMetadata metadata = ErrorMetadataOf(reply.status());
    uint64_t in_force = 0;
    if (reason == "STALE_CLASSES" && metadata.contains("classes")) {
      AddTo(wanted, absl::StrSplit(metadata.at("classes"), ' ', absl::SkipEmpty()));
    } else if (reason == "STALE_CONFIG" && metadata.contains("config_version") &&
               absl::SimpleAtoi(metadata.at("config_version"), &in_force)) {
      KEFU_CO_RETURN_IF_ERROR(co_await CatchUp(shop, in_force));
    } else {
      co_return reply;
    }
  }
  co_return reply;
}

Task<absl::StatusOr<redis::Value::Array>> Store::Call(ShopId shop, Operation operation) {
  BuildOperation build = [operation = std::move(operation)](const RoutingPlan&) {
    return operation;
  };
  co_return co_await Call(std::move(shop), std::move(build));
}

}  // namespace kefu::gateway::routing
