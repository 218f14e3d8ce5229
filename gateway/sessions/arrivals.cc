#include "gateway/sessions/arrivals.h"

#include <utility>

#include "gateway/sessions/waiting_lines.h"
#include "services/common/base/failpoint.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::sessions {
namespace {

using routing::config::Placement;

// What one look at a shop brings back, within the time that it has.
constexpr size_t kDueAtOnce = 20;

bool IsLive(const routing::SessionChange& routed) {
  return routed.session.state() != v1::Session::STATE_CLOSED;
}

Standing StandingOf(const SessionId& session, const routing::Outcome& outcome) {
  Standing standing;
  for (const routing::SessionChange& change : outcome.sessions) {
    if (change.session.session() == session.str()) standing.routed = change;
  }
  return standing;
}

absl::Status SessionClosed() {
  return Error(absl::StatusCode::kFailedPrecondition, "SESSION_CLOSED",
               "The session is closed; open a new one with OpenSession.");
}

absl::Status NotWaiting() {
  return Error(absl::StatusCode::kFailedPrecondition, "NOT_WAITING",
               "Somebody serves the session already; write in it instead.");
}

}  // namespace

Task<absl::StatusOr<Standing>> Arrivals::Admit(server::CallScope scope, ShopId shop,
                                               inquiries::v1::Inquiry inquiry, bool fresh) {
  KEFU_CO_ASSIGN_OR_RETURN(routing::Arrival arrival, ToArrival(inquiry));
  const SessionId session = arrival.session;
  if (!fresh) {
    absl::StatusOr<routing::SessionChange> known = co_await deps_.router.GetRouting(shop, session);
    if (!known.ok() && !absl::IsNotFound(known.status())) co_return known.status();
    Standing standing;
    if (known.ok() && IsLive(*known)) {
      standing.routed = *std::move(known);
      co_return standing;
    }
    KEFU_CO_ASSIGN_OR_RETURN(standing.parked, co_await deps_.lot.Find(shop, session));
    if (standing.parked) {
      KEFU_CO_RETURN_IF_ERROR(co_await Tell(scope, shop, session, *standing.parked));
      co_return standing;
    }
    // It was in routing and is there no more; another life begins by Rearrive.
    if (known.ok() && inquiry.reopened() == 0) co_return standing;
  }
  co_return co_await Enter(scope, shop, std::move(arrival));
}

Task<absl::StatusOr<Standing>> Arrivals::Enter(server::CallScope scope, ShopId shop,
                                               routing::Arrival arrival) {
  const SessionId session = arrival.session;
  const std::string language = arrival.language;
  KEFU_CO_ASSIGN_OR_RETURN(const RoutingPlans::Shared plan, co_await deps_.plans.Of(shop));
  const Placement placement = plan->PlaceAt(TraitsOf(arrival), deps_.clock.Now());
  if (placement.leave_message) {
    Parking parking = ParkingFor(*plan, placement, language, v1::Parked::REASON_CLOSED);
    if (arrival.kept) {
      // Its time has come, but nobody is there.
      KEFU_CO_ASSIGN_OR_RETURN(const std::optional<Parking> before,
                               co_await deps_.lot.Find(shop, session));
      if (before) parking.reason = before->reason;
      redis::Request repeatable;
      KEFU_CO_ASSIGN_OR_RETURN(
          parking, co_await deps_.lot.Repark(std::move(repeatable), shop, session, parking));
    }
    co_return co_await Keep(scope, shop, session, std::move(parking));
  }
  arrival.group = placement.group;
  arrival.last_agent = co_await FindLastAgent(scope, shop, session, plan);
  absl::StatusOr<routing::Outcome> outcome = co_await deps_.router.Arrive(shop, std::move(arrival));
  if (ErrorReason(outcome.status()) == "QUEUE_FULL") {
    Parking parking = ParkingFor(*plan, placement, language, v1::Parked::REASON_QUEUE_FULL);
    co_return co_await Keep(scope, shop, session, std::move(parking));
  }
  if (!outcome.ok()) co_return outcome.status();
  KEFU_FAILPOINT("gateway.open.after_arrive");
  Standing standing = StandingOf(session, *outcome);
  KEFU_CO_RETURN_IF_ERROR(co_await deps_.announcer.Announce(scope, shop, *std::move(outcome)));
  KEFU_FAILPOINT("gateway.open.after_fence");
  co_return standing;
}

