// The gateway's way to inquiries: the methods of its services over server::Channels. Threads: any.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <utility>
#include <vector>

#include "gateway/upstream/appender.h"
#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "proto/kefu/inquiries/v1/service.grpc.pb.h"
#include "services/common/server/channels.h"

namespace kefu::gateway {

class InquiriesClient final : public Appender {
 public:
  using Conversations = inquiries::v1::ConversationService::StubInterface::async_interface;
  using EventLog = events::v1::EventLogService::StubInterface::async_interface;

  explicit InquiriesClient(std::vector<server::ChannelPtr> channels)
      : channels_(std::move(channels)) {}

  // co_await client.Call(&InquiriesClient::Conversations::CloseInquiry, scope, request)
  template <class Request, class Response>
  Task<absl::StatusOr<Response>> Call(
      void (Conversations::*method)(grpc::ClientContext*, const Request*, Response*,
                                    std::function<void(grpc::Status)>),
      server::CallScope scope, Request request) {
    return channels_.Call<inquiries::v1::ConversationService>(method, std::move(scope),
                                                              std::move(request));
  }
  template <class Request, class Response>
  Task<absl::StatusOr<Response>> Call(void (EventLog::*method)(grpc::ClientContext*, const Request*,
                                                               Response*,
                                                               std::function<void(grpc::Status)>),
                                      server::CallScope scope, Request request) {
    return channels_.Call<events::v1::EventLogService>(method, std::move(scope),
                                                       std::move(request));
  }

  Task<absl::StatusOr<inquiries::v1::AppendResponse>> Append(
      server::CallScope scope, inquiries::v1::AppendRequest request) override;

  // At least one replica is connected.
  bool connected() const { return channels_.connected(); }

 private:
  server::Channels channels_;
};

}  // namespace kefu::gateway
