#include "gateway/bind.h"

#include <algorithm>
#include <map>
#include <utility>

#include "gateway/buyer_side.h"
#include "gateway/consults/consult_book.h"
#include "gateway/directory/directory.h"
#include "gateway/directory/outbox.h"
#include "gateway/doors.h"
#include "gateway/identity.h"
#include "gateway/routing/outbox.h"
#include "gateway/routing/router.h"
#include "gateway/rpc/agent_asides.h"
#include "gateway/rpc/agent_calls.h"
#include "gateway/rpc/agent_moves.h"
#include "gateway/rpc/agent_service.h"
#include "gateway/rpc/board_service.h"
#include "gateway/rpc/buyer_service.h"
#include "gateway/rpc/copilot_service.h"
#include "gateway/rpc/events_service.h"
#include "gateway/rpc/integrator_service.h"
#include "gateway/rpc/one_look.h"
#include "gateway/rpc/routing_config_service.h"
#include "gateway/rpc/staffing_service.h"
#include "gateway/rpc/what_if_service.h"
#include "gateway/sessions/announcer.h"
#include "gateway/sessions/consult_follower.h"
#include "gateway/sessions/inquiries_acts.h"
#include "gateway/sessions/inquiries_events.h"
#include "gateway/sessions/plan_settler.h"
#include "gateway/sessions/routing_events.h"
#include "gateway/sessions/routing_plans.h"
#include "gateway/sessions/session_cursors.h"
#include "gateway/sessions/session_flow.h"
#include "gateway/sessions/session_upkeep.h"
#include "gateway/sessions/shift_keeper.h"
#include "gateway/sessions/shift_parts.h"
#include "gateway/streams/agent_leases.h"
#include "gateway/streams/hub.h"
#include "gateway/upstream/forwarder.h"
#include "gateway/upstream/inquiries_client.h"
#include "gateway/upstream/order_buyers.h"
#include "gateway/upstream/service_channels.h"
#include "gateway/webhooks/push_endpoint.h"
#include "gateway/webhooks/webhook_book.h"
#include "gateway/webhooks/webhook_service.h"
#include "proto/kefu/logistics/v1/service.grpc.pb.h"
#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/events/consumer.h"
#include "services/common/events/consumer_service.h"
#include "services/common/events/event_log_service.h"
#include "services/common/events/outbox.h"
#include "services/common/events/publisher.h"
#include "services/common/logging/log.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/shard_map.h"
#include "services/common/server/channels.h"
#include "services/common/server/io_threads.h"

