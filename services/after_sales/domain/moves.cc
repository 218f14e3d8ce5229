// A case moves: what each command asks for beyond the table, and what it changes.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "services/after_sales/domain/amounts.h"
#include "services/after_sales/domain/checks.h"
#include "services/after_sales/domain/commands.h"
#include "services/common/base/status.h"
#include "services/common/base/text.h"

namespace kefu::after_sales::domain {
namespace {

absl::Status Refused(std::string_view reason, std::string_view message,
                     const ErrorMetadata& metadata = {}) {
  return Error(absl::StatusCode::kFailedPrecondition, reason, message, metadata);
}

absl::Status TooLate(TimePoint deadline) {
  return Refused("RETURN_TOO_LATE",
                 "The time for sending the goods back is over; open a new case for them.",
                 {{"deadline_ms", std::to_string(deadline.ms)}});
}

bool GoodsWereSent(const Case& one) {
  return std::any_of(one.history.begin(), one.history.end(),
                     [](const Move& move) { return move.to == State::kReturnInTransit; });
}

bool HasExpired(const Case& one) {
  const Move& last = one.history.back();
  return last.from == State::kApprovedAwaitingReturn && last.actor.role == Role::kSystem;
}

absl::Status CheckGoesRoundLess(const Case& one) {
  if (one.history.size() < kMaxMoves) return absl::OkStatus();
  return Refused("TOO_MANY_MOVES",
                 "The case has gone back and forth a hundred times; decide it or close it.");
}

// Units of lines as the caller counts them, checked against what there can be.
absl::Status Count(Case& one, const std::vector<Units>& counted, std::string_view what,
                   uint32_t Line::*most, uint32_t Line::*target) {
  for (Line& line : one.lines) line.*target = counted.empty() ? line.*most : 0;
  for (size_t i = 0; i < counted.size(); ++i) {
    const std::string field = "lines[" + std::to_string(i) + "]";
    const auto is_it = [&](const auto& line) { return line.line == counted[i].line; };
    const auto line = std::find_if(one.lines.begin(), one.lines.end(), is_it);
    if (line == one.lines.end()) return InvalidField(field + ".line", "is not in the case");
    const auto first = std::find_if(counted.begin(), counted.end(), is_it);
    if (first != counted.begin() + static_cast<ptrdiff_t>(i))
      return InvalidField(field + ".line", "is there twice");
    if (counted[i].units > (*line).*most) {
      return InvalidField(field + "." + std::string(what),
                          "can be " + std::to_string((*line).*most) + " at most");
    }
    (*line).*target = counted[i].units;
  }
  return absl::OkStatus();
}

// The only place where money begins to move.
absl::Status StartRefund(Case& one, std::string_view field, const std::string& decimal,
                         TimePoint now) {
  const std::string& currency = one.requested.currency;
  const int64_t limit = RefundLimit(one);
  if (limit == 0) {
    return Refused("NOTHING_ACCEPTED",
                   "None of the goods were accepted, so no money goes back; reject the return.");
  }
  if (one.refunds.size() >= kMaxRefunds) {
    return Refused("TOO_MANY_MOVES",
                   "The refund has failed too often; pay outside of kefu and ask support.");
  }
  Money amount{currency, limit};
  if (!decimal.empty()) {
    KEFU_ASSIGN_OR_RETURN(amount, ParseAmount(field, decimal, currency));
  } else if (!one.refunds.empty()) {
    amount = one.refunds.back().amount;
  }
  if (amount.minor_units > limit) {
    const std::string at_most = FormatMoney({currency, limit});
    return Refused("REFUND_TOO_HIGH", "Refund " + at_most + " at most.", {{"at_most", at_most}});
  }
  one.refunds.push_back({.amount = std::move(amount), .create_time = now});
  return absl::OkStatus();
}

// What a command asks of the case and does to it, apart from its state. The case is a copy, thrown
// away after a refusal.
struct Effect {
  Case& one;
  const Command& command;
  const CaseId& id;
  const Policy& policy;
  TimePoint now;

  absl::Status operator()(const RequestInformation&) const { return CheckGoesRoundLess(one); }
  absl::Status operator()(const Amend&) const { return CheckGoesRoundLess(one); }

  absl::Status operator()(const Approve& approve) const {
    if (one.kind == Kind::kRefundOnly) return StartRefund(one, "refund", approve.refund, now);
    if (!approve.refund.empty()) {
      return InvalidField("refund",
                          "is for refunds without return; say it when the goods are back");
    }
    // Else the case would close for goods that are not sent, while they lie with the shop.
    if (!GoodsWereSent(one)) return absl::OkStatus();
    return Refused("GOODS_SENT", "The goods were sent back already; refund or close the case.");
  }

  absl::Status operator()(const Reject&) const {
    if (!command.note.empty()) return absl::OkStatus();
    return InvalidField("note", "must tell the buyer why");
  }

  absl::Status operator()(const ReportReturn& report) const {
    if (one.deadline && now >= *one.deadline) return TooLate(*one.deadline);
    KEFU_ASSIGN_OR_RETURN(one.return_parcel, NormalParcel(report.parcel));
    return absl::OkStatus();
  }

  absl::Status operator()(const ReceiveReturn& receive) const {
    return Count(one, receive.received, "received", &Line::quantity, &Line::received);
  }

  absl::Status operator()(const InspectReturn& inspect) const {
    return Count(one, inspect.accepted, "accepted", &Line::received, &Line::accepted);
  }

