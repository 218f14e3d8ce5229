// The way back of one HTTP request, as its logic sees it.
#pragma once

#include <absl/status/status.h>

#include <functional>
#include <string>

#include "gateway/edge/http_message.h"
#include "services/common/base/task.h"

namespace kefu::gateway {

// Either Respond once; or Begin, any number of Send, End. Used from the request's own coroutine
// only. Every write is bounded in time; one that fails ends the connection, and all later ones are
// CANCELLED.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual Task<> Respond(HttpResponse response) = 0;

  // Sends the head of a response whose length is not known, at once.
  virtual Task<absl::Status> Begin(HttpResponse head) = 0;
  virtual Task<absl::Status> Send(std::string bytes) = 0;
  virtual Task<> End(std::string last_bytes) = 0;
  // Between Begin and End: see StreamWriter::OnGone.
  virtual void OnGone(std::function<void()> callback) = 0;
};

}  // namespace kefu::gateway
