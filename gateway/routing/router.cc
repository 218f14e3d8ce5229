// What changes sessions and agents.
#include "gateway/routing/router.h"

#include <algorithm>

#include "gateway/routing/storage/rows.h"
#include "gateway/routing/storage/store.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::routing {
namespace {

// How many leases one call renews, since a function blocks its node.
constexpr size_t kHeartbeatsPerCall = 50;
// What one operation may leave over is bounded by an agent's capacity and by the waiting sessions;
// beyond this many calls the sweep goes on with it.
constexpr int kMaxRounds = 1000;

using Words = std::vector<std::string>;

AgentTraits TraitsOf(const AgentProfile& profile) {
  return {.agent = profile.agent.str(), .skills = profile.skills, .languages = profile.languages};
}

// An agent's operation, with its classes and their levels in the arguments: `number` is the lease
// of connect, whether set_profile disables.
Operation WithProfile(const RoutingPlan& plan, std::string verb, const AgentProfile& profile,
                      int64_t number) {
  const std::vector<ServedClass> served = plan.ClassesOf(TraitsOf(profile));
  Operation operation{.verb = std::move(verb), .classes = {}, .arguments = {}};
  operation.arguments = {profile.agent.str(),
                         std::to_string(profile.config_version),
                         std::to_string(profile.capacity),
                         std::to_string(number),
                         std::to_string(plan.classes().version()),
                         std::to_string(served.size())};
  for (const ServedClass& one : served) {
    operation.classes.push_back(one.name);
    operation.arguments.push_back(one.name);
    operation.arguments.push_back(std::to_string(one.level));
  }
  return operation;
}

template <class Number>
std::string TextOf(const std::optional<Number>& number) {
  return number.has_value() ? std::to_string(*number) : std::string();
}

}  // namespace

Router::Router(redis::ShardMap& shards) : Router(shards, Options{}) {}

Router::Router(redis::ShardMap& shards, Options options)
    : options_(std::move(options)),
      store_(
          std::make_unique<Store>(shards, options_.plans, options_.classes, options_.test_clock)) {}

Router::~Router() = default;

Task<absl::Status> Router::GoOn(ShopId shop, Words targets, Outcome& outcome) {
  for (int round = 0; !targets.empty(); ++round) {
    if (round == kMaxRounds) {
      log::Warn("routing leaves work to the sweep", {{"target", targets.front()}});
      break;
    }
    Words target = {targets.back()};
    targets.pop_back();
    BuildOperation match = [target](const RoutingPlan& plan) {
      return OnAllClasses(plan, "match", target);
    };
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(match)));
    KEFU_CO_ASSIGN_OR_RETURN(OperationReply reply, ReadReply(values));
    Merge(std::move(reply.outcome), outcome);
    for (std::string& again : reply.again) {
      if (std::find(targets.begin(), targets.end(), again) == targets.end()) {
        targets.push_back(std::move(again));
      }
    }
  }
  co_return absl::OkStatus();
}

Task<absl::StatusOr<Outcome>> Router::Run(ShopId shop, Build build) {
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                           co_await store_->Call(shop, std::move(build)));
  KEFU_CO_ASSIGN_OR_RETURN(OperationReply reply, ReadReply(values));
  KEFU_CO_RETURN_IF_ERROR(co_await GoOn(shop, std::move(reply.again), reply.outcome));
  co_return std::move(reply.outcome);
}

Task<absl::StatusOr<Outcome>> Router::RunOnAllClasses(ShopId shop, std::string verb,
                                                      Words arguments) {
  Build build = [verb = std::move(verb), arguments = std::move(arguments)](
                    const RoutingPlan& plan) { return OnAllClasses(plan, verb, arguments); };
  co_return co_await Run(std::move(shop), std::move(build));
}

Task<absl::StatusOr<Outcome>> Router::RunWithExclusion(ShopId shop, std::string verb,
                                                       Words arguments) {
  Build build = [verb = std::move(verb), arguments = std::move(arguments),
                 options = &options_](const RoutingPlan& plan) {
    Words words = arguments;
    words.push_back(std::to_string(plan.ExclusionMs().value_or(options->exclusion_ms)));
    words.push_back(std::to_string(options->offer_pause_ms));
    return OnAllClasses(plan, verb, std::move(words));
  };
  co_return co_await Run(std::move(shop), std::move(build));
}

Task<absl::StatusOr<Outcome>> Router::Configure(ShopId shop) {
  // Whatever the source has, not what is known here.
  KEFU_CO_ASSIGN_OR_RETURN(std::shared_ptr<const RoutingPlan> plan,
                           co_await store_->PlanOf(shop, UINT64_MAX));
  Build build = [plan](const RoutingPlan&) { return ConfigureWith(*plan); };
  KEFU_CO_ASSIGN_OR_RETURN(Outcome outcome, co_await Run(shop, std::move(build)));
  // Whoever waits is looked at when the new plan says.
  std::vector<std::string> repairs;
  Words sessions = {"sessions"};
  KEFU_CO_RETURN_IF_ERROR(
      co_await ReconcileScan(shop, "reconcile_records", std::move(sessions), repairs));
  co_return std::move(outcome);
}

