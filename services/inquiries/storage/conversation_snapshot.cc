#include "services/inquiries/storage/conversation_snapshot.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "proto/kefu/inquiries/v1/events.pb.h"
#include "services/common/base/page_token.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"
#include "services/inquiries/storage/keys.h"
#include "services/inquiries/storage/notices.h"

namespace kefu::inquiries::storage {
namespace {

constexpr char kSource[] = "inquiries";
// A page ends when so much of its time is left, with what it has.
constexpr int64_t kSpareMs = 500;
// Begins the place of a page among erased buyers: less than any conversation's id, so that the
// former release, given one, begins with the first conversation.
constexpr char kAmongErased = '!';

// A member of the index (storage/functions/50_aside.lua, remember_erased).
struct Erasure {
  std::string buyer;
  TimePoint time;
  std::string envelope_id;
};

absl::StatusOr<Erasure> ErasureOf(const std::string& member) {
  const std::vector<std::string> words = absl::StrSplit(member, ' ');
  Erasure erasure;
  if (words.size() != 3 || !absl::SimpleAtoi(words[1], &erasure.time.ms)) {
    return BadRecord("erasure");
  }
  erasure.buyer = words[0];
  erasure.envelope_id = words[2];
  return erasure;
}

// Up to which member those of the buyer reach: '!' comes after the space that ends the id.
std::string EndOf(const std::string& buyer) { return "(" + buyer + "!"; }

std::string_view TypeOf(const v1::Inquiry& inquiry) {
  if (inquiry.state() == v1::Inquiry::STATE_CLOSED) return kInquiryClosed;
  return inquiry.reopened() > 0 ? kInquiryReopened : kInquiryOpened;
}

}  // namespace

struct ConversationSnapshot::Page {
  const ShopId shop;
  const events::StoredPage head;
  const Deadline deadline;
  const size_t limit;
  events::v1::SnapshotResponse response;
  size_t bytes = 0;

  size_t left() const {
    const auto size = static_cast<size_t>(response.envelopes_size());
    return size < limit ? limit - size : 0;
  }
  bool full() const {
    if (response.envelopes_size() == 0) return false;
    return left() == 0 || bytes >= events::kMaxPageBytes || deadline.LeftMs() < kSpareMs;
  }
  void Add(std::string_view type, const std::string& subject, std::string version,
           const google::protobuf::Message& data) {
    const std::string full_type = "com.kefu." + std::string(type) + ".v1";
    *response.add_envelopes() = events::SnapshotEnvelope(kSource, shop, head,
                                                         {.type = full_type,
                                                          .subject = subject,
                                                          .version = std::move(version),
                                                          .data = DeterministicBytes(data)});
    bytes += response.envelopes(response.envelopes_size() - 1).data().size();
  }
  void Add(Erasure erasure) {
    v1::BuyerErased erased;
    erased.set_buyer(erasure.buyer);
    EnvelopeHead told{.id = std::move(erasure.envelope_id),
                      .subject = std::move(erasure.buyer),
                      .time = erasure.time,
                      .shop = shop.str(),
                      .store_epoch = head.store_epoch};
    *response.add_envelopes() = MakeEnvelope(std::move(told), kBuyerErased, erased);
  }
};

ConversationSnapshot::ConversationSnapshot(redis::ShardMap& shards, DataKeys& keys,
                                           ConversationReader& reader, events::StoredLog& log)
    : shards_(shards), keys_(keys), reader_(reader), log_(log) {}

std::string ConversationSnapshot::ToText(const Place& place) {
  if (place.conversation.empty()) return kAmongErased + place.erased;
  return place.conversation + (place.inside ? " " + std::to_string(place.after_seq) : "");
}

ConversationSnapshot::Place ConversationSnapshot::FromText(const std::string& text) {
  Place place;
  if (!text.empty() && text[0] == kAmongErased) {
    place.erased = text.substr(1);
    return place;
  }
  const size_t space = text.find(' ');
  place.conversation = text.substr(0, space);
  if (space != std::string::npos)
    place.inside = absl::SimpleAtoi(text.substr(space + 1), &place.after_seq);
  return place;
}

Task<absl::StatusOr<events::v1::SnapshotResponse>> ConversationSnapshot::Read(
    server::CallScope scope, ShopId shop, events::v1::SnapshotRequest request) {
  const std::string query = page_token::Query({"snapshot", kSource, shop.str()});
  KEFU_CO_ASSIGN_OR_RETURN(const std::string token,
                           page_token::Decode(query, request.page_token()));
  Place place = FromText(token);
  const Deadline deadline{scope.deadline_ms};
  // Before anything else is read, so that whatever changes meanwhile comes after it in the log.
  KEFU_CO_ASSIGN_OR_RETURN(events::StoredPage head, co_await log_.Head(std::move(scope), shop));
  Page page{shop, std::move(head), deadline, events::SnapshotPageSize(request), {}};
  page.response.set_head_seq(page.head.head_seq);
  page.response.set_store_epoch(page.head.store_epoch);
  if (place.conversation.empty()) KEFU_CO_RETURN_IF_ERROR(co_await ShowErased(page, place));
  bool more = true;
  while (more && !page.full()) {
    if (!place.inside) {
      KEFU_CO_ASSIGN_OR_RETURN(place.conversation,
                               co_await NextConversation(shop, place.conversation, deadline));
      more = !place.conversation.empty();
      if (!more) break;
    }
    KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation,
                             ConversationId::Parse(place.conversation));
    if (!place.inside) KEFU_CO_RETURN_IF_ERROR(co_await ShowInquiries(page, conversation));
    KEFU_CO_RETURN_IF_ERROR(co_await ShowEntries(page, conversation, place));
  }
  if (more) page.response.set_next_page_token(page_token::Encode(query, ToText(place)));
  co_return std::move(page.response);
}

