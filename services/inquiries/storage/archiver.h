// Moves the logs of conversations that have been closed for long enough into the archive, when
// their timers are due.
//
// A crash at any step is harmless: the timer becomes due again, and a segment that no pointer names
// is written again under the same name. Threads: thread-safe; every process may run it for every
// shop.
#pragma once

#include <absl/status/status.h>

#include "services/common/metrics/metrics.h"
#include "services/common/redis/shard_map.h"
#include "services/common/timers/due_queue.h"
#include "services/inquiries/storage/archive.h"
#include "services/inquiries/storage/conversation_reader.h"

namespace kefu::inquiries::storage {

class Archiver {
 public:
  Archiver(redis::ShardMap& shards, ConversationReader& reader, Archive& archive,
           metrics::Metrics& metrics, int64_t archive_after_ms, const Clock* test_clock = nullptr);

  // Archives what is due in the shop. The first error, after trying the others; what failed becomes
  // due again.
  Task<absl::Status> Sweep(ShopId shop);
  // OK if there was nothing to do, too: open again, or archived already.
  Task<absl::Status> ArchiveConversation(ShopId shop, ConversationId conversation);

 private:
  Task<absl::StatusOr<std::vector<StoredEntry>>> ReadLog(ShopId shop, ConversationId conversation,
                                                         uint64_t first, uint64_t last);
  Task<absl::Status> Point(ShopId shop, ConversationId conversation, ArchiveArguments arguments,
                           Segment segment);

  redis::ShardMap& shards_;
  ConversationReader& reader_;
  Archive& archive_;
  timers::DueQueue timers_;
  const int64_t archive_after_ms_;
  const Clock* const test_clock_;
  metrics::Counter& archived_;
  metrics::Counter& archived_entries_;
};

}  // namespace kefu::inquiries::storage
