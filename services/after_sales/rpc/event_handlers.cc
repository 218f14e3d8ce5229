#include "services/after_sales/rpc/event_handlers.h"

#include <utility>

#include "proto/kefu/inquiries/v1/events.pb.h"
#include "services/common/base/status.h"

namespace kefu::after_sales::rpc {

void EventHandlers::Register(events::Consumer& consumer) {
  consumer.On("inquiries", "com.kefu.buyer.erased.v1",
              [this](events::Delivery delivery) { return OnBuyerErased(std::move(delivery)); });
}

// Harmless to repeat, hence the cursor moves afterwards.
Task<absl::StatusOr<events::Effect>> EventHandlers::OnBuyerErased(events::Delivery delivery) {
  inquiries::v1::BuyerErased erased;
  if (!erased.ParseFromString(delivery.envelope.data())) {
    co_return Error(absl::StatusCode::kInvalidArgument, "BAD_EVENT",
                    "The event's data cannot be read as kefu.inquiries.v1.BuyerErased.");
  }
  KEFU_CO_RETURN_IF_ERROR(BuyerId::Parse(erased.buyer()));
  redis::Request request = delivery.request();
  KEFU_CO_RETURN_IF_ERROR(
      co_await cases_.EraseBuyer(delivery.shop, erased.buyer(), std::move(request)));
  co_return events::Effect::kNone;
}

}  // namespace kefu::after_sales::rpc