Task<absl::StatusOr<Outcome>> Router::Open(ShopId shop, std::string verb, Arrival arrival,
                                           std::string preferred) {
  Build build = [verb = std::move(verb), arrival = std::move(arrival),
                 preferred = std::move(preferred)](const RoutingPlan& plan) {
    const SessionTraits traits{.category = arrival.category,
                               .language = arrival.language,
                               .channel = arrival.channel,
                               .page = arrival.page,
                               .priority = arrival.priority};
    // Another plan may be in force than the one that was asked.
    const bool placed = plan.classes().Has(FirstClassOf(arrival.group));
    const std::string group = placed ? arrival.group : plan.GroupFor(traits);
    const std::string first = FirstClassOf(group);
    Operation operation{.verb = verb, .classes = plan.classes().ChainOf(first), .arguments = {}};
    operation.arguments = {arrival.session.str(),
                           first,
                           std::to_string(plan.BoostMs(group, traits)),
                           std::to_string(static_cast<int>(arrival.category)),
                           arrival.language,
                           std::to_string(arrival.reopened),
                           std::to_string(arrival.fence),
                           preferred,
                           std::to_string(plan.WeightOf(traits)),
                           TextOf(plan.StickyMs(traits))};
    return operation;
  };
  co_return co_await Run(std::move(shop), std::move(build));
}

Task<absl::StatusOr<Outcome>> Router::Arrive(ShopId shop, Arrival arrival) {
  std::string last = arrival.last_agent.has_value() ? arrival.last_agent->str() : std::string();
  std::string verb = arrival.kept ? "arrive_kept" : "arrive";
  co_return co_await Open(std::move(shop), std::move(verb), std::move(arrival), std::move(last));
}

Task<absl::StatusOr<Outcome>> Router::Reopen(ShopId shop, Arrival arrival, AgentId preferred) {
  co_return co_await Open(std::move(shop), "reopen", std::move(arrival), preferred.str());
}

Task<absl::StatusOr<Outcome>> Router::ConnectAgent(ShopId shop, AgentProfile profile) {
  Build build = [profile = std::move(profile), lease = options_.lease_ms](const RoutingPlan& plan) {
    return WithProfile(plan, "connect_v2", profile, lease);
  };
  co_return co_await Run(std::move(shop), std::move(build));
}

Task<absl::StatusOr<std::vector<std::string>>> Router::Heartbeat(
    ShopId shop, std::vector<std::pair<std::string, uint64_t>> agent_incarnations) {
  std::vector<std::string> gone;
  for (size_t from = 0; from < agent_incarnations.size(); from += kHeartbeatsPerCall) {
    const size_t to = std::min(from + kHeartbeatsPerCall, agent_incarnations.size());
    Words arguments = {std::to_string(options_.lease_ms)};
    for (size_t i = from; i < to; ++i) {
      arguments.push_back(agent_incarnations[i].first);
      arguments.push_back(std::to_string(agent_incarnations[i].second));
    }
    Operation operation{.verb = "heartbeat", .classes = {}, .arguments = std::move(arguments)};
    KEFU_CO_ASSIGN_OR_RETURN(redis::Value::Array values,
                             co_await store_->Call(shop, std::move(operation)));
    if (values.size() < 7) {
      co_return Error(absl::StatusCode::kInternal, "STORE_ERROR",
                      "A routing function answered less than it must.");
    }
    for (const redis::Value& agent : values[5].array()) gone.push_back(agent.str());
    Words back;
    for (const redis::Value& agent : values[6].array()) back.push_back(agent.str());
    // What they are given stands in the log.
    Outcome outcome;
    KEFU_CO_RETURN_IF_ERROR(co_await GoOn(shop, std::move(back), outcome));
  }
  co_return gone;
}

