#include "services/common/events/consumer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "services/common/base/status.h"
#include "services/common/events/consumer_service.h"
#include "tests/services/common/events/support/consuming.h"
#include "tests/support/await.h"

namespace kefu::events {
namespace {

using test::Await;
using test::Effects;
using test::Eventually;
using test::kMade;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

class ConsumerTest : public ::testing::Test {
 protected:
  Handler Committing() {
    return
        [this](Delivery delivery) { return test::Commit(cursors_, effects_, std::move(delivery)); };
  }
  // Refuses what `refuse` says, else commits.
  Handler Refusing(std::function<absl::Status(const Delivery&)> refuse) {
    return [this, refuse](Delivery delivery) -> Task<absl::StatusOr<Effect>> {
      const absl::Status refused = refuse(delivery);
      if (!refused.ok()) co_return refused;
      co_return co_await test::Commit(cursors_, effects_, std::move(delivery));
    };
  }
  redis::Cursor CursorOf(const ShopId& shop) { return *Await(cursors_.Get(shop, "orders")); }
  bool CaughtUp(const ShopId& shop) { return CursorOf(shop) == orders_.log.head(shop); }
  std::vector<std::string> IdsInLog(const ShopId& shop) {
    std::vector<std::string> ids;
    for (const auto& envelope : orders_.log.events(shop)) ids.push_back(envelope.id());
    return ids;
  }

