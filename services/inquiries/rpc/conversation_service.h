// ConversationService over gRPC: reads the request, checks it, has the store do it, writes the
// response. No decision is made here. Threads: gRPC calls the methods from its own threads; each
// call runs as a coroutine on one of `io`'s loops.
#pragma once

#include "proto/kefu/inquiries/v1/service.grpc.pb.h"
#include "services/common/server/io_threads.h"
#include "services/common/server/unary.h"
#include "services/inquiries/rpc/append_stream.h"
#include "services/inquiries/storage/conversation_reader.h"
#include "services/inquiries/storage/conversation_writer.h"

namespace kefu::inquiries::rpc {

class ConversationServiceImpl final : public v1::ConversationService::CallbackService {
 public:
  ConversationServiceImpl(server::IoThreads& io, storage::ConversationWriter& writer,
                          storage::ConversationReader& reader);

  template <class Request, class Response>
  using Handler = Task<absl::Status> (ConversationServiceImpl::*)(server::CallScope, const Request&,
                                                                  Response&);

  grpc::ServerUnaryReactor* OpenInquiry(grpc::CallbackServerContext* context,
                                        const v1::OpenInquiryRequest* request,
                                        v1::OpenInquiryResponse* response) override;
  grpc::ServerUnaryReactor* Append(grpc::CallbackServerContext* context,
                                   const v1::AppendRequest* request,
                                   v1::AppendResponse* response) override;
  grpc::ServerBidiReactor<v1::AppendStreamRequest, v1::AppendStreamResponse>* AppendStream(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* ListEntries(grpc::CallbackServerContext* context,
                                        const v1::ListEntriesRequest* request,
                                        v1::ListEntriesResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetHeads(grpc::CallbackServerContext* context,
                                          const v1::BatchGetHeadsRequest* request,
                                          v1::BatchGetHeadsResponse* response) override;
  grpc::ServerUnaryReactor* MoveMarks(grpc::CallbackServerContext* context,
                                      const v1::MoveMarksRequest* request,
                                      v1::MoveMarksResponse* response) override;
  grpc::ServerUnaryReactor* RaiseFence(grpc::CallbackServerContext* context,
                                       const v1::RaiseFenceRequest* request,
                                       v1::RaiseFenceResponse* response) override;
  grpc::ServerUnaryReactor* CloseInquiry(grpc::CallbackServerContext* context,
                                         const v1::CloseInquiryRequest* request,
                                         v1::CloseInquiryResponse* response) override;
  grpc::ServerUnaryReactor* ReopenInquiry(grpc::CallbackServerContext* context,
                                          const v1::ReopenInquiryRequest* request,
                                          v1::ReopenInquiryResponse* response) override;
  grpc::ServerUnaryReactor* GetConversation(grpc::CallbackServerContext* context,
                                            const v1::GetConversationRequest* request,
                                            v1::Conversation* response) override;
  grpc::ServerUnaryReactor* ListInquiries(grpc::CallbackServerContext* context,
                                          const v1::ListInquiriesRequest* request,
                                          v1::ListInquiriesResponse* response) override;
  grpc::ServerUnaryReactor* LinkConversation(grpc::CallbackServerContext* context,
                                             const v1::LinkConversationRequest* request,
                                             v1::LinkConversationResponse* response) override;
  grpc::ServerUnaryReactor* EraseBuyer(grpc::CallbackServerContext* context,
                                       const v1::EraseBuyerRequest* request,
                                       v1::EraseBuyerResponse* response) override;

  // Before the server is drained, which waits for streams.
  void EndStreams() { append_streams_.End(); }

 private:
  template <class Request, class Response>
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context,
                                  Handler<Request, Response> handler, const Request* request,
                                  Response* response) {
    return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
      return (this->*handler)(std::move(scope), *request, *response);
    });
  }

  // The request and the response outlive the coroutine (server/unary.h).
  Task<absl::Status> DoOpen(server::CallScope scope, const v1::OpenInquiryRequest& request,
                            v1::OpenInquiryResponse& response);
  Task<absl::Status> DoAppend(server::CallScope scope, const v1::AppendRequest& request,
                              v1::AppendResponse& response);
  Task<absl::Status> DoListEntries(server::CallScope scope, const v1::ListEntriesRequest& request,
                                   v1::ListEntriesResponse& response);
  Task<absl::Status> DoBatchGetHeads(server::CallScope scope,
                                     const v1::BatchGetHeadsRequest& request,
                                     v1::BatchGetHeadsResponse& response);
  Task<absl::Status> DoMoveMarks(server::CallScope scope, const v1::MoveMarksRequest& request,
                                 v1::MoveMarksResponse& response);
  Task<absl::Status> DoRaiseFence(server::CallScope scope, const v1::RaiseFenceRequest& request,
                                  v1::RaiseFenceResponse& response);
  Task<absl::Status> DoClose(server::CallScope scope, const v1::CloseInquiryRequest& request,
                             v1::CloseInquiryResponse& response);
  Task<absl::Status> DoReopen(server::CallScope scope, const v1::ReopenInquiryRequest& request,
                              v1::ReopenInquiryResponse& response);
  Task<absl::Status> DoGetConversation(server::CallScope scope,
                                       const v1::GetConversationRequest& request,
                                       v1::Conversation& response);
  Task<absl::Status> DoListInquiries(server::CallScope scope,
                                     const v1::ListInquiriesRequest& request,
                                     v1::ListInquiriesResponse& response);
  Task<absl::Status> DoLink(server::CallScope scope, const v1::LinkConversationRequest& request,
                            v1::LinkConversationResponse& response);
  Task<absl::Status> DoErase(server::CallScope scope, const v1::EraseBuyerRequest& request,
                             v1::EraseBuyerResponse& response);
  Task<absl::Status> AnswerOpened(ShopId shop, BuyerId buyer,
                                  storage::ConversationWriter::Opened opened,
                                  storage::Deadline deadline, v1::OpenInquiryResponse& response);

  server::IoThreads& io_;
  storage::ConversationWriter& writer_;
  storage::ConversationReader& reader_;
  AppendStreams append_streams_;
};

}  // namespace kefu::inquiries::rpc
