#include "services/common/host/host.h"

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/events/consumer_service.h"
#include "services/common/events/event_log_service.h"
#include "services/common/host/upkeep.h"
#include "services/common/logging/log.h"
#include "services/common/redis/cursors.h"
#include "services/common/server/grpc_server.h"

namespace kefu::host {

void ReadHostConfig(config::Reader& reader, const std::vector<std::string>& sources,
                    HostConfig* config) {
  reader.Optional("log_level", &config->common.log_level);
  reader.Optional("admin_address", &config->common.admin_address);
  reader.Optional("ports_file", &config->common.ports_file);
  reader.Optional("listen", &config->listen);
  reader.Optional("threads", &config->threads, 1, 64);
  reader.Optional("redis.address", &config->redis.address);
  reader.Optional("redis.user", &config->redis.user);
  reader.Secret("redis.password", &config->redis.password);
  reader.Optional("shards", &config->shards);
  reader.Optional("events.bind", &config->events_bind);
  reader.Optional("events.subscribe", &config->events_subscribe);
  for (const std::string& source : sources) {
    std::vector<std::string> addresses;
    reader.Optional("sources." + source, &addresses);
    if (!addresses.empty()) config->sources[source] = std::move(addresses);
  }
}

std::vector<server::ChannelPtr> ChannelsTo(const Peers& peers, std::string_view service,
                                           const std::vector<std::string>& addresses) {
  return peers ? peers(service) : server::NewChannels(addresses);
}

absl::StatusOr<Stores> OpenStores(std::string_view service, const HostConfig& config) {
  Stores stores;
  if (config.shards.empty()) {
    stores.shards = redis::ShardMap::Single(config.redis);
  } else {
    KEFU_ASSIGN_OR_RETURN(stores.shards,
                          redis::ShardMap::Load(config.shards, std::string(service), config.redis));
  }
  KEFU_ASSIGN_OR_RETURN(stores.publisher, events::Publisher::Bind(config.events_bind));
  return stores;
}

// In the order of their dependence. Loops go after the store, whose last answers are posted to
// them, and take the coroutines with them that never got one.
struct Host::Parts {
  Parts(HostOptions o, Stores stores, metrics::Metrics& metrics)
      : options(std::move(o)),
        publisher(std::move(stores.publisher)),
        io(static_cast<size_t>(options.config.threads)),
        shards(std::move(stores.shards)),
        store(*shards, options.service),
        timers(*shards, options.service),
        cursors(redis::NewRedisCursors(*shards, options.service)),
        outbox(events::NewAggregateOutbox(*shards, store, options.service, options.service,
                                          options.snapshot)),
        consumer({.service = options.service,
                  .cursors = *cursors,
                  .subscribe = options.config.events_subscribe},
                 metrics),
        upkeep(options.service, options.functions_version, *shards, store, *outbox, timers),
        event_log(events::NewEventLogService(io, {outbox.get()})),
        consumer_service(events::NewConsumerService(io, consumer)),
        served({event_log.get(), consumer_service.get()}),
        topic(events::Topic("*", "log:" + options.service)) {}

  const HostOptions options;
  std::unique_ptr<events::Publisher> publisher;
  server::IoThreads io;
  std::unique_ptr<redis::ShardMap> shards;
  redis::AggregateStore store;
  timers::DueQueue timers;
  std::unique_ptr<redis::CursorStore> cursors;
  std::unique_ptr<events::Outbox> outbox;
  events::Consumer consumer;
  Upkeep upkeep;
  std::unique_ptr<events::v1::EventLogService::CallbackService> event_log;
  std::unique_ptr<events::v1::ConsumerService::CallbackService> consumer_service;
  std::vector<grpc::Service*> served;
  const std::string topic;
  std::unique_ptr<server::GrpcServer> server;
};

Host::Host(HostOptions options, Stores stores, metrics::Metrics& metrics)
    : parts_(std::make_unique<Parts>(std::move(options), std::move(stores), metrics)) {}

Host::~Host() { Stop(); }

void Host::Serve(grpc::Service* service) { parts_->served.push_back(service); }

void Host::OnDue(DueHandler handler) { parts_->upkeep.OnDue(std::move(handler)); }

void Host::Every(std::function<Task<absl::Status>(ShopId)> chore) {
  parts_->upkeep.Every(std::move(chore));
}

absl::Status Host::Listen() {
  KEFU_ASSIGN_OR_RETURN(parts_->server,
                        server::GrpcServer::Start(parts_->options.config.listen, parts_->served));
  return absl::OkStatus();
}

std::shared_ptr<grpc::Channel> Host::InProcessChannel() {
  return parts_->server == nullptr ? nullptr : parts_->server->InProcessChannel();
}

void Host::Begin() {
  for (const std::string& source : parts_->consumer.sources()) {
    const auto& configured = parts_->options.config.sources;
    const auto found = configured.find(source);
    auto channels =
        ChannelsTo(parts_->options.peers, source,
                   found == configured.end() ? std::vector<std::string>() : found->second);
    if (channels.empty()) {
      log::Warn("a source has no address: its events are not taken", {{"source", source}});
    }
    parts_->consumer.AddSource({source, std::move(channels)});
  }
  parts_->upkeep.Start(parts_->io.Next());
  parts_->consumer.Start(parts_->io.Next());
}

void Host::End() {
  parts_->consumer.Stop();
  parts_->upkeep.Stop();
}

std::string Host::NotReady() const {
  if (!parts_->shards->connected()) return "store not connected";
  if (!parts_->upkeep.functions_ready()) return "store functions not loaded";
  return "";
}

void Host::Drain() {
  if (parts_->server != nullptr) parts_->server->Drain();
}

void Host::Stop() {
  if (parts_->server != nullptr) parts_->server->Stop();
  parts_->consumer.Stop();
  parts_->upkeep.Stop();
  // No call of this process's coroutines is left; the loops may still be ending what they ran.
  parts_->io.Stop();
}

std::map<std::string, std::string> Host::Addresses() const {
  std::map<std::string, std::string> addresses = {{"events", parts_->publisher->endpoint()}};
  if (parts_->server != nullptr && !parts_->server->address().empty()) {
    addresses["grpc"] = parts_->server->address();
  }
  return addresses;
}

Task<absl::StatusOr<redis::Committed>> Host::Update(redis::AggregateId id, redis::Request request,
                                                    redis::AggregateStore::Decide decide,
                                                    std::optional<redis::CursorMove> move) {
  absl::StatusOr<redis::Committed> committed = co_await parts_->store.Update(
      std::move(id), std::move(request), std::move(decide), std::move(move));
  if (!committed.ok()) co_return committed;
  for (const events::v1::Envelope& envelope : committed->events) {
    parts_->publisher->Publish(parts_->topic, envelope.SerializeAsString());
  }
  co_return committed;
}

redis::AggregateStore& Host::store() { return parts_->store; }
redis::ShardMap& Host::shards() { return *parts_->shards; }
server::IoThreads& Host::io() { return parts_->io; }
events::Consumer& Host::consumer() { return parts_->consumer; }
timers::DueQueue& Host::timers() { return parts_->timers; }
const Peers& Host::peers() const { return parts_->options.peers; }

}  // namespace kefu::host
