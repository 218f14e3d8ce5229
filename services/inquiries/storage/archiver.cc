#include "services/inquiries/storage/archiver.h"

#include <utility>

#include "services/common/base/failpoint.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"
#include "services/common/redis/function.h"
#include "services/inquiries/storage/keys.h"

namespace kefu::inquiries::storage {
namespace {

constexpr size_t kBatch = 16;
// So that a sweep ends while closings keep coming in; the next one goes on.
constexpr int kMaxBatches = 16;
constexpr uint64_t kPage = 500;
// Longer than writing a batch takes; what takes longer is done twice, which is harmless.
constexpr int64_t kClaimMs = 60'000;
constexpr int64_t kTimeoutMs = redis::Client::kDefaultTimeoutMs;

}  // namespace

Archiver::Archiver(redis::ShardMap& shards, ConversationReader& reader, Archive& archive,
                   metrics::Metrics& metrics, int64_t archive_after_ms, const Clock* test_clock)
    : shards_(shards),
      reader_(reader),
      archive_(archive),
      timers_(shards, "inquiries", test_clock),
      archive_after_ms_(archive_after_ms),
      test_clock_(test_clock),
      archived_(metrics.AddCounter("kefu_inquiries_archived_total",
                                   "Conversation logs moved into the archive.")),
      archived_entries_(metrics.AddCounter("kefu_inquiries_archived_entries_total",
                                           "Entries moved into the archive.")) {}

Task<absl::Status> Archiver::Sweep(ShopId shop) {
  absl::Status first_error;
  for (int batch = 0; batch < kMaxBatches; ++batch) {
    const auto due = co_await timers_.Claim(shop, kBatch, kClaimMs);
    KEFU_CO_RETURN_IF_ERROR(due.status());
    for (const timers::DueItem& item : *due) {
      absl::Status done;
      if (const auto conversation = ArchivedBy(item.key)) {
        done = co_await ArchiveConversation(shop, *conversation);
      } else {
        log::Error("timer of an unknown kind dropped", {{"timer", item.key}});
      }
      if (done.ok()) done = co_await timers_.Complete(shop, item);
      if (first_error.ok()) first_error = done;
    }
    if (due->size() < kBatch) break;
  }
  co_return first_error;
}

Task<absl::Status> Archiver::ArchiveConversation(ShopId shop, ConversationId conversation) {
  redis::FunctionCall call = GetCall(shop, conversation);
  const auto answer = co_await redis::CallFunction(shards_.Of(shop), std::move(call), kTimeoutMs);
  KEFU_CO_RETURN_IF_ERROR(answer.status());
  const redis::Value& state = (*answer)[2];
  ArchiveArguments arguments;
  arguments.session = static_cast<uint32_t>(state.Field("n").Int());
  arguments.archived_before = static_cast<uint64_t>(state.Field("ar").Int());
  arguments.seq = static_cast<uint64_t>(state.Field("seq").Int());
  arguments.archive_after_ms = archive_after_ms_;
  const bool closed = state.Field("st").str() == "2";
  if (!closed || arguments.archived_before == arguments.seq) co_return absl::OkStatus();

  auto entries = co_await ReadLog(shop, conversation, arguments.archived_before + 1, arguments.seq);
  KEFU_CO_RETURN_IF_ERROR(entries.status());
  const size_t count = entries->size();
  if (count != arguments.seq - arguments.archived_before) {
    co_return absl::OkStatus();  // archived or written to meanwhile; that has its own timer
  }
  const auto segment = co_await archive_.Put(shop, conversation, *std::move(entries));
  KEFU_CO_RETURN_IF_ERROR(segment.status());
  KEFU_FAILPOINT("inquiries.archive.after_blob");
  arguments.segment = EncodeSegmentPointer(*segment);
  const absl::Status pointed = co_await Point(shop, conversation, arguments, *segment);
  KEFU_CO_RETURN_IF_ERROR(pointed);
  archived_.Increment();
  archived_entries_.Increment(static_cast<double>(count));
  co_return absl::OkStatus();
}

Task<absl::StatusOr<std::vector<StoredEntry>>> Archiver::ReadLog(ShopId shop,
                                                                 ConversationId conversation,
                                                                 uint64_t first, uint64_t last) {
  std::vector<StoredEntry> entries;
  ReadArguments look{.from_seq = first, .to_seq = last, .limit = kPage};
  while (look.from_seq <= last) {
    auto page = co_await reader_.ReadStored(shop, conversation, look, Deadline::In(kTimeoutMs));
    KEFU_CO_RETURN_IF_ERROR(page.status());
    if (page->entries.empty()) break;
    look.from_seq = page->entries.back().seq + 1;
    for (StoredEntry& entry : page->entries) entries.push_back(std::move(entry));
  }
  co_return entries;
}

Task<absl::Status> Archiver::Point(ShopId shop, ConversationId conversation,
                                   ArchiveArguments arguments, Segment segment) {
  redis::FunctionCall call = ArchiveCall(shop, conversation, arguments);
  if (test_clock_ != nullptr) call.now_ms = std::to_string(test_clock_->Now().ms);
  const auto answer = co_await redis::CallFunction(shards_.Of(shop), std::move(call), kTimeoutMs);
  if (answer.ok() || ErrorReason(answer.status()) != "CONVERSATION_CHANGED")
    co_return answer.status();
  // Written to since, so nobody will point to this segment any more; unless another process did
  // already.
  redis::Command command = {"HVALS", ConversationKeys(shop, conversation).Segments()};
  const auto pointers = co_await shards_.Of(shop).Call(std::move(command), kTimeoutMs);
  KEFU_CO_RETURN_IF_ERROR(pointers.status());
  for (const redis::Value& pointer : pointers->array()) {
    if (pointer.str() == arguments.segment) co_return absl::OkStatus();
  }
  co_return co_await archive_.Delete(segment);
}

}  // namespace kefu::inquiries::storage
