// The four axes of an order, and how they may move. The values are those of
// kefu.orders.v1.Order. Pure.
//
// state and payment follow tables. Updates may have been missed in between, so an axis may move to
// whatever its table reaches in one step or several. fulfilment is derived: the furthest of what
// the source says and of what the parcels show. aftersale is derived from the cases.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::orders::domain {

enum class State : uint8_t { kOpen = 1, kOnHold, kCompleted, kCancelled };
enum class Payment : uint8_t {
  kUnpaid = 1,
  kPending,
  kAuthorized,
  kPartiallyPaid,
  kPaid,
  kPartiallyRefunded,
  kRefunded,
  kVoided,
  kExpired,
  kFailed
};
enum class Fulfilment : uint8_t {
  kUnfulfilled = 1,
  kProcessing,
  kHeld,
  kPartiallyShipped,
  kShipped,
  kDelivered,
  kUnfulfillable,
  kCancelled
};
enum class Aftersale : uint8_t { kNone = 1, kRequested, kInProgress, kCompleted, kFailed };

// "PARTIALLY_PAID" and the like.
std::string_view Name(State state);
std::string_view Name(Payment payment);
std::string_view Name(Fulfilment fulfilment);
std::string_view Name(Aftersale aftersale);
std::optional<State> ParseState(std::string_view name);
std::optional<Payment> ParsePayment(std::string_view name);
std::optional<Fulfilment> ParseFulfilment(std::string_view name);

// The tables, single steps; then what they reach, staying included.
bool IsStep(State from, State to);
bool IsStep(Payment from, Payment to);
bool IsStep(Fulfilment from, Fulfilment to);
bool MayMove(State from, State to);
bool MayMove(Payment from, Payment to);
bool MayMove(Fulfilment from, Fulfilment to);

// All lines are on their way or never will be.
bool IsFulfilled(Fulfilment fulfilment);
// Nothing is owed any more: paid, wholly or partly given back. A voided or expired payment settles
// nothing.
bool IsSettled(Payment payment);

// What the source has said of fulfilment altogether: never back (but HELD and the states around
// it), whatever a newer version leaves out.
Fulfilment Advance(Fulfilment known, Fulfilment said);

// What one outbound parcel shows.
enum class Carriage : uint8_t {
  // Announced at most.
  kWaiting,
  // The carrier has it, or had it.
  kMoving,
  kDelivered,
  // It will never go, and counts for nothing.
  kCancelled
};
// Of the name of a kefu.logistics.v1.Shipment.Status.
Carriage CarriageOf(std::string_view shipment_status);

// All parcels delivered: DELIVERED; all under way: SHIPPED; some: PARTIALLY_SHIPPED. While the
// source says PARTIALLY_SHIPPED there are parcels to come, so those known prove no more than that.
// Where the source and the parcels contradict each other, the parcels are right.
Fulfilment Derive(Fulfilment source, const std::vector<Carriage>& parcels);

// `states` are the names of kefu.after_sales.v1.Case.State of the order's cases. Any under way:
// IN_PROGRESS; else any asked for: REQUESTED; else any refused or failed: FAILED; else any
// completed: COMPLETED; withdrawn ones count for nothing.
Aftersale Derive(const std::vector<std::string_view>& states);

// What is shown of the state that the source says: COMPLETED only once everything is fulfilled and
// settled, until then OPEN. `free`: nothing was to be paid.
State Derive(State source, Fulfilment fulfilment, Payment payment, bool free);

}  // namespace kefu::orders::domain
