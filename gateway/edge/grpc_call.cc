#include "gateway/edge/grpc_call.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/server/unary.h"

namespace kefu::gateway {

GrpcCall::GrpcCall(grpc::GenericCallbackServerContext& context, Executor executor,
                   std::function<void(GrpcCall*)> on_done)
    : context_(context),
      executor_(executor),
      on_done_(std::move(on_done)),
      gone_(std::make_shared<GoneSignal>(executor)) {}

std::string_view GrpcCall::path() const {
  std::string_view path = context_.method();
  if (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

std::string GrpcCall::Metadata(std::string_view key) const {
  std::string joined;
  const auto values =
      context_.client_metadata().equal_range(grpc::string_ref(key.data(), key.size()));
  for (auto value = values.first; value != values.second; ++value) {
    if (!joined.empty()) joined += ", ";
    joined.append(value->second.data(), value->second.size());
  }
  return joined;
}

std::optional<int64_t> GrpcCall::timeout_ms() const {
  const auto deadline = context_.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return std::nullopt;
  const auto left = deadline - std::chrono::system_clock::now();
  return std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
}

void GrpcCall::AddHeader(const std::string& key, const std::string& value) {
  context_.AddInitialMetadata(key, value);
}

Task<bool> GrpcCall::Read(grpc::ByteBuffer* message, int64_t bound_ms) {
  return Operation(bound_ms, [this, message] { StartRead(message); });
}

Task<bool> GrpcCall::SendHead(int64_t bound_ms) {
  return Operation(bound_ms, [this] { StartSendInitialMetadata(); });
}

Task<bool> GrpcCall::Write(const grpc::ByteBuffer* message, int64_t bound_ms) {
  return Operation(bound_ms, [this, message] { StartWrite(message); });
}

void GrpcCall::Finish(const absl::Status& status) {
  gone_->Set(nullptr);
  grpc::ServerGenericBidiReactor::Finish(server::ToGrpcStatus(status));
}

void GrpcCall::FinishWith(grpc::ByteBuffer message) {
  gone_->Set(nullptr);
  last_ = std::move(message);
  StartWriteAndFinish(&last_, grpc::WriteOptions(), grpc::Status::OK);
}

void GrpcCall::Tell() {
  boost::asio::post(executor_, [gone = gone_] { gone->Fire(); });
}

void GrpcCall::OnDone() { on_done_(this); }

Task<bool> GrpcCall::Operation(int64_t bound_ms, std::function<void()> begin) {
  // Both run on the executor: when the timer fires, either the operation is pending and the context
  // is there, or this says otherwise.
  auto pending = std::make_shared<bool>(true);
  Timer timer(executor_);
  timer.expires_after(std::chrono::milliseconds(bound_ms));
  timer.async_wait([pending, context = &context_](boost::system::error_code error) {
    if (!error && *pending) context->TryCancel();
  });
  const bool ok = co_await AwaitCallback<bool>([&](std::function<void(bool)> done) {
    resume_ = std::move(done);
    begin();
  });
  *pending = false;
  co_return ok;
}

void GrpcCall::Resume(bool ok) { std::exchange(resume_, nullptr)(ok); }

}  // namespace kefu::gateway