Task<absl::StatusOr<Outcome>> Router::SetPresence(ShopId shop, AgentId agent,
                                                  v1::Presence presence) {
  if (presence == v1::PRESENCE_UNSPECIFIED || !v1::Presence_IsValid(presence)) {
    co_return InvalidField("presence", "Name one of the five presences.");
  }
  Words arguments = {agent.str(), std::to_string(static_cast<int>(presence))};
  co_return co_await RunOnAllClasses(shop, "set_presence", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::UpdateAgent(ShopId shop, AgentProfile profile,
                                                  bool disabled) {
  Build build = [profile = std::move(profile), disabled](const RoutingPlan& plan) {
    return WithProfile(plan, "set_profile_v2", profile, disabled ? 1 : 0);
  };
  co_return co_await Run(std::move(shop), std::move(build));
}

Task<absl::StatusOr<Outcome>> Router::Transfer(ShopId shop, SessionId session, AgentId from,
                                               uint64_t fence, std::optional<AgentId> to) {
  Words arguments = {session.str(), from.str(), std::to_string(fence)};
  arguments.push_back(to.has_value() ? to->str() : std::string());
  co_return co_await RunWithExclusion(shop, "transfer", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::MoveToGroup(ShopId shop, SessionId session, std::string from,
                                                  std::optional<uint64_t> fence,
                                                  std::optional<std::string> group) {
  Words arguments = {session.str(), std::move(from), TextOf(fence)};
  arguments.push_back(group.has_value() ? FirstClassOf(*group) : std::string());
  if (group.has_value()) {
    KEFU_CO_ASSIGN_OR_RETURN(std::shared_ptr<const RoutingPlan> plan,
                             co_await store_->PlanOf(shop));
    const std::string first = FirstClassOf(*group);
    if (!plan->classes().Has(first)) {
      co_return InvalidField("group", "Name one of the shop's groups.");
    }
  }
  co_return co_await RunWithExclusion(shop, "requeue", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::TransferToGroup(ShopId shop, SessionId session, AgentId from,
                                                      uint64_t fence, std::string group) {
  co_return co_await MoveToGroup(shop, session, from.str(), fence, std::move(group));
}

Task<absl::StatusOr<Outcome>> Router::Requeue(ShopId shop, SessionId session,
                                              std::optional<std::string> group,
                                              std::optional<uint64_t> fence) {
  co_return co_await MoveToGroup(shop, session, "", fence, std::move(group));
}

Task<absl::StatusOr<Outcome>> Router::TakeOver(ShopId shop, SessionId session, AgentId by) {
  Words arguments = {session.str(), by.str()};
  co_return co_await RunOnAllClasses(shop, "take_over", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::Accept(ShopId shop, SessionId session, AgentId agent,
                                             uint64_t incarnation, uint64_t offer) {
  Operation operation{.verb = "accept", .classes = {}, .arguments = {}};
  operation.arguments = {session.str(), agent.str(), std::to_string(incarnation),
                         std::to_string(offer)};
  Build build = [operation](const RoutingPlan&) { return operation; };
  co_return co_await Run(shop, std::move(build));
}

Task<absl::StatusOr<Outcome>> Router::Decline(ShopId shop, SessionId session, AgentId agent,
                                              uint64_t offer) {
  Words arguments = {session.str(), agent.str(), std::to_string(offer)};
  co_return co_await RunWithExclusion(shop, "decline", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::Recall(ShopId shop, SessionId session) {
  Words arguments = {session.str()};
  co_return co_await RunWithExclusion(shop, "recall", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::Claim(ShopId shop, SessionId session, AgentId agent) {
  Words arguments = {session.str(), agent.str()};
  co_return co_await RunOnAllClasses(shop, "claim", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::Hold(ShopId shop, SessionId session, AgentId agent,
                                           uint64_t fence) {
  Words arguments = {session.str(), agent.str(), std::to_string(fence)};
  co_return co_await RunOnAllClasses(shop, "hold", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::Unhold(ShopId shop, SessionId session,
                                             std::optional<AgentId> agent) {
  Words arguments = {session.str(), agent.has_value() ? agent->str() : std::string()};
  co_return co_await RunOnAllClasses(shop, "unhold", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::Finish(ShopId shop, SessionId session, AgentId agent) {
  Words arguments = {session.str(), agent.str()};
  co_return co_await RunOnAllClasses(shop, "finish", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::SetBuyerPresent(ShopId shop, SessionId session,
                                                      bool present) {
  Words arguments = {session.str(), present ? "1" : "0", std::to_string(options_.buyer_grace_ms)};
  co_return co_await RunOnAllClasses(shop, "buyer_present", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::Abandon(ShopId shop, SessionId session) {
  Words arguments = {session.str()};
  co_return co_await RunOnAllClasses(shop, "abandon", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::Park(ShopId shop, SessionId session) {
  Words arguments = {session.str()};
  co_return co_await RunOnAllClasses(shop, "park", std::move(arguments));
}

Task<absl::StatusOr<Outcome>> Router::Complete(ShopId shop, SessionId session,
                                               std::optional<uint32_t> reopened) {
  Words arguments = {session.str()};
  arguments.push_back(reopened.has_value() ? std::to_string(*reopened) : std::string());
  co_return co_await RunOnAllClasses(shop, "complete", std::move(arguments));
}

}  // namespace kefu::gateway::routing
