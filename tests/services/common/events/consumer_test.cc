#include "services/common/events/consumer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "services/common/base/status.h"
#include "services/common/events/consumer_service.h"
#include "tests/services/common/events/support/consumer_fixture.h"

namespace kefu::events {
namespace {

using test::Await;
using test::Eventually;
using test::kMade;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Goes on when it is told to.
class StandingClock final : public Clock {
 public:
  TimePoint Now() const override { return {now_ms_}; }
  void Pass(int64_t ms) { now_ms_ += ms; }

 private:
  std::atomic<int64_t> now_ms_ = 1;
};

class ConsumerTest : public test::ConsumerFixture {};

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
  // Until the subscription stands, and after a lease that lapsed, reading makes up for what was not
  // heard. In between a round goes without.
  EXPECT_TRUE(Eventually([&] {
    const int reads = orders_.log.reads();
    for (int i = 0; i < 20; ++i) orders_.Tell(orders_.log.Append(shop_, kMade));
    return Eventually([&] { return CaughtUp(shop_); }, std::chrono::milliseconds(200)) &&
           orders_.log.reads() == reads;
  }));
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

TEST_F(ConsumerTest, ANoticeThatComesWhileTheLogIsReadIsNotForgotten) {
  orders_.log.Append(shop_, kMade);
  test::Consuming process(cursors_, {&orders_}, /*hears=*/true, /*compare_heads_ms=*/600'000);
  process.On("orders", kMade, Committing()).Start();
  ASSERT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
  const auto poke = [&] {
    auto notice = orders_.log.Append(shop_, kMade);
    notice.clear_data();
    return notice;
  };
  // The answer of the second event is on its way when a third one is told of.
  orders_.log.InNextRead([&] {
    const auto third = poke();
    EXPECT_TRUE(Eventually([&] {
      orders_.Tell(third);
      return process.metrics().Render().find(
                 "kefu_consumer_lag_events{consumer=\"records\",source=\"orders\"} 2") !=
             std::string::npos;
    }));
  });
  const auto second = poke();
  ASSERT_TRUE(Eventually([&] {
    orders_.Tell(second);
    return CursorOf(shop_).seq >= 2;
  }));
  EXPECT_TRUE(Eventually([&] { return CaughtUp(shop_); }));
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
  // What has no effect may be shown again when a lease lapses.
  EXPECT_GE(seen, 1);
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
  EXPECT_GE(made, 1);
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
  auto dead = *Await(cursors_.ListDead(shop_, {}));
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].event, bad);
  EXPECT_EQ(dead[0].reason, "TOO_ODD");

  auto retried = *Await(process.consumer().Retry(shop_, "orders", bad));
  EXPECT_FALSE(retried.handled());
  EXPECT_EQ(retried.reason(), "TOO_ODD");
  EXPECT_EQ(Await(cursors_.ListDead(shop_, {}))->at(0).attempts, 2u);

  refuses = false;
  retried = *Await(process.consumer().Retry(shop_, "orders", bad));
  EXPECT_TRUE(retried.handled());
  EXPECT_EQ(effects_.size(), 3u);
  EXPECT_TRUE(Await(cursors_.ListDead(shop_, {}))->empty());
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

TEST_F(ConsumerTest, OfTwoProcessesOneTakesAShopAndTheOtherFollowsWhenItStops) {
  // Leases last as long as the test wants, however slow the machine is.
  StandingClock clock;
  test::MemoryCursors cursors(clock);
  const auto caught_up = [&] {
    return *Await(cursors.Get(shop_, "orders")) == orders_.log.head(shop_);
  };
  test::Consuming first(cursors, {&orders_});
  test::Consuming second(cursors, {&orders_});
  std::atomic<int> by_first = 0;
  std::atomic<int> by_second = 0;
  const auto counting = [&](std::atomic<int>& by) {
    return [&](Delivery delivery) {
      ++by;
      return test::Commit(cursors, effects_, std::move(delivery));
    };
  };
  first.On("orders", kMade, counting(by_first)).Start();
  ASSERT_TRUE(Eventually([&] { return first.consumer().Holds(shop_); }));
  second.On("orders", kMade, counting(by_second)).Start();
  for (int i = 0; i < 20; ++i) orders_.Tell(orders_.log.Append(shop_, kMade));
  ASSERT_TRUE(Eventually([&] { return caught_up(); }));
  EXPECT_EQ(by_first, 20);
  EXPECT_EQ(by_second, 0);
  first.Stop();
  clock.Pass(1);  // what is left of a lease that is given up
  orders_.log.Append(shop_, kMade);
  ASSERT_TRUE(Eventually([&] { return caught_up(); }));
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
  for (const char* name : {"dead_letters_total", "retries_total", "snapshots_total"}) {
    EXPECT_THAT(process.metrics().Render(),
                HasSubstr("kefu_consumer_" + std::string(name) + labels + " 0"));
  }
  // Lag is measured four times a second, so also in the midst of an event.
  for (const char* name : {"lag_events", "lag_seconds"}) {
    EXPECT_TRUE(Eventually([&] {
      return process.metrics().Render().find("kefu_consumer_" + std::string(name) + labels +
                                             " 0\n") != std::string::npos;
    })) << name;
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
