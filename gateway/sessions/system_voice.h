// Says the system's lines in conversations. Each has a request id that follows from what it tells
// of, so that whoever says it again, here or in another gateway, says nothing. Thread-safe.
#pragma once

#include <absl/status/status.h>

#include <string>

#include "gateway/upstream/inquiries_client.h"
#include "proto/kefu/common/v1/entry.pb.h"
#include "services/common/base/ids.h"
#include "services/common/server/unary.h"

namespace kefu::gateway::sessions {

class SystemVoice {
 public:
  // `inquiries` outlives it.
  explicit SystemVoice(InquiriesClient& inquiries) : inquiries_(inquiries) {}

  // OK also if the session is closed by now: nobody waits for the line any more.
  Task<absl::Status> Say(server::CallScope scope, ShopId shop, SessionId session,
                         std::string request_id, common::v1::SystemLine line);

 private:
  InquiriesClient& inquiries_;
};

}  // namespace kefu::gateway::sessions
