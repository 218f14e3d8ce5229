// What the shop says when a buyer writes to an agent who is away: once for each absence, that is,
// until the agent has written again. That follows from the conversation itself, so it holds for
// however many streams of the agent, in however many gateways. Thread-safe.
#pragma once

#include <absl/status/status.h>

#include "gateway/sessions/routing_plans.h"
#include "gateway/sessions/system_voice.h"
#include "gateway/upstream/inquiries_client.h"
#include "proto/kefu/gateway/v1/session.pb.h"

namespace kefu::gateway::sessions {

class AwayReplies {
 public:
  // All outlive it.
  AwayReplies(InquiriesClient& inquiries, RoutingPlans& plans, SystemVoice& voice)
      : inquiries_(inquiries), plans_(plans), voice_(voice) {}

  // The buyer wrote `entry` while the session's owner was away.
  Task<absl::Status> BuyerWrote(server::CallScope scope, ShopId shop, v1::Session session,
                                common::v1::Entry entry);

 private:
  InquiriesClient& inquiries_;
  RoutingPlans& plans_;
  SystemVoice& voice_;
};

}  // namespace kefu::gateway::sessions
