#include "gateway/routing/simulation/routed_shop.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <utility>

#include "gateway/routing/storage/store.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {
namespace {

// Longer than any run, so that nobody needs heartbeats.
constexpr int64_t kLeaseMs = int64_t{200} * 365 * 86'400'000;
constexpr size_t kTokenSize = 26;
// Tombstones that one call drops (Router::AdvanceCursor).
constexpr int kForgetRounds = 10;

// 26 letters that end in the number; ids order as numbers do.
std::string TokenOf(size_t number) {
  std::string token(kTokenSize, 'a');
  for (size_t at = kTokenSize; number > 0 && at > 0; number /= 26) {
    token[--at] = static_cast<char>('a' + number % 26);
  }
  return token;
}

// The other way round; `id` is "s_<token>…".
size_t NumberOf(std::string_view id) {
  size_t number = 0;
  for (const char letter : id.substr(2, kTokenSize)) number = number * 26 + (letter - 'a');
  return number;
}

Router::Options OptionsOf(PlanSource* plans, const Clock* clock) {
  Router::Options options;
  options.plans = plans;
  options.test_clock = clock;
  options.lease_ms = kLeaseMs;
  options.tombstone_ms = 0;
  return options;
}

// Those that the file names as the directory does keep their ids, since groups name members by
// them.
std::vector<AgentId> IdsOf(const std::vector<SimulatedAgent>& agents) {
  std::vector<AgentId> ids;
  for (size_t i = 0; i < agents.size(); ++i) {
    const absl::StatusOr<AgentId> named = AgentId::Parse(agents[i].name);
    ids.push_back(named.ok() ? *named : AgentId::FromToken(TokenOf(i)));
  }
  return ids;
}

int StepOf(std::string_view class_name) {
  const size_t dot = class_name.rfind('.');
  int step = 0;
  if (dot == std::string_view::npos) return 0;
  return absl::SimpleAtoi(ToAbsl(class_name.substr(dot + 1)), &step) ? step : 0;
}

RoutingStep TurnedAway(size_t session) {
  RoutingStep step;
  step.sessions.push_back({.session = session, .state = SessionState::kClosed});
  return step;
}

bool HasTimers(const ClassTable& classes) {
  return std::any_of(classes.all().begin(), classes.all().end(), [](const ClassSpec& spec) {
    return !spec.next.empty() || spec.waiting_limit_ms > 0 || spec.push == Push::kOffer ||
           spec.sticky_ms > 0 || spec.wrap_ms > 0;
  });
}

}  // namespace

RoutedShop::RoutedShop(redis::ShardMap& shards, std::string_view shop, Policy policy,
                       const std::vector<SimulatedAgent>& agents)
    : shards_(shards),
      shop_(*ShopId::Parse(shop)),
      agents_(agents),
      plan_(std::move(policy.plan)),
      has_timers_(HasTimers(plan_->classes())),
      agent_ids_(IdsOf(agents)),
      incarnations_(agents.size()),
      plans_(plan_),
      router_(shards, OptionsOf(&plans_, &clock_)) {
  for (size_t i = 0; i < agent_ids_.size(); ++i) agent_numbers_[agent_ids_[i].str()] = i;
}

SessionId RoutedShop::IdOf(size_t session) const {
  return SessionId(ConversationId::FromToken(TokenOf(session)), 1);
}

void RoutedShop::Append(const Outcome& outcome, RoutingStep* step) {
  for (const SessionChange& change : outcome.sessions) {
    SessionStep session;
    session.session = NumberOf(change.session.session());
    session.state = static_cast<SessionState>(change.session.state());
    session.step = StepOf(change.class_name);
    if (!change.session.agent().empty()) session.agent = agent_numbers_.at(change.session.agent());
    step->sessions.push_back(session);
  }
  for (const v1::AgentState& agent : outcome.agents) {
    const size_t number = agent_numbers_.at(agent.agent());
    incarnations_[number] = agent.incarnation();
    step->agents.push_back({number, agent.used(), agent.capacity()});
  }
}

Task<absl::StatusOr<RoutingStep>> RoutedShop::Settle(absl::StatusOr<Outcome> outcome) {
  if (!outcome.ok()) co_return outcome.status();
  RoutingStep step;
  Append(*outcome, &step);
  for (const SessionChange& change : outcome->sessions) {
    if (change.session.state() != v1::Session::STATE_OFFERED) continue;
    const size_t agent = agent_numbers_.at(change.session.agent());
    const SessionId session = IdOf(NumberOf(change.session.session()));
    KEFU_CO_ASSIGN_OR_RETURN(const Outcome accepted,
                             co_await router_.Accept(shop_, session, agent_ids_[agent],
                                                     incarnations_[agent], change.offer));
    Append(accepted, &step);
  }
  co_return step;
}

