#include "services/records/rpc/facts_of.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>

#include "proto/kefu/after_sales/v1/events.pb.h"
#include "proto/kefu/gateway/v1/events.pb.h"
#include "proto/kefu/inquiries/v1/events.pb.h"
#include "proto/kefu/logistics/v1/events.pb.h"
#include "proto/kefu/orders/v1/events.pb.h"
#include "services/common/base/status.h"
#include "services/records/rpc/conversion.h"

namespace kefu::records::rpc {
namespace {

using storage::Fact;
using Facts = absl::StatusOr<std::vector<Fact>>;

template <class Message>
absl::StatusOr<Message> Decode(const events::v1::Envelope& envelope) {
  Message message;
  if (message.ParseFromString(envelope.data())) return message;
  return Error(absl::StatusCode::kInvalidArgument, "BAD_EVENT",
               "The data of the event is not what its type says.", {{"type", envelope.type()}});
}

// Versions and fences rise with every change within a store epoch; where a store has lost its tail
// they go on from lower numbers in a later epoch. So the epoch counts first: what comes out is
// greater the later it was said, and is the number itself in the first epoch.
uint64_t InOrder(const events::v1::Envelope& envelope, uint64_t number) {
  constexpr int kNumberBits = 40, kEpochBits = 22;
  constexpr uint64_t kMaxNumber = (uint64_t{1} << kNumberBits) - 1;
  constexpr uint64_t kMaxEpochs = (uint64_t{1} << kEpochBits) - 1;
  const uint64_t epochs_before = std::max<uint64_t>(envelope.store_epoch(), 1) - 1;
  return (std::min(epochs_before, kMaxEpochs) << kNumberBits) + std::min(number, kMaxNumber);
}

// Versions travel as etags; one that is no number counts as the first.
uint64_t VersionOf(const events::v1::Envelope& envelope, std::string_view etag) {
  uint64_t version = 0;
  std::from_chars(etag.data(), etag.data() + etag.size(), version);
  return InOrder(envelope, version);
}

// Parts that are there, with blanks between them.
std::string Joined(std::initializer_list<std::string_view> parts) {
  std::string joined;
  for (const std::string_view part : parts) {
    if (part.empty()) continue;
    if (!joined.empty()) joined += ' ';
    joined += part;
  }
  return joined;
}

bool IsMessage(const inquiries::v1::EntryAppended& appended) {
  const auto& content = appended.entry().content();
  return appended.buyer_visible() && !content.has_system() && !content.has_recall() &&
         !content.has_rating() && !content.has_note();
}

Facts FromEntry(const events::v1::Envelope& envelope) {
  KEFU_ASSIGN_OR_RETURN(const auto appended, Decode<inquiries::v1::EntryAppended>(envelope));
  const common::v1::Entry& entry = appended.entry();
  KEFU_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(entry.session()));
  if (entry.conversation() != session.conversation().str()) {
    return InvalidField("entry.conversation", "must be the session's");
  }
  storage::EntryFact fact{.session = std::move(session)};
  fact.seq = entry.seq();
  fact.store_epoch = envelope.store_epoch();
  fact.time = FromTimestamp(entry.create_time());
  fact.sender_kind = entry.sender().kind();
  if (entry.sender().kind() == common::v1::Sender::KIND_AGENT) fact.agent = entry.sender().id();
  fact.is_message = IsMessage(appended);
  fact.stars = entry.content().rating().stars();
  fact.recalls = entry.content().recall().recalled_seq();
  fact.redacted = entry.redacted();
  if (!fact.redacted) fact.text = TextOf(entry.content());
  return std::vector<Fact>{std::move(fact)};
}

Facts FromInquiry(const events::v1::Envelope& envelope) {
  KEFU_ASSIGN_OR_RETURN(const auto changed, Decode<inquiries::v1::InquiryChanged>(envelope));
  const inquiries::v1::Inquiry& inquiry = changed.inquiry();
  KEFU_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(inquiry.session()));
  storage::SessionFact fact{.session = session};
  fact.category = inquiry.opening().category();
  fact.state = inquiry.state();
  fact.reopened = inquiry.reopened();
  fact.open_time = FromTimestamp(inquiry.open_time());
  fact.close_time = FromTimestamp(inquiry.close_time());
  fact.close_reason = inquiry.close_reason();
  return std::vector<Fact>{
      std::move(fact),
      storage::OwnerFact{session, InOrder(envelope, inquiry.fence()), inquiry.agent()}};
}