Task<absl::Status> ConversationSnapshot::ShowErased(Page& page, Place& place) {
  size_t found = 1;
  while (found > 0 && !page.full()) {
    redis::Command command = {"ZRANGEBYLEX",
                              ShopKeys(page.shop).Erased(),
                              place.erased.empty() ? "-" : EndOf(place.erased),
                              "+",
                              "LIMIT",
                              "0",
                              std::to_string(page.left())};
    KEFU_CO_ASSIGN_OR_RETURN(
        const redis::Value members,
        co_await shards_.Of(page.shop).Call(std::move(command), page.deadline.LeftMs()));
    found = members.size();
    for (const redis::Value& member : members.array()) {
      KEFU_CO_ASSIGN_OR_RETURN(Erasure erasure, ErasureOf(member.str()));
      place.erased = erasure.buyer;
      page.Add(std::move(erasure));
    }
  }
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationSnapshot::ShowErasedBefore(Page& page, BuyerId buyer,
                                                          uint64_t head_seq) {
  redis::Command command = {"ZRANGEBYLEX",
                            ShopKeys(page.shop).Erased(),
                            "[" + buyer.str() + " ",
                            EndOf(buyer.str()),
                            "LIMIT",
                            "0",
                            "1"};
  KEFU_CO_ASSIGN_OR_RETURN(
      const redis::Value indexed,
      co_await shards_.Of(page.shop).Call(std::move(command), page.deadline.LeftMs()));
  if (indexed.size() > 0) co_return absl::OkStatus();
  v1::BuyerErased erased;
  erased.set_buyer(buyer.str());
  page.Add(kBuyerErased, buyer.str(), std::to_string(head_seq), erased);
  co_return absl::OkStatus();
}

Task<absl::StatusOr<std::string>> ConversationSnapshot::NextConversation(ShopId shop,
                                                                         std::string after,
                                                                         Deadline deadline) {
  redis::Command command = {"ZRANGEBYLEX",
                            ShopKeys(shop).Conversations(),
                            after.empty() ? "-" : "(" + after,
                            "+",
                            "LIMIT",
                            "0",
                            "1"};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value found,
                           co_await shards_.Of(shop).Call(std::move(command), deadline.LeftMs()));
  co_return found[0].str();
}

Task<absl::Status> ConversationSnapshot::ShowInquiries(Page& page, ConversationId conversation) {
  KEFU_CO_ASSIGN_OR_RETURN(const v1::ListInquiriesResponse inquiries,
                           co_await reader_.ListInquiries(page.shop, conversation, page.deadline));
  const std::string buyer = BuyerOf(conversation).str();
  // The current one comes first in the list.
  for (int i = inquiries.inquiries_size() - 1; i >= 0; --i) {
    v1::InquiryChanged changed;
    *changed.mutable_inquiry() = inquiries.inquiries(i);
    changed.set_buyer(buyer);
    const v1::Inquiry& inquiry = changed.inquiry();
    // What is shown says which version it is of: inquiries have no number of their own.
    page.Add(TypeOf(inquiry), inquiry.session(),
             DeriveToken("kefu inquiry version", DeterministicBytes(changed)), changed);
    if (inquiry.fence() == 0) continue;
    v1::FenceRaised raised;
    raised.set_session(inquiry.session());
    raised.set_fence(inquiry.fence());
    raised.set_agent(inquiry.agent());
    page.Add(kFenceRaised, inquiry.session(), std::to_string(inquiry.fence()), raised);
  }
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationSnapshot::ShowEntries(Page& page, ConversationId conversation,
                                                     Place& place) {
  const ConversationReader::Range range{.after_seq = place.inside ? place.after_seq : 0,
                                        .limit = std::max<size_t>(page.left(), 1)};
  const absl::StatusOr<ConversationReader::Page> read =
      co_await reader_.ReadForward(page.shop, conversation, range, page.deadline);
  if (read.status().code() == absl::StatusCode::kDataLoss) {
    log::Error("conversation shown without its entries", {{"shop", page.shop.str()},
                                                          {"conversation", conversation.str()},
                                                          {"reason", ErrorReason(read.status())}});
    place.inside = false;
    co_return absl::OkStatus();
  }
  KEFU_CO_RETURN_IF_ERROR(read.status());
  const BuyerId buyer = BuyerOf(conversation);
  KEFU_CO_ASSIGN_OR_RETURN(const DataKeyPtr key,
                           keys_.Resolve(page.shop, buyer, read->last_look.key));
  if (key == nullptr && !place.inside) {
    const uint64_t head_seq = read->last_look.head_seq;
    KEFU_CO_RETURN_IF_ERROR(co_await ShowErasedBefore(page, buyer, head_seq));
  }
  place.after_seq = range.after_seq;
  for (const StoredEntry& stored : read->entries) {
    KEFU_CO_ASSIGN_OR_RETURN(common::v1::Entry entry,
                             ToEntry(conversation, stored, key.get(), v1::AUDIENCE_STAFF));
    page.Add(kEntryAppended, conversation.str(), std::to_string(stored.seq),
             MakeEntryAppended(stored, std::move(entry)));
    place.after_seq = stored.seq;
  }
  place.inside = place.after_seq < read->last_look.head_seq;
  co_return absl::OkStatus();
}

}  // namespace kefu::inquiries::storage
