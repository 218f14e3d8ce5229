// The present state of all conversations as events, for a consumer whose position in the log is
// gone.
//
// First BuyerErased for every buyer that was erased, with or without a conversation, with a new key
// since or not: the very event of the log, by which whoever knows of it tells that it is no news.
// Then conversation by conversation, in the order of their ids: every inquiry as opened, closed or
// reopened with its present state, FenceRaised for each that had an owner, then all entries as
// EntryAppended, through to the archive. Of buyers that an earlier release erased, those are shown
// (before their entries) that have a conversation and no key since. Conversations that an earlier
// release began are shown from the next session on. A conversation whose archive is damaged is
// shown without its entries, which is logged.
//
// Threads: thread-safe. Errors: those of events::Outbox::Snapshot and of ConversationReader.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "proto/kefu/events/v1/service.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/events/stored_log.h"
#include "services/common/redis/shard_map.h"
#include "services/inquiries/storage/conversation_reader.h"
#include "services/inquiries/storage/data_keys.h"

namespace kefu::inquiries::storage {

class ConversationSnapshot {
 public:
  ConversationSnapshot(redis::ShardMap& shards, DataKeys& keys, ConversationReader& reader,
                       events::StoredLog& log);

  Task<absl::StatusOr<events::v1::SnapshotResponse>> Read(server::CallScope scope, ShopId shop,
                                                          events::v1::SnapshotRequest request);

 private:
  // Where the next page begins: after which erased buyer, as long as no conversation is named, then
  // after which conversation, or after which entry of one.
  struct Place {
    std::string erased;
    std::string conversation;
    bool inside = false;
    uint64_t after_seq = 0;
  };
  struct Page;
  static std::string ToText(const Place& place);
  static Place FromText(const std::string& text);

  // Moves `place` on, to the page's end or the last of them.
  Task<absl::Status> ShowErased(Page& page, Place& place);
  // A buyer without a key that is not among those: an earlier release erased them.
  Task<absl::Status> ShowErasedBefore(Page& page, BuyerId buyer, uint64_t head_seq);
  // Empty at the end.
  Task<absl::StatusOr<std::string>> NextConversation(ShopId shop, std::string after,
                                                     Deadline deadline);
  Task<absl::Status> ShowInquiries(Page& page, ConversationId conversation);
  // Moves `place` on.
  Task<absl::Status> ShowEntries(Page& page, ConversationId conversation, Place& place);

  redis::ShardMap& shards_;
  DataKeys& keys_;
  ConversationReader& reader_;
  events::StoredLog& log_;
};

}  // namespace kefu::inquiries::storage
