#include "gateway/routing/simulation/routed_shop.h"

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

// The other way round; `id` is "s_<token>…" or "a_<token>".
size_t NumberOf(std::string_view id) {
  size_t number = 0;
  for (const char letter : id.substr(2, kTokenSize)) number = number * 26 + (letter - 'a');
  return number;
}

Router::Options OptionsOf(const config::Plan& plan, const Clock* clock) {
  Router::Options options;
  options.classes = plan.classes();
  options.test_clock = clock;
  options.lease_ms = kLeaseMs;
  options.tombstone_ms = 0;
  return options;
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
      router_(shards, OptionsOf(*plan_, &clock_)) {}

SessionId RoutedShop::IdOf(size_t session) const {
  return SessionId(ConversationId::FromToken(TokenOf(session)), 1);
}

AgentId RoutedShop::AgentIdOf(size_t agent) const { return AgentId::FromToken(TokenOf(agent)); }

absl::StatusOr<RoutingStep> RoutedShop::ToStep(absl::StatusOr<Outcome> outcome) const {
  if (!outcome.ok()) return outcome.status();
  RoutingStep step;
  for (const SessionChange& change : outcome->sessions) {
    SessionStep session;
    session.session = NumberOf(change.session.session());
    session.state = static_cast<SessionState>(change.session.state());
    if (!change.session.agent().empty()) session.agent = NumberOf(change.session.agent());
    step.sessions.push_back(session);
  }
  for (const v1::AgentState& agent : outcome->agents) {
    step.agents.push_back({NumberOf(agent.agent()), agent.used(), agent.capacity()});
  }
  return step;
}

Task<absl::StatusOr<RoutingStep>> RoutedShop::Arrive(size_t session, Traits traits) {
  Arrival arrival{.session = IdOf(session), .buyer = BuyerId::FromToken(TokenOf(session))};
  arrival.category = static_cast<common::v1::Category>(traits.category);
  arrival.language = std::move(traits.language);
  co_return ToStep(co_await router_.Arrive(shop_, std::move(arrival)));
}

Task<absl::StatusOr<RoutingStep>> RoutedShop::Close(size_t session) {
  co_return ToStep(co_await router_.Complete(shop_, IdOf(session)));
}

Task<absl::StatusOr<RoutingStep>> RoutedShop::Connect(size_t agent) {
  AgentProfile profile{.agent = AgentIdOf(agent), .capacity = agents_[agent].capacity};
  co_return ToStep(co_await router_.ConnectAgent(shop_, std::move(profile)));
}

Task<absl::StatusOr<RoutingStep>> RoutedShop::SetPresence(size_t agent, AgentPresence presence) {
  const auto wire = static_cast<v1::Presence>(presence);
  co_return ToStep(co_await router_.SetPresence(shop_, AgentIdOf(agent), wire));
}

Task<absl::StatusOr<RoutedShop::Timers>> RoutedShop::RunTimers() {
  KEFU_CO_ASSIGN_OR_RETURN(Router::SweepResult swept, co_await router_.Sweep(shop_));
  Timers timers;
  KEFU_CO_ASSIGN_OR_RETURN(timers.step, ToStep(std::move(swept.outcome)));
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
