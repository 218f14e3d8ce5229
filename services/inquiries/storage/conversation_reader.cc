#include "services/inquiries/storage/conversation_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/redis/function.h"
#include "services/inquiries/storage/keys.h"
#include "services/inquiries/storage/pipeline.h"

namespace kefu::inquiries::storage {
namespace {

constexpr uint64_t kMaxSeq = std::numeric_limits<int64_t>::max();
constexpr size_t kMaxPageBytes = 2 << 20;

// Collects what the audience may see until the page is full.
class Collector {
 public:
  Collector(const ConversationReader::Range& range, std::vector<StoredEntry>* entries)
      : audience_(range.audience), limit_(range.limit), entries_(entries) {}

  void Add(StoredEntry entry) {
    if (full() || (audience_ == v1::AUDIENCE_BUYER && !entry.buyer_visible)) return;
    bytes_ += entry.record.size();
    entries_->push_back(std::move(entry));
  }
  bool full() const { return entries_->size() >= limit_ || bytes_ >= kMaxPageBytes; }

 private:
  const v1::Audience audience_;
  const size_t limit_;
  std::vector<StoredEntry>* const entries_;
  size_t bytes_ = 0;
};

uint64_t Exclusive(uint64_t before_seq) { return before_seq == 0 ? kMaxSeq : before_seq - 1; }

}  // namespace

ConversationReader::ConversationReader(redis::ShardMap& shards, DataKeys& keys, Archive& archive)
    : shards_(shards), keys_(keys), archive_(archive) {}

Task<absl::StatusOr<ReadAnswer>> ConversationReader::ReadStored(ShopId shop,
                                                                ConversationId conversation,
                                                                ReadArguments arguments,
                                                                Deadline deadline) {
  redis::FunctionCall call = ReadCall(shop, conversation, arguments);
  const auto answer =
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), deadline.LeftMs());
  KEFU_CO_RETURN_IF_ERROR(answer.status());
  co_return ParseRead(*answer);
}

Task<absl::StatusOr<ConversationReader::Page>> ConversationReader::ReadForward(
    ShopId shop, ConversationId conversation, Range range, Deadline deadline) {
  Page page;
  Collector collector(range, &page.entries);
  ReadArguments look{
      .from_seq = range.after_seq + 1, .to_seq = Exclusive(range.before_seq), .limit = range.limit};
  for (;;) {
    auto answer = co_await ReadStored(shop, conversation, look, deadline);
    KEFU_CO_RETURN_IF_ERROR(answer.status());
    for (const Segment& segment : answer->segments) {
      if (segment.last < look.from_seq || collector.full()) continue;
      auto archived = co_await archive_.Get(conversation, segment);
      KEFU_CO_RETURN_IF_ERROR(archived.status());
      for (StoredEntry& entry : *archived) {
        if (entry.seq >= look.from_seq && entry.seq <= look.to_seq) collector.Add(std::move(entry));
      }
    }
    const size_t seen = answer->entries.size();
    if (seen > 0) look.from_seq = answer->entries.back().seq + 1;
    for (StoredEntry& entry : answer->entries) collector.Add(std::move(entry));
    page.last_look = *std::move(answer);
    if (collector.full() || seen < look.limit) co_return page;
  }
}

Task<absl::StatusOr<ConversationReader::Page>> ConversationReader::ReadBackward(
    ShopId shop, ConversationId conversation, Range range, Deadline deadline) {
  Page page;
  Collector collector(range, &page.entries);
  ReadArguments look{.from_seq = range.after_seq + 1,
                     .to_seq = Exclusive(range.before_seq),
                     .limit = range.limit,
                     .last = true};
  for (;;) {
    auto answer = co_await ReadStored(shop, conversation, look, deadline);
    KEFU_CO_RETURN_IF_ERROR(answer.status());
    const size_t seen = answer->entries.size();
    const uint64_t next_to = seen > 0 ? answer->entries.back().seq - 1 : look.to_seq;
    for (StoredEntry& entry : answer->entries) collector.Add(std::move(entry));
    if (seen == look.limit && !collector.full() && next_to >= look.from_seq) {
      look.to_seq = next_to;
      continue;
    }
    std::reverse(answer->segments.begin(), answer->segments.end());
    for (const Segment& segment : answer->segments) {
      if (segment.first > look.to_seq || segment.last < look.from_seq || collector.full()) continue;
      auto archived = co_await archive_.Get(conversation, segment);
      KEFU_CO_RETURN_IF_ERROR(archived.status());
      for (auto entry = archived->rbegin(); entry != archived->rend(); ++entry) {
        if (entry->seq >= look.from_seq && entry->seq <= look.to_seq)
          collector.Add(std::move(*entry));
      }
    }
    page.last_look = *std::move(answer);
    co_return page;
  }
}

