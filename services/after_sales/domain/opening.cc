// A case begins: units and money that no other case has.
#include <algorithm>
#include <string>
#include <utility>

#include "services/after_sales/domain/amounts.h"
#include "services/after_sales/domain/checks.h"
#include "services/after_sales/domain/commands.h"
#include "services/common/base/status.h"
#include "services/common/base/text.h"

namespace kefu::after_sales::domain {
namespace {

absl::Status CheckPaid(Payment payment) {
  if (payment == Payment::kPaid) return absl::OkStatus();
  const std::string_view why =
      payment == Payment::kRefunded
          ? "The order was refunded in full; there is nothing left to ask for."
          : "The order is not paid, so there is nothing to give back; cancel it instead.";
  return Error(absl::StatusCode::kFailedPrecondition, "NOT_PAID", why);
}

const OrderedLine* FindLine(const OrderFacts& order, std::string_view line) {
  for (const OrderedLine& one : order.lines) {
    if (one.line == line) return &one;
  }
  return nullptr;
}

absl::Status CheckLines(const Open& open) {
  if (open.lines.empty() || open.lines.size() > kMaxLines)
    return InvalidField("lines", "must be 1 to 50 lines of the order");
  for (size_t i = 0; i < open.lines.size(); ++i) {
    const std::string field = "lines[" + std::to_string(i) + "]";
    const Units& wanted = open.lines[i];
    if (FindLine(open.order, wanted.line) == nullptr)
      return InvalidField(field + ".line", "is not a line of the order");
    if (wanted.units == 0) return InvalidField(field + ".quantity", "must be 1 at least");
    const auto same = [&](const Units& other) { return other.line == wanted.line; };
    if (std::any_of(open.lines.begin(), open.lines.begin() + static_cast<ptrdiff_t>(i), same))
      return InvalidField(field + ".line", "is there twice; say it once with all units");
  }
  return absl::OkStatus();
}

// Takes the units out of what is free of the line.
absl::StatusOr<Line> Take(const OrderCases& order, const OrderedLine& ordered, uint32_t units) {
  const Share held = HeldOf(order, ordered.line);
  const Share free{ordered.quantity - std::min<uint64_t>(ordered.quantity, held.units),
                   std::max<int64_t>(0, ordered.total.minor_units - held.minor_units)};
  if (units > free.units) {
    return Error(absl::StatusCode::kFailedPrecondition, "TOO_MANY_UNITS",
                 "Fewer units are left: the others are in another case or were refunded.",
                 {{"line", ordered.line}, {"left", std::to_string(free.units)}});
  }
  return Line{.line = ordered.line,
              .sku = ordered.sku,
              .title = ordered.title,
              .quantity = units,
              .cost = {ordered.total.currency, PartOf(free, units)}};
}

// What may still be asked for of the money that came in.
int64_t MoneyLeft(const OrderCases& order, const OrderFacts& facts) {
  int64_t asked = 0;
  int64_t settled = 0;
  for (const Case& one : order.cases) {
    if (IsLive(one.state)) {
      asked += one.requested.minor_units;
    } else {
      settled += RefundedBy(one);
    }
  }
  const int64_t gone = asked + std::max(settled, facts.refunded.minor_units);
  return std::max<int64_t>(0, facts.paid.minor_units - gone);
}

absl::StatusOr<Money> Requested(const OrderCases& order, const Open& open, const Case& one) {
  const std::string& currency = one.lines.front().cost.currency;
  int64_t limit = CostOf(one);
  if (open.order.paid.minor_units > 0) limit = std::min(limit, MoneyLeft(order, open.order));
  Money requested{currency, limit};
  if (!open.requested.empty()) {
    KEFU_ASSIGN_OR_RETURN(requested, ParseAmount("requested", open.requested, currency));
  } else if (limit == 0 && open.kind != Kind::kExchange) {
    return Error(absl::StatusCode::kFailedPrecondition, "NOTHING_LEFT",
                 "Nothing is left to refund of these lines; exchange them instead.");
  }
  if (requested.minor_units > limit) {
    const std::string at_most = FormatMoney({currency, limit});
    return Error(absl::StatusCode::kFailedPrecondition, "REFUND_TOO_HIGH",
                 "These lines cost less; ask for " + at_most + " at most.", {{"at_most", at_most}});
  }
  return requested;
}

}  // namespace

absl::StatusOr<Decision> Apply(const OrderCases& order, const Open& open, const Actor& actor,
                               const std::string& note, TimePoint now) {
  KEFU_ASSIGN_OR_RETURN(const State state, Next(Verb::kOpen, State::kNone, open.kind, actor.role));
  KEFU_RETURN_IF_ERROR(CheckText("note", note, kMaxNote));
  KEFU_RETURN_IF_ERROR(CheckPaid(open.order.payment));
  KEFU_RETURN_IF_ERROR(CheckLines(open));
  if (order.cases.size() >= kMaxCases) {
    return Error(absl::StatusCode::kFailedPrecondition, "TOO_MANY_CASES",
                 "The order has 50 cases already; go on with one of them.");
  }
  Case one{.ordinal = static_cast<uint32_t>(order.cases.size() + 1),
           .version = 1,
           .buyer = open.order.buyer,
           .kind = open.kind,
           .state = state,
           .reason = open.reason,
           .history = {{State::kNone, state, actor, now, note}},
           .create_time = now,
           .update_time = now};
  for (const Units& wanted : open.lines) {
    KEFU_ASSIGN_OR_RETURN(Line line, Take(order, *FindLine(open.order, wanted.line), wanted.units));
    one.lines.push_back(std::move(line));
  }
  KEFU_ASSIGN_OR_RETURN(one.requested, Requested(order, open, one));

  Decision decision{order, order.IdOf(one), State::kNone};
  decision.next.number = open.order.number;
  decision.next.cases.push_back(std::move(one));
  return decision;
}

}  // namespace kefu::after_sales::domain
