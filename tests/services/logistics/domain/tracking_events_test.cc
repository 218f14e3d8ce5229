#include "services/logistics/domain/tracking_events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/services/logistics/support/events.h"

namespace kefu::logistics {
namespace {

using test::Event;
using test::kDay;
using test::Merged;

Status StatusOf(const TrackingEvents& events) { return Fold(Merged(events)).status; }

std::vector<Status> AllStatuses() {
  std::vector<Status> all;
  for (int i = 0; i < kStatuses; ++i) all.push_back(static_cast<Status>(i));
  return all;
}

TEST(Fold, NothingHeardIsPendingWithoutATime) {
  EXPECT_EQ(Fold({}), (Whereabouts{Status::kPending, "", std::nullopt}));
}

TEST(Fold, TheLatestByEventTimeCountsNotTheLastThatCame) {
  const TrackingEvents late = {Event(30, Status::kOutForDelivery), Event(10, Status::kPickedUp)};
  const Whereabouts where = Fold(Merged(late));
  EXPECT_EQ(where.status, Status::kOutForDelivery);
  EXPECT_EQ(where.time, kDay + 30 * 60'000);
}

TEST(Fold, ANoteMovesNothing) {
  EXPECT_EQ(StatusOf({Event(1, Status::kInTransit), Event(2, Status::kNone)}), Status::kInTransit);
  EXPECT_EQ(StatusOf({Event(2, Status::kNone)}), Status::kPending);
}

// Every status followed by every other: written by hand after INTEGRATIONS.md, section 2.
TEST(Fold, EveryStatusAfterEveryOther) {
  const std::set<Status> final = {Status::kReturned, Status::kCancelled, Status::kLost};
  const std::set<Status> after_delivered = {Status::kReturning, Status::kReturned,
                                            Status::kException};
  const std::set<Status> weak = {Status::kPending, Status::kExpired};
  for (const Status first : AllStatuses()) {
    for (const Status second : AllStatuses()) {
      if (first == Status::kNone || second == Status::kNone) continue;
      Status expected = second;
      if (final.count(first) > 0) expected = first;
      if (first == Status::kDelivered && after_delivered.count(second) == 0) expected = first;
      if (weak.count(second) > 0 && weak.count(first) == 0) expected = first;
      EXPECT_EQ(StatusOf({Event(1, first), Event(2, second)}), expected)
          << NameOf(first) << " then " << NameOf(second);
      EXPECT_EQ(StatusOf({Event(2, second), Event(1, first)}), expected)
          << NameOf(second) << " heard before " << NameOf(first);
    }
  }
}

TEST(Fold, DeliveredIsLeftByALaterEventOnlyNotByOneOfTheSameMoment) {
  for (const char* id : {"a", "z"}) {
    EXPECT_EQ(StatusOf({Event(5, Status::kDelivered, "m"), Event(5, Status::kException, id)}),
              Status::kDelivered)
        << id;
  }
  EXPECT_EQ(StatusOf({Event(5, Status::kDelivered), Event(6, Status::kException)}),
            Status::kException);
}

TEST(Fold, AReturnAfterDeliveryGoesOnAsUsual) {
  EXPECT_EQ(StatusOf({Event(1, Status::kDelivered), Event(2, Status::kReturning),
                      Event(3, Status::kInTransit), Event(4, Status::kReturned),
                      Event(5, Status::kInTransit)}),
            Status::kReturned);
}

TEST(Fold, TheFirstDeliveryIsTheDelivery) {
  const TrackingEvents events =
      Merged({Event(10, Status::kDelivered), Event(70, Status::kDelivered)});
  EXPECT_EQ(Fold(events).time, kDay + 10 * 60'000);
}

TEST(Merge, AnEventThatIsThereChangesNothing) {
  TrackingEvents events;
  EXPECT_TRUE(Merge(Event(1, Status::kPickedUp), &events));
  EXPECT_FALSE(Merge(Event(1, Status::kPickedUp), &events));
  EXPECT_EQ(events.size(), 1u);
}

TEST(Merge, OfTwoVersionsOfAnEventTheSameOneStaysInBothOrders) {
  const TrackingEvent early = Event(1, Status::kPickedUp, "x", "hello");
  const TrackingEvent late = Event(9, Status::kInTransit, "x", "again");
  EXPECT_EQ(Merged({early, late}), TrackingEvents({late}));
  EXPECT_EQ(Merged({late, early}), TrackingEvents({late}));
  const TrackingEvent other = Event(1, Status::kPickedUp, "x", "help");
  EXPECT_EQ(Merged({early, other}), Merged({other, early}));
}

// Random lists, shuffled and doubled, of any length.
TEST(Merge, AnyOrderAndAnyNumberOfTimesGivesTheSameList) {
  std::mt19937 random(20250304);
  for (int round = 0; round < 300; ++round) {
    TrackingEvents events;
    const size_t count = 1 + random() % (round % 3 == 0 ? 600 : 40);
    for (size_t i = 0; i < count; ++i) {
      const auto status = static_cast<Status>(random() % kStatuses);
      // Few different moments, so that many are the same.
      events.push_back(
          Event(static_cast<int64_t>(random() % (count / 2 + 1)), status, "e" + std::to_string(i)));
    }
    const TrackingEvents expected = Merged(events);
    ASSERT_LE(expected.size(), kMaxEvents);
    ASSERT_TRUE(std::is_sorted(expected.begin(), expected.end()));
    for (int other = 0; other < 4; ++other) {
      TrackingEvents shuffled = events;
      shuffled.insert(shuffled.end(), events.begin(), events.end());
      std::shuffle(shuffled.begin(), shuffled.end(), random);
      ASSERT_EQ(Merged(shuffled), expected) << "round " << round;
    }
  }
}

TEST(Merge, WhatIsDroppedCouldNotHaveMovedTheStatus) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    TrackingEvents all;
    size_t decisive = 0;
    for (int i = 0; i < 700; ++i) {
      auto status = static_cast<Status>(random() % kStatuses);
      const bool decides = WeightOf(status) == Weight::kDecisive;
      // Few that decide, at the beginning mostly: those are in danger.
      if (decides && (decisive >= kDecisiveKept || random() % 40 != 0)) status = Status::kInTransit;
      if (round % 2 == 0 && i > 200 && status != Status::kNone) status = Status::kPending;
      if (WeightOf(status) == Weight::kDecisive) ++decisive;
      all.push_back(Event(i, status));
    }
    const Whereabouts expected = Fold(all);  // in order of time already
    const TrackingEvents kept = Merged(all);
    EXPECT_LE(kept.size(), kMaxEvents);
    EXPECT_EQ(Fold(kept), expected) << "round " << round;
  }
}

TEST(Merge, TheNewestAreKeptWhateverTheySay) {
  TrackingEvents events;
  for (int i = 0; i < 1000; ++i) Merge(Event(i, Status::kDelivered), &events);
  EXPECT_EQ(events.size(), kNewestKept + kDecisiveKept);
  TrackingEvent note = Event(2000, Status::kNone);
  EXPECT_TRUE(Merge(note, &events));
  EXPECT_EQ(events.back(), note);
  EXPECT_FALSE(Merge(Event(1, Status::kInTransit, "old"), &events) &&
               Merge(Event(0, Status::kInTransit, "older"), &events))
      << "an older ordinary event than one that is kept is dropped at once";
}

TEST(DeliveredTime, StaysWhateverComesAfterAndInWhateverOrderItIsHeard) {
  const TrackingEvents back = Merged({Event(3, Status::kReturning), Event(2, Status::kDelivered),
                                      Event(1, Status::kInTransit), Event(4, Status::kReturned)});
  EXPECT_EQ(DeliveredTime(back), Event(2, Status::kDelivered).time);
  EXPECT_EQ(DeliveredTime(Merged({Event(1, Status::kInTransit), Event(2, Status::kException)})),
            std::nullopt);
  // Delivered after it was lost: it stays lost.
  EXPECT_EQ(DeliveredTime(Merged({Event(1, Status::kLost), Event(2, Status::kDelivered)})),
            std::nullopt);
}

TEST(EventId, IsTheHashOfWhatMakesTheEvent) {
  // printf 'shunfeng|SF123|1741046400000|80|signed' | sha256sum
  EXPECT_EQ(EventId("shunfeng", "SF123", kDay, "80", "signed"),
            "36aa909a3ac5ddaa8b3caaef8cbb2cac08f3ea5e4083d16f833ac56a92ec9e3a");
  EXPECT_NE(EventId("shunfeng", "SF123", kDay, "80", "signed"),
            EventId("shunfeng", "SF123", kDay + 1, "80", "signed"));
}

}  // namespace
}  // namespace kefu::logistics
