// What inquiries stores, to and from bytes: sealing, schema versions, the two audiences.
//
// Versions: a record is written at the current version and upgraded when read. A version may only
// be raised for what the previous release can read while ignoring it, since two releases run side
// by side. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/kefu/common/v1/entry.pb.h"
#include "proto/kefu/inquiries/v1/record.pb.h"
#include "proto/kefu/inquiries/v1/service.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/redis/value.h"
#include "services/common/seal/sealing.h"

namespace kefu::inquiries::storage {

inline constexpr uint32_t kEntryRecordVersion = 2;
inline constexpr uint32_t kOpeningRecordVersion = 1;
inline constexpr uint32_t kSegmentVersion = 1;

// An entry as its sender made it; where it comes to stand is decided by the function.
struct NewEntry {
  common::v1::Sender sender;
  common::v1::Channel channel = common::v1::CHANNEL_UNSPECIFIED;
  std::string request_id;
  common::v1::Content content;
  // A note by somebody who need not own the session.
  bool aside = false;
};

// One element of the log or of an archive segment.
struct StoredEntry {
  uint64_t seq = 0;
  TimePoint time;
  uint64_t buyer_prev = 0;
  bool buyer_visible = false;
  uint32_t session = 0;
  bool recalled = false;
  std::string record;
};

std::string EncodeEntry(const NewEntry& entry, const ConversationId& conversation,
                        const seal::DataKey& key);
// DATA_LOSS (BAD_RECORD) if it cannot be read.
absl::StatusOr<v1::EntryRecord> DecodeEntryRecord(std::string_view bytes);

// The whole entry for an audience. `key`: the one in force, null if erased; what it does not open
// is redacted, and so is what was recalled.
absl::StatusOr<common::v1::Entry> ToEntry(const ConversationId& conversation,
                                          const StoredEntry& stored, const seal::DataKey* key,
                                          v1::Audience audience);
// The same from what the sender sent, without unsealing.
common::v1::Entry ToEntry(const ConversationId& conversation, const StoredEntry& stored,
                          const NewEntry& entry, v1::Audience audience);

std::string EncodeOpening(const common::v1::Opening& opening, const ConversationId& conversation,
                          const seal::DataKey& key);
absl::StatusOr<common::v1::Opening> DecodeOpening(std::string_view bytes,
                                                  const ConversationId& conversation,
                                                  const seal::DataKey* key);

std::string EncodeName(std::string_view name, const ConversationId& conversation,
                       const seal::DataKey& key);
// Empty if the key is gone.
absl::StatusOr<std::string> DecodeName(std::string_view bytes, const ConversationId& conversation,
                                       const seal::DataKey* key);

// An inquiry as functions answer it (storage/functions/20_state.lua, INQUIRY_FIELDS).
absl::StatusOr<v1::Inquiry> ToInquiry(const redis::Value& list, const ConversationId& conversation,
                                      const seal::DataKey* key);

// The same from named fields: the conversation's hash, an element of the outbox.
absl::StatusOr<v1::Inquiry> InquiryFromFields(const redis::Value& fields,
                                              const ConversationId& conversation,
                                              const seal::DataKey* key);
// A conversation from its hash (HGETALL).
absl::StatusOr<v1::Conversation> ToConversation(const redis::Value& fields, uint64_t store_epoch,
                                                const ConversationId& conversation,
                                                const seal::DataKey* key);

// The same bytes for the same message, so that they can be hashed.
std::string DeterministicBytes(const google::protobuf::Message& message);
void SetTime(TimePoint time, google::protobuf::Timestamp* timestamp);

}  // namespace kefu::inquiries::storage
