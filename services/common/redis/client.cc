#include "services/common/redis/client.h"

#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/redis/connection.h"

namespace kefu::redis {

Client::Client(Endpoint endpoint)
    : connection_(std::make_unique<Connection>(std::move(endpoint))) {}

Client::~Client() = default;

Task<absl::StatusOr<Value>> Client::Call(Command command, int64_t timeout_ms) {
  co_return co_await AwaitCallback<absl::StatusOr<Value>>(
      [&](Callback done) { Send(std::move(command), timeout_ms, std::move(done)); });
}

void Client::Send(Command command, int64_t timeout_ms, Callback done) {
  connection_->Send(std::move(command), MonotonicMs() + timeout_ms, std::move(done));
}

bool Client::connected() const { return connection_->connected(); }

}  // namespace kefu::redis
