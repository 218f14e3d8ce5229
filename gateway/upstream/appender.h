// How the gateway appends to conversations: the seam of the hot path.
#pragma once

#include <absl/status/statusor.h>

#include "proto/kefu/inquiries/v1/service.pb.h"
#include "services/common/base/task.h"
#include "services/common/server/unary.h"

namespace kefu::gateway {

class Appender {
 public:
  virtual ~Appender() = default;
  // Thread-safe. Results are independent of each other; two appends of one sender are in order only
  // if the first was awaited before the second began.
  virtual Task<absl::StatusOr<inquiries::v1::AppendResponse>> Append(
      server::CallScope scope, inquiries::v1::AppendRequest request) = 0;
};

}  // namespace kefu::gateway
