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

constexpr uint32_t kDefaultPageSize = 200;
constexpr uint32_t kMaxPageSize = 1000;
constexpr size_t kMaxPageBytes = 2 << 20;

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
  if (request.types().empty()) return true;
  const std::string type = "com.kefu." + std::string(element.type()) + ".v1";
  return std::find(request.types().begin(), request.types().end(), type) != request.types().end();
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

}  // namespace

EventLog::EventLog(redis::ShardMap& shards, DataKeys& keys) : shards_(shards), keys_(keys) {}

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

Task<absl::StatusOr<events::v1::ReadResponse>> EventLog::Read(ShopId shop,
                                                              events::v1::ReadRequest request,
                                                              Deadline deadline) {
  const uint32_t page_size =
      std::min(request.page_size() == 0 ? kDefaultPageSize : request.page_size(), kMaxPageSize);
  redis::FunctionCall call{.function = "inquiries_events_v1"};
  call.keys = {ShopKeys(shop).Meta(), ShopKeys(shop).Outbox()};
  call.arguments = {std::to_string(request.after_seq()), std::to_string(page_size)};
  const auto answer =
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), deadline.LeftMs());
  KEFU_CO_RETURN_IF_ERROR(answer.status());
  const std::string epoch = (*answer)[0].str();
  const std::string head = (*answer)[1].str();
  const std::string first = (*answer)[2].str();
  const uint64_t head_seq = std::stoull(head);
  if (request.store_epoch() != 0 && std::to_string(request.store_epoch()) != epoch) {
    co_return Error(absl::StatusCode::kOutOfRange, "STALE_EPOCH",
                    "The store was rolled back or restored; read on in the epoch given.",
                    {{"epoch", epoch}, {"head", head}});
  }
  if (request.after_seq() != 0 && request.after_seq() + 1 < std::stoull(first)) {
    co_return Error(absl::StatusCode::kOutOfRange, "LOG_TRIMMED",
                    "Events after this position are gone; take a new look at everything.",
                    {{"first", first}, {"head", head}});
  }

  std::vector<Element> elements;
  std::set<BuyerId> buyers;
  for (const redis::Value& value : (*answer)[3].array()) {
    elements.push_back({std::strtoull(value[0].str().c_str(), nullptr, 10), &value[1]});
    const std::optional<BuyerId> buyer = BuyerOfElement(elements.back());
    if (buyer && Wanted(elements.back(), request)) buyers.insert(*buyer);
  }
  std::vector<BuyerId> buyer_list(buyers.begin(), buyers.end());
  auto keys = co_await KeysOf(shop, std::move(buyer_list), deadline);
  KEFU_CO_RETURN_IF_ERROR(keys.status());

  events::v1::ReadResponse response;
  response.set_head_seq(head_seq);
  response.set_store_epoch(std::stoull(epoch));
  response.set_next_seq(elements.empty() ? std::max(request.after_seq(), head_seq)
                                         : request.after_seq());
  size_t bytes = 0;
  for (const Element& element : elements) {
    if (bytes >= kMaxPageBytes) break;
    if (Wanted(element, request) && !element.type().empty()) {
      const std::optional<BuyerId> buyer = BuyerOfElement(element);
      const seal::DataKey* key = buyer ? (*keys)[*buyer].get() : nullptr;
      KEFU_CO_ASSIGN_OR_RETURN(*response.add_envelopes(), EnvelopeOf(shop, element, key));
      bytes += response.envelopes(response.envelopes_size() - 1).data().size();
    }
    response.set_next_seq(element.seq);
  }
  co_return response;
}

Task<absl::StatusOr<uint64_t>> EventLog::RaiseEpoch(ShopId shop, uint64_t observed_epoch,
                                                    Deadline deadline) {
  redis::FunctionCall call{.function = "inquiries_raise_epoch_v1"};
  call.keys = {ShopKeys(shop).Meta()};
  call.arguments = {std::to_string(observed_epoch)};
  const auto answer =
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), deadline.LeftMs());
  KEFU_CO_RETURN_IF_ERROR(answer.status());
  co_return static_cast<uint64_t>((*answer)[0].Int());
}

Task<absl::StatusOr<uint64_t>> EventLog::Trim(ShopId shop, int64_t keep_ms, uint64_t max_count,
                                              Deadline deadline) {
  redis::FunctionCall call{.function = "inquiries_trim_v1"};
  call.keys = {ShopKeys(shop).Meta(), ShopKeys(shop).Outbox()};
  call.arguments = {std::to_string(keep_ms), std::to_string(max_count)};
  const auto answer =
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), deadline.LeftMs());
  KEFU_CO_RETURN_IF_ERROR(answer.status());
  co_return static_cast<uint64_t>((*answer)[0].Int());
}

}  // namespace kefu::inquiries::storage