namespace kefu::gateway {
namespace {

constexpr int64_t kDrainMs = 8000;
constexpr int64_t kLastCallsMs = 5000;

absl::StatusOr<std::unique_ptr<redis::ShardMap>> OpenStores(const Config& config) {
  if (!config.shards.empty()) return redis::ShardMap::Load(config.shards, "gateway", config.redis);
  return redis::ShardMap::Single(config.redis);
}

// Members stand in the order of their dependence; the destructor undoes it, event loops and
// connections first.
class Gateway final : public server::Service {
 public:
  Gateway(const Config& config, Secrets secrets, std::unique_ptr<redis::ShardMap> shards,
          std::unique_ptr<events::Publisher> publisher, const ServiceChannels::ByName& services,
          metrics::Metrics& metrics)
      : config_(config),
        secrets_(std::move(secrets)),
        io_(std::make_unique<server::IoThreads>(static_cast<size_t>(config.threads))),
        shards_(std::move(shards)),
        publisher_(std::move(publisher)),
        services_(services),
        inquiries_(services.at("inquiries")),
        store_(*shards_, "gateway"),
        hub_(
            inquiries_, [this](ShopId shop) { return router_.GetQueue(std::move(shop)); }, metrics),
        router_(*shards_, WithPlans(config.routing, plans_)),
        acts_(inquiries_, services_, router_),
        identity_({config_, secrets_, clock_, store_, *publisher_, acts_,
                   [this](const std::string& topic) { WatchDirectory(topic); }}),
        plans_(identity_.routing_configs()),
        find_agent_([this](ShopId shop, AgentId agent) {
          return identity_.FindAgent(std::move(shop), std::move(agent));
        }),
        still_signed_in_(
            [this](Caller caller) { return identity_.StillSignedIn(std::move(caller)); }),
        announcer_(inquiries_, *publisher_, find_agent_, clock_),
        buyer_side_(
            {*shards_, store_, inquiries_, router_, announcer_, plans_, find_agent_, hub_, clock_}),
        flow_(inquiries_, router_, announcer_, buyer_side_.arrivals),
        routing_events_({inquiries_, router_, announcer_, flow_, buyer_side_.arrivals, plans_,
                         buyer_side_.voice, clock_}),
        settler_({identity_.routing_configs(), plans_, identity_.directory(),
                  [this](ShopId shop) { return Configure(std::move(shop)); },
                  [this](ShopId shop, directory::AgentInfo agent) {
                    return UpdateRouting(std::move(shop), std::move(agent));
                  }}),
        routing_configs_({identity_.routing_configs(), plans_, identity_.directory(),
                          secrets_.master_keys, clock_,
                          [this](ShopId shop) { return settler_.Settle(std::move(shop)); }}),
        leases_(
            router_,
            [this](ShopId shop, AgentId agent) {
              return agents_.Reconnect(std::move(shop), std::move(agent));
            },
            config.routing.lease_ms / 3),
        consults_(store_),
        consult_follower_(consults_, router_, announcer_),
        shifts_(
            sessions::DepsOf({plans_, identity_.directory(), router_, announcer_, store_, clock_})),
        directory_log_(directory::NewDirectoryOutbox(*shards_, store_)),
        routing_log_(routing::NewRoutingOutbox(
            *shards_, router_,
            [this](std::string after, size_t limit) {
              return store_.ListShops(std::move(after), limit, std::string(directory::kShopsIndex));
            })),
        event_logs_(events::NewEventLogService(*io_, {directory_log_.get(), routing_log_.get()})),
        cursors_(*shards_, router_),
        consumer_({.service = "gateway",
                   .cursors = cursors_,
                   .sources = {{sessions::SessionCursors::kSource, services.at("inquiries")}},
                   .subscribe = config.events_subscribe},
                  metrics),
        consumed_(events::NewConsumerService(*io_, consumer_)),
        inquiries_events_(
            flow_, buyer_side_.lot, cursors_, [this](const ShopId& shop) { upkeep_.Poke(shop); },
            metrics),
        upkeep_(*shards_, consumer_, cursors_, router_, announcer_, UpkeepHooks(), metrics),
        buyer_parts_{buyer_side_.arrivals,
                     routing_events_,
                     buyer_side_.away,
                     [this](ShopId shop, SessionId session) {
                       return buyer_side_.states.Of(std::move(shop), std::move(session));
                     },
                     buyer_side_.presence,
                     buyer_side_.queues},
        parts_{inquiries_, router_,      flow_,     announcer_,       find_agent_, hub_,
               leases_,    buyer_parts_, consults_, still_signed_in_, clock_},
        buyers_(parts_),
        agents_(parts_),
        agent_moves_(parts_),
        agent_asides_(parts_),
        board_(parts_, plans_),
        copilots_(parts_),
        integrators_(parts_, FindBuyer()),
        one_look_({inquiries_, services_,
                   [this](ShopId shop, AgentId agent, ConversationId conversation) {
                     return Holds(std::move(shop), std::move(agent), std::move(conversation));
                   },
                   [this](CallContext context, inquiries::v1::Inquiry last) {
                     return IsConsulted(parts_, std::move(context), std::move(last));
                   }}),
        events_({services_}),
        forwarder_(services_),
        webhook_book_(store_, secrets_.master_keys),
        webhooks_(webhook_book_, secrets_.master_keys),
        pushes_(
            webhook_book_,
            [this](server::CallScope scope, logistics::v1::ReceivePushRequest push) {
              return HandPushOn(std::move(scope), std::move(push));
            },
            config.rate_limits.pushes, metrics),
        doors_(config_, {identity_.authenticator(), identity_.auditor(), *io_, metrics}) {}

