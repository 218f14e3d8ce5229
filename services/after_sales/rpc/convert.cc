#include "services/after_sales/rpc/convert.h"

#include <utility>
#include <vector>

#include "services/common/base/status.h"

namespace kefu::after_sales::rpc {
namespace {

using orders::v1::Order;

constexpr size_t kMaxActor = 64;

Money Read(const common::v1::Money& money) { return {money.currency(), money.minor_units()}; }

domain::Parcel Read(const v1::ParcelRef& parcel) {
  return {parcel.carrier(), parcel.tracking_number()};
}

template <class Lines>
std::vector<domain::Units> Count(const Lines& lines, uint32_t (v1::CaseLine::*units)() const) {
  std::vector<domain::Units> counted;
  for (const v1::CaseLine& line : lines) counted.push_back({line.line(), (line.*units)()});
  return counted;
}

domain::Payment PaymentOf(Order::Payment payment) {
  switch (payment) {
    case Order::PAYMENT_PAID:
    case Order::PAYMENT_PARTIALLY_PAID:
    case Order::PAYMENT_PARTIALLY_REFUNDED:
      return domain::Payment::kPaid;
    case Order::PAYMENT_REFUNDED:
      return domain::Payment::kRefunded;
    default:
      return domain::Payment::kUnpaid;
  }
}

// What was said to the buyer, or by the buyer.
bool IsForBuyers(const v1::Move& move) {
  return move.actor().role() == ROLE_BUYER || move.to() == v1::Case::STATE_INFO_REQUIRED ||
         move.to() == v1::Case::STATE_REJECTED || move.to() == v1::Case::STATE_REJECTED_RETURN;
}

}  // namespace

absl::StatusOr<domain::Actor> ReadActor(const common::v1::Actor& actor) {
  switch (actor.role()) {
    case ROLE_BUYER:
    case ROLE_AGENT:
    case ROLE_SUPERVISOR:
    case ROLE_ADMIN:
    case ROLE_INTEGRATOR:
      break;
    default:
      return InvalidField("actor.role", "must be a buyer's, the staff's or an integrator's");
  }
  if (actor.id().empty() || actor.id().size() > kMaxActor)
    return InvalidField("actor.id", "must say who it is");
  return domain::Actor{static_cast<domain::Role>(actor.role()), actor.id()};
}

domain::Action ActionOf(const v1::RequestInformationRequest&) {
  return domain::RequestInformation{};
}
domain::Action ActionOf(const v1::AmendCaseRequest&) { return domain::Amend{}; }
domain::Action ActionOf(const v1::ApproveCaseRequest& request) {
  return domain::Approve{request.refund()};
}
domain::Action ActionOf(const v1::RejectCaseRequest&) { return domain::Reject{}; }
domain::Action ActionOf(const v1::ReportReturnRequest& request) {
  return domain::ReportReturn{Read(request.parcel())};
}
domain::Action ActionOf(const v1::ReceiveReturnRequest& request) {
  return domain::ReceiveReturn{Count(request.lines(), &v1::CaseLine::received)};
}
domain::Action ActionOf(const v1::InspectReturnRequest& request) {
  return domain::InspectReturn{Count(request.lines(), &v1::CaseLine::accepted)};
}
domain::Action ActionOf(const v1::RefundCaseRequest& request) {
  return domain::OrderRefund{request.amount()};
}
domain::Action ActionOf(const v1::SettleRefundRequest& request) {
  return domain::SettleRefund{request.refund(), request.succeeded(), request.reference()};
}
domain::Action ActionOf(const v1::AcceptExchangeRequest&) { return domain::AcceptExchange{}; }
domain::Action ActionOf(const v1::ShipReplacementRequest& request) {
  return domain::ShipReplacement{Read(request.parcel())};
}
domain::Action ActionOf(const v1::CompleteCaseRequest&) { return domain::Complete{}; }
domain::Action ActionOf(const v1::EscalateCaseRequest&) { return domain::Escalate{}; }
domain::Action ActionOf(const v1::CloseCaseRequest&) { return domain::Close{}; }

absl::StatusOr<domain::Open> ReadOpen(const v1::OpenCaseRequest& request) {
  if (request.kind() == v1::Case::KIND_UNSPECIFIED || !v1::Case::Kind_IsValid(request.kind()))
    return InvalidField("kind", "must be a refund, a return with refund or an exchange");
  if (request.reason() == v1::Case::REASON_UNSPECIFIED ||
      !v1::Case::Reason_IsValid(request.reason())) {
    return InvalidField("reason", "must say why");
  }
  return domain::Open{.kind = static_cast<domain::Kind>(request.kind()),
                      .reason = static_cast<domain::Reason>(request.reason()),
                      .lines = Count(request.lines(), &v1::CaseLine::quantity),
                      .requested = request.requested()};
}

domain::OrderFacts FactsOf(const Order& order) {
  domain::OrderFacts facts{.number = order.number(),
                           .buyer = order.buyer(),
                           .payment = PaymentOf(order.payment()),
                           .paid = Read(order.totals().paid()),
                           .refunded = Read(order.totals().refunded())};
  for (const orders::v1::Line& line : order.lines()) {
    facts.lines.push_back({.line = line.line(),
                           .sku = line.sku(),
                           .title = line.title(),
                           .quantity = line.quantity(),
                           .total = Read(line.total())});
  }
  return facts;
}

absl::StatusOr<storage::CaseList::Filter> ReadFilter(const v1::ListCasesRequest& request,
                                                     const domain::Actor& actor) {
  storage::CaseList::Filter filter{.buyer = request.buyer(), .live_only = request.live_only()};
  if (actor.role == domain::Role::kBuyer) filter.buyer = actor.id;
  if (!filter.buyer.empty()) {
    KEFU_RETURN_IF_ERROR(BuyerId::Parse(filter.buyer));
  }
  if (!request.order().empty()) {
    KEFU_ASSIGN_OR_RETURN(filter.order, OrderId::Parse(request.order()));
  }
  if (!v1::Case::State_IsValid(request.state()))
    return InvalidField("state", "must be a state of a case");
  if (request.state() != v1::Case::STATE_UNSPECIFIED)
    filter.state = static_cast<domain::State>(request.state());
  return filter;
}

v1::Case ShownTo(const domain::Actor& actor, v1::Case one) {
  if (actor.role != domain::Role::kBuyer) return one;
  for (v1::Move& move : *one.mutable_history()) {
    if (!IsForBuyers(move)) move.clear_note();
    if (move.actor().role() != ROLE_BUYER) move.mutable_actor()->clear_id();
  }
  return one;
}

}  // namespace kefu::after_sales::rpc
