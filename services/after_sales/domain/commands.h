// What can be done to the cases of an order, and what becomes of them. Pure: Apply decides on a
// state and a time and changes nothing.
//
//   KEFU_ASSIGN_OR_RETURN(Decision decision, Apply(order, command, policy, now));
//
// Errors, beside those of machine.h: INVALID_ARGUMENT with the field of the request;
// NOT_FOUND NO_SUCH_CASE (absent and foreign alike), NO_SUCH_REFUND; ABORTED VERSION_CONFLICT;
// FAILED_PRECONDITION TOO_MANY_UNITS, TOO_MANY_CASES, TOO_MANY_MOVES, NOT_PAID, NOTHING_LEFT,
// NOT_INSPECTED, NOTHING_ACCEPTED, REFUND_TOO_HIGH (metadata at_most), REFUND_EXISTS,
// REFUND_SETTLED, GOODS_SENT, RETURN_TOO_LATE.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "services/after_sales/domain/case.h"
#include "services/common/base/clock.h"

namespace kefu::after_sales::domain {

struct Policy {
  // For sending the goods back, from the approval on.
  int64_t return_within_ms = int64_t{7} * 24 * 3600 * 1000;
  // Money goes back only for goods that were inspected. If not, what was received is accepted.
  bool inspect_before_refund = true;
};

// What the order says; read from its service for the opening.
struct OrderedLine {
  std::string line;
  std::string sku;
  std::string title;
  uint32_t quantity = 0;
  // Of all units, after discounts.
  Money total;
};
enum class Payment { kUnpaid, kPaid, kRefunded };
struct OrderFacts {
  std::string number;
  std::string buyer;
  Payment payment = Payment::kUnpaid;
  // What came in altogether; 0 if the source does not say.
  Money paid;
  // What went back already, by whatever way: the refunds of its cases may be part of it.
  Money refunded;
  std::vector<OrderedLine> lines;
};

struct Units {
  std::string line;
  uint32_t units = 0;
};

struct Open {
  OrderFacts order;
  Kind kind = Kind::kRefundOnly;
  Reason reason = Reason::kChangedMind;
  std::vector<Units> lines;
  // Decimal; empty: what the lines cost.
  std::string requested;
};
struct RequestInformation {};
struct Amend {};
struct Approve {
  // Refund only: decimal; empty: as requested.
  std::string refund;
};
struct Reject {};
struct ReportReturn {
  Parcel parcel;
};
struct ReceiveReturn {
  // Empty: all units came.
  std::vector<Units> received;
};
struct InspectReturn {
  // Empty: all that were received.
  std::vector<Units> accepted;
};
struct OrderRefund {
  // Decimal; empty: as much as may be refunded.
  std::string amount;
};
struct SettleRefund {
  std::string refund;
  bool succeeded = false;
  std::string reference;
};
struct AcceptExchange {};
struct ShipReplacement {
  Parcel parcel;
};
struct Complete {};
struct Escalate {};
struct Close {};
// The time for sending the goods back is over: by the timer, never by a caller.
struct Expire {};

using Action = std::variant<RequestInformation, Amend, Approve, Reject, ReportReturn, ReceiveReturn,
                            InspectReturn, OrderRefund, SettleRefund, AcceptExchange,
                            ShipReplacement, Complete, Escalate, Close, Expire>;

struct Command {
  CaseId target;
  Actor actor;
  std::string note;
  // The version that the caller has seen; empty: whatever it is.
  std::string etag;
  Action action;
};

Verb VerbOf(const Action& action);

struct Decision {
  OrderCases next;
  // The one that changed.
  CaseId changed;
  State previous = State::kNone;
};

absl::StatusOr<Decision> Apply(const OrderCases& order, const Open& open, const Actor& actor,
                               const std::string& note, TimePoint now);
absl::StatusOr<Decision> Apply(const OrderCases& order, const Command& command,
                               const Policy& policy, TimePoint now);

absl::Status NoSuchCase();
// Buyers see their own cases.
bool MaySee(const Actor& actor, const Case& one);

}  // namespace kefu::after_sales::domain
