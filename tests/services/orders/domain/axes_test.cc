#include "services/orders/domain/axes.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace kefu::orders::domain {
namespace {

constexpr State kStates[] = {State::kOpen, State::kOnHold, State::kCompleted, State::kCancelled};
constexpr Fulfilment kFulfilments[] = {Fulfilment::kUnfulfilled,   Fulfilment::kProcessing,
                                       Fulfilment::kHeld,          Fulfilment::kPartiallyShipped,
                                       Fulfilment::kShipped,       Fulfilment::kDelivered,
                                       Fulfilment::kUnfulfillable, Fulfilment::kCancelled};

std::vector<Payment> Payments() {
  std::vector<Payment> all;
  for (int value = 1; value <= 10; ++value) all.push_back(static_cast<Payment>(value));
  return all;
}

// The tables once more, by hand and by name: what may be reached from where, besides staying.
using Reach = std::map<std::string, std::set<std::string>>;

const Reach kStateReach = {
    {"OPEN", {"ON_HOLD", "COMPLETED", "CANCELLED"}},
    {"ON_HOLD", {"OPEN", "COMPLETED", "CANCELLED"}},
    {"COMPLETED", {}},
    {"CANCELLED", {}},
};

const Reach kPaymentReach = {
    {"UNPAID",
     {"PENDING", "AUTHORIZED", "PARTIALLY_PAID", "PAID", "PARTIALLY_REFUNDED", "REFUNDED", "VOIDED",
      "EXPIRED", "FAILED"}},
    {"PENDING",
     {"AUTHORIZED", "PARTIALLY_PAID", "PAID", "PARTIALLY_REFUNDED", "REFUNDED", "VOIDED", "EXPIRED",
      "FAILED"}},
    {"AUTHORIZED",
     {"PARTIALLY_PAID", "PAID", "PARTIALLY_REFUNDED", "REFUNDED", "VOIDED", "EXPIRED"}},
    {"PARTIALLY_PAID", {"PAID", "PARTIALLY_REFUNDED", "REFUNDED"}},
    {"PAID", {"PARTIALLY_REFUNDED", "REFUNDED"}},
    {"PARTIALLY_REFUNDED", {"REFUNDED"}},
    {"REFUNDED", {}},
    {"VOIDED", {}},
    {"EXPIRED", {}},
    {"FAILED",
     {"PENDING", "AUTHORIZED", "PARTIALLY_PAID", "PAID", "PARTIALLY_REFUNDED", "REFUNDED", "VOIDED",
      "EXPIRED"}},
};

const Reach kFulfilmentReach = {
    {"UNFULFILLED",
     {"PROCESSING", "HELD", "PARTIALLY_SHIPPED", "SHIPPED", "DELIVERED", "UNFULFILLABLE",
      "CANCELLED"}},
    {"PROCESSING",
     {"UNFULFILLED", "HELD", "PARTIALLY_SHIPPED", "SHIPPED", "DELIVERED", "UNFULFILLABLE",
      "CANCELLED"}},
    {"HELD",
     {"UNFULFILLED", "PROCESSING", "PARTIALLY_SHIPPED", "SHIPPED", "DELIVERED", "UNFULFILLABLE",
      "CANCELLED"}},
    {"PARTIALLY_SHIPPED", {"SHIPPED", "DELIVERED", "UNFULFILLABLE", "CANCELLED"}},
    {"SHIPPED", {"DELIVERED"}},
    {"DELIVERED", {}},
    {"UNFULFILLABLE", {"CANCELLED"}},
    {"CANCELLED", {}},
};

template <class Axes>
void ExpectReach(const Axes& axes, const Reach& reach) {
  ASSERT_EQ(std::size(axes), reach.size());
  for (const auto from : axes) {
    for (const auto to : axes) {
      const bool reached =
          from == to || reach.at(std::string(Name(from))).count(std::string(Name(to))) > 0;
      EXPECT_EQ(MayMove(from, to), reached) << Name(from) << " to " << Name(to);
      EXPECT_TRUE(reached || !IsStep(from, to)) << Name(from) << " to " << Name(to);
    }
  }
}

TEST(AxesTest, StatesMoveByTheirTableOnly) { ExpectReach(kStates, kStateReach); }
TEST(AxesTest, PaymentsMoveByTheirTableOnly) { ExpectReach(Payments(), kPaymentReach); }
TEST(AxesTest, FulfilmentMovesForwardOnlyButAroundHeld) {
  ExpectReach(kFulfilments, kFulfilmentReach);
}

TEST(AxesTest, SingleStepsAreThoseOfTheTables) {
  EXPECT_TRUE(IsStep(State::kOnHold, State::kOpen));
  EXPECT_FALSE(IsStep(State::kOnHold, State::kCompleted));
  EXPECT_FALSE(IsStep(Payment::kUnpaid, Payment::kRefunded));
  EXPECT_FALSE(IsStep(Fulfilment::kUnfulfilled, Fulfilment::kDelivered));
}

TEST(AxesTest, NamesAreReadBack) {
  for (const State state : kStates) EXPECT_EQ(ParseState(Name(state)), state);
  for (const Payment payment : Payments()) EXPECT_EQ(ParsePayment(Name(payment)), payment);
  for (const Fulfilment fulfilment : kFulfilments)
    EXPECT_EQ(ParseFulfilment(Name(fulfilment)), fulfilment);
  EXPECT_EQ(ParseState("open"), std::nullopt);
  EXPECT_EQ(ParsePayment(""), std::nullopt);
}

TEST(AxesTest, WhatTheSourceSaysOfFulfilmentNeverGoesBack) {
  EXPECT_EQ(Advance(Fulfilment::kShipped, Fulfilment::kUnfulfilled), Fulfilment::kShipped);
  EXPECT_EQ(Advance(Fulfilment::kHeld, Fulfilment::kUnfulfilled), Fulfilment::kUnfulfilled);
  EXPECT_EQ(Advance(Fulfilment::kProcessing, Fulfilment::kHeld), Fulfilment::kHeld);
  EXPECT_EQ(Advance(Fulfilment::kCancelled, Fulfilment::kShipped), Fulfilment::kCancelled);
  EXPECT_EQ(Advance(Fulfilment::kUnfulfilled, Fulfilment::kDelivered), Fulfilment::kDelivered);
}

TEST(AxesTest, FulfilmentIsTheFurthestOfTheSourceAndTheParcels) {
  using F = Fulfilment;
  constexpr Carriage kWaiting = Carriage::kWaiting, kMoving = Carriage::kMoving,
                     kDelivered = Carriage::kDelivered, kCancelled = Carriage::kCancelled;
  EXPECT_EQ(Derive(F::kUnfulfilled, {}), F::kUnfulfilled);
  EXPECT_EQ(Derive(F::kHeld, {kWaiting}), F::kHeld);
  EXPECT_EQ(Derive(F::kUnfulfilled, {kMoving}), F::kShipped);
  EXPECT_EQ(Derive(F::kUnfulfilled, {kMoving, kWaiting}), F::kPartiallyShipped);
  EXPECT_EQ(Derive(F::kUnfulfilled, {kDelivered}), F::kDelivered);
  EXPECT_EQ(Derive(F::kUnfulfilled, {kDelivered, kMoving}), F::kShipped);
  EXPECT_EQ(Derive(F::kUnfulfilled, {kDelivered, kCancelled}), F::kDelivered);
  EXPECT_EQ(Derive(F::kUnfulfilled, {kCancelled}), F::kUnfulfilled);
  EXPECT_EQ(Derive(F::kShipped, {kMoving, kWaiting}), F::kShipped);
  EXPECT_EQ(Derive(F::kDelivered, {kMoving}), F::kDelivered);
  // There are parcels to come.
  EXPECT_EQ(Derive(F::kPartiallyShipped, {kDelivered}), F::kPartiallyShipped);
  // The parcels are right.
  EXPECT_EQ(Derive(F::kCancelled, {kDelivered}), F::kDelivered);
  EXPECT_EQ(Derive(F::kCancelled, {kMoving, kWaiting}), F::kCancelled);
}

TEST(AxesTest, EveryStatusOfAShipmentIsAKindOfCarriage) {
  for (const char* waiting : {"", "PENDING", "INFO_RECEIVED", "EXPIRED"})
    EXPECT_EQ(CarriageOf(waiting), Carriage::kWaiting) << waiting;
  for (const char* moving : {"PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "AVAILABLE_FOR_PICKUP",
                             "ATTEMPT_FAILED", "EXCEPTION", "RETURNING", "RETURNED", "LOST"})
    EXPECT_EQ(CarriageOf(moving), Carriage::kMoving) << moving;
  EXPECT_EQ(CarriageOf("DELIVERED"), Carriage::kDelivered);
  EXPECT_EQ(CarriageOf("CANCELLED"), Carriage::kCancelled);
}

TEST(AxesTest, AftersaleIsWhatTheCasesMakeIt) {
  EXPECT_EQ(Derive({}), Aftersale::kNone);
  EXPECT_EQ(Derive({"CLOSED"}), Aftersale::kNone);
  EXPECT_EQ(Derive({"REQUESTED", "COMPLETED"}), Aftersale::kRequested);
  EXPECT_EQ(Derive({"INFO_REQUIRED", "REJECTED"}), Aftersale::kRequested);
  EXPECT_EQ(Derive({"REQUESTED", "RETURN_IN_TRANSIT"}), Aftersale::kInProgress);
  EXPECT_EQ(Derive({"COMPLETED", "CLOSED"}), Aftersale::kCompleted);
  EXPECT_EQ(Derive({"REFUND_FAILED", "COMPLETED"}), Aftersale::kFailed);
  EXPECT_EQ(Derive({"REJECTED"}), Aftersale::kFailed);
  for (const char* live : {"APPROVED_AWAITING_RETURN", "RETURN_IN_TRANSIT", "RECEIVED", "INSPECTED",
                           "AWAITING_REPLACEMENT", "REPAIRING", "REPLACEMENT_IN_TRANSIT",
                           "ARBITRATION", "REFUND_PENDING"})
    EXPECT_EQ(Derive({live}), Aftersale::kInProgress) << live;
}

TEST(AxesTest, CompletedIsShownOnceEverythingIsFulfilledAndSettled) {
  for (const Fulfilment fulfilment : kFulfilments) {
    for (const Payment payment : Payments()) {
      const bool done = IsFulfilled(fulfilment) && IsSettled(payment);
      EXPECT_EQ(Derive(State::kCompleted, fulfilment, payment, false),
                done ? State::kCompleted : State::kOpen);
      EXPECT_EQ(Derive(State::kCompleted, fulfilment, payment, true),
                IsFulfilled(fulfilment) ? State::kCompleted : State::kOpen);
      for (const State state : {State::kOpen, State::kOnHold, State::kCancelled})
        EXPECT_EQ(Derive(state, fulfilment, payment, false), state);
    }
  }
  EXPECT_FALSE(IsSettled(Payment::kVoided));
  EXPECT_FALSE(IsFulfilled(Fulfilment::kPartiallyShipped));
}

}  // namespace
}  // namespace kefu::orders::domain