  const ShopId shop_ = *ShopId::Parse("tea");
  const ShopId other_ = *ShopId::Parse("coffee");
  const SystemClock clock_;
  test::MemoryCursors cursors_{clock_};
  Effects effects_;
  test::Publishing orders_{"orders"};
};

TEST_F(ConsumerTest, ALateJoinerTakesEverythingInItsOrder) {
  for (int i = 0; i < 500; ++i) orders_.log.Append(shop_, kMade);
  test::Consuming process(cursors_, {&orders_}, /*hears=*/false);
  process.On("orders", kMade, Committing()).Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(effects_.Ids(), IdsInLog(shop_));
}

TEST_F(ConsumerTest, EveryShopThatThePublisherNamesIsFound) {
  for (int i = 0; i < 7; ++i) {
    orders_.log.Append(*ShopId::Parse("shop-" + std::to_string(i)), kMade);
  }
  test::Consuming process(cursors_, {&orders_}, /*hears=*/false);
  process.On("orders", kMade, Committing()).Start();
  EXPECT_TRUE(Eventually([&] { return effects_.size() == 7; }));
}

TEST_F(ConsumerTest, WhatIsHeardIsTakenWithoutReading) {
  orders_.log.Append(shop_, kMade);
  test::Consuming process(cursors_, {&orders_}, /*hears=*/true, /*compare_heads_ms=*/600'000);
  process.On("orders", kMade, Committing()).Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  // The subscription takes its time: until something is heard nothing can be said about reads.
  ASSERT_TRUE(Eventually([&] {
    orders_.Tell(orders_.log.Append(shop_, kMade));
    return Eventually([&] { return CaughtUp(shop_); }, std::chrono::milliseconds(50));
  }));
  const int reads = orders_.log.reads();
  for (int i = 0; i < 20; ++i) orders_.Tell(orders_.log.Append(shop_, kMade));
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(orders_.log.reads(), reads);
  EXPECT_EQ(effects_.Ids(), IdsInLog(shop_));
}

TEST_F(ConsumerTest, NoticesInTheWrongOrderAreTakenInTheRightOne) {
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  for (int i = 0; i < 20; ++i) {
    const auto first = orders_.log.Append(shop_, kMade);
    orders_.Tell(orders_.log.Append(shop_, kMade));
    orders_.Tell(first);
    orders_.Tell(first);
  }
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(effects_.Ids(), IdsInLog(shop_));
}

TEST_F(ConsumerTest, ANoticeWithoutDataLeadsToReading) {
  test::Consuming process(cursors_, {&orders_}, /*hears=*/true, /*compare_heads_ms=*/600'000);
  process.On("orders", kMade, Committing()).Start();
  auto poke = orders_.log.Append(shop_, kMade);
  poke.clear_data();
  EXPECT_TRUE(Eventually([&] {
    orders_.Tell(poke);
    return Eventually([&] { return CaughtUp(shop_); }, std::chrono::milliseconds(50));
  }));
}

TEST_F(ConsumerTest, WhatHasNoHandlerOrNoEffectIsPassedOver) {
  orders_.log.Append(shop_, "com.kefu.thing.idle.v1");
  orders_.log.Append(shop_, kMade);
  orders_.log.Append(shop_, "com.kefu.thing.seen.v1");
  orders_.log.Append(shop_, "com.kefu.thing.idle.v1");
  std::atomic<int> seen = 0;
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing())
      .On("orders", "com.kefu.thing.seen.v1",
          [&](Delivery) -> Task<absl::StatusOr<Effect>> {
            ++seen;
            co_return Effect::kNone;
          })
      .Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(effects_.size(), 1u);
  EXPECT_EQ(seen, 1);
}

TEST_F(ConsumerTest, AnEmptyTypeTakesWhatHasNoHandlerOfItsOwn) {
  orders_.log.Append(shop_, "com.kefu.thing.rare.v1");
  orders_.log.Append(shop_, kMade);
  std::atomic<int> made = 0;
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", "", Committing())
      .On("orders", kMade,
          [&](Delivery) -> Task<absl::StatusOr<Effect>> {
            ++made;
            co_return Effect::kNone;
          })
      .Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  ASSERT_EQ(effects_.size(), 1u);
  EXPECT_EQ(effects_.All()[0].type(), "com.kefu.thing.rare.v1");
  EXPECT_EQ(made, 1);
}

TEST_F(ConsumerTest, AnErrorThatPassesIsTriedAgainAndNothingOvertakesIt) {
  for (int i = 0; i < 5; ++i) orders_.log.Append(shop_, kMade);
  std::atomic<int> left = 3;
  test::Consuming process(cursors_, {&orders_});
  process
      .On("orders", kMade, Refusing([&](const Delivery& delivery) {
            if (delivery.envelope.seq() != 2 || left.fetch_sub(1) <= 0) return absl::OkStatus();
            return absl::UnavailableError("not now");
          }))
      .Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(effects_.Ids(), IdsInLog(shop_));
  EXPECT_THAT(process.metrics().Render(),
              HasSubstr("kefu_consumer_retries_total{consumer=\"records\",source=\"orders\"} 3"));
}

TEST_F(ConsumerTest, AShopThatFailsHoldsUpNoOther) {
  orders_.log.Append(shop_, kMade);
  for (int i = 0; i < 50; ++i) orders_.log.Append(other_, kMade);
  std::atomic<bool> fails = true;
  test::Consuming process(cursors_, {&orders_});
  process
      .On("orders", kMade, Refusing([&](const Delivery& delivery) {
            return delivery.shop == shop_ && fails ? absl::InternalError("broken")
                                                   : absl::OkStatus();
          }))
      .Start();
  EXPECT_TRUE(Eventually([&] { return CaughtUp(other_); }));
  EXPECT_EQ(CursorOf(shop_).seq, 0u);
  fails = false;
  EXPECT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
}

TEST_F(ConsumerTest, WhatIsRefusedForGoodBecomesADeadLetterAndTheLogGoesOn) {
  for (int i = 0; i < 3; ++i) orders_.log.Append(shop_, kMade);
  const std::string bad = IdsInLog(shop_)[1];
  std::atomic<bool> refuses = true;
  test::Consuming process(cursors_, {&orders_});
  process
      .On("orders", kMade, Refusing([&](const Delivery& delivery) {
            if (delivery.envelope.id() != bad || !refuses) return absl::OkStatus();
            return Error(absl::StatusCode::kInvalidArgument, "TOO_ODD", "It is too odd.");
          }))
      .Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(effects_.size(), 2u);
  auto dead = *Await(cursors_.ListDead(shop_));
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].event, bad);
  EXPECT_EQ(dead[0].reason, "TOO_ODD");

  auto retried = *Await(process.consumer().Retry(shop_, "orders", bad));
  EXPECT_FALSE(retried.handled());
  EXPECT_EQ(retried.reason(), "TOO_ODD");
  EXPECT_EQ(Await(cursors_.ListDead(shop_))->at(0).attempts, 2u);