  absl::Status operator()(const OrderRefund& refund) const {
    if (one.state == State::kReceived) {
      if (policy.inspect_before_refund) {
        return Refused("NOT_INSPECTED",
                       "Money goes back for accepted goods only; inspect them first.");
      }
      for (Line& line : one.lines) line.accepted = line.received;
    }
    return StartRefund(one, "amount", refund.amount, now);
  }

  absl::Status operator()(const SettleRefund& settle) const {
    KEFU_RETURN_IF_ERROR(CheckText("reference", settle.reference, kMaxReference));
    const size_t last = one.refunds.size() - 1;
    for (size_t i = 0; i < last; ++i) {
      if (RefundIdOf(id, i) != settle.refund) continue;
      return Refused("REFUND_SETTLED", "This refund has failed before; another one is pending.");
    }
    if (RefundIdOf(id, last) != settle.refund) {
      return Error(absl::StatusCode::kNotFound, "NO_SUCH_REFUND",
                   "The case has no such refund; read it again.");
    }
    Refund& refund = one.refunds.back();
    refund.state = settle.succeeded ? RefundState::kSucceeded : RefundState::kFailed;
    refund.reference = settle.reference;
    refund.settle_time = now;
    return absl::OkStatus();
  }

  absl::Status operator()(const AcceptExchange&) const {
    const auto accepted = [](const Line& line) { return line.accepted > 0; };
    if (std::any_of(one.lines.begin(), one.lines.end(), accepted)) return absl::OkStatus();
    return Refused("NOTHING_ACCEPTED",
                   "None of the goods were accepted, so nothing is sent out; reject the return.");
  }

  absl::Status operator()(const ShipReplacement& ship) const {
    KEFU_ASSIGN_OR_RETURN(one.replacement_parcel, NormalParcel(ship.parcel));
    return absl::OkStatus();
  }

  absl::Status operator()(const Complete&) const { return absl::OkStatus(); }
  absl::Status operator()(const Escalate&) const { return absl::OkStatus(); }

  absl::Status operator()(const Close&) const {
    if (one.refunds.empty()) return absl::OkStatus();
    return Refused("REFUND_EXISTS", "Money was ordered back; the case cannot be withdrawn.");
  }

  absl::Status operator()(const Expire&) const {
    if (one.deadline && now >= *one.deadline) return absl::OkStatus();
    return Refused("NOT_DUE", "The deadline is not over.");
  }
};

// A better answer than "forbidden", where there is one.
absl::Status Explain(const absl::Status& refusal, const Case& one, const Action& action) {
  if (ErrorReason(refusal) != "TRANSITION_FORBIDDEN") return refusal;
  if (std::holds_alternative<ReportReturn>(action) && HasExpired(one))
    return TooLate(one.update_time);
  if (one.refunds.empty() || one.refunds.back().state == RefundState::kFailed) return refusal;
  if (std::holds_alternative<OrderRefund>(action)) {
    return Refused("REFUND_EXISTS", "The money was ordered back already; it moves only once.");
  }
  if (std::holds_alternative<SettleRefund>(action))
    return Refused("REFUND_SETTLED", "The refund is settled and does not change any more.");
  return refusal;
}

void Enter(Case& one, State next, const Command& command, const Policy& policy, TimePoint now) {
  one.history.push_back({one.state, next, command.actor, now, command.note});
  one.state = next;
  one.version += 1;
  one.update_time = now;
  one.deadline.reset();
  if (next == State::kApprovedAwaitingReturn) one.deadline = now + policy.return_within_ms;
}

}  // namespace

Verb VerbOf(const Action& action) {
  if (const auto* settle = std::get_if<SettleRefund>(&action))
    return settle->succeeded ? Verb::kSettleSucceeded : Verb::kSettleFailed;
  // In the order of the variant.
  constexpr std::array kOf = {
      Verb::kRequestInformation, Verb::kAmend,          Verb::kApprove,         Verb::kReject,
      Verb::kReportReturn,       Verb::kReceiveReturn,  Verb::kInspectReturn,   Verb::kRefund,
      Verb::kSettleSucceeded,    Verb::kAcceptExchange, Verb::kShipReplacement, Verb::kComplete,
      Verb::kEscalate,           Verb::kClose,          Verb::kExpire};
  static_assert(kOf.size() == std::variant_size_v<Action>);
  return kOf[action.index()];
}

absl::StatusOr<Decision> Apply(const OrderCases& order, const Command& command,
                               const Policy& policy, TimePoint now) {
  const Case* found = order.Find(command.target);
  if (found == nullptr || !MaySee(command.actor, *found)) return NoSuchCase();
  if (!command.etag.empty() && command.etag != std::to_string(found->version)) {
    return Error(absl::StatusCode::kAborted, "VERSION_CONFLICT",
                 "The case was changed meanwhile; read it again, then decide.",
                 {{"version", std::to_string(found->version)}});
  }
  KEFU_RETURN_IF_ERROR(CheckText("note", command.note, kMaxNote));
  const absl::StatusOr<State> next =
      Next(VerbOf(command.action), found->state, found->kind, command.actor.role);
  if (!next.ok()) return Explain(next.status(), *found, command.action);

  Decision decision{order, command.target, found->state};
  Case& one = decision.next.cases[command.target.ordinal() - 1];
  const Effect effect{one, command, command.target, policy, now};
  KEFU_RETURN_IF_ERROR(std::visit(effect, command.action));
  Enter(one, *next, command, policy, now);
  return decision;
}

absl::Status NoSuchCase() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_CASE", "There is no such case.");
}

bool MaySee(const Actor& actor, const Case& one) {
  return actor.role != Role::kBuyer || (!one.buyer.empty() && actor.id == one.buyer);
}

}  // namespace kefu::after_sales::domain
