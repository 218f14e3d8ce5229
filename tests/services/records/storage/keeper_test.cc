#include "services/records/storage/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "services/records/storage/reports.h"
#include "tests/services/records/support/facts.h"
#include "tests/services/records/support/world.h"

namespace kefu::records::storage {
namespace {

using redis::Cursor;
using redis::CursorMove;
using test::Person;
using test::Talk;
using test::World;

const ShopId& Demo() {
  static const ShopId shop = *ShopId::Parse("demo");
  return shop;
}

Cursor CursorOf(World& world, const std::string& source = "inquiries") {
  return *test::Await(world.cursors().Get(Demo(), source));
}

TEST(Keeper, RowsAndCursorMoveTogether) {
  World world;
  Talk talk;
  ASSERT_TRUE(world.Keep(Demo(), {talk.Buyer("a")}, CursorMove{"inquiries", {}, {1, 1}}).ok());
  EXPECT_EQ(CursorOf(world), (Cursor{1, 1}));
  EXPECT_FALSE(world.Dump().empty());
}

TEST(Keeper, ACursorThatMovedMeanwhileLeavesNoRows) {
  World world;
  Talk talk;
  const auto kept = world.Keep(Demo(), {talk.Buyer("a")}, CursorMove{"inquiries", {1, 5}, {1, 6}});
  EXPECT_EQ(ErrorReason(kept), "CURSOR_MOVED");
  EXPECT_TRUE(world.Dump().empty());
  EXPECT_EQ(CursorOf(world), Cursor());
}

// Two processes with the same lease, each believing that it is its turn.
TEST(Keeper, OfTwoWhoKeepTheSameEventOneDoes) {
  World world;
  Talk talk;
  const EntryFact entry = talk.Buyer("a");
  const CursorMove move{"inquiries", {}, {1, 1}};
  EXPECT_TRUE(world.Keep(Demo(), {entry}, move).ok());
  EXPECT_EQ(ErrorReason(world.Keep(Demo(), {entry}, move)), "CURSOR_MOVED");
}

std::vector<Fact> AfternoonOfEvents(const Person& ada, const Person& bo) {
  std::vector<Fact> facts;
  for (int i = 0; i < 6; ++i) {
    Talk talk(1'700'000'000'000 + i * 10'000);
    const SessionFact opened = talk.Opened();
    facts.insert(facts.end(), {opened, talk.Buyer("在吗"), talk.Owner(i % 2 ? ada : bo, 1)});
    talk.now_ms += 700;
    facts.push_back(talk.Agent(i % 2 ? ada : bo, "在的"));
    facts.push_back(talk.Closed(opened));
  }
  return facts;
}

TEST(Keeper, AProcessThatDiesAnywhereGoesOnWhereItsRowsEnd) {
  const Person ada, bo;
  const std::vector<Fact> facts = AfternoonOfEvents(ada, bo);
  World straight;
  for (const Fact& fact : facts) ASSERT_TRUE(straight.Keep(Demo(), {fact}).ok());
  const auto expected = straight.Dump();
  World world;
  for (int restarts = 0; CursorOf(world).seq < facts.size(); ++restarts) {
    ASSERT_LT(restarts, 100);
    // Reads on from its cursor and takes a few events; an answer that is lost changes nothing.
    for (int taken = 0; taken < 1 + restarts % 3 && CursorOf(world).seq < facts.size(); ++taken) {
      const Cursor at = CursorOf(world);
      ASSERT_TRUE(
          world.Keep(Demo(), {facts[at.seq]}, CursorMove{"inquiries", at, {1, at.seq + 1}}).ok());
    }
    world.Restart();
  }
  EXPECT_EQ(world.Dump(), expected);
}

TEST(Keeper, EverythingOnceMoreChangesNothing) {
  const Person ada, bo;
  const std::vector<Fact> facts = AfternoonOfEvents(ada, bo);
  World world;
  for (const Fact& fact : facts) ASSERT_TRUE(world.Keep(Demo(), {fact}).ok());
  const auto expected = world.Dump();
  for (const Fact& fact : facts) ASSERT_TRUE(world.Keep(Demo(), {fact}).ok());
  EXPECT_EQ(world.Dump(), expected);
}

OrderFact AnOrder(uint64_t version, int state) {
  OrderFact order{.order = OrderIdOf("native", "A-1").str(), .version = version};
  order.source = "native";
  order.number = "A-1";
  order.state = state;
  order.amounts = {"CNY", 1999, 1999, 0};
  return order;
}

TEST(Keeper, AnOlderVersionOfAThingChangesNothing) {
  World world;
  ASSERT_TRUE(world.Keep(Demo(), {AnOrder(2, 3)}).ok());
  const auto expected = world.Dump();
  ASSERT_TRUE(world.Keep(Demo(), {AnOrder(1, 1)}).ok());
  EXPECT_EQ(world.Dump(), expected);
  ASSERT_TRUE(world.Keep(Demo(), {AnOrder(3, 4)}).ok());
  EXPECT_NE(world.Dump(), expected);
}

TEST(Keeper, CasesShipmentsAndAgentsAreRowsToo) {
  World world;
  const OrderId order = OrderIdOf("native", "A-1");
  CaseFact one{.case_id = CaseId(order, 1).str(), .version = 1, .order = order.str()};
  one.currency = "CNY";
  ShipmentFact shipment{.shipment = ShipmentIdOf("shunfeng", "SF1").str(), .version = 1};
  AgentFact agent{.agent = AgentId::New(), .display_name = "Ada", .role = 3, .version = 1};
  ASSERT_TRUE(world.Keep(Demo(), {one, shipment, agent}).ok());
  EXPECT_EQ(world.Dump().size(), 3u);
}

TEST(Keeper, ReadUpToIsTheTimeOfTheLastEventKept) {
  World world;
  Talk talk;
  const auto read_up_to = [&] {
    return world.Query<std::optional<TimePoint>>(
        [](soci::session& sql) { return ReadUpTo(sql, Demo()); });
  };
  EXPECT_EQ(read_up_to(), std::nullopt);
  ASSERT_TRUE(
      world.Keep(Demo(), {talk.Buyer("a")}, CursorMove{"inquiries", {}, {1, 1}}, {5000}).ok());
  EXPECT_EQ(read_up_to(), TimePoint{5000});
  ASSERT_TRUE(test::Await(world.cursors().Advance(Demo(), "inquiries", {1, 1}, {1, 2})).ok());
  EXPECT_EQ(read_up_to(), TimePoint{5000});
}

}  // namespace
}  // namespace kefu::records::storage