Task<absl::Status> RoutedShop::Open() {
  if (plan_->version() == 0) co_return absl::OkStatus();
  const absl::StatusOr<Outcome> configured = co_await router_.Configure(shop_);
  co_return configured.status();
}

Task<absl::StatusOr<RoutingStep>> RoutedShop::Arrive(size_t session, Traits traits) {
  const SessionTraits known{.category = traits.category,
                            .language = traits.language,
                            .channel = traits.channel,
                            .page = traits.page,
                            .priority = traits.priority};
  const config::Placement placement = plan_->PlaceAt(known, clock_.Now());
  if (placement.leave_message) co_return TurnedAway(session);
  Arrival arrival{.session = IdOf(session), .buyer = BuyerId::FromToken(TokenOf(session))};
  arrival.category = static_cast<common::v1::Category>(traits.category);
  arrival.language = std::move(traits.language);
  arrival.channel = std::move(traits.channel);
  arrival.page = std::move(traits.page);
  arrival.priority = std::move(traits.priority);
  arrival.group = placement.group;
  absl::StatusOr<Outcome> outcome = co_await router_.Arrive(shop_, std::move(arrival));
  if (ErrorReason(outcome.status()) == "QUEUE_FULL") co_return TurnedAway(session);
  co_return co_await Settle(std::move(outcome));
}

Task<absl::StatusOr<RoutingStep>> RoutedShop::Close(size_t session) {
  absl::StatusOr<Outcome> outcome = co_await router_.Complete(shop_, IdOf(session));
  co_return co_await Settle(std::move(outcome));
}

Task<absl::StatusOr<RoutingStep>> RoutedShop::Abandon(size_t session) {
  absl::StatusOr<Outcome> outcome = co_await router_.Abandon(shop_, IdOf(session));
  co_return co_await Settle(std::move(outcome));
}

Task<absl::StatusOr<RoutingStep>> RoutedShop::Connect(size_t agent) {
  AgentProfile profile{.agent = agent_ids_[agent], .capacity = agents_[agent].capacity};
  profile.skills = agents_[agent].skills;
  profile.languages = agents_[agent].languages;
  absl::StatusOr<Outcome> outcome = co_await router_.ConnectAgent(shop_, std::move(profile));
  co_return co_await Settle(std::move(outcome));
}

Task<absl::StatusOr<RoutingStep>> RoutedShop::SetPresence(size_t agent, AgentPresence presence) {
  const auto wire = static_cast<v1::Presence>(presence);
  absl::StatusOr<Outcome> outcome = co_await router_.SetPresence(shop_, agent_ids_[agent], wire);
  co_return co_await Settle(std::move(outcome));
}

Task<absl::StatusOr<RoutedShop::Timers>> RoutedShop::RunTimers() {
  KEFU_CO_ASSIGN_OR_RETURN(Router::SweepResult swept, co_await router_.Sweep(shop_));
  Timers timers;
  absl::StatusOr<Outcome> outcome = std::move(swept.outcome);
  KEFU_CO_ASSIGN_OR_RETURN(timers.step, co_await Settle(std::move(outcome)));
  // Leases are no timers of a simulation.
  if (swept.next_due && *swept.next_due - clock_.Now() < kLeaseMs / 2) {
    timers.next_due_ms = swept.next_due->ms;
  }
  co_return timers;
}

Task<absl::Status> RoutedShop::Forget() {
  for (int round = 0; round < kForgetRounds; ++round) {
    const Router::Cursor at{.store_epoch = 0, .seq = forgotten_};
    const Router::Cursor next{.store_epoch = 0, .seq = ++forgotten_};
    const std::optional<TimePoint> passed = clock_.Now() + 1;
    KEFU_CO_RETURN_IF_ERROR(
        co_await router_.AdvanceCursor(shop_, std::string("inquiries"), at, next, passed));
  }
  redis::Command trim = {"XTRIM", RoutingKey(shop_.str(), "ev"), "MAXLEN", "0"};
  const absl::StatusOr<redis::Value> trimmed = co_await shards_.Of(shop_).Call(std::move(trim));
  co_return trimmed.status();
}

}  // namespace kefu::gateway::routing::simulation