Facts FromFence(const events::v1::Envelope& envelope) {
  KEFU_ASSIGN_OR_RETURN(const auto raised, Decode<inquiries::v1::FenceRaised>(envelope));
  KEFU_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(raised.session()));
  return std::vector<Fact>{
      storage::OwnerFact{std::move(session), InOrder(envelope, raised.fence()), raised.agent()}};
}

Facts FromErasure(const events::v1::Envelope& envelope) {
  KEFU_ASSIGN_OR_RETURN(const auto erased, Decode<inquiries::v1::BuyerErased>(envelope));
  KEFU_ASSIGN_OR_RETURN(BuyerId buyer, BuyerId::Parse(erased.buyer()));
  // Without a time it is everything.
  TimePoint time{std::numeric_limits<int64_t>::max()};
  if (envelope.has_time()) time = FromTimestamp(envelope.time());
  return std::vector<Fact>{storage::ErasureFact{std::move(buyer), time}};
}

Facts FromOrder(const events::v1::Envelope& envelope) {
  KEFU_ASSIGN_OR_RETURN(const auto changed, Decode<orders::v1::OrderChanged>(envelope));
  const orders::v1::Order& order = changed.order();
  KEFU_RETURN_IF_ERROR(OrderId::Parse(order.order()));
  storage::OrderFact fact{.order = order.order(), .version = VersionOf(envelope, order.etag())};
  fact.source = order.source();
  fact.number = order.number();
  fact.buyer = order.buyer();
  fact.state = order.state();
  fact.payment = order.payment();
  fact.fulfilment = order.fulfilment();
  fact.aftersale = order.aftersale();
  for (const orders::v1::Line& line : order.lines()) fact.units += line.quantity();
  const orders::v1::Totals& totals = order.totals();
  fact.amounts = {totals.total().currency(), totals.total().minor_units(),
                  totals.paid().minor_units(), totals.refunded().minor_units()};
  fact.create_time = FromTimestamp(order.create_time());
  fact.update_time = FromTimestamp(order.update_time());
  return std::vector<Fact>{std::move(fact)};
}

Facts FromCase(const events::v1::Envelope& envelope) {
  KEFU_ASSIGN_OR_RETURN(const auto changed, Decode<after_sales::v1::CaseChanged>(envelope));
  const after_sales::v1::Case& one = changed.case_();
  KEFU_RETURN_IF_ERROR(CaseId::Parse(one.case_()));
  storage::CaseFact fact{.case_id = one.case_(), .version = VersionOf(envelope, one.etag())};
  fact.order = one.order();
  fact.buyer = one.buyer();
  fact.kind = one.kind();
  fact.state = one.state();
  fact.reason = one.reason();
  fact.cause = one.cause();
  fact.currency = one.requested().currency();
  fact.requested = one.requested().minor_units();
  for (const after_sales::v1::Refund& refund : one.refunds()) {
    if (refund.state() != after_sales::v1::Refund::STATE_SUCCEEDED) continue;
    fact.refunded += refund.amount().minor_units();
  }
  fact.create_time = FromTimestamp(one.create_time());
  fact.update_time = FromTimestamp(one.update_time());
  return std::vector<Fact>{std::move(fact)};
}

Facts FromShipment(const events::v1::Envelope& envelope) {
  KEFU_ASSIGN_OR_RETURN(const auto changed, Decode<logistics::v1::ShipmentChanged>(envelope));
  const logistics::v1::Shipment& shipment = changed.shipment();
  KEFU_RETURN_IF_ERROR(ShipmentId::Parse(shipment.shipment()));
  storage::ShipmentFact fact{.shipment = shipment.shipment(),
                             .version = VersionOf(envelope, shipment.etag())};
  fact.carrier = shipment.carrier();
  fact.tracking_number = shipment.tracking_number();
  fact.direction = shipment.direction();
  fact.status = shipment.status();
  fact.substatus = shipment.substatus();
  fact.status_time = FromTimestamp(shipment.status_time());
  fact.order = shipment.order();
  fact.buyer = shipment.buyer();
  fact.create_time = FromTimestamp(shipment.create_time());
  fact.update_time = FromTimestamp(shipment.update_time());
  return std::vector<Fact>{std::move(fact)};
}

