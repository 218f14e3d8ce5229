#include "services/orders/domain/order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "tests/services/orders/domain/samples.h"

namespace kefu::orders::domain {
namespace {

using test::CaseReport;
using test::kNow;
using test::Parcel1;
using test::Parcel2;
using test::Placed;
using test::Report;
using test::SealedUnder;
using test::Version;
using testing::ElementsAre;
using testing::IsEmpty;

Order With(const Order& order, const ReportParcel& report) { return Apply(order, report).next; }

TEST(OrderTest, TheFirstVersionMakesTheOrderWithAxesThatBeginAtTheBeginning) {
  const auto decision = Apply(Order(), Version(7), kNow);
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(decision->outcome, Outcome::kCreated);
  EXPECT_THAT(decision->moved, IsEmpty());
  EXPECT_TRUE(decision->shows);
  const Order& order = decision->next;
  EXPECT_TRUE(order.known);
  EXPECT_EQ(order.state, State::kOpen);
  EXPECT_EQ(order.payment, Payment::kUnpaid);
  EXPECT_EQ(order.fulfilment, Fulfilment::kUnfulfilled);
  EXPECT_EQ(order.aftersale, Aftersale::kNone);
  EXPECT_EQ(order.source_version, 7);
  EXPECT_EQ(order.totals.total, (Money{"CNY", 3980}));
}

TEST(OrderTest, AnOlderVersionIsStale) {
  const Order order = Apply(Order(), Version(7, {.payment = Payment::kPaid}), kNow)->next;
  const auto decision = Apply(order, Version(6), kNow);
  EXPECT_EQ(decision->outcome, Outcome::kStale);
  EXPECT_EQ(decision->next, order);
}

TEST(OrderTest, TheSameVersionWithTheSameContentChangesNothing) {
  const auto decision = Apply(Placed(), Version(1), kNow);
  EXPECT_EQ(decision->outcome, Outcome::kUnchanged);
  EXPECT_EQ(decision->next, Placed());
}

TEST(OrderTest, TheSameVersionWithOtherContentIsRefused) {
  Upsert other = Version(1);
  other.input_hash = "another";
  const auto decision = Apply(Placed(), other, kNow);
  EXPECT_EQ(decision.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(decision.status()), "SOURCE_VERSION_REUSED");
}

TEST(OrderTest, AnotherContactInTheSameVersionIsRefusedUnlessItWasErased) {
  Upsert version = Version(1);
  version.contact = SealedUnder("k1", "hash");
  Order order = Apply(Order(), version, kNow)->next;
  EXPECT_EQ(Apply(order, version, kNow)->outcome, Outcome::kUnchanged);
  Upsert other = version;
  other.contact->hash = "other";
  EXPECT_EQ(ErrorReason(Apply(order, other, kNow).status()), "SOURCE_VERSION_REUSED");
  other.contact.reset();
  EXPECT_EQ(ErrorReason(Apply(order, other, kNow).status()), "SOURCE_VERSION_REUSED");
  // Under another key the hashes tell nothing.
  other.contact = SealedUnder("k2", "other");
  EXPECT_EQ(Apply(order, other, kNow)->outcome, Outcome::kUnchanged);
  order = Apply(order, EraseContact{""}).next;
  EXPECT_EQ(Apply(order, version, kNow)->outcome, Outcome::kUnchanged);
}

TEST(OrderTest, TimesOverFiveMinutesInTheFutureAreRefused) {
  Upsert version = Version(1);
  version.create_time = kNow + 5 * 60 * 1000;
  version.update_time = version.create_time;
  EXPECT_TRUE(Apply(Order(), version, kNow).ok());
  version.update_time = kNow + (5 * 60 * 1000 + 1);
  EXPECT_EQ(FieldViolationsOf(Apply(Order(), version, kNow).status())[0].field, "update_time");
  version.create_time = version.update_time;
  EXPECT_EQ(FieldViolationsOf(Apply(Order(), version, kNow).status())[0].field, "create_time");
}

// Every state against every version that may follow: what the table reaches is taken, anything else
// is refused and says so.
template <class Axis>
void ExpectMoves(int values, std::string_view axis, std::optional<Axis> Said::*said,
                 Axis Order::*shown) {
  for (int from = 1; from <= values; ++from) {
    for (int to = 1; to <= values; ++to) {
      Said before, after;
      before.*said = static_cast<Axis>(from);
      after.*said = static_cast<Axis>(to);
      // Fulfilled and settled, so that every state is shown as it is said.
      if (!before.payment) before.payment = Payment::kPaid;
      if (!before.fulfilment) before.fulfilment = Fulfilment::kDelivered;
      const Order order = Placed(before);
      const Axis at = order.*shown;
      const auto decision = Apply(order, Version(2, after), kNow);
      SCOPED_TRACE(std::string(Name(at)) + " to " + std::string(Name(static_cast<Axis>(to))));
      if (MayMove(at, static_cast<Axis>(to))) {
        ASSERT_TRUE(decision.ok()) << decision.status();
        EXPECT_EQ(decision->outcome, Outcome::kUpdated);
        EXPECT_EQ(decision->next.*shown, static_cast<Axis>(to));
        EXPECT_EQ(decision->moved.empty(), from == to);
        continue;
      }
      EXPECT_EQ(decision.status().code(), absl::StatusCode::kFailedPrecondition);
      EXPECT_EQ(ErrorReason(decision.status()), "TRANSITION_FORBIDDEN");
      const ErrorMetadata metadata = ErrorMetadataOf(decision.status());
      EXPECT_EQ(metadata.at("axis"), axis);
      EXPECT_EQ(metadata.at("from"), Name(at));
      EXPECT_EQ(metadata.at("to"), Name(static_cast<Axis>(to)));
    }
  }
}

TEST(OrderTest, EveryStateTakesExactlyTheStatesItsTableReaches) {
  ExpectMoves<State>(4, "state", &Said::state, &Order::state);
}

TEST(OrderTest, EveryPaymentTakesExactlyThePaymentsItsTableReaches) {
  ExpectMoves<Payment>(10, "payment", &Said::payment, &Order::payment);
}

TEST(OrderTest, EveryFulfilmentGoesForwardAndNeverRefuses) {
  for (int from = 1; from <= 8; ++from) {
    for (int to = 1; to <= 8; ++to) {
      const auto before = static_cast<Fulfilment>(from), after = static_cast<Fulfilment>(to);
      const auto decision =
          Apply(Placed({.fulfilment = before}), Version(2, {.fulfilment = after}), kNow);
      ASSERT_TRUE(decision.ok());
      EXPECT_EQ(decision->next.fulfilment, MayMove(before, after) ? after : before);
    }
  }
}

TEST(OrderTest, AnAxisThatAVersionLeavesOutStaysAsItIs) {
  const Order order = Placed(
      {.state = State::kOnHold, .payment = Payment::kPaid, .fulfilment = Fulfilment::kShipped});
  const auto decision = Apply(order, Version(2), kNow);
  EXPECT_EQ(decision->next.state, State::kOnHold);
  EXPECT_EQ(decision->next.payment, Payment::kPaid);
  EXPECT_EQ(decision->next.fulfilment, Fulfilment::kShipped);
  EXPECT_THAT(decision->moved, IsEmpty());
}

TEST(OrderTest, MovedNamesTheAxesThatDid) {
  const auto decision =
      Apply(Placed({.payment = Payment::kPaid}),
            Version(2, {.payment = Payment::kPaid, .fulfilment = Fulfilment::kProcessing}), kNow);
  EXPECT_THAT(decision->moved, ElementsAre("fulfilment"));
}

TEST(OrderTest, CompletedWaitsForDeliveryAndThenStays) {
  Upsert version = Version(1, {.state = State::kCompleted, .payment = Payment::kPaid});
  version.parcels = {Parcel1()};
  Order order = Apply(Order(), version, kNow)->next;
  EXPECT_EQ(order.state, State::kOpen);
  const Decision moved = Apply(order, Report(Parcel1(), "IN_TRANSIT", 1));
  EXPECT_EQ(moved.next.state, State::kCompleted);
  EXPECT_THAT(moved.moved, ElementsAre("state", "fulfilment"));
  // The parcel turns out never to have gone; the order's table knows no way back.
  order = With(moved.next, Report(Parcel1(), "CANCELLED", 2));
  EXPECT_EQ(order.state, State::kCompleted);
}

TEST(OrderTest, NothingToPayCompletesWithoutPayment) {
  OrderInput input = test::Input();
  input.total = "0";
  const Said said = {.state = State::kCompleted, .fulfilment = Fulfilment::kShipped};
  EXPECT_EQ(Apply(Order(), Version(1, said, input), kNow)->next.state, State::kCompleted);
}

TEST(OrderTest, AVoidedPaymentDoesNotCloseAnOrder) {
  const Order order = Placed({.payment = Payment::kVoided});
  EXPECT_EQ(order.state, State::kOpen);
  EXPECT_EQ(Placed({.state = State::kCompleted,
                    .payment = Payment::kVoided,
                    .fulfilment = Fulfilment::kCancelled})
                .state,
            State::kOpen);
}

TEST(OrderTest, ClosedIsCancelledIfNothingWasShippedElseCompleted) {
  const Said closed = {.closed = true, .payment = Payment::kRefunded};
  EXPECT_EQ(Apply(Placed({.payment = Payment::kPaid}), Version(2, closed), kNow)->next.state,
            State::kCancelled);
  const Order shipped = Placed({.payment = Payment::kPaid, .fulfilment = Fulfilment::kShipped});
  EXPECT_EQ(Apply(shipped, Version(2, closed), kNow)->next.state, State::kCompleted);
  Upsert version = Version(1, {.payment = Payment::kPaid});
  version.parcels = {Parcel1()};
  const Order moving = With(Apply(Order(), version, kNow)->next, Report(Parcel1(), "PICKED_UP", 1));
  Upsert next = Version(2, closed);
  next.parcels = {Parcel1()};
  EXPECT_EQ(Apply(moving, next, kNow)->next.state, State::kCompleted);
}

TEST(OrderTest, ParcelsTellHowFarTheOrderIs) {
  Upsert version = Version(1);
  version.parcels = {Parcel1(), Parcel2()};
  const auto created = Apply(Order(), version, kNow);
  EXPECT_THAT(created->moved, ElementsAre("parcels"));
  Order order = With(created->next, Report(Parcel1(), "IN_TRANSIT", 1));
  EXPECT_EQ(order.fulfilment, Fulfilment::kPartiallyShipped);
  order = With(order, Report(Parcel2(), "DELIVERED", 1));
  EXPECT_EQ(order.fulfilment, Fulfilment::kShipped);
  order = With(order, Report(Parcel1(), "DELIVERED", 2));
  EXPECT_EQ(order.fulfilment, Fulfilment::kDelivered);
  EXPECT_EQ(order.parcels.at("h_1").status, "DELIVERED");
}

TEST(OrderTest, WhatWasDeliveredOnceStaysDeliveredThoughTheParcelTurnsBack) {
  const Order order = With(Placed(), Report(Parcel1(), "RETURNING", 5, /*delivered=*/true));
  EXPECT_EQ(order.fulfilment, Fulfilment::kDelivered);
}

TEST(OrderTest, LateAndRepeatedReportsChangeNothing) {
  const Order order = With(Placed(), Report(Parcel1(), "OUT_FOR_DELIVERY", 5));
  for (const uint64_t etag : {1, 4, 5}) {
    const Decision late = Apply(order, Report(Parcel1(), "IN_TRANSIT", etag));
    EXPECT_EQ(late.outcome, Outcome::kUnchanged);
    EXPECT_EQ(late.next, order);
  }
  // After a restore numbers begin lower, but time goes on.
  ReportParcel later = Report(Parcel1(), "DELIVERED", 2);
  later.seen.update_time = kNow + 1000;
  EXPECT_EQ(Apply(order, later).outcome, Outcome::kUpdated);
}

TEST(OrderTest, AReportThatShowsNothingNewIsRememberedButNotTold) {
  const Order order = With(Placed(), Report(Parcel1(), "IN_TRANSIT", 1));
  const Decision next = Apply(order, Report(Parcel1(), "IN_TRANSIT", 3));
  EXPECT_EQ(next.outcome, Outcome::kUpdated);
  EXPECT_FALSE(next.shows);
  EXPECT_EQ(Apply(next.next, Report(Parcel1(), "PICKED_UP", 2)).outcome, Outcome::kUnchanged);
}

TEST(OrderTest, AParcelThatTheSourceDropsGoesUnlessLogisticsKnowsIt) {
  Upsert version = Version(1);
  version.parcels = {Parcel1(), Parcel2()};
  Order order = With(Apply(Order(), version, kNow)->next, Report(Parcel2(), "PENDING", 1));
  order = Apply(order, Version(2), kNow)->next;
  EXPECT_EQ(order.parcels.count("h_1"), 0u);
  EXPECT_EQ(order.parcels.count("h_2"), 1u);
}

TEST(OrderTest, ParcelsThatOnlyLogisticsKnowsAreBounded) {
  Order order = Placed();
  for (int i = 0; i < 200; ++i) {
    const std::string id = "h_" + std::to_string(i);
    order = With(order, Report({id, "shunfeng", "SF"}, "PENDING", 1));
  }
  EXPECT_EQ(order.parcels.size(), 100u);
}

TEST(OrderTest, CasesMakeTheAftersaleAxis) {
  const Decision opened = Apply(Placed(), CaseReport("k_1", "REQUESTED", 1));
  EXPECT_THAT(opened.moved, ElementsAre("aftersale"));
  EXPECT_EQ(opened.next.aftersale, Aftersale::kRequested);
  Order order = Apply(opened.next, CaseReport("k_1", "REFUND_PENDING", 3)).next;
  EXPECT_EQ(Apply(order, CaseReport("k_1", "REQUESTED", 2)).outcome, Outcome::kUnchanged);
  EXPECT_EQ(order.aftersale, Aftersale::kInProgress);
  order = Apply(order, CaseReport("k_1", "COMPLETED", 4)).next;
  EXPECT_EQ(order.aftersale, Aftersale::kCompleted);
  EXPECT_EQ(order.cases.at("k_1").state, "COMPLETED");
}

TEST(OrderTest, WhatIsHeardBeforeTheOrderIsStatedIsKeptForIt) {
  Order order = With(Order(), Report(Parcel1(), "DELIVERED", 1));
  EXPECT_FALSE(order.known);
  order = Apply(order, CaseReport("k_1", "REQUESTED", 1)).next;
  const auto decision = Apply(order, Version(1), kNow);
  EXPECT_EQ(decision->outcome, Outcome::kCreated);
  EXPECT_EQ(decision->next.fulfilment, Fulfilment::kDelivered);
  EXPECT_EQ(decision->next.aftersale, Aftersale::kRequested);
}

TEST(OrderTest, AContactIsErasedUnlessItsKeyIsTheOneInForce) {
  Upsert version = Version(1);
  version.contact = SealedUnder("k1");
  const Order order = Apply(Order(), version, kNow)->next;
  EXPECT_EQ(Apply(order, EraseContact{"k1"}).outcome, Outcome::kUnchanged);
  const Decision erased = Apply(order, EraseContact{"k2"});
  EXPECT_FALSE(erased.next.contact.has_value());
  EXPECT_TRUE(erased.next.contact_erased);
  EXPECT_TRUE(erased.shows);
  EXPECT_EQ(Apply(erased.next, EraseContact{""}).outcome, Outcome::kUnchanged);
  EXPECT_EQ(Apply(Placed(), EraseContact{""}).outcome, Outcome::kUnchanged);
  // A newer version brings a new contact.
  version = Version(2);
  version.contact = SealedUnder("k2");
  EXPECT_FALSE(Apply(erased.next, version, kNow)->next.contact_erased);
}

}  // namespace
}  // namespace kefu::orders::domain
