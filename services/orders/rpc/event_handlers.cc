#include "services/orders/rpc/event_handlers.h"

#include <charconv>
#include <utility>

#include "proto/kefu/after_sales/v1/events.pb.h"
#include "proto/kefu/inquiries/v1/events.pb.h"
#include "proto/kefu/logistics/v1/events.pb.h"
#include "services/common/base/status.h"
#include "services/common/base/timestamp.h"
#include "services/orders/rpc/convert.h"

namespace kefu::orders::rpc {
namespace {

using events::Delivery;
using events::Effect;

constexpr size_t kErasePage = 100;

template <class Message>
absl::StatusOr<Message> DataOf(const Delivery& delivery) {
  Message message;
  if (message.ParseFromString(delivery.envelope.data())) return message;
  return Error(absl::StatusCode::kInvalidArgument, "BAD_EVENT",
               "The event's data cannot be read as " + Message::descriptor()->full_name() + ".");
}

// Etags of aggregates are their versions. What is none counts as nothing, and the time decides.
domain::Seen SeenOf(const std::string& etag, const google::protobuf::Timestamp& update_time) {
  domain::Seen seen;
  std::from_chars(etag.data(), etag.data() + etag.size(), seen.etag);
  seen.update_time = ToTimePoint(update_time);
  return seen;
}

// The name of an enumeration's value without the prefix that proto style asks for.
std::string Plain(const std::string& name, std::string_view prefix) {
  return name.substr(0, prefix.size()) == prefix ? name.substr(prefix.size()) : "";
}

domain::ReportParcel ReportOf(const logistics::v1::Shipment& shipment) {
  using logistics::v1::Shipment;
  const std::string status = Plain(Shipment::Status_Name(shipment.status()), "STATUS_");
  return {shipment.shipment(),
          shipment.carrier(),
          shipment.tracking_number(),
          status,
          shipment.has_delivered_time() || shipment.status() == Shipment::STATUS_DELIVERED,
          SeenOf(shipment.etag(), shipment.update_time())};
}

domain::ReportCase ReportOf(const after_sales::v1::Case& one) {
  using after_sales::v1::Case;
  return {one.case_(), Plain(Case::Kind_Name(one.kind()), "KIND_"),
          Plain(Case::State_Name(one.state()), "STATE_"), SeenOf(one.etag(), one.update_time())};
}

// Returns and replacements belong to their cases.
bool IsOutbound(const logistics::v1::Shipment& shipment) {
  using logistics::v1::Shipment;
  return shipment.direction() == Shipment::DIRECTION_OUTBOUND ||
         shipment.direction() == Shipment::DIRECTION_UNSPECIFIED;
}

}  // namespace

void EventHandlers::Register(events::Consumer& consumer) {
  const auto on = [&](const char* source, const char* type, auto method) {
    consumer.On(source, type,
                [this, method](Delivery delivery) { return (this->*method)(std::move(delivery)); });
  };
  on("logistics", "com.kefu.shipment.created.v1", &EventHandlers::OnShipment);
  on("logistics", "com.kefu.shipment.changed.v1", &EventHandlers::OnShipment);
  on("after_sales", "com.kefu.case.opened.v1", &EventHandlers::OnCase);
  on("after_sales", "com.kefu.case.changed.v1", &EventHandlers::OnCase);
  on("inquiries", "com.kefu.buyer.erased.v1", &EventHandlers::OnBuyerErased);
}

Task<absl::StatusOr<Effect>> EventHandlers::Commit(Delivery delivery, OrderId order,
                                                   storage::OrderStore::Decide decide) {
  redis::Request request = delivery.request();
  const auto updated = co_await orders_.Update(delivery.shop, std::move(order), std::move(request),
                                               std::move(decide), delivery.move);
  KEFU_CO_RETURN_IF_ERROR(updated.status());
  co_return Effect::kCommitted;
}

Task<absl::StatusOr<Effect>> EventHandlers::OnShipment(Delivery delivery) {
  KEFU_CO_ASSIGN_OR_RETURN(const auto changed, DataOf<logistics::v1::ShipmentChanged>(delivery));
  const logistics::v1::Shipment& shipment = changed.shipment();
  if (shipment.order().empty() || !IsOutbound(shipment)) co_return Effect::kNone;
  KEFU_CO_ASSIGN_OR_RETURN(OrderId order, OrderId::Parse(shipment.order()));
  KEFU_CO_RETURN_IF_ERROR(ShipmentId::Parse(shipment.shipment()));
  const domain::ReportParcel report = ReportOf(shipment);
  storage::OrderStore::Decide decide = [report](const domain::Order& now, TimePoint) {
    return absl::StatusOr<domain::Decision>(Apply(now, report));
  };
  co_return co_await Commit(std::move(delivery), std::move(order), std::move(decide));
}

Task<absl::StatusOr<Effect>> EventHandlers::OnCase(Delivery delivery) {
  KEFU_CO_ASSIGN_OR_RETURN(const auto changed, DataOf<after_sales::v1::CaseChanged>(delivery));
  KEFU_CO_ASSIGN_OR_RETURN(const CaseId id, CaseId::Parse(changed.case_().case_()));
  const domain::ReportCase report = ReportOf(changed.case_());
  storage::OrderStore::Decide decide = [report](const domain::Order& now, TimePoint) {
    return absl::StatusOr<domain::Decision>(Apply(now, report));
  };
  co_return co_await Commit(std::move(delivery), id.order(), std::move(decide));
}

// Key first: from then on nothing can be read, and no commit under it succeeds. So the masks found
// after it are all there are. Harmless to repeat, hence the cursor moves afterwards.
Task<absl::StatusOr<Effect>> EventHandlers::OnBuyerErased(Delivery delivery) {
  KEFU_CO_ASSIGN_OR_RETURN(const auto erased, DataOf<inquiries::v1::BuyerErased>(delivery));
  KEFU_CO_RETURN_IF_ERROR(BuyerId::Parse(erased.buyer()));
  redis::Request request = delivery.request();
  KEFU_CO_RETURN_IF_ERROR(co_await keys_.Erase(delivery.shop, erased.buyer(), request));
  KEFU_CO_RETURN_IF_ERROR(co_await EraseContacts(delivery.shop, erased.buyer(), request));
  co_return Effect::kNone;
}

Task<absl::Status> EventHandlers::EraseContacts(ShopId shop, std::string buyer,
                                                redis::Request request) {
  const auto key = co_await keys_.Find(shop, buyer);
  KEFU_CO_RETURN_IF_ERROR(key.status());
  const domain::EraseContact erase{*key == nullptr ? "" : (*key)->id};
  storage::Filter filter;
  filter.buyer = buyer;
  std::string position;
  do {
    auto page = co_await orders_.List(shop, filter, std::move(position), kErasePage);
    KEFU_CO_RETURN_IF_ERROR(page.status());
    for (const storage::Stored& stored : page->orders) {
      storage::OrderStore::Decide decide = [&erase](const domain::Order& now, TimePoint) {
        return absl::StatusOr<domain::Decision>(Apply(now, erase));
      };
      const auto updated = co_await orders_.Update(shop, stored.id, request, std::move(decide));
      KEFU_CO_RETURN_IF_ERROR(updated.status());
    }
    position = std::move(page->position);
  } while (!position.empty());
  co_return absl::OkStatus();
}

}  // namespace kefu::orders::rpc
