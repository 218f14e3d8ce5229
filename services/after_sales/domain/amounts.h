// Whose the money and the units of an order's lines are: exact to the minor unit, whatever the
// order in which cases come and go.
//
// A case takes n of the units of a line that are free, and with them the n-th part of the money of
// the line that is free, rounded down; whoever takes all that are left takes all the money left. So
// all units together are exactly the line's total, and no two cases hold the same money. A live
// case holds all of its units; a case that gave money back keeps for good those units for which it
// did. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/after_sales/domain/case.h"

namespace kefu::after_sales::domain {

struct Share {
  uint64_t units = 0;
  int64_t minor_units = 0;
};

// What `one` holds of the order's line `line`.
Share HeldBy(const Case& one, std::string_view line);
// What all cases of the order hold of it.
Share HeldOf(const OrderCases& order, std::string_view line);

// Money of `units` out of `of`: rounded down, all of it for all units. `units` <= `of.units`.
int64_t PartOf(Share of, uint64_t units);

int64_t CostOf(const Case& one);
// What the accepted units cost.
int64_t AcceptedCostOf(const Case& one);

// The case was decided without inspection counting: there was nothing to send back, or a ruling
// ordered the money.
bool RefundsRegardlessOfGoods(const Case& one);

// The most that may be refunded if money is ordered now: never more than requested, and not more
// than the accepted goods cost where goods were to be sent back.
int64_t RefundLimit(const Case& one);

// Money given back or on its way.
int64_t RefundedBy(const Case& one);

}  // namespace kefu::after_sales::domain
