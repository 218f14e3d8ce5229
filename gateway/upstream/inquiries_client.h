// The gateway's way to inquiries: the methods of its services over server::Channels, and appends
// over a long-lived stream to each replica. Threads: any.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "gateway/upstream/append_link.h"
#include "gateway/upstream/appender.h"
#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "proto/kefu/inquiries/v1/service.grpc.pb.h"
#include "services/common/server/channels.h"

namespace kefu::gateway {

class InquiriesClient final : public Appender {
 public:
  using Conversations = inquiries::v1::ConversationService::StubInterface::async_interface;
  using EventLog = events::v1::EventLogService::StubInterface::async_interface;

  explicit InquiriesClient(std::vector<server::ChannelPtr> channels);

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

  // If the replica is not reachable or its stream breaks, once more to another.
  Task<absl::StatusOr<inquiries::v1::AppendResponse>> Append(
      server::CallScope scope, inquiries::v1::AppendRequest request) override;
  // Appends under way end with UNAVAILABLE. Before the loops are destroyed.
  void Stop();

  // At least one replica is connected.
  bool connected() const { return channels_.connected(); }

 private:
  server::Channels channels_;
  // One for each channel; the same as long as this lives.
  std::map<const grpc::Channel*, std::unique_ptr<AppendLink>> links_;
};

}  // namespace kefu::gateway
