#include "services/inquiries/storage/event_log.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/redis/function.h"
#include "services/inquiries/storage/calls.h"
#include "services/inquiries/storage/keys.h"
#include "services/inquiries/storage/notices.h"
#include "services/inquiries/storage/pipeline.h"

namespace kefu::inquiries::storage {
namespace {

struct KindName {
  std::string_view stored;
  std::string_view type;
};
constexpr std::array<KindName, 6> kKinds = {{{"entry", kEntryAppended},
                                             {"opened", kInquiryOpened},
                                             {"closed", kInquiryClosed},
                                             {"reopened", kInquiryReopened},
                                             {"fence", kFenceRaised},
                                             {"erased", kBuyerErased}}};

absl::Status BadEvent(uint64_t seq) {
  return Error(
      absl::StatusCode::kDataLoss, "BAD_RECORD",
      "Event " + std::to_string(seq) + " of the outbox cannot be read; restore it from a backup.");
}

// One element of the outbox stream (storage/functions/10_shop.lua, emit).
struct Element {
  uint64_t seq = 0;
  const redis::Value* fields = nullptr;

  const std::string& Text(std::string_view name) const { return fields->Field(name).str(); }
  uint64_t Number(std::string_view name) const {
    return static_cast<uint64_t>(fields->Field(name).Int());
  }
  // Empty for a kind that a newer release wrote.
  std::string_view type() const {
    const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                    [&](const KindName& kind) { return kind.stored == Text("y"); });
    return found == kKinds.end() ? std::string_view() : found->type;
  }
};

bool Wanted(const Element& element, const events::v1::ReadRequest& request) {
  if (element.type().empty()) return false;
  return events::Wanted(request, "com.kefu." + std::string(element.type()) + ".v1");
}

// The buyer whose key opens it.
std::optional<BuyerId> BuyerOfElement(const Element& element) {
  const auto conversation = ConversationId::Parse(element.Text("s"));
  if (!conversation.ok()) return std::nullopt;
  return BuyerOf(*conversation);
}

absl::StatusOr<v1::EntryAppended> EntryAppendedOf(const Element& element,
                                                  const ConversationId& conversation,
                                                  const seal::DataKey* key) {
  StoredEntry stored;
  stored.seq = element.Number("q");
  stored.time = {element.fields->Field("t").Int()};
  stored.buyer_prev = element.Number("p");
  stored.buyer_visible = element.Text("vi") == "1";
  stored.session = static_cast<uint32_t>(element.Number("n"));
  stored.record = element.Text("r");
  KEFU_ASSIGN_OR_RETURN(common::v1::Entry entry,
                        ToEntry(conversation, stored, key, v1::AUDIENCE_STAFF));
  return MakeEntryAppended(stored, std::move(entry));
}

absl::StatusOr<v1::InquiryChanged> InquiryChangedOf(const Element& element,
                                                    const ConversationId& conversation,
                                                    const seal::DataKey* key) {
  v1::InquiryChanged changed;
  KEFU_ASSIGN_OR_RETURN(*changed.mutable_inquiry(),
                        InquiryFromFields(*element.fields, conversation, key));
  changed.set_buyer(BuyerOf(conversation).str());
  return changed;
}

absl::StatusOr<events::v1::Envelope> EnvelopeOf(const ShopId& shop, const Element& element,
                                                const seal::DataKey* key) {
  const std::string_view type = element.type();
  EnvelopeHead head{.id = element.Text("i"),
                    .subject = element.Text("s"),
                    .time = {element.fields->Field("t").Int()},
                    .shop = shop.str(),
                    .seq = element.seq,
                    .store_epoch = element.Number("e"),
                    .traceparent = element.Text("tp")};
  if (type == kBuyerErased) {
    v1::BuyerErased erased;
    erased.set_buyer(head.subject);
    return MakeEnvelope(std::move(head), type, erased);
  }
  const auto conversation = ConversationId::Parse(head.subject);
  if (!conversation.ok() || type.empty()) return BadEvent(element.seq);
  if (type == kEntryAppended) {
    KEFU_ASSIGN_OR_RETURN(const v1::EntryAppended appended,
                          EntryAppendedOf(element, *conversation, key));
    return MakeEnvelope(std::move(head), type, appended);
  }
  const SessionId session(*conversation, static_cast<uint32_t>(element.Number("n")));
  head.subject = session.str();
  if (type == kFenceRaised) {
    v1::FenceRaised raised;
    raised.set_session(session.str());
    raised.set_fence(element.Number("f"));
    raised.set_agent(element.Text("ow"));
    return MakeEnvelope(std::move(head), type, raised);
  }
  KEFU_ASSIGN_OR_RETURN(const v1::InquiryChanged changed,
                        InquiryChangedOf(element, *conversation, key));
  return MakeEnvelope(std::move(head), type, changed);
}

// The shops are in a set, in no order.
Task<absl::StatusOr<std::vector<ShopId>>> ListShops(redis::ShardMap& shards, std::string after,
                                                    size_t limit) {
  redis::Command command = {"SMEMBERS", kShopsKey};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value names,
                           co_await shards.System().Call(std::move(command)));
  std::vector<ShopId> shops;
  for (const redis::Value& name : names.array()) {
    if (name.str() <= after) continue;
    KEFU_CO_ASSIGN_OR_RETURN(ShopId shop, ShopId::Parse(name.str()));
    shops.push_back(std::move(shop));
  }
  const size_t count = std::min(limit, shops.size());
  const auto end = shops.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(shops.begin(), end, shops.end());
  shops.erase(end, shops.end());
  co_return shops;
}

}  // namespace

