#include "gateway/sessions/routing_events.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "gateway/sessions/waiting_lines.h"
#include "services/common/base/status.h"

namespace kefu::gateway::sessions {
namespace {

// Enough to find what the buyer said last.
constexpr uint32_t kLookBack = 20;

bool Waits(v1::Session::State state) {
  return state == v1::Session::STATE_WAITING || state == v1::Session::STATE_OFFERED;
}

bool IsOver(const absl::Status& status) {
  return absl::IsNotFound(status) || ErrorReason(status) == "SESSION_CLOSED";
}

}  // namespace

Task<absl::Status> RoutingEvents::Follow(server::CallScope scope, ShopId shop,
                                         routing::Event event) {
  const std::string& cause = event.change.cause;
  if (cause == "gave_up")
    co_return co_await deps_.arrivals.GaveUp(std::move(scope), shop, std::move(event.change));
  if (cause == "abandoned") co_return co_await Abandoned(std::move(scope), shop, std::move(event));
  if (cause == "parked") {
    KEFU_CO_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(event.change.session.session()));
    co_return co_await deps_.arrivals.TellParked(std::move(scope), shop, std::move(session));
  }
  if (cause == "arrived" && Waits(event.change.session.state()))
    co_return co_await HasToWait(std::move(scope), shop, std::move(event.change));
  co_return absl::OkStatus();
}

Task<absl::Status> RoutingEvents::HasToWait(server::CallScope scope, ShopId shop,
                                            routing::SessionChange change) {
  KEFU_CO_ASSIGN_OR_RETURN(const RoutingPlans::Shared plan, co_await deps_.plans.Of(shop));
  if (!plan->config().has_auto_replies()) co_return absl::OkStatus();
  const std::string& language = change.session.opening().language();
  const bool closed = plan->PlaceFrom(change.group, language, deps_.clock.Now()).closed;
  const v1::AutoReplies& replies = plan->config().auto_replies();
  std::optional<common::v1::SystemLine> line =
      AutoReplyLine(plan->TextFor(closed ? replies.closed() : replies.busy(), language),
                    closed ? "closed" : "busy");
  if (!line) co_return absl::OkStatus();
  KEFU_CO_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(change.session.session()));
  const absl::StatusOr<routing::SessionChange> now =
      co_await deps_.router.GetRouting(shop, session);
  if (absl::IsNotFound(now.status())) co_return absl::OkStatus();
  if (!now.ok()) co_return now.status();
  // Somebody took it while this was on its way.
  if (!Waits(now->session.state())) co_return absl::OkStatus();
  std::string request_id =
      "reply:" + change.session.session() + ":v" + std::to_string(change.session.version());
  co_return co_await deps_.voice.Say(std::move(scope), shop, std::move(session),
                                     std::move(request_id), *std::move(line));
}

Task<absl::Status> RoutingEvents::Abandoned(server::CallScope scope, ShopId shop,
                                            routing::Event event) {
  KEFU_CO_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(event.change.session.session()));
  const absl::StatusOr<routing::SessionChange> now =
      co_await deps_.router.GetRouting(shop, session);
  if (!now.ok() && !absl::IsNotFound(now.status())) co_return now.status();
  if (now.ok() && now->session.version() != event.change.session.version())
    co_return absl::OkStatus();
  co_return co_await CloseAbandoned(std::move(scope), shop, std::move(session), event.time);
}

Task<absl::StatusOr<bool>> RoutingEvents::WroteSince(server::CallScope scope, ShopId shop,
                                                     inquiries::v1::Conversation conversation,
                                                     TimePoint since) {
  inquiries::v1::ListEntriesRequest list;
  list.set_shop(shop.str());
  list.set_conversation(conversation.conversation());
  list.set_audience(inquiries::v1::AUDIENCE_STAFF);
  list.set_before_seq(conversation.head_seq() + 1);
  list.set_page_size(kLookBack);
  const auto listed = co_await deps_.inquiries.Call(&InquiriesClient::Conversations::ListEntries,
                                                    std::move(scope), std::move(list));
  if (!listed.ok()) co_return listed.status();
  bool wrote = false;
  for (const common::v1::Entry& entry : listed->entries()) {
    const int64_t at_ms =
        google::protobuf::util::TimeUtil::TimestampToMilliseconds(entry.create_time());
    if (entry.sender().kind() == common::v1::Sender::KIND_BUYER && at_ms > since.ms) wrote = true;
  }
  co_return wrote;
}

Task<absl::Status> RoutingEvents::CloseAbandoned(server::CallScope scope, ShopId shop,
                                                 SessionId session,
                                                 std::optional<TimePoint> since) {
  const absl::StatusOr<inquiries::v1::Conversation> open =
      co_await deps_.arrivals.FindOpen(scope, shop, session);
  if (!open.ok()) co_return IsOver(open.status()) ? absl::OkStatus() : open.status();
  bool is_back = false;
  if (since) {
    KEFU_CO_ASSIGN_OR_RETURN(is_back, co_await WroteSince(scope, shop, *open, *since));
  }
  if (!is_back) {
    inquiries::v1::CloseInquiryRequest close;
    close.set_shop(shop.str());
    close.set_session(session.str());
    close.set_request_id("abandoned:" + session.str() + ":" + std::to_string(open->head_seq()));
    close.set_last_seen_seq(open->head_seq());
    close.set_reason("abandoned");
    const auto closed = co_await deps_.flow.Close(scope, std::move(close));
    is_back = ErrorReason(closed.status()) == "NEWER_BUYER_ENTRY";
    if (!is_back)
      co_return closed.ok() || IsOver(closed.status()) ? absl::OkStatus() : closed.status();
  }
  co_return co_await deps_.arrivals.GoOn(std::move(scope), shop, open->inquiry());
}

Task<absl::Status> RoutingEvents::LeaveQueue(server::CallScope scope, ShopId shop,
                                             SessionId session) {
  absl::StatusOr<routing::Outcome> left = co_await deps_.router.Abandon(shop, session);
  // What routing never let in, or keeps for later, need not leave.
  if (!left.ok() && !absl::IsNotFound(left.status())) co_return left.status();
  if (left.ok())
    KEFU_CO_RETURN_IF_ERROR(co_await deps_.announcer.Announce(scope, shop, *std::move(left)));
  const std::optional<TimePoint> just_now;
  co_return co_await CloseAbandoned(std::move(scope), shop, std::move(session), just_now);
}

}  // namespace kefu::gateway::sessions
