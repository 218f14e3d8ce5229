#include "gateway/upstream/order_buyers.h"

#include <utility>

#include "proto/kefu/orders/v1/service.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

Task<absl::Status> NameBuyers(BuyerOfExternalId buyer_of, CallContext context,
                              orders::v1::UpsertOrdersRequest& request) {
  for (orders::v1::OrderInput& order : *request.mutable_orders()) {
    if (order.buyer_external_id().empty() || !order.buyer().empty()) continue;
    absl::StatusOr<BuyerId> buyer = co_await buyer_of(context.shop(), order.buyer_external_id());
    if (absl::IsInvalidArgument(buyer.status())) continue;
    if (!buyer.ok()) co_return buyer.status();
    order.set_buyer(buyer->str());
    order.clear_buyer_external_id();
  }
  co_return absl::OkStatus();
}

}  // namespace

Forwarder::Hook NameBuyersOfOrders(BuyerOfExternalId buyer_of) {
  return [buyer_of = std::move(buyer_of)](CallContext context, google::protobuf::Message& request) {
    return NameBuyers(buyer_of, std::move(context),
                      static_cast<orders::v1::UpsertOrdersRequest&>(request));
  };
}

}  // namespace kefu::gateway