  ~Gateway() override {
    Stop();
    if (!server::CallInFlight::AwaitNone(kLastCallsMs)) log::Warn("stopping with calls unanswered");
    shards_.reset();  // answers what is pending, to loops that have stopped
    doors_.Clear();
    io_.reset();  // destroys the coroutines, which still use everything else
  }

  absl::Status Start() {
    KEFU_RETURN_IF_ERROR(hub_.Start(config_.events_subscribe, io_->Next()));
    WatchDirectory(events::Topic(directory::kNoShop, "directory"));
    identity_.registrar().SetAgentHook([this](ShopId shop, directory::AgentInfo agent) {
      return UpdateRouting(std::move(shop), std::move(agent));
    });
    KEFU_RETURN_IF_ERROR(doors_.OpenInternal({event_logs_.get(), consumed_.get()}));
    services_.Add("gateway", {doors_.InternalChannel()});
    KEFU_RETURN_IF_ERROR(RegisterMethods());
    std::vector<RawRoute> raw_routes = {pushes_.Route()};
    KEFU_RETURN_IF_ERROR(doors_.OpenPublic(Origins(), std::move(raw_routes)));
    leases_.Start(io_->Next());
    inquiries_events_.Register(consumer_);
    return absl::OkStatus();
  }

  void Begin() override {
    consumer_.Start(io_->Next());
    upkeep_.Start(io_->Next());
  }

  void End() override {
    upkeep_.Stop();
    consumer_.Stop();
  }

  std::string NotReady() const override {
    if (!shards_->connected()) return "the store is not connected";
    if (!upkeep_.functions_ready()) return "the store's functions are not loaded";
    if (!inquiries_.connected()) return "inquiries is not connected";
    return "";
  }

  void Drain() override {
    buyer_side_.presence.Stop();
    hub_.Drain();
    doors_.Drain(kDrainMs);
  }

  void Stop() override {
    if (stopped_) return;
    stopped_ = true;
    buyer_side_.presence.Stop();
    doors_.Stop();
    upkeep_.Stop();
    consumer_.Stop();
    hub_.Stop();
    identity_.Stop();
    inquiries_.Stop();
    io_->Stop();
  }

  std::map<std::string, std::string> Addresses() const override {
    std::map<std::string, std::string> addresses = doors_.Addresses();
    addresses["events"] = publisher_->endpoint();
    return addresses;
  }

  std::shared_ptr<grpc::Channel> InProcessChannel() override { return doors_.InternalChannel(); }

 private:
  absl::Status RegisterMethods() {
    Registry& registry = doors_.registry();
    buyers_.Register(registry);
    agents_.Register(registry);
    agent_moves_.Register(registry);
    agent_asides_.Register(registry);
    board_.Register(registry);
    copilots_.Register(registry);
    integrators_.Register(registry);
    identity_.Register(registry);
    one_look_.Register(registry);
    events_.Register(registry);
    routing_configs_.Register(registry);
    staffing_.Register(registry);
    what_if_.Register(registry);
    webhooks_.Register(registry);
    KEFU_RETURN_IF_ERROR(RegisterForwarded());
    std::vector<std::string> services;
    for (const char* name :
         {"Buyer", "Agent", "Board", "Copilot", "Integrator", "Auth", "Operator", "Admin",
          "OneLook", "Events", "RoutingConfig", "Webhook", "Staffing", "WhatIf"}) {
      services.push_back(std::string("kefu.gateway.v1.") + name + "Service");
    }
    const std::vector<std::string> missing = registry.Missing(services);
    if (missing.empty()) return absl::OkStatus();
    return Error(absl::StatusCode::kInternal, "METHOD_WITHOUT_HANDLER",
                 missing.front() + " has no handler.");
  }

