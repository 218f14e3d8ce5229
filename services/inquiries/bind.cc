#include "services/inquiries/bind.h"

#include <utility>

#include "services/common/base/status.h"
#include "services/common/base/task_group.h"
#include "services/common/blobs/blob_store.h"
#include "services/common/events/consumer.h"
#include "services/common/events/consumer_service.h"
#include "services/common/events/event_log_service.h"
#include "services/common/events/publisher.h"
#include "services/common/redis/cursors.h"
#include "services/common/redis/shard_map.h"
#include "services/common/server/grpc_server.h"
#include "services/common/server/io_threads.h"
#include "services/inquiries/rpc/conversation_service.h"
#include "services/inquiries/rpc/event_handlers.h"
#include "services/inquiries/storage/archiver.h"
#include "services/inquiries/upkeep.h"

namespace kefu::inquiries {
namespace {

// Members are in the order in which they depend on each other; Stop takes them down the other way
// round.
class InquiriesService final : public server::Service {
 public:
  InquiriesService(const Config& config, host::Peers peers, metrics::Metrics& metrics,
                   std::unique_ptr<redis::ShardMap> shards,
                   std::unique_ptr<events::Publisher> publisher)
      : config_(config),
        peers_(std::move(peers)),
        publisher_(std::move(publisher)),
        blobs_(blobs::NewFileBlobStore(config.blobs_folder)),
        io_(static_cast<size_t>(config.threads)),
        shards_(std::move(shards)),
        keys_(*shards_, *config.master_keys),
        notices_(*publisher_, metrics),
        archive_(*blobs_),
        writer_(*shards_, keys_, notices_, metrics,
                {config.reopen_window_ms, config.archive_after_ms}),
        reader_(*shards_, keys_, archive_),
        log_(*shards_, keys_, reader_),
        archiver_(*shards_, reader_, archive_, metrics, config.archive_after_ms),
        upkeep_(io_.Next(), *shards_, archiver_, log_, config.sweep_interval_ms),
        conversations_(io_, writer_, reader_),
        event_log_(events::NewEventLogService(io_, {&log_})),
        cursors_(redis::NewRedisCursors(*shards_, "inquiries")),
        consumer_(
            {.service = "inquiries", .cursors = *cursors_, .subscribe = config.events_subscribe},
            metrics),
        consumed_(events::NewConsumerService(io_, consumer_)),
        handlers_(writer_, reader_) {
    handlers_.Register(consumer_);
  }

  ~InquiriesService() override { Stop(); }

  absl::Status Start(const std::string& listen) {
    KEFU_ASSIGN_OR_RETURN(
        server_,
        server::GrpcServer::Start(listen, {&conversations_, event_log_.get(), consumed_.get()}));
    upkeep_.Start();
    telling_.Spawn(TellOfLogs());
    return absl::OkStatus();
  }

  void Begin() override {
    for (const std::string& source : consumer_.sources()) {
      const auto found = config_.sources.find(source);
      auto channels = host::ChannelsTo(
          peers_, source,
          found == config_.sources.end() ? std::vector<std::string>() : found->second);
      consumer_.AddSource({source, std::move(channels)});
    }
    consumer_.Start(io_.Next());
  }

  void End() override { consumer_.Stop(); }

  std::string NotReady() const override {
    if (!shards_->connected()) return "store not connected";
    if (!upkeep_.functions_ready()) return "store functions not loaded";
    return "";
  }

  void Drain() override {
    conversations_.EndStreams();
    if (server_ != nullptr) server_->Drain();
  }

  void Stop() override {
    if (server_ == nullptr) return;
    server_.reset();
    consumer_.Stop();
    telling_.Stop();
    upkeep_.Stop();
    archive_.Stop();
  }

  std::map<std::string, std::string> Addresses() const override {
    return {{"grpc", server_->address()}, {"events", publisher_->endpoint()}};
  }

  std::shared_ptr<grpc::Channel> InProcessChannel() override { return server_->InProcessChannel(); }

 private:
  // Readers of the log are told of entries so often.
  static constexpr int64_t kTellEveryMs = 200;

  Task<> TellOfLogs() {
    bool goes_on = true;
    while (goes_on) {
      notices_.TellOfLogs();
      goes_on = co_await telling_.Sleep(kTellEveryMs);
    }
  }

  const Config config_;
  const host::Peers peers_;
  std::unique_ptr<events::Publisher> publisher_;
  std::unique_ptr<blobs::BlobStore> blobs_;
  server::IoThreads io_;
  std::unique_ptr<redis::ShardMap> shards_;
  storage::DataKeys keys_;
  storage::Notices notices_;
  storage::Archive archive_;
  storage::ConversationWriter writer_;
  storage::ConversationReader reader_;
  storage::EventLog log_;
  storage::Archiver archiver_;
  Upkeep upkeep_;
  TaskGroup telling_{io_.Next()};
  rpc::ConversationServiceImpl conversations_;
  const std::unique_ptr<events::v1::EventLogService::CallbackService> event_log_;
  const std::unique_ptr<redis::CursorStore> cursors_;
  events::Consumer consumer_;
  const std::unique_ptr<events::v1::ConsumerService::CallbackService> consumed_;
  rpc::EventHandlers handlers_;
  std::unique_ptr<server::GrpcServer> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<server::Service>> BindTo(const host::Peers& peers,
                                                        const Config& config,
                                                        metrics::Metrics& metrics) {
  std::unique_ptr<redis::ShardMap> shards;
  if (config.shards.empty()) {
    shards = redis::ShardMap::Single(config.redis);
  } else {
    KEFU_ASSIGN_OR_RETURN(shards, redis::ShardMap::Load(config.shards, "inquiries", config.redis));
  }
  KEFU_ASSIGN_OR_RETURN(auto publisher, events::Publisher::Bind(config.events_bind));
  auto service = std::make_unique<InquiriesService>(config, peers, metrics, std::move(shards),
                                                    std::move(publisher));
  KEFU_RETURN_IF_ERROR(service->Start(config.listen));
  return service;
}

absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics) {
  return BindTo(nullptr, config, metrics);
}

}  // namespace kefu::inquiries
