#include "services/orders/rpc/order_service.h"

#include <algorithm>
#include <utility>

#include "services/common/base/page_token.h"
#include "services/common/base/parcel.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"
#include "services/common/base/text.h"
#include "services/orders/domain/input.h"
#include "services/orders/storage/records.h"

namespace kefu::orders::rpc {
namespace {

constexpr int kMaxOrders = 100;
constexpr uint32_t kDefaultPageSize = 20;
constexpr uint32_t kMaxPageSize = 100;
constexpr size_t kMaxPurpose = 200;
constexpr size_t kMaxNumber = 64;

absl::Status NoSuchOrder() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_ORDER",
               "There is no such order; check its id.");
}

bool IsBuyer(const common::v1::Actor& actor) { return actor.role() == ROLE_BUYER; }

bool IsTail(std::string_view text) {
  return text.size() == 4 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

absl::Status ReadFind(const v1::ListOrdersRequest& request, storage::Filter* filter) {
  switch (request.find_case()) {
    case v1::ListOrdersRequest::kNumber:
      filter->number = request.number();
      return CheckRequiredText("number", filter->number, kMaxNumber);
    case v1::ListOrdersRequest::kPhoneTail:
      filter->phone_tail = request.phone_tail();
      if (IsTail(filter->phone_tail)) return absl::OkStatus();
      return InvalidField("phone_tail", "must be the last four digits");
    case v1::ListOrdersRequest::kTrackingNumber: {
      KEFU_ASSIGN_OR_RETURN(filter->tracking_number,
                            NormalTrackingNumber("tracking_number", request.tracking_number()));
      return absl::OkStatus();
    }
    case v1::ListOrdersRequest::FIND_NOT_SET:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::StatusOr<storage::Filter> ToFilter(const v1::ListOrdersRequest& request) {
  storage::Filter filter;
  filter.buyer = IsBuyer(request.actor()) ? request.actor().id() : request.buyer();
  // A buyer without an id would otherwise be one who sees everything.
  if (IsBuyer(request.actor()) || !filter.buyer.empty())
    KEFU_RETURN_IF_ERROR(BuyerId::Parse(filter.buyer));
  KEFU_RETURN_IF_ERROR(ReadFind(request, &filter));
  if (!v1::Order::State_IsValid(request.state()))
    return InvalidField("state", "is not a value that this release knows");
  if (request.state() != v1::Order::STATE_UNSPECIFIED)
    filter.state = static_cast<domain::State>(request.state());
  return filter;
}

std::string QueryOf(const ShopId& shop, const storage::Filter& filter) {
  return page_token::Query({"orders", shop.str(), filter.buyer, filter.number, filter.phone_tail,
                            filter.tracking_number, filter.state ? Name(*filter.state) : ""});
}

}  // namespace

OrderServiceImpl::OrderServiceImpl(server::IoThreads& io, storage::OrderStore& orders,
                                   seal::OwnerKeys& keys, Upserts& upserts,
                                   metrics::Metrics& metrics)
    : io_(io),
      orders_(orders),
      keys_(keys),
      upserts_(upserts),
      unmasked_(metrics.AddCounter("kefu_orders_unmasked_total", "Contacts shown unmasked.")) {}

Task<absl::Status> OrderServiceImpl::DoUpsert(server::CallScope scope,
                                              const v1::UpsertOrdersRequest& request,
                                              v1::UpsertOrdersResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  if (request.orders_size() < 1 || request.orders_size() > kMaxOrders)
    co_return InvalidField("orders", "must have 1 to 100 elements");
  std::vector<v1::OrderInput> orders(request.orders().begin(), request.orders().end());
  auto results = co_await upserts_.UpsertAll(shop, std::move(orders), scope.trace.traceparent);
  KEFU_CO_RETURN_IF_ERROR(results.status());
  for (v1::UpsertResult& result : *results) *response.add_results() = std::move(result);
  co_return absl::OkStatus();
}

Task<absl::StatusOr<storage::Stored>> OrderServiceImpl::Find(ShopId shop,
                                                             const common::v1::Actor& actor,
                                                             const std::string& order) {
  KEFU_CO_ASSIGN_OR_RETURN(OrderId id, OrderId::Parse(order));
  auto stored = co_await orders_.Get(std::move(shop), std::move(id));
  KEFU_CO_RETURN_IF_ERROR(stored.status());
  const bool own = !IsBuyer(actor) || (!actor.id().empty() && stored->order.buyer == actor.id());
  if (!stored->order.known || !own) co_return NoSuchOrder();
  co_return stored;
}

Task<absl::Status> OrderServiceImpl::DoGet(const v1::GetOrderRequest& request,
                                           v1::Order& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  const auto stored = co_await Find(shop, request.actor(), request.order());
  KEFU_CO_RETURN_IF_ERROR(stored.status());
  response = storage::Show(stored->id, stored->order, stored->version);
  co_return absl::OkStatus();
}

Task<absl::Status> OrderServiceImpl::DoList(const v1::ListOrdersRequest& request,
                                            v1::ListOrdersResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const storage::Filter filter, ToFilter(request));
  const std::string query = QueryOf(shop, filter);
  KEFU_CO_ASSIGN_OR_RETURN(std::string position, page_token::Decode(query, request.page_token()));
  const uint32_t size = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  auto page =
      co_await orders_.List(shop, filter, std::move(position), std::min(size, kMaxPageSize));
  KEFU_CO_RETURN_IF_ERROR(page.status());
  for (const storage::Stored& stored : page->orders)
    *response.add_orders() = storage::Show(stored.id, stored.order, stored.version);
  if (!page->position.empty())
    response.set_next_page_token(page_token::Encode(query, page->position));
  co_return absl::OkStatus();
}

Task<absl::Status> OrderServiceImpl::DoUnmask(const v1::UnmaskContactRequest& request,
                                              v1::UnmaskContactResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  KEFU_CO_RETURN_IF_ERROR(CheckRequiredText("purpose", request.purpose(), kMaxPurpose));
  const auto stored = co_await Find(shop, request.actor(), request.order());
  KEFU_CO_RETURN_IF_ERROR(stored.status());
  const absl::Status erased =
      Error(absl::StatusCode::kFailedPrecondition, "CONTACT_ERASED",
            "The contact was erased with the buyer's personal data; it cannot be had back.");
  if (stored->order.contact_erased) co_return erased;
  response.mutable_contact();
  if (!stored->order.contact) co_return absl::OkStatus();
  const domain::Contact& contact = *stored->order.contact;
  const auto key = co_await keys_.Find(shop, contact.key_owner);
  KEFU_CO_RETURN_IF_ERROR(key.status());
  // The masks go a moment after the key.
  if (*key == nullptr || (*key)->id != contact.key) co_return erased;
  KEFU_CO_ASSIGN_OR_RETURN(const std::string plain,
                           seal::Unseal((*key)->secret, contact.sealed, stored->id.str()));
  if (!response.mutable_contact()->ParseFromString(plain)) co_return BadRecord("contact");
  unmasked_.Increment();
  co_return absl::OkStatus();
}

grpc::ServerUnaryReactor* OrderServiceImpl::UpsertOrders(grpc::CallbackServerContext* context,
                                                         const v1::UpsertOrdersRequest* request,
                                                         v1::UpsertOrdersResponse* response) {
  return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
    return DoUpsert(std::move(scope), *request, *response);
  });
}

grpc::ServerUnaryReactor* OrderServiceImpl::GetOrder(grpc::CallbackServerContext* context,
                                                     const v1::GetOrderRequest* request,
                                                     v1::Order* response) {
  return server::Unary(context, io_.Next(),
                       [=, this](server::CallScope) { return DoGet(*request, *response); });
}

grpc::ServerUnaryReactor* OrderServiceImpl::ListOrders(grpc::CallbackServerContext* context,
                                                       const v1::ListOrdersRequest* request,
                                                       v1::ListOrdersResponse* response) {
  return server::Unary(context, io_.Next(),
                       [=, this](server::CallScope) { return DoList(*request, *response); });
}

grpc::ServerUnaryReactor* OrderServiceImpl::UnmaskContact(grpc::CallbackServerContext* context,
                                                          const v1::UnmaskContactRequest* request,
                                                          v1::UnmaskContactResponse* response) {
  return server::Unary(context, io_.Next(),
                       [=, this](server::CallScope) { return DoUnmask(*request, *response); });
}

}  // namespace kefu::orders::rpc
