// A server stream of the Connect protocol: enveloped messages over one HTTP response.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/edge/connect_protocol.h"
#include "gateway/edge/dispatcher.h"
#include "gateway/edge/exchange.h"

namespace kefu::gateway {

// Lives as long as the request's coroutine, like the exchange it borrows.
class ConnectStream final : public ServerStream {
 public:
  // `head` is the response without a body.
  ConnectStream(Exchange& exchange, Codec codec, HttpResponse head)
      : exchange_(exchange),
        codec_(codec),
        head_(std::make_unique<HttpResponse>(std::move(head))) {}

  Task<absl::Status> Open() override;
  Task<absl::Status> Write(std::vector<MessagePtr> frames) override;
  void OnGone(std::function<void()> callback) override { exchange_.OnGone(std::move(callback)); }
  // Sends the end-of-stream message, with the error if there is one.
  Task<> Finish(absl::Status status);

 private:
  Exchange& exchange_;
  const Codec codec_;
  std::unique_ptr<HttpResponse> head_;  // null once sent
};

}  // namespace kefu::gateway
