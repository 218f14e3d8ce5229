#include "services/inquiries/storage/records.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <array>
#include <cstdlib>

#include "services/common/base/record.h"
#include "services/common/base/status.h"

namespace kefu::inquiries::storage {
namespace {

// Opens `sealed` if `key` is the one it was sealed under. False: that key was erased.
absl::StatusOr<bool> Open(const std::string& sealed, const std::string& key_id,
                          std::string_view context, const seal::DataKey* key,
                          std::string* plaintext) {
  if (key == nullptr || (!key_id.empty() && key_id != key->id)) return false;
  absl::StatusOr<std::string> opened = seal::Unseal(key->secret, sealed, context);
  // Records of version 1 do not say which key sealed them: not the one in force, then.
  if (!opened.ok() && key_id.empty()) return false;
  KEFU_RETURN_IF_ERROR(opened.status());
  *plaintext = *std::move(opened);
  return true;
}

common::v1::Entry Frame(const ConversationId& conversation, const StoredEntry& stored,
                        v1::Audience audience) {
  common::v1::Entry entry;
  entry.set_conversation(conversation.str());
  entry.set_session(SessionId(conversation, stored.session).str());
  entry.set_seq(stored.seq);
  entry.set_prev_seq(audience == v1::AUDIENCE_BUYER ? stored.buyer_prev : stored.seq - 1);
  SetTime(stored.time, entry.mutable_create_time());
  return entry;
}

// In the order of storage/functions/20_state.lua.
constexpr std::array<std::string_view, 11> kInquiryFields = {"n",  "st", "f",  "ow", "fs", "ls",
                                                             "om", "cm", "rs", "ro", "op"};

// "m:<party>:<participant>" and "<delivered> <read>".
absl::StatusOr<common::v1::Marks> ToMarks(const std::string& field, const std::string& value,
                                          const ConversationId& conversation) {
  const size_t colon = field.find(':', 2);
  const size_t space = value.find(' ');
  if (colon == std::string::npos || space == std::string::npos) return BadRecord("mark");
  common::v1::Marks marks;
  marks.set_conversation(conversation.str());
  marks.set_party(static_cast<common::v1::Sender::Kind>(std::atoi(field.c_str() + 2)));
  marks.set_participant(field.substr(colon + 1));
  marks.set_delivered_seq(std::strtoull(value.c_str(), nullptr, 10));
  marks.set_read_seq(std::strtoull(value.c_str() + space, nullptr, 10));
  return marks;
}

}  // namespace

std::string DeterministicBytes(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

void SetTime(TimePoint time, google::protobuf::Timestamp* timestamp) {
  timestamp->set_seconds(time.ms / 1000);
  timestamp->set_nanos(static_cast<int32_t>(time.ms % 1000) * 1'000'000);
}

std::string EncodeEntry(const NewEntry& entry, const ConversationId& conversation,
                        const seal::DataKey& key) {
  v1::SealedEntry sealed;
  *sealed.mutable_content() = entry.content;
  sealed.set_display_name(entry.sender.display_name());
  v1::EntryRecord record;
  record.set_version(kEntryRecordVersion);
  record.set_sender_kind(entry.sender.kind());
  record.set_sender(entry.sender.id());
  record.set_channel(entry.channel);
  record.set_request_id(entry.request_id);
  record.set_sealed(seal::Seal(key.secret, sealed.SerializeAsString(), conversation.str()));
  record.set_data_key(key.id);
  return record.SerializeAsString();
}

absl::StatusOr<v1::EntryRecord> DecodeEntryRecord(std::string_view bytes) {
  v1::EntryRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return BadRecord("entry");
  // Version 1 differs in having no data_key only; that stays empty, see Open. Newer ones can be
  // read as this one.
  if (record.version() == 1) record.set_version(kEntryRecordVersion);
  if (record.version() < kEntryRecordVersion) return BadRecord("entry");
  return record;
}

absl::StatusOr<common::v1::Entry> ToEntry(const ConversationId& conversation,
                                          const StoredEntry& stored, const seal::DataKey* key,
                                          v1::Audience audience) {
  KEFU_ASSIGN_OR_RETURN(const v1::EntryRecord record, DecodeEntryRecord(stored.record));
  common::v1::Entry entry = Frame(conversation, stored, audience);
  entry.mutable_sender()->set_kind(record.sender_kind());
  entry.mutable_sender()->set_id(record.sender());
  entry.set_channel(record.channel());
  entry.set_request_id(record.request_id());
  std::string plaintext;
  KEFU_ASSIGN_OR_RETURN(const bool open, Open(record.sealed(), record.data_key(),
                                              conversation.str(), key, &plaintext));
  v1::SealedEntry sealed;
  if (open && !sealed.ParseFromString(plaintext)) return BadRecord("entry");
  entry.mutable_sender()->set_display_name(sealed.display_name());
  entry.set_redacted(!open || stored.recalled);
  if (!entry.redacted()) *entry.mutable_content() = std::move(*sealed.mutable_content());
  return entry;
}

common::v1::Entry ToEntry(const ConversationId& conversation, const StoredEntry& stored,
                          const NewEntry& entry, v1::Audience audience) {
  common::v1::Entry result = Frame(conversation, stored, audience);
  *result.mutable_sender() = entry.sender;
  result.set_channel(entry.channel);
  result.set_request_id(entry.request_id);
  *result.mutable_content() = entry.content;
  return result;
}

std::string EncodeOpening(const common::v1::Opening& opening, const ConversationId& conversation,
                          const seal::DataKey& key) {
  v1::OpeningRecord record;
  record.set_version(kOpeningRecordVersion);
  *record.mutable_opening() = opening;
  record.mutable_opening()->clear_page();
  if (opening.has_page()) {
    record.set_sealed_page(
        seal::Seal(key.secret, opening.page().SerializeAsString(), conversation.str()));
    record.set_data_key(key.id);
  }
  return record.SerializeAsString();
}

absl::StatusOr<common::v1::Opening> DecodeOpening(std::string_view bytes,
                                                  const ConversationId& conversation,
                                                  const seal::DataKey* key) {
  v1::OpeningRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return BadRecord("opening");
  common::v1::Opening opening = record.opening();
  if (record.sealed_page().empty()) return opening;
  std::string plaintext;
  KEFU_ASSIGN_OR_RETURN(const bool open, Open(record.sealed_page(), record.data_key(),
                                              conversation.str(), key, &plaintext));
  if (open && !opening.mutable_page()->ParseFromString(plaintext)) return BadRecord("opening");
  return opening;
}

std::string EncodeName(std::string_view name, const ConversationId& conversation,
                       const seal::DataKey& key) {
  v1::NameRecord record;
  record.set_sealed(seal::Seal(key.secret, name, conversation.str()));
  record.set_data_key(key.id);
  return record.SerializeAsString();
}

absl::StatusOr<std::string> DecodeName(std::string_view bytes, const ConversationId& conversation,
                                       const seal::DataKey* key) {
  v1::NameRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return BadRecord("name");
  std::string name;
  if (bytes.empty()) return name;
  KEFU_RETURN_IF_ERROR(
      Open(record.sealed(), record.data_key(), conversation.str(), key, &name).status());
  return name;
}

absl::StatusOr<v1::Conversation> ToConversation(const redis::Value& fields, uint64_t store_epoch,
                                                const ConversationId& conversation,
                                                const seal::DataKey* key) {
  v1::Conversation result;
  result.set_conversation(conversation.str());
  result.set_buyer(BuyerOf(conversation).str());
  KEFU_ASSIGN_OR_RETURN(*result.mutable_display_name(),
                        DecodeName(fields.Field("nm").str(), conversation, key));
  result.set_head_seq(static_cast<uint64_t>(fields.Field("seq").Int()));
  result.set_buyer_head_seq(static_cast<uint64_t>(fields.Field("bseq").Int()));
  result.set_store_epoch(store_epoch);
  result.set_continued_in(fields.Field("to").str());
  KEFU_ASSIGN_OR_RETURN(*result.mutable_inquiry(), InquiryFromFields(fields, conversation, key));
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].str().substr(0, 2) != "m:") continue;
    KEFU_ASSIGN_OR_RETURN(*result.add_marks(),
                          ToMarks(fields[i].str(), fields[i + 1].str(), conversation));
  }
  return result;
}