EventLog::EventLog(redis::ShardMap& shards, DataKeys& keys, ConversationReader& reader,
                   const Clock* test_clock)
    : shards_(shards),
      keys_(keys),
      log_(
          shards, {.service = source_},
          [&shards](std::string after, size_t limit) {
            return ListShops(shards, std::move(after), limit);
          },
          test_clock),
      snapshot_(shards, keys, reader, log_) {}

Task<absl::StatusOr<EventLog::KeysByBuyer>> EventLog::KeysOf(ShopId shop,
                                                             std::vector<BuyerId> buyers,
                                                             Deadline deadline) {
  KeysByBuyer keys;
  if (buyers.empty()) co_return keys;
  std::vector<redis::Command> commands;
  for (const BuyerId& buyer : buyers)
    commands.push_back({"HMGET", ShopKeys(shop).DataKey(buyer), "g", "m", "w"});
  const auto replies = co_await SendTogether(shards_.Of(shop), std::move(commands), deadline);
  KEFU_CO_RETURN_IF_ERROR(replies.status());
  for (size_t i = 0; i < buyers.size(); ++i) {
    KEFU_CO_ASSIGN_OR_RETURN(keys[buyers[i]],
                             keys_.Resolve(shop, buyers[i], ParseWrappedKey((*replies)[i])));
  }
  co_return keys;
}

Task<absl::StatusOr<events::v1::ReadResponse>> EventLog::Read(server::CallScope scope, ShopId shop,
                                                              events::v1::ReadRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(
      const events::StoredPage page,
      co_await log_.Read(scope, shop, request.after_seq(), request.store_epoch(),
                         events::ReadPageSize(request)));
  std::vector<Element> elements;
  std::set<BuyerId> buyers;
  for (const events::StoredElement& stored : page.elements) {
    elements.push_back({stored.seq, &stored.fields});
    const std::optional<BuyerId> buyer = BuyerOfElement(elements.back());
    if (buyer && Wanted(elements.back(), request)) buyers.insert(*buyer);
  }
  std::vector<BuyerId> buyer_list(buyers.begin(), buyers.end());
  const Deadline deadline{scope.deadline_ms};
  auto keys = co_await KeysOf(shop, std::move(buyer_list), deadline);
  KEFU_CO_RETURN_IF_ERROR(keys.status());

  events::v1::ReadResponse response;
  response.set_head_seq(page.head_seq);
  response.set_store_epoch(page.store_epoch);
  response.set_next_seq(elements.empty() ? std::max(request.after_seq(), page.head_seq)
                                         : request.after_seq());
  size_t bytes = 0;
  for (const Element& element : elements) {
    if (bytes >= events::kMaxPageBytes) break;
    if (Wanted(element, request)) {
      const std::optional<BuyerId> buyer = BuyerOfElement(element);
      const seal::DataKey* key = buyer ? (*keys)[*buyer].get() : nullptr;
      KEFU_CO_ASSIGN_OR_RETURN(*response.add_envelopes(), EnvelopeOf(shop, element, key));
      bytes += response.envelopes(response.envelopes_size() - 1).data().size();
    }
    response.set_next_seq(element.seq);
  }
  co_return response;
}

Task<absl::StatusOr<events::v1::ListHeadsResponse>> EventLog::ListHeads(
    server::CallScope scope, events::v1::ListHeadsRequest request) {
  return log_.ListHeads(std::move(scope), std::move(request));
}

Task<absl::Status> EventLog::ReportCursors(server::CallScope scope,
                                           events::v1::ReportCursorsRequest request) {
  return log_.ReportCursors(std::move(scope), std::move(request));
}

Task<absl::StatusOr<events::v1::SnapshotResponse>> EventLog::Snapshot(
    server::CallScope scope, ShopId shop, events::v1::SnapshotRequest request) {
  return snapshot_.Read(std::move(scope), std::move(shop), std::move(request));
}

Task<absl::StatusOr<uint64_t>> EventLog::RaiseEpoch(server::CallScope scope, ShopId shop,
                                                    uint64_t observed) {
  return log_.RaiseEpoch(std::move(scope), std::move(shop), observed);
}

Task<absl::StatusOr<uint64_t>> EventLog::Trim(ShopId shop) { return log_.Trim(std::move(shop)); }

}  // namespace kefu::inquiries::storage
