// The storage of inquiries on a private Redis, with a clock set by hand.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "services/common/blobs/blob_store.h"
#include "services/common/events/publisher.h"
#include "services/common/metrics/metrics.h"
#include "services/inquiries/storage/archiver.h"
#include "services/inquiries/storage/conversation_reader.h"
#include "services/inquiries/storage/conversation_writer.h"
#include "services/inquiries/storage/event_log.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace kefu::inquiries::test {

using kefu::test::Await;

inline constexpr int64_t kHour = 3600 * 1000;
inline constexpr int64_t kDay = 24 * kHour;

inline storage::Deadline Soon() { return storage::Deadline::In(5000); }

struct TemporaryFolder {
  TemporaryFolder() {
    char name[] = "/tmp/kefu-inquiries-XXXXXX";
    path = mkdtemp(name);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

// What one process has; several on one Redis are several replicas.
struct Process {
  Process(const std::string& address, const std::string& folder, const Clock& clock,
          std::string master_keys)
      : shards(redis::ShardMap::Single({address, "", ""})),
        publisher(*events::Publisher::Bind("tcp://127.0.0.1:*")),
        blobs(blobs::NewFileBlobStore(folder)),
        keys(*shards, *seal::MasterKeys::Parse(master_keys), 1000),
        notices(*publisher, metrics),
        archive(*blobs),
        writer(*shards, keys, notices, metrics, {6 * kHour, kDay, &clock}),
        reader(*shards, keys, archive),
        log(*shards, keys, reader, &clock),
        archiver(*shards, reader, archive, metrics, kDay, &clock) {}

  metrics::Metrics metrics;
  std::unique_ptr<redis::ShardMap> shards;
  std::unique_ptr<events::Publisher> publisher;
  std::unique_ptr<blobs::BlobStore> blobs;
  storage::DataKeys keys;
  storage::Notices notices;
  storage::Archive archive;
  storage::ConversationWriter writer;
  storage::ConversationReader reader;
  storage::EventLog log;
  storage::Archiver archiver;
};

class StackTest : public testing::Test {
 protected:
  static std::string OldMaster() { return "k1 " + std::string(64, 'a') + "\n"; }
  static std::string NewMaster() { return "k2 " + std::string(64, 'b') + "\n"; }

  StackTest() { redis_.LoadFunctions("inquiries"); }

  std::unique_ptr<Process> NewProcess(std::string master_keys = OldMaster()) {
    return std::make_unique<Process>(redis_.address(), folder_.path, clock_,
                                     std::move(master_keys));
  }
  static storage::CallInfo Info() {
    return {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Soon()};
  }

  static server::CallScope Scope() {
    server::CallScope scope;
    scope.deadline_ms = MonotonicMs() + 5000;
    return scope;
  }

  storage::NewEntry FromBuyer(const std::string& id, const std::string& text) const {
    storage::NewEntry entry;
    entry.sender.set_kind(common::v1::Sender::KIND_BUYER);
    entry.sender.set_id(buyer_.str());
    entry.sender.set_display_name("小王");
    entry.channel = common::v1::CHANNEL_WIDGET;
    entry.request_id = id;
    entry.content.mutable_text()->set_body(text);
    return entry;
  }
  storage::NewEntry FromAgent(const std::string& id, const std::string& text) const {
    storage::NewEntry entry = FromBuyer(id, text);
    entry.sender.set_kind(common::v1::Sender::KIND_AGENT);
    entry.sender.set_id(agent_.str());
    entry.sender.set_display_name("Ada");
    return entry;
  }
  storage::NewEntry Note(const std::string& id, const std::string& text) const {
    storage::NewEntry entry = FromAgent(id, "");
    entry.content.Clear();
    entry.content.mutable_note()->set_body(text);
    return entry;
  }
  storage::NewEntry Recall(storage::NewEntry entry, uint64_t seq) const {
    entry.content.Clear();
    entry.content.mutable_recall()->set_recalled_seq(seq);
    return entry;
  }

  using Writer = storage::ConversationWriter;
  absl::StatusOr<Writer::Opened> Open(Process& process, const std::string& id,
                                      const std::string& text = "在吗？") {
    common::v1::Opening opening;
    opening.set_category(common::v1::CATEGORY_ORDER);
    opening.mutable_page()->set_url("https://shop.example/order/4711");
    return Await(process.writer.Open(Info(), shop_, buyer_, FromBuyer(id, text), opening));
  }
  absl::StatusOr<Writer::Appended> Append(Process& process, storage::NewEntry entry,
                                          uint64_t fence = 0, uint32_t session = 1) {
    return Await(process.writer.Append(Info(), shop_, SessionId(conversation_, session), fence,
                                       std::move(entry)));
  }
  void Assign(Process& process, uint64_t fence = 1) {
    ASSERT_TRUE(Await(process.writer.RaiseFence(Info(), shop_, SessionId(conversation_, 1),
                                                {fence, agent_.str(), "Ada"}))
                    .ok());
  }
  absl::StatusOr<v1::Inquiry> Close(Process& process, const std::string& id, uint64_t last_seen,
                                    uint32_t session = 1) {
    v1::CloseInquiryRequest request;
    request.set_shop(shop_.str());
    request.set_session(SessionId(conversation_, session).str());
    request.set_request_id(id);
    request.set_last_seen_seq(last_seen);
    request.set_reason("solved");
    return Await(process.writer.Close(Info(), shop_, SessionId(conversation_, session), request));
  }
  v1::ListEntriesResponse List(Process& process, storage::ConversationReader::Range range) {
    const auto found = Await(process.reader.ListEntries(shop_, conversation_, range, Soon()));
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *found : v1::ListEntriesResponse();
  }
  std::vector<events::v1::Envelope> Events(Process& process) {
    events::v1::ReadRequest request;
    request.set_page_size(1000);
    const auto read = Await(process.log.Read(Scope(), shop_, request));
    EXPECT_TRUE(read.ok()) << read.status();
    return {read->envelopes().begin(), read->envelopes().end()};
  }

  kefu::test::RedisServer redis_;
  TemporaryFolder folder_;
  ManualClock clock_{{1'700'000'000'000}};
  const ShopId shop_ = *ShopId::Parse("demo");
  const BuyerId buyer_ = BuyerId::New();
  const ConversationId conversation_ = ConversationOf(buyer_);
  const AgentId agent_ = AgentId::New();
};

}  // namespace kefu::inquiries::test
