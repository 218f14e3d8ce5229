// Segments of the archive: consecutive entries of a closed conversation as one compressed blob.
// Entries stay sealed in it, so erasing the buyer's key erases them too. The name holds a hash of
// the content: the same segment always has the same name, and another one never takes it.
#pragma once

#include <absl/status/statusor.h>

#include <boost/asio/thread_pool.hpp>
#include <string>
#include <vector>

#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/blobs/blob_store.h"
#include "services/inquiries/storage/calls.h"

namespace kefu::inquiries::storage {

// Pure. `entries` are consecutive and not empty.
std::string EncodeSegment(const ConversationId& conversation,
                          const std::vector<StoredEntry>& entries);
// DATA_LOSS (BAD_RECORD).
absl::StatusOr<std::vector<StoredEntry>> DecodeSegment(std::string_view bytes,
                                                       const ConversationId& conversation);

// Threads: thread-safe; the blob store is used on worker threads, callers go on on their own
// executor.
class Archive {
 public:
  explicit Archive(blobs::BlobStore& blobs, size_t threads = 2);
  ~Archive();

  // Stores the entries durably and reads them back before it answers.
  Task<absl::StatusOr<Segment>> Put(ShopId shop, ConversationId conversation,
                                    std::vector<StoredEntry> entries);
  Task<absl::StatusOr<std::vector<StoredEntry>>> Get(ConversationId conversation, Segment segment);
  Task<absl::Status> Delete(Segment segment);
  // Waits for what is under way. No call may follow.
  void Stop();

 private:
  blobs::BlobStore& blobs_;
  boost::asio::thread_pool workers_;
};

}  // namespace kefu::inquiries::storage
