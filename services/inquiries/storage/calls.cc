#include "services/inquiries/storage/calls.h"

#include <sodium.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "services/common/base/record.h"
#include "services/common/base/status.h"
#include "services/common/timers/due_queue.h"
#include "services/inquiries/storage/keys.h"

namespace kefu::inquiries::storage {
namespace {

constexpr char kService[] = "inquiries";
constexpr std::string_view kArchiveTimer = "archive:";

std::string Flag(bool value) { return value ? "1" : "0"; }

uint64_t Number(const redis::Value& value) { return static_cast<uint64_t>(value.Int()); }

// The keys that all writes to a conversation begin with.
std::vector<std::string> WriteKeys(const ConversationKeys& keys) {
  return {keys.Meta(),   keys.Outbox(), keys.State(),  keys.Log(),
          keys.Dedup(0), keys.Dedup(1), keys.DataKey()};
}

// seq, time, buyer prev, visible, sender, session, recalls, record, outbox seq; only seq if it is
// in the archive.
std::optional<WrittenEntry> ParseWrittenEntry(const redis::Value& list) {
  if (list.size() == 0) return std::nullopt;
  WrittenEntry entry;
  entry.stored.seq = Number(list[0]);
  entry.in_archive = list.size() == 1;
  if (entry.in_archive) return entry;
  entry.stored.time = {list[1].Int()};
  entry.stored.buyer_prev = Number(list[2]);
  entry.stored.buyer_visible = list[3].str() == "1";
  entry.stored.session = static_cast<uint32_t>(list[5].Int());
  entry.stored.record = list[7].str();
  entry.outbox_seq = Number(list[8]);
  return entry;
}

}  // namespace

std::string SenderScope(const common::v1::Sender& sender) {
  if (sender.kind() == common::v1::Sender::KIND_BUYER) return "b";
  if (sender.kind() == common::v1::Sender::KIND_AGENT) return sender.id();
  return "s";
}

redis::FunctionCall OpenCall(const ShopId& shop, const ConversationId& conversation,
                             OpenArguments arguments) {
  const ConversationKeys keys(shop, conversation);
  redis::FunctionCall call{.function = "inquiries_open_v1", .keys = WriteKeys(keys)};
  call.keys.push_back(keys.PastInquiries());
  call.keys.push_back(keys.Conversations());
  call.arguments = {std::move(arguments.origin.envelope_id),
                    std::move(arguments.origin.traceparent),
                    conversation.str(),
                    std::move(arguments.identity.field),
                    std::move(arguments.identity.hash),
                    std::move(arguments.identity.key_id),
                    std::move(arguments.record),
                    std::to_string(arguments.quoted_seq),
                    std::move(arguments.opening),
                    std::move(arguments.name),
                    std::move(arguments.origin.second_envelope_id)};
  return call;
}

redis::FunctionCall AppendCall(const ShopId& shop, const ConversationId& conversation,
                               AppendArguments arguments) {
  const ConversationKeys keys(shop, conversation);
  redis::FunctionCall call{.function = "inquiries_append_v1", .keys = WriteKeys(keys)};
  call.keys.push_back(keys.Recalled());
  call.arguments = {std::move(arguments.origin.envelope_id),
                    std::move(arguments.origin.traceparent),
                    conversation.str(),
                    std::to_string(arguments.session),
                    std::move(arguments.sender),
                    std::to_string(arguments.fence),
                    std::move(arguments.identity.field),
                    std::move(arguments.identity.hash),
                    std::move(arguments.identity.key_id),
                    Flag(arguments.buyer_visible),
                    std::move(arguments.record),
                    std::to_string(arguments.quoted_seq),
                    std::to_string(arguments.recalled_seq),
                    Flag(arguments.aside)};
  return call;
}

redis::FunctionCall RaiseFenceCall(const ShopId& shop, const ConversationId& conversation,
                                   RaiseFenceArguments arguments) {
  const ConversationKeys keys(shop, conversation);
  redis::FunctionCall call{.function = "inquiries_raise_fence_v1"};
  call.keys = {keys.Meta(), keys.Outbox(), keys.State(), keys.Log(), keys.DataKey()};
  call.arguments = {std::move(arguments.origin.envelope_id),
                    std::move(arguments.origin.traceparent),
                    conversation.str(),
                    std::to_string(arguments.session),
                    std::to_string(arguments.fence),
                    std::move(arguments.agent),
                    std::move(arguments.key_id),
                    std::move(arguments.record),
                    std::move(arguments.origin.second_envelope_id)};
  return call;
}

redis::FunctionCall CloseCall(const ShopId& shop, const ConversationId& conversation,
                              CloseArguments arguments) {
  const ConversationKeys keys(shop, conversation);
  const timers::DueKeys timers = timers::DueKeysOf(kService, shop);
  redis::FunctionCall call{.function = "inquiries_close_v1", .keys = WriteKeys(keys)};
  call.keys.insert(call.keys.end(), {keys.PastInquiries(), timers.due, timers.set});
  call.arguments = {std::move(arguments.origin.envelope_id),
                    std::move(arguments.origin.traceparent),
                    conversation.str(),
                    std::to_string(arguments.session),
                    std::move(arguments.identity.field),
                    std::move(arguments.identity.hash),
                    std::move(arguments.identity.key_id),
                    std::move(arguments.record),
                    std::move(arguments.origin.second_envelope_id),
                    std::to_string(arguments.fence),
                    std::move(arguments.agent),
                    std::to_string(arguments.last_seen_seq),
                    std::move(arguments.reason),
                    std::to_string(arguments.archive_after_ms),
                    ArchiveTimer(conversation)};
  return call;
}

redis::FunctionCall ReopenCall(const ShopId& shop, const ConversationId& conversation,
                               ReopenArguments arguments) {
  const ConversationKeys keys(shop, conversation);
  redis::FunctionCall call{.function = "inquiries_reopen_v1", .keys = WriteKeys(keys)};
  call.keys.push_back(keys.PastInquiries());
  call.arguments = {std::move(arguments.origin.envelope_id),
                    std::move(arguments.origin.traceparent),
                    conversation.str(),
                    std::to_string(arguments.session),
                    std::move(arguments.identity.field),
                    std::move(arguments.identity.hash),
                    std::move(arguments.identity.key_id),
                    std::move(arguments.record),
                    std::move(arguments.origin.second_envelope_id),
                    std::to_string(arguments.window_ms)};
  return call;
}

redis::FunctionCall MoveMarksCall(const ShopId& shop, const ConversationId& conversation,
                                  const MarksArguments& arguments) {
  redis::FunctionCall call{.function = "inquiries_move_marks_v1"};
  call.keys = {ConversationKeys(shop, conversation).State()};
  call.arguments = {std::to_string(arguments.party) + ":" + arguments.participant,
                    Flag(arguments.party == common::v1::Sender::KIND_BUYER),
                    std::to_string(arguments.delivered), std::to_string(arguments.read)};
  return call;
}

redis::FunctionCall LinkCall(const ShopId& shop, const ConversationId& from,
                             const ConversationId& to) {
  redis::FunctionCall call{.function = "inquiries_link_v1"};
  call.keys = {ConversationKeys(shop, from).State(), ConversationKeys(shop, to).State()};
  call.arguments = {from.str(), to.str()};
  return call;
}

redis::FunctionCall EraseCall(const ShopId& shop, const BuyerId& buyer, const Origin& origin,
                              const std::string& request_id) {
  const ConversationKeys keys(shop, ConversationOf(buyer));
  // There is nothing in the request beside the buyer, who is in the key: any constant will do.
  const std::string hash(seal::kPayloadHashSize, 'e');
  redis::FunctionCall call{.function = "inquiries_erase_v2"};
  call.keys = {keys.Meta(),   keys.Outbox(),  keys.State(), keys.Dedup(0),
               keys.Dedup(1), keys.DataKey(), keys.Erased()};
  call.arguments = {origin.envelope_id, origin.traceparent, buyer.str(), "erase:" + request_id,
                    hash};
  return call;
}

redis::FunctionCall ArchiveCall(const ShopId& shop, const ConversationId& conversation,
                                const ArchiveArguments& arguments) {
  const ConversationKeys keys(shop, conversation);
  redis::FunctionCall call{.function = "inquiries_archive_v1"};
  call.keys = {keys.State(), keys.Log(), keys.Recalled(), keys.Segments(), keys.Meta()};
  call.arguments = {std::to_string(arguments.session), std::to_string(arguments.archived_before),
                    std::to_string(arguments.seq), std::to_string(arguments.archive_after_ms),
                    arguments.segment};
  return call;
}

redis::FunctionCall ReadCall(const ShopId& shop, const ConversationId& conversation,
                             const ReadArguments& arguments) {
  const ConversationKeys keys(shop, conversation);
  redis::FunctionCall call{.function = "inquiries_read_v1"};
  call.keys = {keys.Meta(),     keys.State(),   keys.Log(),
               keys.Recalled(), keys.DataKey(), keys.Segments()};
  call.arguments = {std::to_string(arguments.from_seq), std::to_string(arguments.to_seq),
                    std::to_string(arguments.limit), Flag(arguments.last)};
  return call;
}

redis::FunctionCall GetCall(const ShopId& shop, const ConversationId& conversation) {
  const ConversationKeys keys(shop, conversation);
  redis::FunctionCall call{.function = "inquiries_get_v1"};
  call.keys = {keys.Meta(), keys.State(), keys.DataKey()};
  return call;
}

redis::FunctionCall ListInquiriesCall(const ShopId& shop, const ConversationId& conversation) {
  const ConversationKeys keys(shop, conversation);
  redis::FunctionCall call{.function = "inquiries_list_inquiries_v1"};
  call.keys = {keys.State(), keys.PastInquiries(), keys.DataKey()};
  return call;
}

std::string ArchiveTimer(const ConversationId& conversation) {
  return std::string(kArchiveTimer) + conversation.str();
}

std::optional<ConversationId> ArchivedBy(std::string_view timer) {
  if (timer.substr(0, kArchiveTimer.size()) != kArchiveTimer) return std::nullopt;
  const auto conversation = ConversationId::Parse(timer.substr(kArchiveTimer.size()));
  if (!conversation.ok()) return std::nullopt;
  return *conversation;
}

Written ParseOpened(const redis::Value::Array& answer) {
  const redis::Value all(answer);
  Written written;
  written.duplicate = all[0].str() == "1";
  written.store_epoch = Number(all[1]);
  written.entry = ParseWrittenEntry(all[2]);
  written.opened = all[3].str() == "1";
  if (all[4].size() > 0) written.inquiry = all[4];
  written.event_seq = Number(all[5]);
  return written;
}

Written ParseAppended(const redis::Value::Array& answer) {
  const redis::Value all(answer);
  Written written;
  written.duplicate = all[0].str() == "1";
  written.store_epoch = Number(all[1]);
  written.entry = ParseWrittenEntry(all[2]);
  return written;
}

Written ParseFenceRaised(const redis::Value::Array& answer) {
  const redis::Value all(answer);
  Written written;
  written.fence = Number(all[0]);
  written.store_epoch = Number(all[1]);
  written.entry = ParseWrittenEntry(all[2]);
  written.duplicate = !written.entry.has_value();
  written.event_seq = Number(all[3]);
  return written;
}

Written ParseLifeChanged(const redis::Value::Array& answer) {
  const redis::Value all(answer);
  Written written;
  written.duplicate = all[0].str() == "1";
  written.store_epoch = Number(all[1]);
  if (all[2].size() > 0) written.inquiry = all[2];
  written.entry = ParseWrittenEntry(all[3]);
  written.event_seq = Number(all[4]);
  return written;
}

std::string EncodeSegmentPointer(const Segment& segment) {
  return std::to_string(segment.first) + " " + std::to_string(segment.last) + " " + segment.blob;
}

absl::StatusOr<Segment> DecodeSegmentPointer(std::string_view text) {
  std::istringstream words{std::string(text)};
  Segment segment;
  if (words >> segment.first >> segment.last >> segment.blob) return segment;
  return BadRecord("pointer into the archive");
}

seal::WrappedKey ParseWrappedKey(const redis::Value& value) {
  return {value[0].str(), value[1].str(), value[2].str()};
}

absl::StatusOr<ReadAnswer> ParseRead(const redis::Value::Array& answer) {
  const redis::Value all(answer);
  ReadAnswer read;
  read.store_epoch = Number(all[0]);
  read.head_seq = Number(all[1]);
  read.buyer_head_seq = Number(all[2]);
  read.archived_seq = Number(all[3]);
  read.key = ParseWrappedKey(all[4]);
  std::set<uint64_t> recalled;
  for (const redis::Value& seq : all[6].array()) recalled.insert(Number(seq));
  for (const redis::Value& element : all[5].array()) {
    StoredEntry entry;
    entry.seq = std::strtoull(element[0].str().c_str(), nullptr, 10);
    const redis::Value& fields = element[1];
    entry.time = {fields.Field("t").Int()};
    entry.buyer_prev = Number(fields.Field("p"));
    entry.buyer_visible = fields.Field("v").str() == "1";
    entry.session = static_cast<uint32_t>(fields.Field("n").Int());
    entry.recalled = recalled.contains(entry.seq);
    entry.record = fields.Field("e").str();
    read.entries.push_back(std::move(entry));
  }
  for (const redis::Value& pointer : all[7].array()) {
    KEFU_ASSIGN_OR_RETURN(Segment segment, DecodeSegmentPointer(pointer.str()));
    read.segments.push_back(std::move(segment));
  }
  std::sort(read.segments.begin(), read.segments.end(),
            [](const Segment& a, const Segment& b) { return a.first < b.first; });
  return read;
}

}  // namespace kefu::inquiries::storage