  absl::Status RegisterForwarded() {
    forwarder_.Before("kefu.orders.v1.OrderService/UpsertOrders", NameBuyersOfOrders(FindBuyer()));
    for (const char* service : kForwarded) {
      KEFU_RETURN_IF_ERROR(forwarder_.Register(service, doors_.registry()));
    }
    return absl::OkStatus();
  }

  BuyerOfExternalId FindBuyer() {
    return [this](ShopId shop, std::string external_id) {
      return identity_.IdentifiedBuyer(std::move(shop), std::move(external_id));
    };
  }

  OriginPolicy Origins() {
    return [this](std::string origin) -> Task<bool> {
      absl::StatusOr<bool> allowed =
          co_await identity_.directory().OriginAllowed(std::move(origin));
      co_return allowed.ok() && *allowed;
    };
  }

  void WatchDirectory(const std::string& topic) {
    hub_.Watch(topic, [this](std::string_view, std::string_view envelope) {
      identity_.notices().OnEnvelope(envelope);
    });
  }

  sessions::SessionUpkeep::Hooks UpkeepHooks() {
    sessions::SessionUpkeep::Hooks hooks;
    hooks.list_shops = [this] { return identity_.directory().ListShops(); };
    hooks.shop_seen = [this](const ShopId& shop) { identity_.notices().Watch(shop); };
    hooks.follow = [this](server::CallScope scope, ShopId shop,
                          std::vector<routing::SessionChange> changes) {
      return consult_follower_.Follow(std::move(scope), std::move(shop), std::move(changes));
    };
    hooks.repair = [this](ShopId shop) { return Repair(std::move(shop)); };
    hooks.routed = [this](server::CallScope scope, ShopId shop, routing::Event event) {
      return routing_events_.Follow(std::move(scope), std::move(shop), std::move(event));
    };
    hooks.serve_due = [this](server::CallScope scope, ShopId shop) {
      return buyer_side_.arrivals.ServeDue(std::move(scope), std::move(shop));
    };
    return hooks;
  }

  // What the changes of agents and of the configuration owe to routing; and what nobody needs any
  // more of the shop's logs.
  Task<absl::Status> Repair(ShopId shop) {
    absl::Status done = co_await identity_.registrar().Repair(shop);
    const absl::Status settled = co_await settler_.Settle(shop);
    done.Update(settled);
    const absl::Status shifts = co_await shifts_.Settle(shop);
    done.Update(shifts);
    const absl::Status resealed = co_await webhook_book_.Reseal(shop);
    done.Update(resealed);
    for (events::Outbox* log : {directory_log_.get(), routing_log_.get()}) {
      const absl::StatusOr<uint64_t> trimmed = co_await log->Trim(shop);
      done.Update(trimmed.status());
    }
    co_return done;
  }

  Task<absl::StatusOr<logistics::v1::ReceivePushResponse>> HandPushOn(
      server::CallScope scope, logistics::v1::ReceivePushRequest push) {
    using Pushes = logistics::v1::PushService;
    return services_.Call<Pushes>("logistics", &Pushes::StubInterface::async_interface::ReceivePush,
                                  std::move(scope), std::move(push));
  }

  Task<absl::StatusOr<bool>> Holds(ShopId shop, AgentId agent, ConversationId conversation) {
    absl::StatusOr<routing::AgentSnapshot> snapshot =
        co_await router_.GetAgent(std::move(shop), std::move(agent));
    // Never connected: holds nothing.
    if (absl::IsNotFound(snapshot.status())) co_return false;
    if (!snapshot.ok()) co_return snapshot.status();
    co_return std::any_of(
        snapshot->sessions.begin(), snapshot->sessions.end(),
        [&](const v1::Session& session) { return session.conversation() == conversation.str(); });
  }

  static routing::Router::Options WithPlans(routing::Router::Options options,
                                            routing::PlanSource& plans) {
    options.plans = &plans;
    return options;
  }

  static server::CallScope RoutingScope() {
    server::CallScope scope;
    scope.trace.traceparent = TraceparentOrNew("");
    scope.deadline_ms = MonotonicMs() + 1000;
    return scope;
  }

