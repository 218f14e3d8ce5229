// What every process around an aggregate store has in common: stores, outbox, consumer, timers,
// upkeep, gRPC server. A service adds its own parts, in its bind.cc:
//
//   class Orders final : public host::Host {
//    public:
//     Orders(const Config& config, host::Stores stores, metrics::Metrics& metrics)
//         : Host({.service = "orders", .config = config.host, .snapshot = {…}}, std::move(stores),
//         metrics),
//           desk_(store(), …), service_(io(), desk_) {
//       Serve(&service_);
//       consumer().On("logistics", "com.kefu.shipment.changed.v1", …);
//       OnDue([this](ShopId shop, timers::DueItem item) { … });
//     }
//     ~Orders() override { Stop(); }
//   };
//
// Life: constructor → Listen (server up) → Begin (consumer, timers, upkeep; when every peer is
// there, which in kefu-all means: after all services listen) → Drain → Stop.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/config/reader.h"
#include "services/common/events/consumer.h"
#include "services/common/events/outbox.h"
#include "services/common/events/publisher.h"
#include "services/common/metrics/metrics.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/functions_check.h"
#include "services/common/redis/shard_map.h"
#include "services/common/server/channels.h"
#include "services/common/server/io_threads.h"
#include "services/common/server/process.h"
#include "services/common/timers/due_queue.h"

namespace kefu::host {

// The part of a service's configuration that Host needs.
struct HostConfig {
  server::CommonConfig common;
  // gRPC; port 0 picks one; empty: in-process only.
  std::string listen = "127.0.0.1:0";
  int64_t threads = 2;
  // One primary for all shops, or the file that says which holds which (redis/shard_map.h).
  redis::Endpoint redis{.address = "127.0.0.1:6379"};
  std::string shards;
  std::string events_bind = "tcp://127.0.0.1:0";
  // Where the sources publish (ZeroMQ).
  std::vector<std::string> events_subscribe;
  // gRPC addresses of the sources, by name.
  std::map<std::string, std::vector<std::string>> sources;
};

// Reads log_level, admin_address, ports_file, listen, threads, redis.*, shards, events.bind,
// events.subscribe, sources.<name> for each of `sources`. The service goes on with its own keys.
void ReadHostConfig(config::Reader& reader, const std::vector<std::string>& sources,
                    HostConfig* config);

// Channels to the other services, by name; null: those of the configuration. kefu-all gives
// in-process ones.
using Peers = std::function<std::vector<server::ChannelPtr>(std::string_view service)>;
// `fallback` with addresses when `peers` is null.
std::vector<server::ChannelPtr> ChannelsTo(const Peers& peers, std::string_view service,
                                           const std::vector<std::string>& addresses);

// What is opened before a service is put together.
struct Stores {
  std::unique_ptr<redis::ShardMap> shards;
  std::unique_ptr<events::Publisher> publisher;
};
absl::StatusOr<Stores> OpenStores(std::string_view service, const HostConfig& config);

struct HostOptions {
  // e.g. "orders": name of the keys, the function library and the source.
  std::string service;
  HostConfig config;
  // The version of the function library that must be loaded (`<service>_version_v1`).
  int64_t functions_version = redis::kFunctionsVersion;
  std::vector<events::SnapshotPart> snapshot;
  Peers peers;
};

class Host : public server::Service {
 public:
  Host(HostOptions options, Stores stores, metrics::Metrics& metrics);
  ~Host() override;

  // Starts the gRPC server with everything that was given to Serve.
  absl::Status Listen();
  std::shared_ptr<grpc::Channel> InProcessChannel() override;

  void Begin() override;
  void End() override;
  std::string NotReady() const override;
  void Drain() override;
  // Derived classes call it in their destructor, before their parts go.
  void Stop() override;
  std::map<std::string, std::string> Addresses() const override;

  // Commits and makes known what was committed. The way for everything that changes an aggregate.
  Task<absl::StatusOr<redis::Committed>> Update(
      redis::AggregateId id, redis::Request request, redis::AggregateStore::Decide decide,
      std::optional<redis::CursorMove> move = std::nullopt);
  redis::AggregateStore& store();
  redis::ShardMap& shards();
  server::IoThreads& io();
  events::Consumer& consumer();
  timers::DueQueue& timers();
  const Peers& peers() const;

 protected:
  void Serve(grpc::Service* service);
  // What to do when a timer is due; must be idempotent. After OK it is done with; else it comes
  // again.
  using DueHandler = std::function<Task<absl::Status>(ShopId, timers::DueItem)>;
  void OnDue(DueHandler handler);
  // Something else to do for every shop every ten seconds.
  void Every(std::function<Task<absl::Status>(ShopId)> chore);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace kefu::host
