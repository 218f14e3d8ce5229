#include "gateway/sessions/shift_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "tests/support/await.h"
#include "tests/support/memory_aggregates.h"

namespace kefu::gateway::sessions {
namespace {

using kefu::test::Await;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kHourMs = 3'600'000;
// 2023-11-15 00:00 UTC, a Wednesday.
constexpr int64_t kMidnight = 1'700'006'400'000;

v1::RoutingConfig Config() {
  v1::RoutingConfig config;
  config.add_groups()->set_group("g");
  config.set_default_group("g");
  v1::BusinessHours* hours = config.add_hours();
  hours->set_hours("day");
  hours->set_time_zone("UTC");
  v1::WeeklySpan* weekly = hours->add_weekly();
  for (int day = 1; day <= 7; ++day) weekly->add_weekdays(static_cast<v1::Weekday>(day));
  weekly->mutable_span()->set_from("09:00");
  weekly->mutable_span()->set_to("18:00");
  return config;
}

class ShiftKeeperTest : public ::testing::Test {
 protected:
  void At(double hour) { clock_.Set({kMidnight + static_cast<int64_t>(hour * kHourMs)}); }
  ShiftKeeper::Deps Deps() {
    return {[this](ShopId) -> Task<absl::StatusOr<std::shared_ptr<const routing::config::Plan>>> {
              co_return plan_;
            },
            [this](ShopId) -> Task<absl::StatusOr<std::vector<ShiftKeeper::Worker>>> {
              co_return std::vector<ShiftKeeper::Worker>{{day_, "day"}, {free_, ""}, {night_, "n"}};
            },
            [this](ShopId, AgentId agent) -> Task<absl::Status> {
              if (fails_) co_return absl::UnavailableError("the store is gone");
              hung_up_.push_back(agent);
              co_return absl::OkStatus();
            },
            store_, clock_};
  }
  absl::Status Settle(ShiftKeeper& keeper) { return Await(keeper.Settle(shop_)); }

  const ShopId shop_ = *ShopId::Parse("demo");
  const AgentId day_ = AgentId::New(), free_ = AgentId::New(), night_ = AgentId::New();
  ManualClock clock_;
  kefu::test::MemoryCursors cursors_{clock_};
  kefu::test::MemoryAggregates store_{"gateway", clock_, cursors_};
  std::shared_ptr<const routing::config::Plan> plan_ =
      std::make_shared<const routing::config::Plan>(Config(), 1);
  bool fails_ = false;
  std::vector<AgentId> hung_up_;
  ShiftKeeper here_{Deps()};
  ShiftKeeper there_{Deps()};
};

TEST_F(ShiftKeeperTest, WhoseShiftEndsIsHungUpOnceAndOthersAreNot) {
  At(17.9);
  ASSERT_TRUE(Settle(here_).ok());
  EXPECT_THAT(hung_up_, IsEmpty());
  At(18.0);
  ASSERT_TRUE(Settle(here_).ok());
  EXPECT_THAT(hung_up_, ElementsAre(day_));
  // Works on by hand: that is so until the next end.
  At(20);
  ASSERT_TRUE(Settle(here_).ok());
  ASSERT_TRUE(Settle(there_).ok());
  EXPECT_THAT(hung_up_, ElementsAre(day_));
  At(24 + 18.1);
  ASSERT_TRUE(Settle(there_).ok());
  EXPECT_THAT(hung_up_, ElementsAre(day_, day_));
}

TEST_F(ShiftKeeperTest, AnEndThatNobodySawIsDealtWithLater) {
  At(19);
  ASSERT_TRUE(Settle(here_).ok());
  EXPECT_THAT(hung_up_, ElementsAre(day_));
}

TEST_F(ShiftKeeperTest, AnEndIsForgottenWhenTheNextShiftHasBegun) {
  At(24 + 9.5);
  ASSERT_TRUE(Settle(here_).ok());
  EXPECT_THAT(hung_up_, IsEmpty());
}

TEST_F(ShiftKeeperTest, WhatWasNotCarriedOutIsTriedAgain) {
  At(18.5);
  fails_ = true;
  EXPECT_FALSE(Settle(here_).ok());
  fails_ = false;
  ASSERT_TRUE(Settle(here_).ok());
  EXPECT_THAT(hung_up_, ElementsAre(day_));
}

TEST_F(ShiftKeeperTest, NewHoursAreLookedAtAtOnce) {
  At(12);
  ASSERT_TRUE(Settle(here_).ok());
  v1::RoutingConfig shorter = Config();
  shorter.mutable_hours(0)->mutable_weekly(0)->mutable_span()->set_to("11:00");
  plan_ = std::make_shared<const routing::config::Plan>(shorter, 2);
  ASSERT_TRUE(Settle(here_).ok());
  EXPECT_THAT(hung_up_, ElementsAre(day_));
}

TEST(EndedSinceTest, TheLastEndCountsIfTheHoursAreOver) {
  const routing::config::Plan plan(Config(), 1);
  const routing::config::Hours& hours = *plan.FindHours("day");
  const auto at = [](double hour) {
    return TimePoint{kMidnight + static_cast<int64_t>(hour * kHourMs)};
  };
  EXPECT_EQ(EndedSince(hours, at(-40), at(20)), at(18));
  EXPECT_EQ(EndedSince(hours, at(10), at(18)), at(18));
  EXPECT_EQ(EndedSince(hours, at(18), at(20)), std::nullopt);
  EXPECT_EQ(EndedSince(hours, at(-40), at(12)), std::nullopt);
}

}  // namespace
}  // namespace kefu::gateway::sessions