Task<std::optional<AgentId>> Arrivals::FindLastAgent(server::CallScope scope, ShopId shop,
                                                     SessionId session, RoutingPlans::Shared plan) {
  const int64_t remember_ms = RememberMs(*plan);
  // The first session of a conversation has none before it.
  if (remember_ms == 0 || session.ordinal() < 2) co_return std::nullopt;
  inquiries::v1::ListInquiriesRequest list;
  list.set_shop(shop.str());
  list.set_conversation(session.conversation().str());
  const auto listed = co_await deps_.inquiries.Call(&InquiriesClient::Conversations::ListInquiries,
                                                    scope, std::move(list));
  if (!listed.ok()) {
    log::Warn("a buyer's last agent is not known now",
              {{"session", session.str()}, {"reason", ErrorReason(listed.status())}}, &scope.trace);
    co_return std::nullopt;
  }
  co_return LastAgent(listed->inquiries(), session, deps_.clock.Now(), remember_ms);
}

Parking Arrivals::ParkingFor(const routing::config::Plan& plan, const Placement& placement,
                             const std::string& language, v1::Parked::Reason reason) const {
  Parking parking;
  parking.reason = reason;
  parking.due = DueOf(placement, deps_.clock.Now());
  parking.text = WordsFor(plan, placement, language, reason);
  return parking;
}

Task<absl::StatusOr<Standing>> Arrivals::Keep(server::CallScope scope, ShopId shop,
                                              SessionId session, Parking parking) {
  Standing standing;
  KEFU_CO_ASSIGN_OR_RETURN(standing.parked,
                           co_await deps_.lot.Park(shop, session, std::move(parking)));
  KEFU_FAILPOINT("gateway.park.after_record");
  KEFU_CO_RETURN_IF_ERROR(co_await Tell(scope, shop, session, *standing.parked));
  co_return standing;
}

Task<absl::Status> Arrivals::Tell(server::CallScope scope, ShopId shop, SessionId session,
                                  Parking parking) {
  const std::string which = session.str() + ":" + std::to_string(parking.times);
  std::optional<common::v1::SystemLine> words;
  const std::string_view occasion = OccasionOf(parking.reason);
  if (!occasion.empty()) words = AutoReplyLine(parking.text, occasion);
  if (words) {
    KEFU_CO_RETURN_IF_ERROR(
        co_await deps_.voice.Say(scope, shop, session, "reply:" + which, *std::move(words)));
  }
  co_return co_await deps_.voice.Say(scope, shop, session, "parked:" + which,
                                     ParkedLine(parking.reason, parking.due));
}

Task<absl::Status> Arrivals::TellParked(server::CallScope scope, ShopId shop, SessionId session) {
  KEFU_CO_ASSIGN_OR_RETURN(std::optional<Parking> parked, co_await deps_.lot.Find(shop, session));
  if (!parked) co_return absl::OkStatus();
  co_return co_await Tell(std::move(scope), shop, session, *std::move(parked));
}

Task<absl::Status> Arrivals::GaveUp(server::CallScope scope, ShopId shop,
                                    routing::SessionChange change) {
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(change.session.session()));
  const absl::StatusOr<routing::SessionChange> now =
      co_await deps_.router.GetRouting(shop, session);
  if (!now.ok() && !absl::IsNotFound(now.status())) co_return now.status();
  // It went on meanwhile; an old entry of the log is read.
  if (now.ok() && now->session.version() != change.session.version()) co_return absl::OkStatus();
  const auto open = co_await FindOpen(scope, shop, session);
  if (!open.ok()) {
    const bool over = absl::IsNotFound(open.status()) || absl::IsFailedPrecondition(open.status());
    co_return over ? absl::OkStatus() : open.status();
  }
  KEFU_CO_ASSIGN_OR_RETURN(const RoutingPlans::Shared plan, co_await deps_.plans.Of(shop));
  const std::string language = change.session.opening().language();
  const Placement placement = plan->PlaceFrom(change.group, language, deps_.clock.Now());
  Parking parking = ParkingFor(*plan, placement, language, v1::Parked::REASON_WAITED_TOO_LONG);
  const auto kept = co_await Keep(std::move(scope), shop, session, std::move(parking));
  co_return kept.status();
}

Task<absl::StatusOr<inquiries::v1::Conversation>> Arrivals::FindOpen(server::CallScope scope,
                                                                     ShopId shop,
                                                                     SessionId session) {
  inquiries::v1::GetConversationRequest get;
  get.set_shop(shop.str());
  get.set_conversation(session.conversation().str());
  absl::StatusOr<inquiries::v1::Conversation> conversation = co_await deps_.inquiries.Call(
      &InquiriesClient::Conversations::GetConversation, std::move(scope), std::move(get));
  if (!conversation.ok()) co_return conversation.status();
  const inquiries::v1::Inquiry& inquiry = conversation->inquiry();
  if (inquiry.session() != session.str() || !IsOpen(inquiry)) co_return SessionClosed();
  co_return conversation;
}

Task<absl::Status> Arrivals::MayLeaveMessage(ShopId shop, SessionId session) {
  const absl::StatusOr<routing::SessionChange> known =
      co_await deps_.router.GetRouting(std::move(shop), std::move(session));
  if (!known.ok()) co_return absl::IsNotFound(known.status()) ? absl::OkStatus() : known.status();
  const bool served = known->session.state() == v1::Session::STATE_ACTIVE;
  co_return served ? NotWaiting() : absl::OkStatus();
}

