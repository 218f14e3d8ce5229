// Hands events that were refused for good to their handlers once more, for ConsumerService.
//
// Threads: the executor of the consumer. `cursors` and `handlers` outlive it.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <string>

#include "proto/kefu/events/v1/service.pb.h"
#include "services/common/events/source_link.h"

namespace kefu::events {

class DeadLetterRetry {
 public:
  // `handlers` by source.
  DeadLetterRetry(redis::CursorStore& cursors,
                  const std::map<std::string, HandlersByType>& handlers)
      : cursors_(cursors), handlers_(handlers) {}

  // See Consumer::Retry.
  Task<absl::StatusOr<v1::RetryDeadLetterResponse>> Retry(ShopId shop, std::string source,
                                                          std::string event);

 private:
  Task<absl::StatusOr<Effect>> HandleAgain(ShopId shop, redis::DeadLetter letter);

  redis::CursorStore& cursors_;
  const std::map<std::string, HandlersByType>& handlers_;
};

}  // namespace kefu::events
