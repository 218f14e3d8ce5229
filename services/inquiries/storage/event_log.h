// The outbox as other services read it: envelopes with everything in them, unsealed where the
// buyer's key still exists, redacted where it does not. A snapshot shows every conversation
// (conversation_snapshot.h). Threads: thread-safe. Errors: those of events::Outbox.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <vector>

#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/events/outbox.h"
#include "services/common/events/stored_log.h"
#include "services/common/redis/shard_map.h"
#include "services/inquiries/storage/conversation_reader.h"
#include "services/inquiries/storage/conversation_snapshot.h"
#include "services/inquiries/storage/data_keys.h"
#include "services/inquiries/storage/deadline.h"

namespace kefu::inquiries::storage {

class EventLog final : public events::Outbox {
 public:
  // `test_clock` is heard only by the library that tests load.
  EventLog(redis::ShardMap& shards, DataKeys& keys, ConversationReader& reader,
           const Clock* test_clock = nullptr);

  const std::string& source() const override { return source_; }
  Task<absl::StatusOr<events::v1::ReadResponse>> Read(server::CallScope scope, ShopId shop,
                                                      events::v1::ReadRequest request) override;
  Task<absl::StatusOr<events::v1::ListHeadsResponse>> ListHeads(
      server::CallScope scope, events::v1::ListHeadsRequest request) override;
  Task<absl::Status> ReportCursors(server::CallScope scope,
                                   events::v1::ReportCursorsRequest request) override;
  Task<absl::StatusOr<events::v1::SnapshotResponse>> Snapshot(
      server::CallScope scope, ShopId shop, events::v1::SnapshotRequest request) override;
  Task<absl::StatusOr<uint64_t>> RaiseEpoch(server::CallScope scope, ShopId shop,
                                            uint64_t observed) override;
  Task<absl::StatusOr<uint64_t>> Trim(ShopId shop) override;

 private:
  using KeysByBuyer = std::map<BuyerId, DataKeyPtr>;
  Task<absl::StatusOr<KeysByBuyer>> KeysOf(ShopId shop, std::vector<BuyerId> buyers,
                                           Deadline deadline);

  const std::string source_ = "inquiries";
  redis::ShardMap& shards_;
  DataKeys& keys_;
  events::StoredLog log_;
  ConversationSnapshot snapshot_;
};

}  // namespace kefu::inquiries::storage
