// The gateway's way to inquiries: every method as a coroutine over gRPC channels, one per replica.
//
// Threads: any. A call goes to the next replica in turn, connected ones first; if that one is not
// reachable, once more to another, which is safe since every write at inquiries is idempotent by
// its request id, fence or value.
#pragma once

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "gateway/upstream/appender.h"
#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "proto/kefu/inquiries/v1/service.grpc.pb.h"
#include "services/common/server/unary.h"

namespace kefu::gateway {

class InquiriesClient final : public Appender {
 public:
  using Conversations = inquiries::v1::ConversationService::StubInterface::async_interface;
  using EventLog = events::v1::EventLogService::StubInterface::async_interface;

  explicit InquiriesClient(const std::vector<std::shared_ptr<grpc::Channel>>& channels);

  // co_await client.Call(&InquiriesClient::Conversations::CloseInquiry, scope, request)
  template <class Request, class Response>
  Task<absl::StatusOr<Response>> Call(
      void (Conversations::*method)(grpc::ClientContext*, const Request*, Response*,
                                    std::function<void(grpc::Status)>),
      server::CallScope scope, Request request) {
    return Attempt<Conversations, Request, Response>(method, std::move(scope), std::move(request));
  }
  template <class Request, class Response>
  Task<absl::StatusOr<Response>> Call(void (EventLog::*method)(grpc::ClientContext*, const Request*,
                                                               Response*,
                                                               std::function<void(grpc::Status)>),
                                      server::CallScope scope, Request request) {
    return Attempt<EventLog, Request, Response>(method, std::move(scope), std::move(request));
  }

  Task<absl::StatusOr<inquiries::v1::AppendResponse>> Append(
      server::CallScope scope, inquiries::v1::AppendRequest request) override;

  // At least one replica is connected.
  bool connected() const;

 private:
  struct Replica {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<inquiries::v1::ConversationService::Stub> conversations;
    std::unique_ptr<events::v1::EventLogService::Stub> event_log;
  };

  const Replica& Pick();
  static Conversations* Async(const Replica& replica, Conversations*) {
    return static_cast<inquiries::v1::ConversationService::StubInterface&>(*replica.conversations)
        .async();
  }
  static EventLog* Async(const Replica& replica, EventLog*) {
    return static_cast<events::v1::EventLogService::StubInterface&>(*replica.event_log).async();
  }

  template <class Stub, class Request, class Response>
  Task<absl::StatusOr<Response>> Attempt(void (Stub::*method)(grpc::ClientContext*, const Request*,
                                                              Response*,
                                                              std::function<void(grpc::Status)>),
                                         server::CallScope scope, Request request) {
    constexpr int kAttempts = 2;
    absl::Status status;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Response response;
      Stub* stub = Async(Pick(), static_cast<Stub*>(nullptr));
      status = co_await server::CallUnary(stub, method, scope, request, &response);
      if (status.ok()) co_return response;
      if (status.code() != absl::StatusCode::kUnavailable || scope.remaining_ms() <= 0) break;
    }
    co_return status;
  }

  std::vector<Replica> replicas_;
  std::atomic<size_t> next_{0};
};

// A channel as the gateway wants it: quick to reconnect, kept alive.
std::shared_ptr<grpc::Channel> NewServiceChannel(const std::string& address);

}  // namespace kefu::gateway
