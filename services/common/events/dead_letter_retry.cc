#include "services/common/events/dead_letter_retry.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/events/log_reader.h"

namespace kefu::events {

Task<absl::StatusOr<Effect>> DeadLetterRetry::HandleAgain(ShopId shop, redis::DeadLetter letter) {
  v1::Envelope envelope;
  const auto by_type = handlers_.find(letter.source);
  if (!envelope.ParseFromString(letter.envelope) || by_type == handlers_.end()) {
    co_return Error(absl::StatusCode::kFailedPrecondition, "NO_HANDLER",
                    "This release does not take such events; discard it.");
  }
  auto handler = by_type->second.find(envelope.type());
  if (handler == by_type->second.end()) handler = by_type->second.find("");
  if (handler == by_type->second.end()) co_return Effect::kNone;
  server::CallScope scope = NewScope(envelope.traceparent(), envelope.id());
  Delivery delivery{std::move(scope), std::move(shop), std::move(envelope), std::nullopt};
  co_return co_await handler->second(std::move(delivery));
}

Task<absl::StatusOr<v1::RetryDeadLetterResponse>> DeadLetterRetry::Retry(ShopId shop,
                                                                         std::string source,
                                                                         std::string event) {
  auto found = co_await cursors_.FindDead(shop, source, event);
  if (!found.ok()) co_return found.status();
  redis::DeadLetter letter = *std::move(found);
  const absl::StatusOr<Effect> effect = co_await HandleAgain(shop, letter);
  v1::RetryDeadLetterResponse response;
  response.set_handled(effect.ok());
  if (effect.ok()) {
    const absl::Status dropped = co_await cursors_.DropDead(shop, source, event);
    // Somebody else tried it at the same time.
    if (!dropped.ok() && dropped.code() != absl::StatusCode::kNotFound) co_return dropped;
    co_return response;
  }
  letter.reason = ErrorReason(effect.status());
  letter.message = std::string(effect.status().message());
  ++letter.attempts;
  response.set_reason(letter.reason);
  response.set_message(letter.message);
  const absl::Status kept = co_await cursors_.UpdateDead(shop, std::move(letter));
  if (!kept.ok()) co_return kept;
  co_return response;
}

}  // namespace kefu::events
