#include "services/after_sales/domain/machine.h"

#include <array>

#include "services/common/base/status.h"

namespace kefu::after_sales::domain {
namespace {

using enum State;

constexpr SetOf<Kind> kRefund = {Kind::kRefundOnly};
constexpr SetOf<Kind> kReturn = {Kind::kReturnRefund};
constexpr SetOf<Kind> kExchanging = {Kind::kExchange};
constexpr SetOf<Kind> kSentBack = {Kind::kReturnRefund, Kind::kExchange};
constexpr SetOf<Kind> kAny = {Kind::kRefundOnly, Kind::kReturnRefund, Kind::kExchange};

constexpr SetOf<Role> kStaff = {Role::kAgent, Role::kSupervisor, Role::kIntegrator};
constexpr SetOf<Role> kEverybody = {Role::kBuyer, Role::kAgent, Role::kSupervisor,
                                    Role::kIntegrator};
// Who rules in a dispute, and who hears from the payment provider.
constexpr SetOf<Role> kDeciders = {Role::kSupervisor, Role::kIntegrator};
// Rejecting cannot be taken back by who rejected: only the buyer asks again, in person or through
// the platform where the order was made.
constexpr SetOf<Role> kAskers = {Role::kBuyer, Role::kIntegrator};
constexpr SetOf<Role> kBuyerAndDeciders = {Role::kBuyer, Role::kSupervisor, Role::kIntegrator};
constexpr SetOf<Role> kClock = {Role::kSystem};

constexpr Step kSteps[] = {
    {Verb::kOpen, kNone, kRequested, kAny, kEverybody},

    {Verb::kRequestInformation, kRequested, kInfoRequired, kAny, kStaff},
    {Verb::kAmend, kInfoRequired, kRequested, kAny, kEverybody},
    {Verb::kAmend, kRejected, kRequested, kAny, kAskers},

    {Verb::kApprove, kRequested, kRefundPending, kRefund, kStaff},
    {Verb::kApprove, kRequested, kApprovedAwaitingReturn, kSentBack, kStaff},
    {Verb::kApprove, kArbitration, kApprovedAwaitingReturn, kSentBack, kDeciders},
    {Verb::kReject, kRequested, kRejected, kAny, kStaff},
    {Verb::kReject, kInspected, kRejectedReturn, kSentBack, kStaff},

    {Verb::kReportReturn, kApprovedAwaitingReturn, kReturnInTransit, kSentBack, kEverybody},
    {Verb::kReceiveReturn, kReturnInTransit, kReceived, kSentBack, kStaff},
    {Verb::kInspectReturn, kReceived, kInspected, kSentBack, kStaff},

    {Verb::kRefund, kReceived, kRefundPending, kReturn, kStaff},
    {Verb::kRefund, kInspected, kRefundPending, kReturn, kStaff},
    {Verb::kRefund, kAwaitingReplacement, kRefundPending, kExchanging, kStaff},
    {Verb::kRefund, kArbitration, kRefundPending, kAny, kDeciders},
    {Verb::kRefund, kRefundFailed, kRefundPending, kAny, kStaff},
    {Verb::kSettleSucceeded, kRefundPending, kCompleted, kAny, kDeciders},
    {Verb::kSettleFailed, kRefundPending, kRefundFailed, kAny, kDeciders},

    {Verb::kAcceptExchange, kInspected, kAwaitingReplacement, kExchanging, kStaff},
    {Verb::kShipReplacement, kAwaitingReplacement, kReplacementInTransit, kExchanging, kStaff},
    {Verb::kComplete, kReplacementInTransit, kCompleted, kExchanging, kStaff},

    {Verb::kEscalate, kRequested, kArbitration, kAny, kEverybody},
    {Verb::kEscalate, kRejected, kArbitration, kAny, kEverybody},
    {Verb::kEscalate, kReturnInTransit, kArbitration, kSentBack, kEverybody},
    {Verb::kEscalate, kInspected, kArbitration, kSentBack, kEverybody},
    {Verb::kEscalate, kRejectedReturn, kArbitration, kSentBack, kEverybody},
    {Verb::kEscalate, kReplacementInTransit, kArbitration, kExchanging, kEverybody},

    {Verb::kClose, kRequested, kClosed, kAny, kEverybody},
    {Verb::kClose, kInfoRequired, kClosed, kAny, kEverybody},
    {Verb::kClose, kRejected, kClosed, kAny, kEverybody},
    {Verb::kClose, kApprovedAwaitingReturn, kClosed, kSentBack, kEverybody},
    {Verb::kClose, kRejectedReturn, kClosed, kSentBack, kEverybody},
    {Verb::kClose, kArbitration, kClosed, kAny, kBuyerAndDeciders},
    {Verb::kExpire, kApprovedAwaitingReturn, kClosed, kSentBack, kClock},
};

constexpr bool EveryStepIsInTheTable() {
  for (const Step& step : kSteps) {
    if (!After(step.from).Has(step.to)) return false;
  }
  return true;
}
static_assert(EveryStepIsInTheTable());

constexpr std::array<std::string_view, kStates> kStateNames = {
    "NONE",
    "REQUESTED",
    "INFO_REQUIRED",
    "REJECTED",
    "APPROVED_AWAITING_RETURN",
    "RETURN_IN_TRANSIT",
    "RECEIVED",
    "INSPECTED",
    "REJECTED_RETURN",
    "AWAITING_REPLACEMENT",
    "REPAIRING",
    "REPLACEMENT_IN_TRANSIT",
    "ARBITRATION",
    "REFUND_PENDING",
    "REFUND_FAILED",
    "COMPLETED",
    "CLOSED",
};

constexpr std::array<std::string_view, kVerbs> kVerbNames = {
    "OpenCase",        "RequestInformation", "AmendCase",     "ApproveCase",
    "RejectCase",      "ReportReturn",       "ReceiveReturn", "InspectReturn",
    "RefundCase",      "SettleRefund",       "SettleRefund",  "AcceptExchange",
    "ShipReplacement", "CompleteCase",       "EscalateCase",  "CloseCase",
    "Expire",
};

// Commands that the role may give now, for the refusal to name.
std::string Possible(State from, Kind kind, Role role) {
  std::string names;
  for (const Step& step : kSteps) {
    if (step.from != from || !step.kinds.Has(kind) || !step.roles.Has(role)) continue;
    const std::string_view name = Name(step.verb);
    if (names.find(name) != std::string::npos) continue;
    if (!names.empty()) names += ",";
    names += name;
  }
  return names;
}

absl::Status Forbidden(Verb verb, State from, Kind kind, Role role) {
  const std::string possible = Possible(from, kind, role);
  std::string message = "The case is " + std::string(Name(from)) + "; ";
  message +=
      possible.empty() ? "there is nothing you can do with it." : "possible: " + possible + ".";
  return Error(absl::StatusCode::kFailedPrecondition, "TRANSITION_FORBIDDEN", message,
               {{"from", std::string(Name(from))},
                {"command", std::string(Name(verb))},
                {"allowed", possible}});
}

}  // namespace

absl::StatusOr<State> Next(Verb verb, State from, Kind kind, Role role) {
  bool role_ever = false, role_here = false, from_known = false, kind_here = false;
  for (const Step& step : kSteps) {
    if (step.verb != verb) continue;
    role_ever |= step.roles.Has(role);
    if (step.from != from) continue;
    from_known = true;
    role_here |= step.roles.Has(role);
    kind_here |= step.kinds.Has(kind);
    if (step.roles.Has(role) && step.kinds.Has(kind)) return step.to;
  }
  if (!role_ever || (from_known && !role_here)) {
    return Error(absl::StatusCode::kPermissionDenied, "ROLE_NOT_ALLOWED",
                 "Your role may not do this to the case as it stands; ask those who may.",
                 {{"from", std::string(Name(from))}, {"command", std::string(Name(verb))}});
  }
  if (from_known && !kind_here) {
    return Error(absl::StatusCode::kFailedPrecondition, "WRONG_KIND",
                 "A case of this kind takes another way.",
                 {{"kind", std::string(Name(kind))},
                  {"command", std::string(Name(verb))},
                  {"allowed", Possible(from, kind, role)}});
  }
  return Forbidden(verb, from, kind, role);
}

std::string_view Name(State state) { return kStateNames[static_cast<uint8_t>(state)]; }

std::string_view Name(Kind kind) {
  switch (kind) {
    case Kind::kRefundOnly:
      return "REFUND_ONLY";
    case Kind::kReturnRefund:
      return "RETURN_REFUND";
    case Kind::kExchange:
      return "EXCHANGE";
  }
  return "";
}

std::string_view Name(Verb verb) { return kVerbNames[static_cast<uint8_t>(verb)]; }

}  // namespace kefu::after_sales::domain
