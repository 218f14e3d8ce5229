// Reading conversations: the log, through to the archive, for either audience.
//
// Threads: thread-safe. Every page is put together from consistent looks: an archiving in between
// moves entries, it neither hides nor repeats them. Errors: NOT_FOUND (NO_SUCH_CONVERSATION);
// DATA_LOSS for what is damaged; those of redis/client.h.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "proto/kefu/inquiries/v1/service.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/shard_map.h"
#include "services/inquiries/storage/archive.h"
#include "services/inquiries/storage/calls.h"
#include "services/inquiries/storage/data_keys.h"
#include "services/inquiries/storage/deadline.h"

namespace kefu::inquiries::storage {

class ConversationReader {
 public:
  ConversationReader(redis::ShardMap& shards, DataKeys& keys, Archive& archive);

  // Entries with after_seq < seq < before_seq (0: no bound), at most `limit`: the first ones, or
  // with a `before_seq` the last ones; oldest first either way. A page ends early when it grows
  // over 2 MiB.
  struct Range {
    v1::Audience audience = v1::AUDIENCE_STAFF;
    uint64_t after_seq = 0;
    uint64_t before_seq = 0;
    size_t limit = 100;
  };
  Task<absl::StatusOr<v1::ListEntriesResponse>> ListEntries(ShopId shop,
                                                            ConversationId conversation,
                                                            Range range, Deadline deadline);
  // NOT_FOUND (NO_SUCH_ENTRY) if there is no such entry.
  Task<absl::StatusOr<common::v1::Entry>> GetEntry(ShopId shop, ConversationId conversation,
                                                   uint64_t seq, v1::Audience audience,
                                                   Deadline deadline);
  Task<absl::StatusOr<v1::Conversation>> GetConversation(ShopId shop, ConversationId conversation,
                                                         Deadline deadline);
  // The current or last one first.
  Task<absl::StatusOr<v1::ListInquiriesResponse>> ListInquiries(ShopId shop,
                                                                ConversationId conversation,
                                                                Deadline deadline);
  Task<absl::StatusOr<v1::BatchGetHeadsResponse>> GetHeads(ShopId shop,
                                                           std::vector<std::string> conversations,
                                                           Deadline deadline);

  // A page of entries as they are stored, through to the archive, with the last look at the
  // conversation (its heads and data key); for snapshots.
  struct Page {
    ReadAnswer last_look;
    // In the order of reading: oldest first, or newest first for the last ones of a range.
    std::vector<StoredEntry> entries;
  };
  Task<absl::StatusOr<Page>> ReadForward(ShopId shop, ConversationId conversation, Range range,
                                         Deadline deadline);

  // What is stored, as it is stored; for the archiver.
  Task<absl::StatusOr<ReadAnswer>> ReadStored(ShopId shop, ConversationId conversation,
                                              ReadArguments arguments, Deadline deadline);

 private:
  Task<absl::StatusOr<Page>> ReadBackward(ShopId shop, ConversationId conversation, Range range,
                                          Deadline deadline);

  redis::ShardMap& shards_;
  DataKeys& keys_;
  Archive& archive_;
};

}  // namespace kefu::inquiries::storage
