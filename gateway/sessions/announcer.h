// Makes known what routing decided: raises the fence at inquiries, then tells the streams of all
// gateways.
//
// Order matters: an agent who hears of a session can write in it at once, because inquiries knows
// the owner already. Idempotent: the same change may be announced by the gateway that made it and
// again from routing's log.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "gateway/routing/known_agent.h"
#include "gateway/routing/router.h"
#include "gateway/upstream/inquiries_client.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "proto/kefu/gateway/v1/events.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/events/publisher.h"
#include "services/common/server/unary.h"

namespace kefu::gateway::sessions {

class Announcer {
 public:
  Announcer(InquiriesClient& inquiries, events::Publisher& publisher, routing::FindAgent find_agent,
            const Clock& clock);

  // OK when inquiries knows every new owner. What failed is repeated from routing's log.
  Task<absl::Status> Announce(server::CallScope scope, ShopId shop, routing::Outcome outcome);
  // One change only; for the reader of routing's log.
  Task<absl::Status> AnnounceSession(server::CallScope scope, ShopId shop,
                                     routing::SessionChange change);

  void PublishTyping(const ShopId& shop, const v1::TypingNotice& notice);
  // On the topic of the agent to whom it is made.
  void PublishSuggestion(const ShopId& shop, const v1::SuggestionMade& made,
                         const std::string& traceparent);
  // On the topics of the asker and of the colleague asked.
  void PublishConsult(const ShopId& shop, const v1::Consult& consult,
                      const std::string& traceparent);

 private:
  // Empty if there is no such agent any more.
  Task<std::string> NameOf(ShopId shop, std::string agent);
  Task<absl::Status> RaiseFence(server::CallScope scope, ShopId shop, v1::Session session);
  // To other services that read routing's log.
  void PublishLogGrew(const ShopId& shop, uint64_t seq);
  void Publish(const ShopId& shop, std::string_view name, std::string_view type,
               std::string_view subject, const google::protobuf::MessageLite& body,
               std::string_view traceparent);

  InquiriesClient& inquiries_;
  events::Publisher& publisher_;
  const routing::FindAgent find_agent_;
  const Clock& clock_;
};

}  // namespace kefu::gateway::sessions
