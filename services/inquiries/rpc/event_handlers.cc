#include "services/inquiries/rpc/event_handlers.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "proto/kefu/after_sales/v1/events.pb.h"
#include "proto/kefu/logistics/v1/events.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/inquiries/domain/content_rules.h"
#include "services/inquiries/rpc/content.h"

namespace kefu::inquiries::rpc {
namespace {

using common::v1::CaseCard;
using common::v1::Content;
using common::v1::Sender;
using common::v1::SystemLine;
using events::Delivery;
using events::Effect;
using logistics::v1::Shipment;

constexpr char kLogistics[] = "logistics";
constexpr char kAfterSales[] = "after_sales";
// A parcel whose delivery is first heard of later than that is no news.
constexpr int64_t kNewsForMs = int64_t{24} * 3600 * 1000;
// Profiles may have been merged more than once.
constexpr int kMaxHops = 4;

absl::Status BadEvent() {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_EVENT",
               "The event cannot be read; discard it if this is no older release.");
}

bool IsNewsOfDelivery(const logistics::v1::ShipmentChanged& changed) {
  const Shipment& shipment = changed.shipment();
  if (shipment.direction() != Shipment::DIRECTION_OUTBOUND || shipment.buyer().empty()) {
    return false;
  }
  if (shipment.status() != Shipment::STATUS_DELIVERED) return false;
  if (changed.previous_status() != Shipment::STATUS_DELIVERED) return true;
  // Delivered before its order was known: said when it is, unless that is long ago.
  const int64_t delivered_ms =
      google::protobuf::util::TimeUtil::TimestampToMilliseconds(shipment.delivered_time());
  return SystemClock().Now().ms - delivered_ms < kNewsForMs;
}

Content DeliveredLine(const Shipment& shipment) {
  Content content;
  SystemLine& line = *content.mutable_system();
  line.set_kind(SystemLine::KIND_PARCEL_DELIVERED);
  (*line.mutable_parameters())["carrier"] = shipment.carrier();
  (*line.mutable_parameters())["tracking_number"] = shipment.tracking_number();
  if (!shipment.order_number().empty()) {
    (*line.mutable_parameters())["order_number"] = shipment.order_number();
  }
  return content;
}

// "STATE_REFUND_PENDING" → "REFUND_PENDING".
std::string WithoutPrefix(const std::string& name, std::string_view prefix) {
  return name.substr(name.rfind(prefix, 0) == 0 ? prefix.size() : 0);
}

Content CardOf(const after_sales::v1::Case& aftersale) {
  Content content;
  CaseCard& card = *content.mutable_case_();
  card.set_case_(aftersale.case_());
  card.set_order_number(aftersale.order_number());
  card.set_kind(WithoutPrefix(after_sales::v1::Case::Kind_Name(aftersale.kind()), "KIND_"));
  card.set_state(WithoutPrefix(after_sales::v1::Case::State_Name(aftersale.state()), "STATE_"));
  // What is paid back, once that was ordered; what was asked for before.
  if (!aftersale.refunds().empty()) {
    *card.mutable_refund() = aftersale.refunds(aftersale.refunds_size() - 1).amount();
  } else if (aftersale.has_requested()) {
    *card.mutable_refund() = aftersale.requested();
  }
  return content;
}

// What events hold is bounded by other services' rules; here it is an entry like any other.
absl::Status CheckOwnContent(const Content& content) {
  if (!content.has_system()) return CheckContent(content, Sender::KIND_SYSTEM);
  for (const auto& [name, value] : content.system().parameters()) {
    KEFU_RETURN_IF_ERROR(domain::CheckText(name, value, domain::kMaxParameter));
  }
  return absl::OkStatus();
}

// The session was closed meanwhile, or the entry stands there already with what was known then.
bool NothingMoreToSay(const absl::Status& refused) {
  const std::string reason = ErrorReason(refused);
  return reason == "SESSION_CLOSED" || reason == "NO_SUCH_SESSION" || reason == "REQUEST_ID_REUSED";
}

}  // namespace