absl::StatusOr<v1::Inquiry> InquiryFromFields(const redis::Value& fields,
                                              const ConversationId& conversation,
                                              const seal::DataKey* key) {
  redis::Value::Array inquiry;
  for (const std::string_view name : kInquiryFields) inquiry.push_back(fields.Field(name));
  return ToInquiry(redis::Value(std::move(inquiry)), conversation, key);
}

absl::StatusOr<v1::Inquiry> ToInquiry(const redis::Value& list, const ConversationId& conversation,
                                      const seal::DataKey* key) {
  if (list.size() != kInquiryFields.size()) return BadRecord("inquiry");
  v1::Inquiry inquiry;
  inquiry.set_session(SessionId(conversation, static_cast<uint32_t>(list[0].Int())).str());
  inquiry.set_conversation(conversation.str());
  inquiry.set_state(list[1].str() == "1" ? v1::Inquiry::STATE_OPEN : v1::Inquiry::STATE_CLOSED);
  inquiry.set_fence(static_cast<uint64_t>(list[2].Int()));
  inquiry.set_agent(list[3].str());
  inquiry.set_first_seq(static_cast<uint64_t>(list[4].Int()));
  inquiry.set_last_seq(static_cast<uint64_t>(list[5].Int()));
  SetTime({list[6].Int()}, inquiry.mutable_open_time());
  if (list[7].Int() != 0) SetTime({list[7].Int()}, inquiry.mutable_close_time());
  inquiry.set_close_reason(list[8].str());
  inquiry.set_reopened(static_cast<uint32_t>(list[9].Int()));
  KEFU_ASSIGN_OR_RETURN(*inquiry.mutable_opening(),
                        DecodeOpening(list[10].str(), conversation, key));
  return inquiry;
}

}  // namespace kefu::inquiries::storage