Task<absl::StatusOr<Parking>> Arrivals::LeaveMessage(server::CallScope scope, ShopId shop,
                                                     SessionId session, redis::Request request,
                                                     std::optional<TimePoint> due) {
  KEFU_CO_RETURN_IF_ERROR(co_await MayLeaveMessage(shop, session));
  KEFU_CO_ASSIGN_OR_RETURN(const inquiries::v1::Conversation open,
                           co_await FindOpen(scope, shop, session));
  KEFU_CO_ASSIGN_OR_RETURN(const RoutingPlans::Shared plan, co_await deps_.plans.Of(shop));
  KEFU_CO_ASSIGN_OR_RETURN(const routing::Arrival arrival, ToArrival(open.inquiry()));
  const Placement placement = plan->PlaceAt(TraitsOf(arrival), deps_.clock.Now());
  Parking parking = ParkingFor(*plan, placement, arrival.language, v1::Parked::REASON_BUYER_CHOSE);
  if (due) parking.due = *due;
  KEFU_CO_ASSIGN_OR_RETURN(
      parking, co_await deps_.lot.Repark(std::move(request), shop, session, std::move(parking)));
  // Asked for before, and the session went on since.
  if (parking.over) co_return parking;
  KEFU_FAILPOINT("gateway.leave_message.after_record");
  absl::StatusOr<routing::Outcome> left = co_await deps_.router.Park(shop, session);
  if (ErrorReason(left.status()) == "NOT_WAITING") {
    // Somebody was quicker.
    KEFU_CO_RETURN_IF_ERROR(co_await deps_.lot.Leave(shop, session, parking.times));
    co_return NotWaiting();
  }
  // What routing never let in need not leave.
  if (!left.ok() && !absl::IsNotFound(left.status())) co_return left.status();
  if (left.ok()) {
    KEFU_CO_RETURN_IF_ERROR(co_await deps_.announcer.Announce(scope, shop, *std::move(left)));
  }
  KEFU_CO_RETURN_IF_ERROR(co_await Tell(std::move(scope), shop, session, parking));
  co_return parking;
}

Task<absl::Status> Arrivals::Return(server::CallScope scope, ShopId shop, SessionId session) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<Parking> parked,
                           co_await deps_.lot.Find(shop, session));
  // Gone on, or given another time, whose timer is another one.
  if (!parked || parked->due > deps_.clock.Now() + 1000) co_return absl::OkStatus();
  auto open = co_await FindOpen(scope, shop, session);
  if (absl::IsNotFound(open.status()) || absl::IsFailedPrecondition(open.status()))
    co_return co_await deps_.lot.Forget(shop, session);
  if (!open.ok()) co_return open.status();
  KEFU_CO_ASSIGN_OR_RETURN(routing::Arrival arrival, ToArrival(open->inquiry()));
  arrival.kept = true;
  KEFU_CO_ASSIGN_OR_RETURN(const Standing standing,
                           co_await Enter(std::move(scope), shop, std::move(arrival)));
  if (standing.parked) co_return absl::OkStatus();
  KEFU_FAILPOINT("gateway.return.after_arrive");
  co_return co_await deps_.lot.Leave(shop, session, parked->times);
}

Task<absl::StatusOr<std::optional<TimePoint>>> Arrivals::ServeDue(server::CallScope scope,
                                                                  ShopId shop) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<TimePoint> next, co_await deps_.lot.NextDue(shop));
  if (!next || *next > deps_.clock.Now()) co_return next;
  KEFU_CO_ASSIGN_OR_RETURN(const std::vector<ParkingLot::Due> due,
                           co_await deps_.lot.TakeDue(shop, kDueAtOnce));
  for (const ParkingLot::Due& one : due) {
    const absl::Status returned = co_await Return(scope, shop, one.session);
    // It is due again in a while.
    if (!returned.ok()) {
      log::Warn("a session that was kept for later did not come back",
                {{"session", one.session.str()}, {"reason", ErrorReason(returned)}}, &scope.trace);
      continue;
    }
    KEFU_CO_RETURN_IF_ERROR(co_await deps_.lot.Complete(shop, one));
  }
  co_return co_await deps_.lot.NextDue(shop);
}

Task<absl::Status> Arrivals::GoOn(server::CallScope scope, ShopId shop,
                                  inquiries::v1::Inquiry inquiry) {
  KEFU_CO_ASSIGN_OR_RETURN(routing::Arrival arrival, ToArrival(inquiry));
  arrival.kept = true;
  const auto entered = co_await Enter(std::move(scope), shop, std::move(arrival));
  co_return entered.status();
}

}  // namespace kefu::gateway::sessions
