// The calls of inquiries' Redis functions: their arguments as structs, their answers as structs.
// The one place that knows in which order the functions take and give things. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/redis/function.h"
#include "services/common/redis/value.h"
#include "services/common/seal/sealing.h"
#include "services/inquiries/storage/records.h"

namespace kefu::inquiries::storage {

// "b", "s" or the agent's id.
std::string SenderScope(const common::v1::Sender& sender);

// Of the events a write emits; both ids are random.
struct Origin {
  std::string envelope_id;
  std::string second_envelope_id;
  std::string traceparent;
};

// What makes a write recognised when it is repeated.
struct Identity {
  // Sender and request id.
  std::string field;
  // PayloadHash under the key with `key_id`.
  std::string hash;
  std::string key_id;
};

struct OpenArguments {
  Origin origin;
  Identity identity;
  std::string record;
  uint64_t quoted_seq = 0;
  std::string opening;
  // Empty: keep the stored one.
  std::string name;
};
struct AppendArguments {
  Origin origin;
  Identity identity;
  uint32_t session = 0;
  std::string sender;
  uint64_t fence = 0;
  bool buyer_visible = true;
  std::string record;
  uint64_t quoted_seq = 0;
  uint64_t recalled_seq = 0;
  bool aside = false;
};
struct RaiseFenceArguments {
  Origin origin;
  std::string key_id;
  uint32_t session = 0;
  uint64_t fence = 0;
  std::string agent;
  std::string record;
};
struct CloseArguments {
  Origin origin;
  Identity identity;
  uint32_t session = 0;
  std::string record;
  uint64_t fence = 0;
  std::string agent;
  uint64_t last_seen_seq = 0;
  std::string reason;
  int64_t archive_after_ms = 0;
};
struct ReopenArguments {
  Origin origin;
  Identity identity;
  uint32_t session = 0;
  std::string record;
  int64_t window_ms = 0;
};
struct MarksArguments {
  common::v1::Sender::Kind party = common::v1::Sender::KIND_UNSPECIFIED;
  std::string participant;
  uint64_t delivered = 0;
  uint64_t read = 0;
};
struct ArchiveArguments {
  uint32_t session = 0;
  uint64_t archived_before = 0;
  uint64_t seq = 0;
  int64_t archive_after_ms = 0;
  // Empty segment names are not allowed.
  std::string segment;
};
struct ReadArguments {
  uint64_t from_seq = 1;
  uint64_t to_seq = 0;
  uint64_t limit = 0;
  // The last ones of the range, newest first.
  bool last = false;
};

redis::FunctionCall OpenCall(const ShopId& shop, const ConversationId& conversation,
                             OpenArguments arguments);
redis::FunctionCall AppendCall(const ShopId& shop, const ConversationId& conversation,
                               AppendArguments arguments);
redis::FunctionCall RaiseFenceCall(const ShopId& shop, const ConversationId& conversation,
                                   RaiseFenceArguments arguments);
redis::FunctionCall CloseCall(const ShopId& shop, const ConversationId& conversation,
                              CloseArguments arguments);
redis::FunctionCall ReopenCall(const ShopId& shop, const ConversationId& conversation,
                               ReopenArguments arguments);
redis::FunctionCall MoveMarksCall(const ShopId& shop, const ConversationId& conversation,
                                  const MarksArguments& arguments);
redis::FunctionCall LinkCall(const ShopId& shop, const ConversationId& from,
                             const ConversationId& to);
redis::FunctionCall EraseCall(const ShopId& shop, const BuyerId& buyer, const Origin& origin,
                              const std::string& request_id);
redis::FunctionCall ArchiveCall(const ShopId& shop, const ConversationId& conversation,
                                const ArchiveArguments& arguments);
redis::FunctionCall ReadCall(const ShopId& shop, const ConversationId& conversation,
                             const ReadArguments& arguments);
redis::FunctionCall GetCall(const ShopId& shop, const ConversationId& conversation);
redis::FunctionCall ListInquiriesCall(const ShopId& shop, const ConversationId& conversation);

// The timer that archives a closed conversation.
std::string ArchiveTimer(const ConversationId& conversation);
std::optional<ConversationId> ArchivedBy(std::string_view timer);

// One entry in an answer. For a duplicate `stored.record` is the first one's; of one in the archive
// only seq is known.
struct WrittenEntry {
  StoredEntry stored;
  uint64_t outbox_seq = 0;
  bool in_archive = false;
};
// What open, append, raise_fence, close and reopen answer, as far as each does.
struct Written {
  bool duplicate = false;
  uint64_t store_epoch = 0;
  std::optional<WrittenEntry> entry;
  bool opened = false;
  // As ToInquiry takes it; nil if it is not known without the archive.
  redis::Value inquiry;
  // Position of the opened, closed, reopened or fence event; 0 if there is none.
  uint64_t event_seq = 0;
  uint64_t fence = 0;
};
Written ParseOpened(const redis::Value::Array& answer);
Written ParseAppended(const redis::Value::Array& answer);
Written ParseFenceRaised(const redis::Value::Array& answer);
Written ParseLifeChanged(const redis::Value::Array& answer);

struct Segment {
  uint64_t first = 0;
  uint64_t last = 0;
  std::string blob;
};
std::string EncodeSegmentPointer(const Segment& segment);
absl::StatusOr<Segment> DecodeSegmentPointer(std::string_view text);

struct ReadAnswer {
  uint64_t store_epoch = 0;
  uint64_t head_seq = 0;
  uint64_t buyer_head_seq = 0;
  uint64_t archived_seq = 0;
  seal::WrappedKey key;
  // In the order asked for.
  std::vector<StoredEntry> entries;
  // Oldest first; only if the range reaches into the archive.
  std::vector<Segment> segments;
};
absl::StatusOr<ReadAnswer> ParseRead(const redis::Value::Array& answer);
seal::WrappedKey ParseWrappedKey(const redis::Value& value);

}  // namespace kefu::inquiries::storage