Task<absl::StatusOr<v1::ListEntriesResponse>> ConversationReader::ListEntries(
    ShopId shop, ConversationId conversation, Range range, Deadline deadline) {
  absl::StatusOr<Page> page;
  if (range.before_seq != 0) {
    page = co_await ReadBackward(shop, conversation, range, deadline);
    if (page.ok()) std::reverse(page->entries.begin(), page->entries.end());
  } else {
    page = co_await ReadForward(shop, conversation, range, deadline);
  }
  KEFU_CO_RETURN_IF_ERROR(page.status());
  const ReadAnswer& look = page->last_look;
  KEFU_CO_ASSIGN_OR_RETURN(const DataKeyPtr key,
                           keys_.Resolve(shop, BuyerOf(conversation), look.key));
  v1::ListEntriesResponse response;
  for (const StoredEntry& entry : page->entries) {
    KEFU_CO_ASSIGN_OR_RETURN(*response.add_entries(),
                             ToEntry(conversation, entry, key.get(), range.audience));
  }
  response.set_head_seq(look.head_seq);
  response.set_audience_head_seq(range.audience == v1::AUDIENCE_BUYER ? look.buyer_head_seq
                                                                      : look.head_seq);
  response.set_store_epoch(look.store_epoch);
  co_return response;
}

Task<absl::StatusOr<common::v1::Entry>> ConversationReader::GetEntry(ShopId shop,
                                                                     ConversationId conversation,
                                                                     uint64_t seq,
                                                                     v1::Audience audience,
                                                                     Deadline deadline) {
  Range range{.audience = audience, .after_seq = seq - 1, .limit = 1};
  const auto found = co_await ListEntries(shop, conversation, range, deadline);
  KEFU_CO_RETURN_IF_ERROR(found.status());
  if (found->entries_size() == 1 && found->entries(0).seq() == seq) co_return found->entries(0);
  co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_ENTRY", "There is no such entry.");
}

Task<absl::StatusOr<v1::Conversation>> ConversationReader::GetConversation(
    ShopId shop, ConversationId conversation, Deadline deadline) {
  redis::FunctionCall call = GetCall(shop, conversation);
  const auto answer =
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), deadline.LeftMs());
  KEFU_CO_RETURN_IF_ERROR(answer.status());
  const BuyerId buyer = BuyerOf(conversation);
  KEFU_CO_ASSIGN_OR_RETURN(const DataKeyPtr key,
                           keys_.Resolve(shop, buyer, ParseWrappedKey((*answer)[1])));
  co_return ToConversation((*answer)[2], static_cast<uint64_t>((*answer)[0].Int()), conversation,
                           key.get());
}

Task<absl::StatusOr<v1::ListInquiriesResponse>> ConversationReader::ListInquiries(
    ShopId shop, ConversationId conversation, Deadline deadline) {
  redis::FunctionCall call = ListInquiriesCall(shop, conversation);
  const auto answer =
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), deadline.LeftMs());
  KEFU_CO_RETURN_IF_ERROR(answer.status());
  const BuyerId buyer = BuyerOf(conversation);
  KEFU_CO_ASSIGN_OR_RETURN(const DataKeyPtr key,
                           keys_.Resolve(shop, buyer, ParseWrappedKey((*answer)[0])));
  v1::ListInquiriesResponse response;
  for (const redis::Value& inquiry : (*answer)[1].array()) {
    KEFU_CO_ASSIGN_OR_RETURN(*response.add_inquiries(),
                             ToInquiry(inquiry, conversation, key.get()));
  }
  co_return response;
}

Task<absl::StatusOr<v1::BatchGetHeadsResponse>> ConversationReader::GetHeads(
    ShopId shop, std::vector<std::string> conversations, Deadline deadline) {
  std::vector<redis::Command> commands;
  commands.push_back({"HGET", ShopKeys(shop).Meta(), "store_epoch"});
  for (const std::string& conversation : conversations) {
    KEFU_CO_ASSIGN_OR_RETURN(const ConversationId id, ConversationId::Parse(conversation));
    commands.push_back({"HGET", ConversationKeys(shop, id).State(), "seq"});
  }
  const auto replies = co_await SendTogether(shards_.Of(shop), std::move(commands), deadline);
  KEFU_CO_RETURN_IF_ERROR(replies.status());
  v1::BatchGetHeadsResponse response;
  response.set_store_epoch((*replies)[0].is_nil() ? 1 : static_cast<uint64_t>((*replies)[0].Int()));
  for (size_t i = 0; i < conversations.size(); ++i) {
    v1::BatchGetHeadsResponse::Head& head = *response.add_heads();
    head.set_conversation(std::move(conversations[i]));
    head.set_head_seq(static_cast<uint64_t>((*replies)[i + 1].Int()));
  }
  co_return response;
}

}  // namespace kefu::inquiries::storage
