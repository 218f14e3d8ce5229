#include "services/records/bind.h"

#include <string>
#include <utility>

#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/events/consumer.h"
#include "services/common/events/consumer_service.h"
#include "services/common/logging/log.h"
#include "services/common/server/grpc_server.h"
#include "services/common/server/io_threads.h"
#include "services/common/text/analyser.h"
#include "services/records/rpc/event_handlers.h"
#include "services/records/rpc/record_service.h"
#include "services/records/storage/cursors.h"
#include "services/records/storage/database.h"
#include "services/records/storage/keeper.h"
#include "services/records/storage/scrubber.h"

namespace kefu::records {
namespace {

// What is opened before the rest is put together. The database calls the scrubber and the analyser,
// and goes first.
struct Stores {
  std::unique_ptr<text::Analyser> analyser;
  std::unique_ptr<storage::Scrubber> scrubber;
  std::unique_ptr<storage::Database> database;
};

absl::StatusOr<Stores> OpenStores(const Config& config, metrics::Metrics& metrics) {
  Stores stores;
  KEFU_ASSIGN_OR_RETURN(stores.analyser, text::Analyser::New());
  stores.scrubber = std::make_unique<storage::Scrubber>();
  storage::DatabaseOptions options{.path = config.database, .readers = config.readers};
  options.chores = [scrubber = stores.scrubber.get()](soci::session& sql) {
    return scrubber->Step(sql);
  };
  KEFU_ASSIGN_OR_RETURN(stores.database,
                        storage::Database::Open(std::move(options), *stores.analyser, metrics));
  return stores;
}

// Members are in the order in which they depend on each other; Stop takes them down the other way
// round. Not a host::Host, whose store is Redis.
class RecordsService final : public server::Service {
 public:
  RecordsService(const Config& config, const host::Peers& peers, Stores stores,
                 metrics::Metrics& metrics)
      : config_(config),
        peers_(peers),
        io_(static_cast<size_t>(config.threads)),
        stores_(std::move(stores)),
        cursors_(storage::NewSqlCursors(*stores_.database, clock_)),
        keeper_(*stores_.database),
        handlers_(keeper_),
        consumer_({.service = "records",
                   .cursors = *cursors_,
                   .sources = {},
                   .subscribe = config.events_subscribe,
                   .pipelined = true},
                  metrics),
        records_(rpc::NewRecordService(io_, *stores_.database, *stores_.analyser, clock_)),
        consumer_service_(events::NewConsumerService(io_, consumer_)) {
    handlers_.RegisterWith(consumer_);
  }

  ~RecordsService() override { Stop(); }

  absl::Status Listen() {
    KEFU_ASSIGN_OR_RETURN(server_, server::GrpcServer::Start(
                                       config_.listen, {records_.get(), consumer_service_.get()}));
    return absl::OkStatus();
  }

  std::shared_ptr<grpc::Channel> InProcessChannel() override { return server_->InProcessChannel(); }

  void Begin() override {
    for (const std::string& source : consumer_.sources()) {
      const auto found = config_.sources.find(source);
      const auto addresses =
          found == config_.sources.end() ? std::vector<std::string>() : found->second;
      std::vector<server::ChannelPtr> channels = host::ChannelsTo(peers_, source, addresses);
      if (channels.empty()) {
        log::Warn("a source has no address: its events are not taken", {{"source", source}});
      }
      consumer_.AddSource({source, std::move(channels)});
    }
    consumer_.Start(io_.Next());
  }

  void End() override { consumer_.Stop(); }

  // The database is opened before anything else; sources that are not there yet only delay what
  // they will tell.
  std::string NotReady() const override { return server_ == nullptr ? "not listening" : ""; }

  void Drain() override {
    if (server_ != nullptr) server_->Drain();
  }

  void Stop() override {
    if (server_ != nullptr) server_->Stop();
    consumer_.Stop();
    stores_.database->Stop();
    io_.Stop();
  }

  std::map<std::string, std::string> Addresses() const override {
    if (server_ == nullptr || server_->address().empty()) return {};
    return {{"grpc", server_->address()}};
  }

 private:
  const Config config_;
  const host::Peers peers_;
  const SystemClock clock_;
  server::IoThreads io_;
  Stores stores_;
  std::unique_ptr<redis::CursorStore> cursors_;
  storage::Keeper keeper_;
  rpc::EventHandlers handlers_;
  events::Consumer consumer_;
  std::unique_ptr<v1::RecordService::CallbackService> records_;
  std::unique_ptr<events::v1::ConsumerService::CallbackService> consumer_service_;
  std::unique_ptr<server::GrpcServer> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<server::Service>> BindTo(const host::Peers& peers,
                                                        const Config& config,
                                                        metrics::Metrics& metrics) {
  KEFU_ASSIGN_OR_RETURN(Stores stores, OpenStores(config, metrics));
  auto service = std::make_unique<RecordsService>(config, peers, std::move(stores), metrics);
  KEFU_RETURN_IF_ERROR(service->Listen());
  return service;
}

absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics) {
  return BindTo(nullptr, config, metrics);
}

}  // namespace kefu::records
