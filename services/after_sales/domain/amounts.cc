#include "services/after_sales/domain/amounts.h"

#include <algorithm>

namespace kefu::after_sales::domain {
namespace {

bool HasSucceeded(const Case& one) {
  return std::any_of(one.refunds.begin(), one.refunds.end(),
                     [](const Refund& refund) { return refund.state == RefundState::kSucceeded; });
}

// Where the case stood when money was first ordered; its present state if it never was.
State RefundOrigin(const Case& one) {
  for (const Move& move : one.history) {
    if (move.to == State::kRefundPending) return move.from;
  }
  return one.state;
}

}  // namespace

int64_t PartOf(Share of, uint64_t units) {
  if (of.units == 0) return 0;
  // Up to 10^15 minor units times 10^5 units do not fit 64 bits.
  const auto product = static_cast<__int128>(of.minor_units) * static_cast<int64_t>(units);
  return static_cast<int64_t>(product / static_cast<int64_t>(of.units));
}

Share HeldBy(const Case& one, std::string_view line) {
  const bool live = IsLive(one.state);
  Share held;
  if (!live && !HasSucceeded(one)) return held;
  for (const Line& mine : one.lines) {
    if (mine.line != line) continue;
    const Share all{mine.quantity, mine.cost.minor_units};
    const uint64_t units = live || RefundsRegardlessOfGoods(one) ? mine.quantity : mine.accepted;
    held.units += units;
    held.minor_units += PartOf(all, units);
  }
  return held;
}

Share HeldOf(const OrderCases& order, std::string_view line) {
  Share held;
  for (const Case& one : order.cases) {
    const Share part = HeldBy(one, line);
    held.units += part.units;
    held.minor_units += part.minor_units;
  }
  return held;
}

int64_t CostOf(const Case& one) {
  int64_t cost = 0;
  for (const Line& line : one.lines) cost += line.cost.minor_units;
  return cost;
}

int64_t AcceptedCostOf(const Case& one) {
  int64_t cost = 0;
  for (const Line& line : one.lines)
    cost += PartOf({line.quantity, line.cost.minor_units}, line.accepted);
  return cost;
}

bool RefundsRegardlessOfGoods(const Case& one) {
  return one.kind == Kind::kRefundOnly || RefundOrigin(one) == State::kArbitration;
}

int64_t RefundLimit(const Case& one) {
  const int64_t requested = one.requested.minor_units;
  return RefundsRegardlessOfGoods(one) ? requested : std::min(requested, AcceptedCostOf(one));
}

int64_t RefundedBy(const Case& one) {
  int64_t amount = 0;
  for (const Refund& refund : one.refunds) {
    if (refund.state != RefundState::kFailed) amount += refund.amount.minor_units;
  }
  return amount;
}

}  // namespace kefu::after_sales::domain
