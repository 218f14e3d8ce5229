#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/records/storage/hourly.h"
#include "services/records/storage/reports.h"
#include "tests/services/records/support/facts.h"
#include "tests/services/records/support/world.h"

namespace kefu::records::storage {
namespace {

using test::Person;
using test::Talk;
using test::World;

// 2026-11-22T00:00:00+08:00
constexpr int64_t kMidnight = 1'795'276'800'000;
constexpr int64_t kHour = 3'600'000;
constexpr int64_t kMuchLater = kMidnight + 1000 * kHour;

class FiguresTest : public testing::Test {
 protected:
  void Keep(std::vector<Fact> facts) { ASSERT_TRUE(world_.Keep(shop_, std::move(facts)).ok()); }
  // A session in which `agent` answers after `response_ms`.
  Talk Answered(int64_t open_ms, const Person& agent, int64_t response_ms) {
    Talk talk(open_ms);
    Keep({talk.Opened(), talk.Buyer("a"), talk.Owner(agent, 1), talk.Assigned()});
    talk.now_ms += response_ms;
    Keep({talk.Agent(agent, "b")});
    return talk;
  }
  std::vector<Figures> Get(const std::string& from, const std::string& to, const std::string& zone,
                           const std::string& agent = "", int64_t now_ms = kMuchLater) {
    const auto days = domain::DaysOf(from, to, zone);
    return world_.Query<std::vector<Figures>>(
        [&](soci::session& sql) { return GetFigures(sql, shop_, *days, agent, {now_ms}); });
  }
  std::vector<HourlyFigures> Hours(int64_t begin_ms, int64_t end_ms) {
    return world_.Query<std::vector<HourlyFigures>>(
        [&](soci::session& sql) { return GetHourlyFigures(sql, shop_, {begin_ms}, {end_ms}); });
  }

  World world_;
  const ShopId shop_ = *ShopId::Parse("demo");
  const Person ada_, bo_;
};

TEST_F(FiguresTest, AreWhatOneComputesByHand) {
  Talk first = Answered(kMidnight + kHour, ada_, 1000);
  Answered(kMidnight + 2 * kHour, ada_, 2001);
  Answered(kMidnight + 3 * kHour, bo_, 10'000);
  Talk waiting(kMidnight + 4 * kHour);
  Keep({waiting.Opened(), waiting.Buyer("anybody?")});
  // A second round of the first session, answered by somebody else.
  first.now_ms += 5000;
  Keep({first.Buyer("c")});
  first.now_ms += 600;
  Keep({first.Agent(bo_, "d"), first.Rating(3), first.Rating(4)});

  const auto rows = Get("2026-11-22", "2026-11-22", "Asia/Shanghai");
  ASSERT_EQ(rows.size(), 3u);
  const Figures& shop = rows[0];
  EXPECT_EQ(shop.agent, "");
  EXPECT_EQ(shop.sessions, 4u);
  EXPECT_EQ(shop.answered_sessions, 3u);
  EXPECT_EQ(Figures::Mean(shop.first_response_sum_ms, shop.answered_sessions), 4334);  // 13001 / 3
  EXPECT_EQ(shop.rated_sessions, 1u);
  EXPECT_EQ(shop.stars, 4u);
  EXPECT_EQ(shop.rounds, 4u);
  EXPECT_EQ(Figures::Mean(shop.response_sum_ms, shop.rounds), 3400);  // 13601 / 4
  for (const Figures& row : rows) {
    if (row.agent == ada_.name()) {
      EXPECT_EQ(row.sessions, 2u);
      EXPECT_EQ(row.stars, 4u);
      EXPECT_EQ(Figures::Mean(row.first_response_sum_ms, row.answered_sessions), 1501);
      EXPECT_EQ(row.rounds, 2u);
      EXPECT_EQ(Figures::Mean(row.response_sum_ms, row.rounds), 1501);  // 1500.5
    } else if (row.agent == bo_.name()) {
      EXPECT_EQ(row.sessions, 1u);
      EXPECT_EQ(row.rounds, 2u);
      EXPECT_EQ(Figures::Mean(row.response_sum_ms, row.rounds), 5300);
    }
  }
}

TEST_F(FiguresTest, GoByTheDayOfTheZone) {
  Answered(kMidnight - 1, ada_, 100);
  Answered(kMidnight, ada_, 100);
  Answered(kMidnight + 24 * kHour - 1, ada_, 100);
  Answered(kMidnight + 24 * kHour, ada_, 100);
  EXPECT_EQ(Get("2026-11-22", "2026-11-22", "Asia/Shanghai")[0].sessions, 2u);
  const auto utc = Get("2026-11-21", "2026-11-22", "");
  ASSERT_EQ(utc.size(), 4u);
  EXPECT_EQ(utc[0].day, "2026-11-21");
  EXPECT_EQ(utc[0].sessions, 2u);  // 16:00 of the 21st is midnight of the 22nd there
  EXPECT_EQ(utc[2].day, "2026-11-22");
  EXPECT_EQ(utc[2].sessions, 2u);
}

TEST_F(FiguresTest, ARoundCountsOnTheDayItBegan) {
  Answered(kMidnight - 1000, ada_, 5000);
  EXPECT_EQ(Get("2026-11-21", "2026-11-21", "Asia/Shanghai")[0].rounds, 1u);
  EXPECT_EQ(Get("2026-11-22", "2026-11-22", "Asia/Shanghai")[0].rounds, 0u);
}

TEST_F(FiguresTest, OfOneAgentAreTheirsOnly) {
  Answered(kMidnight, ada_, 100);
  Answered(kMidnight, bo_, 100);
  const auto rows = Get("2026-11-22", "2026-11-22", "Asia/Shanghai", bo_.name());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].agent, bo_.name());
}

TEST_F(FiguresTest, EveryNumberOpensItsRounds) {
  for (int i = 0; i < 9; ++i) Answered(kMidnight + i * kHour, i % 3 ? ada_ : bo_, 100 * i);
  const domain::Day day = domain::DaysOf("2026-11-22", "2026-11-22", "Asia/Shanghai")->at(0);
  for (const Figures& row : Get("2026-11-22", "2026-11-22", "Asia/Shanghai")) {
    RoundQuery query{.agent = row.agent, .asked = {day.begin, day.end}};
    uint32_t rounds = 0;
    int64_t sum = 0;
    for (const RoundRow& one : world_.Query<std::vector<RoundRow>>(
             [&](soci::session& sql) { return ListRounds(sql, shop_, query); })) {
      if (one.round.answered_seq == 0) continue;
      ++rounds;
      sum += one.round.answered - one.round.asked;
    }
    EXPECT_EQ(rounds, row.rounds) << row.agent;
    EXPECT_EQ(sum, row.response_sum_ms) << row.agent;
  }
}

TEST_F(FiguresTest, WhoIsAnsweredWithinThreeMinutesIsAnsweredPromptly) {
  Answered(kMidnight, ada_, kPromptMs);
  Answered(kMidnight, ada_, kPromptMs + 1);
  const auto rows = Get("2026-11-22", "2026-11-22", "Asia/Shanghai", ada_.name());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].rounds, 2u);
  EXPECT_EQ(rows[0].prompt_rounds, 1u);
  EXPECT_EQ(rows[0].overdue_rounds, 0u);
}

