// What signing in does to conversations: the guest's goes on in the identified buyer's.
#pragma once

#include <absl/status/status.h>

#include <string>

#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/server/unary.h"

namespace kefu::gateway::auth {

class ConversationLinker {
 public:
  virtual ~ConversationLinker() = default;
  // Idempotent by `request_id`, which is the same for the same two conversations. NOT_FOUND and
  // FAILED_PRECONDITION mean that there is nothing to link, or that it goes on elsewhere already.
  virtual Task<absl::Status> Link(server::CallScope scope, ShopId shop, ConversationId from,
                                  ConversationId to, std::string request_id) = 0;
};

}  // namespace kefu::gateway::auth
