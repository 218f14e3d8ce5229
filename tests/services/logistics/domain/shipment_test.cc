#include "services/logistics/domain/shipment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "services/common/base/status.h"
#include "tests/services/logistics/support/events.h"

namespace kefu::logistics {
namespace {

using test::Event;
using test::kDay;

constexpr char kOrder[] = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr char kBuyer[] = "b_aaaaaaaaaaaaaaaaaaaaaaaaaa";

Register Registration() {
  Register command;
  command.carrier = "shunfeng";
  command.tracking_number = "SF1234567890123";
  command.order = kOrder;
  command.order_number = "4711";
  command.buyer = kBuyer;
  return command;
}

AddEvents Adding(TrackingEvents events) {
  return {"shunfeng", "SF1234567890123", std::move(events)};
}

// What Shipment looks like, but for when that came to be known.
Shipment Timeless(Shipment shipment) {
  shipment.create_time = {};
  shipment.update_time = {};
  return shipment;
}

TEST(Shipment, RegisteringMakesItKnown) {
  const auto decision = Apply(std::nullopt, Registration(), kDay);
  ASSERT_TRUE(decision.ok());
  EXPECT_TRUE(decision->changed);
  EXPECT_TRUE(decision->next.registered);
  EXPECT_EQ(decision->next.order, kOrder);
  EXPECT_EQ(decision->next.whereabouts.status, Status::kPending);
  EXPECT_EQ(decision->next.direction, Direction::kOutbound);
  EXPECT_EQ(decision->next.create_time, kDay);
}

TEST(Shipment, RegisteringAgainChangesNothing) {
  const auto first = Apply(std::nullopt, Registration(), kDay);
  const auto again = Apply(first->next, Registration(), kDay + 1000);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(again->next, first->next);
}

TEST(Shipment, WhatARegistrationLeavesOutStays) {
  const auto first = Apply(std::nullopt, Registration(), kDay);
  Register second;
  second.carrier = "shunfeng";
  second.tracking_number = "SF1234567890123";
  second.direction = Direction::kReturn;
  second.arrivals = {{Arrival::Kind::kCarrier, kDay, kDay + 1000}};
  const auto next = Apply(first->next, second, kDay + 1000);
  ASSERT_TRUE(next.ok());
  EXPECT_TRUE(next->changed);
  EXPECT_EQ(next->next.order, kOrder);
  EXPECT_EQ(next->next.direction, Direction::kReturn);
  EXPECT_EQ(next->next.arrivals.size(), 1u);
  EXPECT_EQ(next->next.update_time, kDay + 1000);
}

TEST(Shipment, KindsOfArrivalAreNeverMerged) {
  Register command = Registration();
  command.arrivals = {{Arrival::Kind::kCarrier, kDay, kDay}};
  const auto first = Apply(std::nullopt, command, kDay);
  command.arrivals = {{Arrival::Kind::kPromised, std::nullopt, kDay + 5}};
  const auto both = Apply(first->next, command, kDay);
  ASSERT_EQ(both->next.arrivals.size(), 2u);
  EXPECT_EQ(both->next.arrivals[0].kind, Arrival::Kind::kPromised);
  command.arrivals = {{Arrival::Kind::kPromised, std::nullopt, kDay + 9}};
  const auto moved = Apply(both->next, command, kDay);
  ASSERT_EQ(moved->next.arrivals.size(), 2u);
  EXPECT_EQ(moved->next.arrivals[0].to, kDay + 9);
}

TEST(Shipment, ArrivalsThatMakeNoSenseAreRefused) {
  const std::vector<std::vector<Arrival>> bad = {
      {{Arrival::Kind::kPromised, kDay + 1, kDay}},
      {{Arrival::Kind::kPromised, std::nullopt, std::nullopt}},
      {{Arrival::Kind::kPromised, kDay, kDay}, {Arrival::Kind::kPromised, kDay, kDay}}};
  for (const auto& arrivals : bad) {
    Register command = Registration();
    command.arrivals = arrivals;
    EXPECT_EQ(ErrorReason(Apply(std::nullopt, command, kDay).status()), "INVALID_FIELD");
  }
}

TEST(Shipment, IsNotItsOwnParent) {
  Register command = Registration();
  command.parent = ShipmentIdOf(command.carrier, command.tracking_number).str();
  EXPECT_EQ(ErrorReason(Apply(std::nullopt, command, kDay).status()), "INVALID_FIELD");
}

TEST(Shipment, EventsMayComeBeforeTheRegistration) {
  const Decision events =
      Apply(std::nullopt, Adding({Event(1, Status::kPickedUp)}), kDay + 3'600'000);
  ASSERT_TRUE(events.changed);
  EXPECT_FALSE(events.next.registered);
  const auto registered = Apply(events.next, Registration(), kDay + 3'600'001);
  EXPECT_EQ(registered->next.whereabouts.status, Status::kPickedUp);
  EXPECT_EQ(registered->next.order, kOrder);
}

TEST(Shipment, AnEventInTheFutureIsRefusedAndTheOthersStay) {
  const TrackingEvents events = {Event(4, Status::kPickedUp), Event(6, Status::kDelivered)};
  const Decision decision = Apply(std::nullopt, Adding(events), kDay);
  ASSERT_EQ(decision.outcomes.size(), 2u);
  EXPECT_TRUE(decision.outcomes[0].refused.ok());
  EXPECT_TRUE(decision.outcomes[0].added);
  EXPECT_EQ(ErrorReason(decision.outcomes[1].refused), "TIME_IN_FUTURE");
  EXPECT_EQ(decision.next.whereabouts.status, Status::kPickedUp);
}

TEST(Shipment, FiveMinutesAheadAreAllowed) {
  EXPECT_TRUE(Apply(std::nullopt, Adding({Event(5, Status::kPickedUp)}), kDay).changed);
  EXPECT_FALSE(Apply(std::nullopt, Adding({Event(5, Status::kPickedUp)}), kDay + -1).changed);
}

TEST(Shipment, WithoutAnEventThatIsTakenItStaysAbsent) {
  const Decision decision = Apply(std::nullopt, Adding({Event(60, Status::kPickedUp)}), kDay);
  EXPECT_FALSE(decision.changed);
}

TEST(Shipment, AnyOrderOfRegistrationAndEventsEndsInTheSameShipment) {
  std::mt19937 random(42);
  for (int round = 0; round < 200; ++round) {
    TrackingEvents events;
    for (int i = 0; i < 30; ++i) {
      events.push_back(Event(static_cast<int64_t>(random() % 20),
                             static_cast<Status>(random() % kStatuses),
                             "e" + std::to_string(random() % 25)));
    }
    const TimePoint now = kDay + 86'400'000;
    std::optional<Shipment> expected;
    for (int order = 0; order < 4; ++order) {
      // An index of events.size() stands for the registration; everything comes twice.
      std::vector<size_t> steps;
      for (size_t i = 0; i <= events.size(); ++i) steps.insert(steps.end(), 2, i);
      if (order > 0) std::shuffle(steps.begin(), steps.end(), random);
      std::optional<Shipment> shipment;
      for (const size_t step : steps) {
        if (step == events.size()) {
          shipment = Apply(shipment, Registration(), now)->next;
        } else {
          shipment = Apply(shipment, Adding({events[step]}), now).next;
        }
      }
      if (!expected) expected = Timeless(*shipment);
      ASSERT_EQ(Timeless(*shipment), *expected) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace kefu::logistics