void EventHandlers::Register(events::Consumer& consumer) {
  for (const char* type : {"com.kefu.shipment.created.v1", "com.kefu.shipment.changed.v1"}) {
    consumer.On(kLogistics, type,
                [this](Delivery delivery) { return OnShipment(std::move(delivery)); });
  }
  for (const char* type : {"com.kefu.case.opened.v1", "com.kefu.case.changed.v1"}) {
    consumer.On(kAfterSales, type,
                [this](Delivery delivery) { return OnCase(std::move(delivery)); });
  }
}

Task<absl::StatusOr<Effect>> EventHandlers::OnShipment(Delivery delivery) {
  logistics::v1::ShipmentChanged changed;
  if (!changed.ParseFromString(delivery.envelope.data())) co_return BadEvent();
  if (delivery.from_snapshot || !IsNewsOfDelivery(changed)) co_return Effect::kNone;
  std::string request_id = "delivered:" + changed.shipment().shipment();
  Content content = DeliveredLine(changed.shipment());
  co_return co_await Say(std::move(delivery), changed.shipment().buyer(), std::move(request_id),
                         std::move(content));
}

Task<absl::StatusOr<Effect>> EventHandlers::OnCase(Delivery delivery) {
  after_sales::v1::CaseChanged changed;
  if (!changed.ParseFromString(delivery.envelope.data())) co_return BadEvent();
  const after_sales::v1::Case& aftersale = changed.case_();
  if (delivery.from_snapshot || aftersale.buyer().empty() ||
      changed.previous_state() == aftersale.state()) {
    co_return Effect::kNone;
  }
  std::string request_id = delivery.envelope.id();
  Content content = CardOf(aftersale);
  co_return co_await Say(std::move(delivery), aftersale.buyer(), std::move(request_id),
                         std::move(content));
}

Task<absl::StatusOr<std::optional<SessionId>>> EventHandlers::OpenSession(
    ShopId shop, BuyerId buyer, storage::Deadline deadline) {
  ConversationId conversation = ConversationOf(buyer);
  for (int hop = 0; hop < kMaxHops; ++hop) {
    const absl::StatusOr<v1::Conversation> found =
        co_await reader_.GetConversation(shop, conversation, deadline);
    if (absl::IsNotFound(found.status())) co_return std::nullopt;
    if (!found.ok()) co_return found.status();
    if (found->inquiry().state() == v1::Inquiry::STATE_OPEN) {
      KEFU_CO_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(found->inquiry().session()));
      co_return session;
    }
    if (found->continued_in().empty()) break;
    KEFU_CO_ASSIGN_OR_RETURN(conversation, ConversationId::Parse(found->continued_in()));
  }
  co_return std::nullopt;
}

Task<absl::StatusOr<Effect>> EventHandlers::Say(Delivery delivery, std::string buyer_id,
                                                std::string request_id, Content content) {
  KEFU_CO_ASSIGN_OR_RETURN(BuyerId buyer, BuyerId::Parse(buyer_id));
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request_id));
  KEFU_CO_RETURN_IF_ERROR(CheckOwnContent(content));
  const storage::Deadline deadline{delivery.scope.deadline_ms};
  absl::StatusOr<std::optional<SessionId>> session =
      co_await OpenSession(delivery.shop, std::move(buyer), deadline);
  if (!session.ok()) co_return session.status();
  if (!session->has_value()) co_return Effect::kNone;
  storage::NewEntry entry;
  entry.sender.set_kind(Sender::KIND_SYSTEM);
  entry.request_id = std::move(request_id);
  entry.content = std::move(content);
  storage::CallInfo info{delivery.scope.trace.traceparent, deadline};
  const auto appended = co_await writer_.Append(std::move(info), delivery.shop, **session,
                                                /*fence=*/0, std::move(entry));
  if (!appended.ok() && !NothingMoreToSay(appended.status())) co_return appended.status();
  co_return Effect::kNone;
}

}  // namespace kefu::inquiries::rpc
