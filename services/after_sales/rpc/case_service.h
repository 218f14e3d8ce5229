// CaseService over gRPC: reads the request, has the store do it, shows the case as its caller may
// see it. The fourteen methods that move a case differ in ActionOf only (convert.h).
//
// A case is opened on what the orders service says of the order at that time. If it is not
// reachable the call is UNAVAILABLE and nothing is written.
// Threads: gRPC calls the methods from its own threads; each call runs as a coroutine on one of
// `io`'s loops. What is given to the constructor outlives it.
#pragma once

#include <string>
#include <vector>

#include "proto/kefu/after_sales/v1/service.grpc.pb.h"
#include "proto/kefu/orders/v1/service.grpc.pb.h"
#include "services/after_sales/rpc/convert.h"
#include "services/after_sales/storage/case_list.h"
#include "services/after_sales/storage/case_store.h"
#include "services/common/base/status.h"
#include "services/common/seal/owner_keys.h"
#include "services/common/server/channels.h"
#include "services/common/server/io_threads.h"
#include "services/common/server/unary.h"

namespace kefu::after_sales::rpc {

class CaseServiceImpl final : public v1::CaseService::CallbackService {
 public:
  CaseServiceImpl(server::IoThreads& io, storage::CaseStore& store, storage::CaseList& list,
                  const seal::OwnerKeys& keys, std::vector<server::ChannelPtr> orders)
      : io_(io), store_(store), list_(list), keys_(keys), orders_(std::move(orders)) {}

  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  Reactor* RequestInformation(Context* context, const v1::RequestInformationRequest* request,
                              v1::RequestInformationResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* AmendCase(Context* context, const v1::AmendCaseRequest* request,
                     v1::AmendCaseResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* ApproveCase(Context* context, const v1::ApproveCaseRequest* request,
                       v1::ApproveCaseResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* RejectCase(Context* context, const v1::RejectCaseRequest* request,
                      v1::RejectCaseResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* ReportReturn(Context* context, const v1::ReportReturnRequest* request,
                        v1::ReportReturnResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* ReceiveReturn(Context* context, const v1::ReceiveReturnRequest* request,
                         v1::ReceiveReturnResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* InspectReturn(Context* context, const v1::InspectReturnRequest* request,
                         v1::InspectReturnResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* RefundCase(Context* context, const v1::RefundCaseRequest* request,
                      v1::RefundCaseResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* SettleRefund(Context* context, const v1::SettleRefundRequest* request,
                        v1::SettleRefundResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* AcceptExchange(Context* context, const v1::AcceptExchangeRequest* request,
                          v1::AcceptExchangeResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* ShipReplacement(Context* context, const v1::ShipReplacementRequest* request,
                           v1::ShipReplacementResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* CompleteCase(Context* context, const v1::CompleteCaseRequest* request,
                        v1::CompleteCaseResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* EscalateCase(Context* context, const v1::EscalateCaseRequest* request,
                        v1::EscalateCaseResponse* response) override {
    return Move(context, request, response);
  }
  Reactor* CloseCase(Context* context, const v1::CloseCaseRequest* request,
                     v1::CloseCaseResponse* response) override {
    return Move(context, request, response);
  }

  Reactor* OpenCase(Context* context, const v1::OpenCaseRequest* request,
                    v1::OpenCaseResponse* response) override;
  Reactor* GetCase(Context* context, const v1::GetCaseRequest* request,
                   v1::Case* response) override;
  Reactor* ListCases(Context* context, const v1::ListCasesRequest* request,
                     v1::ListCasesResponse* response) override;

 private:
  // Who writes, where, and under which request.
  struct Caller {
    ShopId shop;
    domain::Actor actor;
    redis::Request request;
  };
  template <class Request>
  absl::StatusOr<Caller> ReadCaller(const server::CallScope& scope, const Request& request) const;
  template <class Request>
  std::string PayloadHash(const Request& request) const;
  template <class Request, class Response>
  Reactor* Move(Context* context, const Request* request, Response* response);

  Task<absl::Status> DoMove(Caller caller, domain::Command command, v1::Case* out);
  // The request and the response outlive the coroutine (server/unary.h).
  Task<absl::Status> DoOpen(server::CallScope scope, const v1::OpenCaseRequest& request,
                            v1::OpenCaseResponse& response);
  Task<absl::Status> DoGet(const v1::GetCaseRequest& request, v1::Case& response);
  Task<absl::Status> DoList(const v1::ListCasesRequest& request, v1::ListCasesResponse& response);
  // The order as its service shows it to the actor.
  Task<absl::StatusOr<domain::OrderFacts>> ReadOrder(server::CallScope scope, Caller caller,
                                                     OrderId order);

  server::IoThreads& io_;
  storage::CaseStore& store_;
  storage::CaseList& list_;
  const seal::OwnerKeys& keys_;
  server::Channels orders_;
};

template <class Request>
absl::StatusOr<CaseServiceImpl::Caller> CaseServiceImpl::ReadCaller(const server::CallScope& scope,
                                                                    const Request& request) const {
  KEFU_ASSIGN_OR_RETURN(ShopId shop, ShopId::Parse(request.shop()));
  KEFU_ASSIGN_OR_RETURN(domain::Actor actor, ReadActor(request.actor()));
  KEFU_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  return Caller{
      std::move(shop), std::move(actor),
      redis::Request{request.request_id(), PayloadHash(request), scope.trace.traceparent}};
}

// The same request of another method is another request. The hash stays with the order for longer
// than a buyer may: nobody can find a note by it who does not have the master key.
template <class Request>
std::string CaseServiceImpl::PayloadHash(const Request& request) const {
  Request rest = request;
  rest.clear_note();
  const std::string note = request.note().empty() ? "" : keys_.Fingerprint(request.note());
  return DeriveToken(request.GetTypeName(), rest.SerializeAsString() + note);
}

template <class Request, class Response>
grpc::ServerUnaryReactor* CaseServiceImpl::Move(Context* context, const Request* request,
                                                Response* response) {
  return server::Unary(
      context, io_.Next(), [=, this](server::CallScope scope) -> Task<absl::Status> {
        KEFU_CO_ASSIGN_OR_RETURN(Caller caller, ReadCaller(scope, *request));
        KEFU_CO_ASSIGN_OR_RETURN(CaseId target, CaseId::Parse(request->case_()));
        domain::Command command{.target = std::move(target),
                                .actor = caller.actor,
                                .note = request->note(),
                                .etag = request->etag(),
                                .action = ActionOf(*request)};
        co_return co_await DoMove(std::move(caller), std::move(command), response->mutable_case_());
      });
}

}  // namespace kefu::after_sales::rpc