Facts FromRouting(const events::v1::Envelope& envelope) {
  KEFU_ASSIGN_OR_RETURN(const auto routed, Decode<gateway::v1::SessionRouted>(envelope));
  const gateway::v1::Session& session = routed.session();
  if (session.agent().empty() || !session.has_assign_time()) return std::vector<Fact>();
  KEFU_ASSIGN_OR_RETURN(SessionId id, SessionId::Parse(session.session()));
  return std::vector<Fact>{
      storage::AssignmentFact{std::move(id), FromTimestamp(session.assign_time())}};
}

Facts FromAgent(const events::v1::Envelope& envelope) {
  KEFU_ASSIGN_OR_RETURN(const auto updated, Decode<gateway::v1::AgentUpdated>(envelope));
  KEFU_ASSIGN_OR_RETURN(AgentId agent, AgentId::Parse(updated.agent()));
  storage::AgentFact fact{.agent = std::move(agent), .display_name = updated.display_name()};
  fact.role = updated.role();
  fact.disabled = updated.disabled();
  fact.version = InOrder(envelope, updated.version());
  return std::vector<Fact>{std::move(fact)};
}

struct Known {
  EventKind kind;
  Facts (*convert)(const events::v1::Envelope&);
};

constexpr Known kKnown[] = {
    {{"inquiries", "com.kefu.entry.appended.v1"}, FromEntry},
    {{"inquiries", "com.kefu.inquiry.opened.v1"}, FromInquiry},
    {{"inquiries", "com.kefu.inquiry.closed.v1"}, FromInquiry},
    {{"inquiries", "com.kefu.inquiry.reopened.v1"}, FromInquiry},
    {{"inquiries", "com.kefu.fence.raised.v1"}, FromFence},
    {{"inquiries", "com.kefu.buyer.erased.v1"}, FromErasure},
    {{"orders", "com.kefu.order.created.v1"}, FromOrder},
    {{"orders", "com.kefu.order.changed.v1"}, FromOrder},
    {{"after_sales", "com.kefu.case.opened.v1"}, FromCase},
    {{"after_sales", "com.kefu.case.changed.v1"}, FromCase},
    {{"logistics", "com.kefu.shipment.created.v1"}, FromShipment},
    {{"logistics", "com.kefu.shipment.changed.v1"}, FromShipment},
    {{"routing", "com.kefu.session.routed.v1"}, FromRouting},
    {{"directory", "com.kefu.agent.updated.v1"}, FromAgent},
};

}  // namespace

std::vector<EventKind> KnownEvents() {
  std::vector<EventKind> kinds;
  for (const Known& known : kKnown) kinds.push_back(known.kind);
  return kinds;
}

absl::StatusOr<std::vector<Fact>> FactsOf(const events::v1::Envelope& envelope) {
  for (const Known& known : kKnown) {
    if (known.kind.source == envelope.source() && known.kind.type == envelope.type()) {
      return known.convert(envelope);
    }
  }
  return std::vector<Fact>();
}

std::string TextOf(const common::v1::Content& content) {
  using common::v1::Content;
  switch (content.kind_case()) {
    case Content::kText:
      return content.text().body();
    case Content::kNote:
      return content.note().body();
    case Content::kSystem: {
      // What the system says of itself, clients write in the reader's language.
      const auto text = content.system().parameters().find("text");
      return text == content.system().parameters().end() ? "" : text->second;
    }
    case Content::kOrder:
      return Joined({content.order().order_number(), content.order().title()});
    case Content::kProduct:
      return content.product().title();
    case Content::kParcel:
      return Joined({content.parcel().carrier(), content.parcel().tracking_number()});
    case Content::kCase:
      return content.case_().order_number();
    case Content::kRating:
      return content.rating().comment();
    case Content::kRecall:
    case Content::KIND_NOT_SET:
      return "";
  }
  return "";
}

}  // namespace kefu::records::rpc