TEST_F(FiguresTest, WhoWaitsForMoreThanThreeMinutesIsOverdueAtTheLastOwner) {
  Talk talk = Answered(kMidnight, ada_, 1000);
  Keep({talk.Buyer("and?"), talk.Owner(bo_, 2)});
  Talk untaken(kMidnight);
  Keep({untaken.Opened(), untaken.Buyer("anybody?")});
  const int64_t due_ms = talk.now_ms + kPromptMs;
  const auto overdue = [&](const std::string& agent, int64_t now_ms) {
    uint32_t found = 0;
    for (const Figures& row : Get("2026-11-22", "2026-11-22", "Asia/Shanghai", "", now_ms)) {
      if (row.agent == agent) found = row.overdue_rounds;
    }
    return found;
  };
  EXPECT_EQ(overdue(bo_.name(), due_ms), 0u);
  EXPECT_EQ(overdue(bo_.name(), due_ms + 1), 1u);
  EXPECT_EQ(overdue(ada_.name(), due_ms + 1), 0u);
  EXPECT_EQ(overdue("", due_ms + 1), 2u);
  Keep({talk.Agent(bo_, "here")});
  EXPECT_EQ(overdue(bo_.name(), due_ms + 1), 0u);
}

TEST_F(FiguresTest, HourByHourAreWhatOneComputesByHand) {
  // From the day before into the first hour.
  Talk old(kMidnight - kHour);
  const SessionFact old_opened = old.Opened();
  Keep({old_opened, old.Owner(ada_, 1), old.Assigned()});
  Talk waits(kMidnight + 10);
  const SessionFact waits_opened = waits.Opened();
  Keep({waits_opened, waits.Buyer("a")});
  waits.now_ms += 90'000;
  Keep({waits.Owner(ada_, 1), waits.Assigned()});
  waits.now_ms += 1000;
  Keep({waits.Agent(ada_, "b")});
  Talk lost(kMidnight + 20);
  const SessionFact lost_opened = lost.Opened();
  lost.now_ms += 5000;
  Keep({lost_opened, lost.Closed(lost_opened, "abandoned")});
  old.now_ms = kMidnight + kHour + 1;
  Keep({old.Closed(old_opened)});
  Answered(kMidnight + 2 * kHour, bo_, 2000);

  const auto hours = Hours(kMidnight, kMidnight + 3 * kHour - 1);
  ASSERT_EQ(hours.size(), 3u);
  EXPECT_EQ(hours[0].begin.ms, kMidnight);
  EXPECT_EQ(hours[0].sessions, 2u);
  EXPECT_EQ(hours[0].assigned_sessions, 1u);
  EXPECT_EQ(hours[0].lost_sessions, 1u);
  EXPECT_EQ(hours[0].wait_sum_ms, 90'000);
  EXPECT_EQ(hours[0].longest_wait_ms, 90'000);
  EXPECT_EQ(hours[0].answered_sessions, 1u);
  EXPECT_EQ(hours[0].first_response_sum_ms, 91'000);
  EXPECT_EQ(hours[0].held_sessions, 2u);
  EXPECT_EQ(hours[1].sessions, 0u);
  EXPECT_EQ(hours[1].begin.ms, kMidnight + kHour);
  EXPECT_EQ(hours[1].held_sessions, 1u);
  EXPECT_EQ(hours[2].assigned_sessions, 1u);
  EXPECT_EQ(hours[2].held_sessions, 2u);
  EXPECT_TRUE(Hours(kMidnight, kMidnight).empty());
}

TEST_F(FiguresTest, OfADayWithoutAnythingAreZero) {
  const auto rows = Get("2026-11-22", "2026-11-23", "Asia/Shanghai");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].sessions, 0u);
  EXPECT_EQ(Figures::Mean(rows[0].response_sum_ms, rows[0].rounds), 0);
}

}  // namespace
}  // namespace kefu::records::storage
