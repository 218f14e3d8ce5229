#include "gateway/sessions/announcer.h"

#include <google/protobuf/util/time_util.h>

#include <set>

#include "gateway/routing/outbox.h"
#include "gateway/streams/notice.h"
#include "proto/kefu/events/v1/envelope.pb.h"
#include "proto/kefu/gateway/v1/events.pb.h"
#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::sessions {

namespace {

// A session that waits again, or is offered to somebody else, has no owner; its former one must
// know: the fence rose for that, too. One that is offered becomes its agent's when that one
// accepts, under the same fence.
bool TellsInquiries(const routing::SessionChange& change) {
  switch (change.session.state()) {
    case v1::Session::STATE_ACTIVE:
      return true;
    case v1::Session::STATE_WAITING:
      return change.session.fence() > 0;
    case v1::Session::STATE_OFFERED:
      return !change.previous_agent.empty();
    default:
      return false;
  }
}

}  // namespace

Announcer::Announcer(InquiriesClient& inquiries, events::Publisher& publisher,
                     routing::FindAgent find_agent, const Clock& clock)
    : inquiries_(inquiries),
      publisher_(publisher),
      find_agent_(std::move(find_agent)),
      clock_(clock) {}

Task<absl::Status> Announcer::Announce(server::CallScope scope, ShopId shop,
                                       routing::Outcome outcome) {
  absl::Status result;
  for (routing::SessionChange& change : outcome.sessions) {
    absl::Status announced = co_await AnnounceSession(scope, shop, std::move(change));
    result.Update(announced);
  }
  for (const v1::AgentState& agent : outcome.agents) {
    v1::AgentChanged changed;
    *changed.mutable_agent() = agent;
    Publish(shop, agent.agent(), streams::kAgentChanged, agent.agent(), changed,
            scope.trace.traceparent);
    Publish(shop, streams::kBoardTopic, streams::kAgentChanged, agent.agent(), changed,
            scope.trace.traceparent);
  }
  if (outcome.event_seq != 0) {
    v1::QueueChanged queue;
    queue.set_waiting(outcome.waiting);
    queue.set_log_seq(outcome.event_seq);
    Publish(shop, streams::kQueueTopic, streams::kQueueChanged, shop.str(), queue,
            scope.trace.traceparent);
    PublishLogGrew(shop, outcome.event_seq);
  }
  co_return result;
}

Task<absl::Status> Announcer::AnnounceSession(server::CallScope scope, ShopId shop,
                                              routing::SessionChange change) {
  absl::Status raised;
  if (TellsInquiries(change)) raised = co_await RaiseFence(scope, shop, change.session);
  v1::SessionRouted routed;
  *routed.mutable_session() = change.session;
  routed.set_previous_agent(change.previous_agent);
  const std::set<std::string> concerned = {change.session.conversation(), change.session.agent(),
                                           change.previous_agent};
  for (const std::string& name : concerned) {
    if (name.empty()) continue;
    Publish(shop, name, streams::kSessionRouted, change.session.session(), routed,
            scope.trace.traceparent);
  }
  co_return raised;
}

Task<std::string> Announcer::NameOf(ShopId shop, std::string agent) {
  const absl::StatusOr<AgentId> id = AgentId::Parse(agent);
  if (!id.ok()) co_return "";
  absl::StatusOr<routing::KnownAgent> known = co_await find_agent_(shop, *id);
  co_return known.ok() ? known->display_name : "";
}

Task<absl::Status> Announcer::RaiseFence(server::CallScope scope, ShopId shop,
                                         v1::Session session) {
  inquiries::v1::RaiseFenceRequest request;
  request.set_shop(shop.str());
  request.set_session(session.session());
  request.set_fence(session.fence());
  const bool owned = session.state() == v1::Session::STATE_ACTIVE;
  if (owned) request.set_agent(session.agent());
  std::string name = co_await NameOf(shop, request.agent());
  request.set_agent_display_name(std::move(name));
  const auto raised =
      co_await inquiries_.Call(&InquiriesClient::Conversations::RaiseFence, scope, request);
  if (raised.ok()) co_return absl::OkStatus();
  // Somebody else owns it, or it is over: nothing is owed to this change any more.
  const std::string reason = ErrorReason(raised.status());
  if (reason == "STALE_FENCE" || reason == "SESSION_CLOSED" || reason == "NO_SUCH_SESSION")
    co_return absl::OkStatus();
  log::Warn("an owner is not known to inquiries yet",
            {{"session", session.session()}, {"reason", reason}}, &scope.trace);
  co_return raised.status();
}

void Announcer::PublishLogGrew(const ShopId& shop, uint64_t seq) {
  events::v1::Envelope grew;
  grew.set_source(routing::kRoutingSource);
  grew.set_shop(shop.str());
  grew.set_seq(seq);
  publisher_.Publish(events::Topic("*", std::string("log:") + routing::kRoutingSource),
                     grew.SerializeAsString());
}

void Announcer::PublishTyping(const ShopId& shop, const v1::TypingNotice& notice) {
  v1::Typing typing;
  *typing.mutable_notice() = notice;
  Publish(shop, notice.conversation(), streams::kTyping, notice.conversation(), typing, "");
}

void Announcer::PublishSuggestion(const ShopId& shop, const v1::SuggestionMade& made,
                                  const std::string& traceparent) {
  Publish(shop, made.agent(), streams::kSuggestionMade, made.suggestion().session(), made,
          traceparent);
}

void Announcer::PublishConsult(const ShopId& shop, const v1::Consult& consult,
                               const std::string& traceparent) {
  v1::ConsultChanged changed;
  *changed.mutable_consult() = consult;
  for (const std::string& name : {consult.asker(), consult.agent()})
    Publish(shop, name, streams::kConsultChanged, consult.session(), changed, traceparent);
}

void Announcer::Publish(const ShopId& shop, std::string_view name, std::string_view type,
                        std::string_view subject, const google::protobuf::MessageLite& body,
                        std::string_view traceparent) {
  events::v1::Envelope envelope;
  envelope.set_id(NewToken());
  envelope.set_source("gateway");
  envelope.set_type(std::string(type));
  envelope.set_subject(std::string(subject));
  *envelope.mutable_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(clock_.Now().ms);
  envelope.set_shop(shop.str());
  envelope.set_record_version(1);
  envelope.set_traceparent(std::string(traceparent));
  body.SerializeToString(envelope.mutable_data());
  publisher_.Publish(events::Topic(shop.str(), name), envelope.SerializeAsString());
}

}  // namespace kefu::gateway::sessions
