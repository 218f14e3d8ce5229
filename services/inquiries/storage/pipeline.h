// Several independent commands in one go.
#pragma once

#include <absl/status/statusor.h>

#include <vector>

#include "services/common/base/task.h"
#include "services/common/redis/client.h"
#include "services/inquiries/storage/deadline.h"

namespace kefu::inquiries::storage {

// Answers in the order of the commands; the first error if there is any. Thread-safe. `commands` is
// not empty.
Task<absl::StatusOr<std::vector<redis::Value>>> SendTogether(redis::Client& client,
                                                             std::vector<redis::Command> commands,
                                                             Deadline deadline);

}  // namespace kefu::inquiries::storage