  refuses = false;
  retried = *Await(process.consumer().Retry(shop_, "orders", bad));
  EXPECT_TRUE(retried.handled());
  EXPECT_EQ(effects_.size(), 3u);
  EXPECT_TRUE(Await(cursors_.ListDead(shop_))->empty());
  const auto again = Await(process.consumer().Retry(shop_, "orders", bad));
  EXPECT_EQ(ErrorReason(again.status()), "NO_SUCH_DEAD_LETTER");
}

TEST_F(ConsumerTest, ACursorThatSomebodyElseMovedIsReadAnew) {
  for (int i = 0; i < 4; ++i) orders_.log.Append(shop_, kMade);
  std::atomic<bool> moved = false;
  test::Consuming process(cursors_, {&orders_});
  process
      .On("orders", kMade,
          [&](Delivery delivery) -> Task<absl::StatusOr<Effect>> {
            if (delivery.envelope.seq() == 2 && !moved.exchange(true)) {
              // Another process takes events 2 and 3 in the meantime.
              const redis::Cursor next{1, 3};
              const absl::Status other =
                  co_await cursors_.Advance(delivery.shop, "orders", delivery.move->expected, next);
              EXPECT_TRUE(other.ok()) << other;
            }
            co_return co_await test::Commit(cursors_, effects_, std::move(delivery));
          })
      .Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  const auto ids = IdsInLog(shop_);
  EXPECT_THAT(effects_.Ids(), ElementsAre(ids[0], ids[3]));
}

TEST_F(ConsumerTest, APublisherThatLostItsTailIsToldToRaiseItsEpoch) {
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

TEST_F(ConsumerTest, WhatWasWrittenAnewBelowTheCursorIsTakenThoughTheHeadIsBeyondItAgain) {
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

TEST_F(ConsumerTest, APublisherPutBackToAnEarlierEpochIsMadeToPassIt) {
  orders_.log.Append(shop_, kMade);
  const redis::Cursor ahead{7, 1};
  ASSERT_TRUE(Await(cursors_.Advance(shop_, "orders", {}, ahead)).ok());
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  EXPECT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(orders_.log.head(shop_).store_epoch, 8u);
}

TEST_F(ConsumerTest, APositionThatWasTrimmedLeadsToASnapshotAndThenToTheLog) {
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

TEST_F(ConsumerTest, ANewConsumerOfALogWithoutItsBeginningTakesASnapshot) {
  for (int i = 0; i < 5; ++i) orders_.log.Append(shop_, kMade, "thing " + std::to_string(i % 2));
  orders_.log.Trim(shop_, 3);
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_THAT(effects_.States(), ElementsAre("state of thing 0 at 5", "state of thing 1 at 4"));
}

TEST_F(ConsumerTest, ASnapshotThatSomebodyElseOvertookIsGivenUp) {
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

TEST_F(ConsumerTest, WhatASnapshotShowsInVainIsKeptAsADeadLetter) {
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
  EXPECT_EQ(Await(cursors_.ListDead(shop_))->size(), 1u);
}

TEST_F(ConsumerTest, OfTwoProcessesOneTakesAShopAndTheOtherFollowsWhenItStops) {
  test::Consuming first(cursors_, {&orders_});
  test::Consuming second(cursors_, {&orders_});
  std::atomic<int> by_first = 0;
  std::atomic<int> by_second = 0;
  const auto counting = [&](std::atomic<int>& by) {
    return Refusing([&by](const Delivery&) {
      ++by;
      return absl::OkStatus();
    });
  };
  first.On("orders", kMade, counting(by_first)).Start();
  ASSERT_TRUE(Eventually([&] { return first.consumer().Holds(shop_); }));
  second.On("orders", kMade, counting(by_second)).Start();
  for (int i = 0; i < 20; ++i) orders_.Tell(orders_.log.Append(shop_, kMade));
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(by_first, 20);
  EXPECT_EQ(by_second, 0);
  first.Stop();
  orders_.log.Append(shop_, kMade);
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  EXPECT_EQ(by_second, 1);
  EXPECT_EQ(effects_.Ids(), IdsInLog(shop_));
}

TEST_F(ConsumerTest, ThePublisherIsToldHowFarTheConsumerGot) {
  orders_.log.Append(shop_, kMade);
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  EXPECT_TRUE(Eventually([&] {
    return orders_.log.reported("records", shop_) == redis::Cursor{1, 1};
  }));
}

TEST_F(ConsumerTest, APublisherThatIsAwayIsReadOnWhenItIsBack) {
  orders_.log.SetReachable(false);
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  orders_.log.Append(shop_, kMade);
  ASSERT_TRUE(Eventually([&] { return process.consumer().Holds(shop_); }));
  EXPECT_EQ(effects_.size(), 0u);
  orders_.log.SetReachable(true);
  EXPECT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
}

TEST_F(ConsumerTest, MetricsHaveTheNamesThatAlarmsKnow) {
  orders_.log.Append(shop_, kMade);
  test::Consuming process(cursors_, {&orders_});
  process.On("orders", kMade, Committing()).Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  const std::string labels = "{consumer=\"records\",source=\"orders\"}";
  EXPECT_TRUE(Eventually([&] {
    return process.metrics().Render().find("kefu_consumer_events_total" + labels + " 1") !=
           std::string::npos;
  }));
  for (const char* name :
       {"dead_letters_total", "retries_total", "snapshots_total", "lag_events", "lag_seconds"}) {
    EXPECT_THAT(process.metrics().Render(),
                HasSubstr("kefu_consumer_" + std::string(name) + labels + " 0"));
  }
}

TEST_F(ConsumerTest, LagCountsWhatIsNotHandledAndItsAge) {
  test::Consuming process(cursors_, {&orders_});
  std::atomic<bool> fails = true;
  process
      .On("orders", kMade, Refusing([&](const Delivery&) {
            return fails ? absl::UnavailableError("not now") : absl::OkStatus();
          }))
      .Start();
  for (int i = 0; i < 3; ++i) orders_.log.Append(shop_, kMade);
  const std::string labels = "{consumer=\"records\",source=\"orders\"}";
  const auto shows = [&](const std::string& text) {
    return process.metrics().Render().find(text) != std::string::npos;
  };
  EXPECT_TRUE(Eventually([&] { return shows("kefu_consumer_lag_events" + labels + " 3"); }));
  EXPECT_TRUE(Eventually([&] { return !shows("kefu_consumer_lag_seconds" + labels + " 0\n"); }));
  fails = false;
  EXPECT_TRUE(Eventually([&] {
    return shows("kefu_consumer_lag_events" + labels + " 0") &&
           shows("kefu_consumer_lag_seconds" + labels + " 0\n");
  }));
}

TEST_F(ConsumerTest, TheServiceListsCursorsAndDeadLettersPageByPage) {
  for (int i = 0; i < 3; ++i) orders_.log.Append(shop_, kMade);
  orders_.log.Append(other_, kMade);
  test::Consuming process(cursors_, {&orders_});
  process
      .On("orders", kMade, Refusing([&](const Delivery& delivery) {
            return delivery.shop == shop_ ? absl::InvalidArgumentError("odd") : absl::OkStatus();
          }))
      .Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_) && CaughtUp(other_); }));

  using Service = v1::ConsumerService;
  using Stub = Service::StubInterface::async_interface;
  server::IoThreads io(1);
  const auto service = NewConsumerService(io, process.consumer());
  auto server = *server::GrpcServer::Start("", {service.get()});
  server::Channels channels({server->InProcessChannel()});
  server::CallScope scope;
  scope.deadline_ms = MonotonicMs() + 10'000;

  v1::ListCursorsRequest cursors;
  cursors.set_page_size(1);
  auto page = Await(channels.Call<Service>(&Stub::ListCursors, scope, cursors));
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->cursors_size(), 1);
  EXPECT_EQ(page->cursors(0).shop(), "coffee");
  EXPECT_EQ(page->cursors(0).head_seq(), 1u);
  cursors.set_page_token(page->next_page_token());
  page = Await(channels.Call<Service>(&Stub::ListCursors, scope, cursors));
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->cursors_size(), 1);
  EXPECT_EQ(page->cursors(0).shop(), "tea");
  EXPECT_EQ(page->cursors(0).seq(), 3u);
  EXPECT_EQ(page->cursors(0).dead_letters(), 3u);
  EXPECT_EQ(page->next_page_token(), "");

  v1::ListDeadLettersRequest dead;
  dead.set_shop("tea");
  dead.set_page_size(2);
  auto letters = Await(channels.Call<Service>(&Stub::ListDeadLetters, scope, dead));
  ASSERT_TRUE(letters.ok()) << letters.status();
  ASSERT_EQ(letters->dead_letters_size(), 2);
  dead.set_page_token(letters->next_page_token());
  const auto rest = Await(channels.Call<Service>(&Stub::ListDeadLetters, scope, dead));
  ASSERT_EQ(rest->dead_letters_size(), 1);
  EXPECT_NE(rest->dead_letters(0).envelope().id(), letters->dead_letters(0).envelope().id());
  EXPECT_NE(rest->dead_letters(0).envelope().id(), letters->dead_letters(1).envelope().id());

  v1::DiscardDeadLetterRequest discard;
  discard.set_shop("tea");
  discard.set_source("orders");
  discard.set_event(letters->dead_letters(0).envelope().id());
  EXPECT_TRUE(Await(channels.Call<Service>(&Stub::DiscardDeadLetter, scope, discard)).ok());
  const auto again = Await(channels.Call<Service>(&Stub::DiscardDeadLetter, scope, discard));
  EXPECT_EQ(ErrorReason(again.status()), "NO_SUCH_DEAD_LETTER");
}

}  // namespace
}  // namespace kefu::events
