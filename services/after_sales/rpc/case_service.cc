#include "services/after_sales/rpc/case_service.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace kefu::after_sales::rpc {
namespace {

using OrderStub = orders::v1::OrderService::StubInterface::async_interface;

constexpr uint32_t kDefaultPageSize = 20;
constexpr uint32_t kMaxPageSize = 100;

}  // namespace

Task<absl::Status> CaseServiceImpl::DoMove(Caller caller, domain::Command command, v1::Case* out) {
  KEFU_CO_ASSIGN_OR_RETURN(
      v1::Case one, co_await store_.Do(caller.shop, std::move(caller.request), std::move(command)));
  *out = ShownTo(caller.actor, std::move(one));
  co_return absl::OkStatus();
}

grpc::ServerUnaryReactor* CaseServiceImpl::OpenCase(Context* context,
                                                    const v1::OpenCaseRequest* request,
                                                    v1::OpenCaseResponse* response) {
  return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
    return DoOpen(std::move(scope), *request, *response);
  });
}

Task<absl::Status> CaseServiceImpl::DoOpen(server::CallScope scope,
                                           const v1::OpenCaseRequest& request,
                                           v1::OpenCaseResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(Caller caller, ReadCaller(scope, request));
  KEFU_CO_ASSIGN_OR_RETURN(const OrderId order, OrderId::Parse(request.order()));
  KEFU_CO_ASSIGN_OR_RETURN(domain::Open open, ReadOpen(request));
  // First, so that a repeated call is answered whatever became of the order.
  KEFU_CO_ASSIGN_OR_RETURN(std::optional<v1::Case> one,
                           co_await store_.FindOpened(caller.shop, order, caller.request));
  if (!one) {
    KEFU_CO_ASSIGN_OR_RETURN(open.order, co_await ReadOrder(std::move(scope), caller, order));
    KEFU_CO_ASSIGN_OR_RETURN(
        one, co_await store_.Open(caller.shop, order, std::move(caller.request), std::move(open),
                                  caller.actor, request.note()));
  }
  *response.mutable_case_() = ShownTo(caller.actor, *std::move(one));
  co_return absl::OkStatus();
}

Task<absl::StatusOr<domain::OrderFacts>> CaseServiceImpl::ReadOrder(server::CallScope scope,
                                                                    Caller caller, OrderId order) {
  if (orders_.empty()) {
    co_return Error(absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE",
                    "The orders service is not reachable; retry with the same request_id.");
  }
  orders::v1::GetOrderRequest request;
  request.set_shop(caller.shop.str());
  request.mutable_actor()->set_role(static_cast<Role>(caller.actor.role));
  request.mutable_actor()->set_id(caller.actor.id);
  request.set_order(order.str());
  KEFU_CO_ASSIGN_OR_RETURN(
      const orders::v1::Order read,
      (co_await orders_
           .Call<orders::v1::OrderService, orders::v1::GetOrderRequest, orders::v1::Order>(
               &OrderStub::GetOrder, std::move(scope), std::move(request))));
  domain::OrderFacts facts = FactsOf(read);
  if (caller.actor.role == domain::Role::kBuyer && facts.buyer != caller.actor.id) {
    co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_ORDER", "There is no such order.");
  }
  co_return facts;
}

grpc::ServerUnaryReactor* CaseServiceImpl::GetCase(Context* context,
                                                   const v1::GetCaseRequest* request,
                                                   v1::Case* response) {
  return server::Unary(context, io_.Next(),
                       [=, this](server::CallScope) { return DoGet(*request, *response); });
}

Task<absl::Status> CaseServiceImpl::DoGet(const v1::GetCaseRequest& request, v1::Case& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const domain::Actor actor, ReadActor(request.actor()));
  KEFU_CO_ASSIGN_OR_RETURN(const CaseId id, CaseId::Parse(request.case_()));
  KEFU_CO_ASSIGN_OR_RETURN(v1::Case one, co_await store_.Get(shop, id, actor));
  response = ShownTo(actor, std::move(one));
  co_return absl::OkStatus();
}

grpc::ServerUnaryReactor* CaseServiceImpl::ListCases(Context* context,
                                                     const v1::ListCasesRequest* request,
                                                     v1::ListCasesResponse* response) {
  return server::Unary(context, io_.Next(),
                       [=, this](server::CallScope) { return DoList(*request, *response); });
}

Task<absl::Status> CaseServiceImpl::DoList(const v1::ListCasesRequest& request,
                                           v1::ListCasesResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const domain::Actor actor, ReadActor(request.actor()));
  KEFU_CO_ASSIGN_OR_RETURN(storage::CaseList::Filter filter, ReadFilter(request, actor));
  const uint32_t wanted = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  KEFU_CO_ASSIGN_OR_RETURN(
      storage::CaseList::Page page,
      co_await list_.List(shop, std::move(filter), std::min(wanted, kMaxPageSize),
                          request.page_token()));
  for (v1::Case& one : page.cases) *response.add_cases() = ShownTo(actor, std::move(one));
  response.set_next_page_token(page.next_page_token);
  co_return absl::OkStatus();
}

}  // namespace kefu::after_sales::rpc
