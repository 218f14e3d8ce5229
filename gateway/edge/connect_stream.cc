#include "gateway/edge/connect_stream.h"

#include <utility>

namespace kefu::gateway {

Task<absl::Status> ConnectStream::Open() {
  const std::unique_ptr<HttpResponse> head = std::move(head_);
  co_return co_await exchange_.Begin(std::move(*head));
}

Task<absl::Status> ConnectStream::Write(std::vector<MessagePtr> frames) {
  std::string bytes;
  for (const MessagePtr& frame : frames) {
    absl::StatusOr<std::string> message = Encode(codec_, *frame);
    if (!message.ok()) co_return message.status();
    connect::AppendEnvelope(bytes, 0, *message);
  }
  // The frames may be all there is of a large catch-up: not kept while the socket is slow.
  frames.clear();
  if (bytes.empty()) co_return absl::OkStatus();
  co_return co_await exchange_.Send(std::move(bytes));
}

Task<> ConnectStream::Finish(absl::Status status) {
  std::string end;
  connect::AppendEnvelope(end, connect::kFlagEndStream, connect::EndStreamJson(status));
  if (head_ == nullptr) {
    co_await exchange_.End(std::move(end));
    co_return;
  }
  // Refused before it was open: head and end in one.
  head_->body = std::move(end);
  co_await exchange_.Respond(std::move(*head_));
}

}  // namespace kefu::gateway
