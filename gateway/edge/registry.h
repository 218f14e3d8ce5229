// The methods that can be called, with what their protos say about them and who handles them.
//
//   registry.Unary<SendRequest, SendResponse>("kefu.gateway.v1.BuyerService/SendMessage",
//       [this](CallContext context, SendRequest request) -> Task<absl::StatusOr<SendResponse>> { …
//       });
//
// Threads: registration before serving, look-ups from any thread. The registry outlives every call,
// for a handler's captures live in it.
#pragma once

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/auth/caller.h"
#include "services/common/base/task.h"

namespace kefu::gateway {

using MessagePtr = std::unique_ptr<google::protobuf::Message>;

// The client's end of a server stream. Used from the stream's own coroutine only.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  // Encodes and sends the frames in one write; returns when the socket took them. CANCELLED if the
  // client is gone.
  virtual Task<absl::Status> Write(std::vector<MessagePtr> frames) = 0;
  // Called once, on the stream's executor, when the client went away or the server wants to stop;
  // never after the handler has returned. Called soon if that was so already. Null forgets it.
  virtual void OnGone(std::function<void()> callback) = 0;
};

struct Method {
  std::string path;  // "package.Service/Method"
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  MethodPolicy policy;
  const google::protobuf::Message* request_prototype = nullptr;
  // Its requests may be so large although others may not; 0: as all others.
  uint64_t max_body_bytes = 0;
  // The request's `request_id`, or null if it has none.
  const google::protobuf::FieldDescriptor* request_id = nullptr;
  // Exactly one of the two is set.
  std::function<Task<absl::StatusOr<MessagePtr>>(CallContext, MessagePtr)> unary;
  std::function<Task<absl::Status>(CallContext, MessagePtr, StreamWriter&)> stream;
};

class Registry {
 public:
  template <class Request, class Response>
  void Unary(std::string_view path,
             std::function<Task<absl::StatusOr<Response>>(CallContext, Request)> handler) {
    Add(path, Request::default_instance(), Response::descriptor()).unary =
        [handler = std::move(handler)](CallContext context,
                                       MessagePtr request) -> Task<absl::StatusOr<MessagePtr>> {
      Request& typed = static_cast<Request&>(*request);
      absl::StatusOr<Response> response = co_await handler(std::move(context), std::move(typed));
      if (!response.ok()) co_return response.status();
      co_return std::make_unique<Response>(std::move(*response));
    };
  }

  // Frames written must be of the method's response type.
  template <class Request>
  void Stream(std::string_view path,
              std::function<Task<absl::Status>(CallContext, Request, StreamWriter&)> handler) {
    // Not a coroutine of its own: streams live long, and every frame is memory.
    Add(path, Request::default_instance(), nullptr).stream =
        [handler = std::move(handler)](CallContext context, MessagePtr request,
                                       StreamWriter& writer) {
          Request& typed = static_cast<Request&>(*request);
          return handler(std::move(context), std::move(typed), writer);
        };
  }

  // Types as the proto names them, made by the generated factory: for methods that are handed on.
  using AnyHandler = std::function<Task<absl::StatusOr<MessagePtr>>(CallContext, MessagePtr)>;
  void AnyUnary(std::string_view path, AnyHandler handler, uint64_t max_body_bytes = 0);

  // Null if there is no such method.
  const Method* Find(std::string_view path) const;
  // The methods of the given services ("kefu.gateway.v1.BuyerService") that have no handler; a
  // service that no proto declares is named as a whole. Must be empty at start.
  std::vector<std::string> Missing(const std::vector<std::string>& services) const;
  const std::map<std::string, Method, std::less<>>& methods() const { return methods_; }
  // Of all methods' bounds of their own.
  uint64_t LargestBody() const;

 private:
  // Looks up descriptor and policy; a path or type that does not fit the proto is a bug and ends
  // the process.
  Method& Add(std::string_view path, const google::protobuf::Message& request,
              const google::protobuf::Descriptor* response);
  std::map<std::string, Method, std::less<>> methods_;
};

}  // namespace kefu::gateway
