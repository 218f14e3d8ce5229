#include "services/inquiries/storage/archive.h"

#include <sodium.h>
#include <zstd.h>

#include <boost/asio/post.hpp>
#include <functional>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/status.h"

namespace kefu::inquiries::storage {
namespace {

constexpr int kCompressionLevel = 6;
// A segment is one session's or a few: far below. What claims to be larger is damaged.
constexpr unsigned long long kMaxSegment = 1ull << 30;

absl::Status BadSegment(const ConversationId& conversation) {
  return Error(
      absl::StatusCode::kDataLoss, "BAD_RECORD",
      "An archive segment of " + conversation.str() + " cannot be read; restore it from a backup.");
}

std::string HexHash(std::string_view bytes) {
  uint8_t hash[16];
  crypto_generichash(hash, sizeof(hash), reinterpret_cast<const uint8_t*>(bytes.data()),
                     bytes.size(), nullptr, 0);
  std::string hex(2 * sizeof(hash) + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), hash, sizeof(hash));
  hex.pop_back();
  return hex;
}

// Runs `work` on a worker and resumes the caller on its own executor.
template <class T>
Task<T> OnWorker(boost::asio::thread_pool& workers, std::function<T()> work) {
  co_return co_await AwaitCallback<T>([&](std::function<void(T)> done) {
    boost::asio::post(workers, [work = std::move(work), done = std::move(done)] { done(work()); });
  });
}

}  // namespace

std::string EncodeSegment(const ConversationId& conversation,
                          const std::vector<StoredEntry>& entries) {
  v1::ArchiveSegment segment;
  segment.set_version(kSegmentVersion);
  segment.set_conversation(conversation.str());
  for (const StoredEntry& entry : entries) {
    v1::ArchiveSegment::Element& element = *segment.add_elements();
    element.set_seq(entry.seq);
    element.set_buyer_prev_seq(entry.buyer_prev);
    element.set_buyer_visible(entry.buyer_visible);
    element.set_time_ms(entry.time.ms);
    element.set_session(entry.session);
    element.set_recalled(entry.recalled);
    element.set_record(entry.record);
  }
  const std::string plain = segment.SerializeAsString();
  std::string compressed(ZSTD_compressBound(plain.size()), '\0');
  const size_t size = ZSTD_compress(compressed.data(), compressed.size(), plain.data(),
                                    plain.size(), kCompressionLevel);
  compressed.resize(size);
  return compressed;
}

absl::StatusOr<std::vector<StoredEntry>> DecodeSegment(std::string_view bytes,
                                                       const ConversationId& conversation) {
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size > kMaxSegment) return BadSegment(conversation);  // also the library's error values
  std::string plain(size, '\0');
  const size_t result = ZSTD_decompress(plain.data(), plain.size(), bytes.data(), bytes.size());
  v1::ArchiveSegment segment;
  if (ZSTD_isError(result) != 0 || result != size || !segment.ParseFromString(plain) ||
      segment.conversation() != conversation.str()) {
    return BadSegment(conversation);
  }
  std::vector<StoredEntry> entries;
  for (v1::ArchiveSegment::Element& element : *segment.mutable_elements()) {
    StoredEntry entry;
    entry.seq = element.seq();
    entry.buyer_prev = element.buyer_prev_seq();
    entry.buyer_visible = element.buyer_visible();
    entry.time = {element.time_ms()};
    entry.session = element.session();
    entry.recalled = element.recalled();
    entry.record = std::move(*element.mutable_record());
    entries.push_back(std::move(entry));
  }
  return entries;
}

Archive::Archive(blobs::BlobStore& blobs, size_t threads) : blobs_(blobs), workers_(threads) {}

Archive::~Archive() { Stop(); }

void Archive::Stop() { workers_.join(); }

Task<absl::StatusOr<Segment>> Archive::Put(ShopId shop, ConversationId conversation,
                                           std::vector<StoredEntry> entries) {
  std::function<absl::StatusOr<Segment>()> work =
      [this, shop, conversation, entries = std::move(entries)]() -> absl::StatusOr<Segment> {
    const std::string bytes = EncodeSegment(conversation, entries);
    Segment segment{.first = entries.front().seq, .last = entries.back().seq};
    segment.blob = shop.str() + "/" + conversation.str() + "/" + std::to_string(segment.first) +
                   "-" + std::to_string(segment.last) + "-" + HexHash(bytes);
    KEFU_RETURN_IF_ERROR(blobs_.Put(segment.blob, bytes));
    KEFU_ASSIGN_OR_RETURN(const std::string stored, blobs_.Get(segment.blob));
    KEFU_ASSIGN_OR_RETURN(const std::vector<StoredEntry> read, DecodeSegment(stored, conversation));
    if (read.size() != entries.size()) return BadSegment(conversation);
    return segment;
  };
  co_return co_await OnWorker<absl::StatusOr<Segment>>(workers_, std::move(work));
}

Task<absl::StatusOr<std::vector<StoredEntry>>> Archive::Get(ConversationId conversation,
                                                            Segment segment) {
  using Result = absl::StatusOr<std::vector<StoredEntry>>;
  std::function<Result()> work = [this, conversation, blob = segment.blob]() -> Result {
    KEFU_ASSIGN_OR_RETURN(const std::string bytes, blobs_.Get(blob));
    return DecodeSegment(bytes, conversation);
  };
  co_return co_await OnWorker<Result>(workers_, std::move(work));
}

Task<absl::Status> Archive::Delete(Segment segment) {
  std::function<absl::Status()> work = [this, blob = segment.blob] { return blobs_.Delete(blob); };
  co_return co_await OnWorker<absl::Status>(workers_, std::move(work));
}

}  // namespace kefu::inquiries::storage
