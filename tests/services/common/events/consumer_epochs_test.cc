#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "services/common/events/consumer.h"
#include "tests/services/common/events/support/consumer_fixture.h"

namespace kefu::events {
namespace {

using test::Await;
using test::Eventually;
using test::kMade;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

// Publishers that lose events, begin a new epoch or have trimmed their log.
class ConsumerEpochsTest : public test::ConsumerFixture {};

TEST_F(ConsumerEpochsTest, APublisherThatLostItsTailIsToldToRaiseItsEpoch) {
  for (int i = 0; i < 10; ++i) orders_.log.Append(shop_, kMade);
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  orders_.log.LoseTail(shop_, 7);
  ASSERT_TRUE(Eventually([&] { return orders_.log.head(shop_).store_epoch == 2; }));
  ASSERT_TRUE(Eventually([&] { return CursorOf(shop_) == redis::Cursor{2, 7}; }));
  const auto anew = orders_.log.Append(shop_, kMade);
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(effects_.Ids().back(), anew.id());
}

TEST_F(ConsumerEpochsTest, WhatWasWrittenAnewBelowTheCursorIsTakenThoughTheHeadIsBeyondItAgain) {
  for (int i = 0; i < 10; ++i) orders_.log.Append(shop_, kMade);
  {
    test::Consuming process(cursors_, {&orders_});
    process.On("orders", kMade, Committing()).Start();
    ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  }
  orders_.log.LoseTail(shop_, 6);
  orders_.log.RaiseEpoch(shop_);
  std::vector<std::string> anew;
  for (int i = 0; i < 8; ++i) anew.push_back(orders_.log.Append(shop_, kMade).id());
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  const auto ids = effects_.Ids();
  EXPECT_THAT(std::vector(ids.begin() + 10, ids.end()), ElementsAreArray(anew));
}

TEST_F(ConsumerEpochsTest, WhatWasWrittenAnewAndTrimmedBeforeItWasReadIsTakenFromASnapshot) {
  for (int i = 0; i < 10; ++i) orders_.log.Append(shop_, kMade);
  ASSERT_TRUE(Await(cursors_.Advance(shop_, "orders", {}, {1, 10})).ok());
  orders_.log.Restore(shop_, 4);
  // Of the events of the new epoch, 5 to 16, those up to 7 go before anybody reads them.
  for (int seq = 5; seq <= 16; ++seq) {
    orders_.log.Append(shop_, kMade, "thing " + std::to_string(std::min(seq, 9)));
  }
  orders_.log.Trim(shop_, 8);
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  ASSERT_TRUE(Eventually([&] { return CursorOf(shop_) == redis::Cursor{2, 16}; }));
  EXPECT_THAT(effects_.States(), ElementsAre("state of thing at 4", "state of thing 5 at 5",
                                             "state of thing 6 at 6", "state of thing 7 at 7",
                                             "state of thing 8 at 8", "state of thing 9 at 16"));
}

TEST_F(ConsumerEpochsTest, ANewEpochAfterATrimmedLogWasReadIsTakenFromASnapshot) {
  for (int i = 0; i < 10; ++i) orders_.log.Append(shop_, kMade);
  ASSERT_TRUE(Await(cursors_.Advance(shop_, "orders", {}, {1, 10})).ok());
  orders_.log.Trim(shop_, 11);
  orders_.log.RaiseEpoch(shop_);
  // The log does not tell which epoch its last events were of.
  const auto later = orders_.log.Append(shop_, kMade);
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  ASSERT_TRUE(Eventually([&] { return CursorOf(shop_) == redis::Cursor{2, 11}; }));
  EXPECT_THAT(effects_.States(), ElementsAre(later.data()));
}

TEST_F(ConsumerEpochsTest, AnEpochWhoseBeginningIsStillThereNeedsNoSnapshot) {
  for (int i = 0; i < 10; ++i) orders_.log.Append(shop_, kMade);
  ASSERT_TRUE(Await(cursors_.Advance(shop_, "orders", {}, {1, 10})).ok());
  orders_.log.Restore(shop_, 6);
  std::vector<std::string> anew;
  for (int i = 0; i < 8; ++i) anew.push_back(orders_.log.Append(shop_, kMade).id());
  orders_.log.Trim(shop_, 6);  // the last event of the old epoch is kept
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_THAT(effects_.Ids(), ElementsAreArray(anew));
}

TEST_F(ConsumerEpochsTest, APublisherPutBackToAnEarlierEpochIsMadeToPassIt) {
  orders_.log.Append(shop_, kMade);
  const redis::Cursor ahead{7, 1};
  ASSERT_TRUE(Await(cursors_.Advance(shop_, "orders", {}, ahead)).ok());
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  EXPECT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(orders_.log.head(shop_).store_epoch, 8u);
}

TEST_F(ConsumerEpochsTest, APositionThatWasTrimmedLeadsToASnapshotAndThenToTheLog) {
  for (int i = 0; i < 3; ++i) orders_.log.Append(shop_, kMade);
  ASSERT_TRUE(Await(cursors_.Advance(shop_, "orders", {}, {1, 1})).ok());
  for (int i = 0; i < 3; ++i) {
    orders_.log.Append(shop_, kMade, "thing " + std::to_string(i));
  }
  orders_.log.Trim(shop_, 4);
  std::atomic<int> shown = 0;
  test::Consuming process(cursors_, {&orders_});
  process
      .On("orders", kMade,
          [&](Delivery delivery) {
            if (delivery.from_snapshot) ++shown;
            EXPECT_EQ(delivery.from_snapshot, !delivery.move.has_value());
            return test::Commit(cursors_, effects_, std::move(delivery));
          })
      .Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  // What was trimmed is still shown: the last state of each of four things.
  EXPECT_EQ(shown, 4);
  EXPECT_EQ(effects_.size(), 4u);
  const auto later = orders_.log.Append(shop_, kMade);
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(effects_.Ids().back(), later.id());
  EXPECT_THAT(process.metrics().Render(),
              HasSubstr("kefu_consumer_snapshots_total{consumer=\"records\",source=\"orders\"} 1"));
}

TEST_F(ConsumerEpochsTest, ANewConsumerOfALogWithoutItsBeginningTakesASnapshot) {
  for (int i = 0; i < 5; ++i) orders_.log.Append(shop_, kMade, "thing " + std::to_string(i % 2));
  orders_.log.Trim(shop_, 3);
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_THAT(effects_.States(), ElementsAre("state of thing 0 at 5", "state of thing 1 at 4"));
}

TEST_F(ConsumerEpochsTest, ASnapshotThatSomebodyElseOvertookIsGivenUp) {
  for (int i = 0; i < 5; ++i) orders_.log.Append(shop_, kMade, "thing " + std::to_string(i % 2));
  orders_.log.Trim(shop_, 3);
  const Handler overtaken = [this](Delivery delivery) -> Task<absl::StatusOr<Effect>> {
    if (delivery.from_snapshot && delivery.envelope.subject() == "thing 1") {
      // Another process has taken the snapshot and two events after it.
      const redis::Cursor before, after{1, 7};
      for (int i = 0; i < 2; ++i) orders_.log.Append(shop_, kMade);
      const absl::Status moved = co_await cursors_.Advance(shop_, "orders", before, after);
      EXPECT_TRUE(moved.ok());
    }
    co_return co_await test::Commit(cursors_, effects_, std::move(delivery));
  };
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, overtaken).Start();
  ASSERT_TRUE(Eventually([&] { return effects_.size() == 2; }));
  const auto later = orders_.log.Append(shop_, kMade);
  ASSERT_TRUE(Eventually([&] { return CursorOf(shop_) == redis::Cursor{1, 8}; }));
  EXPECT_THAT(effects_.States(),
              ElementsAre("state of thing 0 at 5", "state of thing 1 at 4", later.data()));
}

TEST_F(ConsumerEpochsTest, WhatASnapshotShowsInVainIsKeptAsADeadLetter) {
  for (int i = 0; i < 4; ++i) orders_.log.Append(shop_, kMade, "thing " + std::to_string(i % 2));
  orders_.log.Trim(shop_, 3);
  test::Consuming process(cursors_, {&orders_});
  process
      .On("orders", kMade, Refusing([](const Delivery& delivery) {
            return delivery.envelope.subject() == "thing 0" ? absl::InvalidArgumentError("odd")
                                                            : absl::OkStatus();
          }))
      .Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_THAT(effects_.States(), ElementsAre("state of thing 1 at 4"));
  EXPECT_EQ(Await(cursors_.ListDead(shop_, {}))->size(), 1u);
}

}  // namespace
}  // namespace kefu::events