  Task<absl::Status> Configure(ShopId shop) {
    absl::StatusOr<routing::Outcome> configured = co_await router_.Configure(shop);
    if (!configured.ok()) co_return configured.status();
    server::CallScope scope = RoutingScope();
    co_return co_await announcer_.Announce(std::move(scope), std::move(shop),
                                           *std::move(configured));
  }

  Task<absl::Status> UpdateRouting(ShopId shop, directory::AgentInfo agent) {
    server::CallScope scope = RoutingScope();
    absl::StatusOr<routing::Outcome> updated =
        co_await router_.UpdateAgent(shop, ToKnown(agent).profile, !agent.in_service());
    if (!updated.ok()) co_return updated.status();
    co_return co_await announcer_.Announce(std::move(scope), std::move(shop), *std::move(updated));
  }

  const Config config_;
  const Secrets secrets_;
  const SystemClock clock_;
  std::unique_ptr<server::IoThreads> io_;
  std::unique_ptr<redis::ShardMap> shards_;
  std::unique_ptr<events::Publisher> publisher_;
  ServiceChannels services_;
  InquiriesClient inquiries_;
  redis::AggregateStore store_;
  streams::Hub hub_;
  routing::Router router_;
  sessions::InquiriesActs acts_;
  Identity identity_;
  // The router, which stands above, asks it when it is called.
  sessions::RoutingPlans plans_;
  const routing::FindAgent find_agent_;
  const streams::StillSignedIn still_signed_in_;
  sessions::Announcer announcer_;
  BuyerSide buyer_side_;
  sessions::SessionFlow flow_;
  sessions::RoutingEvents routing_events_;
  sessions::PlanSettler settler_;
  RoutingConfigService routing_configs_;
  streams::AgentLeases leases_;
  consults::ConsultBook consults_;
  sessions::ConsultFollower consult_follower_;
  sessions::ShiftKeeper shifts_;
  std::unique_ptr<events::Outbox> directory_log_;
  std::unique_ptr<events::Outbox> routing_log_;
  std::unique_ptr<events::v1::EventLogService::CallbackService> event_logs_;
  sessions::SessionCursors cursors_;
  events::Consumer consumer_;
  std::unique_ptr<events::v1::ConsumerService::CallbackService> consumed_;
  sessions::InquiriesEvents inquiries_events_;
  sessions::SessionUpkeep upkeep_;
  const BuyerParts buyer_parts_;
  const SessionParts parts_;
  BuyerService buyers_;
  AgentService agents_;
  AgentMoves agent_moves_;
  AgentAsides agent_asides_;
  BoardService board_;
  CopilotService copilots_;
  IntegratorService integrators_;
  OneLookService one_look_;
  EventsService events_;
  StaffingService staffing_;
  WhatIfService what_if_;
  Forwarder forwarder_;
  webhooks::WebhookBook webhook_book_;
  webhooks::WebhookService webhooks_;
  webhooks::PushEndpoint pushes_;
  Doors doors_;
  bool stopped_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<server::Service>> BindTo(const ServiceChannels::ByName& services,
                                                        const Config& config,
                                                        metrics::Metrics& metrics) {
  KEFU_ASSIGN_OR_RETURN(Secrets secrets, ParseSecrets(config));
  KEFU_ASSIGN_OR_RETURN(std::unique_ptr<redis::ShardMap> shards, OpenStores(config));
  KEFU_ASSIGN_OR_RETURN(std::unique_ptr<events::Publisher> publisher,
                        events::Publisher::Bind(config.events_bind));
  auto gateway = std::make_unique<Gateway>(config, std::move(secrets), std::move(shards),
                                           std::move(publisher), services, metrics);
  KEFU_RETURN_IF_ERROR(gateway->Start());
  return std::unique_ptr<server::Service>(std::move(gateway));
}

absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics) {
  ServiceChannels::ByName services;
  services["inquiries"] = server::NewChannels(config.inquiries);
  for (const auto& [name, addresses] : config.services) {
    services[name] = server::NewChannels(addresses);
  }
  return BindTo(services, config, metrics);
}

}  // namespace kefu::gateway
