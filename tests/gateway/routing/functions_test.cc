// What routing's functions promise beyond the model: declared classes and configuration, records of
// a newer release, work left behind, repair.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/gateway/routing/support/router_fixture.h"

namespace kefu::gateway::routing {
namespace {

using test::kStart;
using test::RouterTest;
using testing::Contains;
using testing::IsEmpty;
using testing::SizeIs;

using Words = std::vector<std::string>;

TEST_F(RouterTest, AnOutdatedConfigurationIsRefusedAndLearnt) {
  functions_->redis().Call({"HSET", functions_->Key("meta"), "routing_config", "7"});
  const redis::Value refused =
      functions_->Fcall("arrive", {"g.0"}, {"s_1", "g.0", "0", "0", "", "0", "0", ""}, "1000");
  EXPECT_EQ(refused[0].str(), "ERR");
  EXPECT_EQ(refused[2].str(), "STALE_CONFIG");
  EXPECT_EQ(functions_->redis().Call({"HLEN", functions_->Key("S")}).Int(), 0);
  Online(1);
  EXPECT_THAT(Arrive(1).sessions, SizeIs(1));
}

TEST_F(RouterTest, AClassThatWasNotDeclaredIsAskedForBeforeAnythingIsWritten) {
  // An agent whose classes another configuration gave it, and a session that waits in one of them.
  functions_->Fcall("connect", {"g.0", "h.0"},
                    {Agent(1).str(), "1", "40", "30000", "2", "g.0", "h.0"},
                    std::to_string(kStart));
  functions_->Fcall("set_presence", {"g.0", "h.0"}, {Agent(1).str(), "1"}, std::to_string(kStart));
  Arrive(1);
  functions_->Fcall("arrive", {"h.0"}, {Session(2).str(), "h.0", "0", "0", "", "0", "0", ""},
                    std::to_string(kStart));
  functions_->Fcall("arrive", {"h.0"}, {Session(3).str(), "h.0", "0", "0", "", "0", "0", ""},
                    std::to_string(kStart));
  const redis::Value refused =
      functions_->Fcall("complete", {"g.0"}, {Session(1).str(), ""}, std::to_string(kStart));
  EXPECT_EQ(refused[2].str(), "STALE_CLASSES");
  EXPECT_EQ(refused[5].str(), "h.0");
  EXPECT_EQ(Get(1).state(), v1::Session::STATE_ACTIVE);
  Complete(1);
  EXPECT_EQ(OwnerOf(3), Agent(1).str()) << "the router declared it at the second attempt";
}

TEST_F(RouterTest, TheIndexThatAReleaseBeforeKeptIsNotNeeded) {
  functions_->redis().Call({"ZADD", functions_->Key("live"), "0", Session(1).str()});
  Online(1);
  for (int n = 1; n <= 9; ++n) Arrive(n);
  Complete(1);
  // As a gateway of that release lists: in the order of ids.
  Words ids;
  for (std::string after;;) {
    const redis::Value reply = functions_->Fcall("list_live", {}, {after, "3"}, "1000");
    for (const redis::Value& row : reply[1].array()) ids.push_back(row[0].str());
    if (reply[1].size() < 3) break;
    after = ids.back();
  }
  EXPECT_THAT(ids, SizeIs(8));
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  Sweep();
  EXPECT_EQ(functions_->redis().Call({"EXISTS", functions_->Key("live")}).Int(), 0);
}

TEST_F(RouterTest, FieldsOfANewerReleaseSurvive) {
  Online(1);
  Arrive(1);
  auto append = [this](const std::string& hash, const std::string& id) {
    const std::string packed = functions_->redis().Call({"HGET", functions_->Key(hash), id}).str();
    nlohmann::json fields = nlohmann::json::from_msgpack(packed);
    fields[0] = 9;
    fields.push_back("new");
    const std::vector<uint8_t> bytes = nlohmann::json::to_msgpack(fields);
    functions_->redis().Call(
        {"HSET", functions_->Key(hash), id, std::string(bytes.begin(), bytes.end())});
  };
  append("S", Session(1).str());
  append("A", Agent(1).str());
  Complete(1);
  for (const auto& [hash, id] :
       {std::pair("S", Session(1).str()), std::pair("A", Agent(1).str())}) {
    const nlohmann::json fields = nlohmann::json::from_msgpack(
        functions_->redis().Call({"HGET", functions_->Key(hash), id}).str());
    EXPECT_EQ(fields[0], 9) << hash;
    EXPECT_EQ(fields.back(), "new") << hash;
  }
}

TEST_F(RouterTest, RecordsOfTheReleaseBeforeAreBroughtUpToDate) {
  Online(1, 40);
  for (int n = 1; n <= 3; ++n) Arrive(n);
  auto cut = [this](const std::string& hash, const std::string& id, size_t fields_of_version_1) {
    const std::string packed = functions_->redis().Call({"HGET", functions_->Key(hash), id}).str();
    nlohmann::json fields = nlohmann::json::from_msgpack(packed);
    fields[0] = 1;
    fields.erase(fields.begin() + static_cast<int64_t>(fields_of_version_1), fields.end());
    const std::vector<uint8_t> bytes = nlohmann::json::to_msgpack(fields);
    functions_->redis().Call(
        {"HSET", functions_->Key(hash), id, std::string(bytes.begin(), bytes.end())});
  };
  for (int n = 1; n <= 3; ++n) cut("S", Session(n).str(), 17);
  cut("A", Agent(1).str(), 12);
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
  Complete(1);
  EXPECT_EQ(OwnerOf(3), Agent(1).str());
  Ok(Wait(router_->Requeue(shop_, Session(2), std::nullopt)));
  EXPECT_EQ(OwnerOf(2), Agent(1).str());
}

TEST_F(RouterTest, SessionsOfTheReleaseBeforeWeighWhatTheirClassSays) {
  Online(1, 40);
  Arrive(1);
  const std::string packed =
      functions_->redis().Call({"HGET", functions_->Key("S"), Session(1).str()}).str();
  nlohmann::json fields = nlohmann::json::from_msgpack(packed);
  fields[0] = 2;
  fields.erase(fields.begin() + 28, fields.end());
  const std::vector<uint8_t> bytes = nlohmann::json::to_msgpack(fields);
  functions_->redis().Call(
      {"HSET", functions_->Key("S"), Session(1).str(), std::string(bytes.begin(), bytes.end())});
  Ok(Wait(router_->Hold(shop_, Session(1), Agent(1), 1)));
  Ok(Wait(router_->Unhold(shop_, Session(1))));
  EXPECT_EQ(GetAgent(1).used(), 20u);
}

// The place of an arrival within its millisecond was its number modulo 1024.
TEST_F(RouterTest, ArrivalsOfOneMillisecondKeepTheirOrderBeyondAMultipleOf1024) {
  functions_->redis().Call({"HSET", functions_->Key("meta"), "routing_arrivals", "1023"});
  Arrive(1);
  Arrive(2);
  Online(1, 20);
  EXPECT_EQ(OwnerOf(1), Agent(1).str());
}

TEST_F(RouterTest, ReconcileCleansTheSetsOfThoseWhoWaitForOneAgent) {
  Online(1, 20);
  Arrive(1);
  const std::string personal = PersonalClassOf(Agent(1).str());
  functions_->redis().Call({"ZADD", functions_->Key("w:" + personal), "1", Session(1).str()});
  functions_->redis().Call({"HSET", functions_->Key("on"), "w:" + personal, "3"});
  const Words repairs = Ok(Wait(router_->Reconcile(shop_)));
  EXPECT_THAT(repairs, testing::UnorderedElementsAre("in waiting set in error " + Session(1).str(),
                                                     "count w:" + personal));
  EXPECT_THAT(Ok(Wait(router_->Reconcile(shop_))), IsEmpty());
}

TEST_F(RouterTest, CountersThatTheReleaseBeforeDidNotKeepAreCountedByTheNextSweep) {
  Online(1, 40);
  for (int n = 1; n <= 4; ++n) Arrive(n);
  functions_->redis().Call({"DEL", functions_->Key("on")});
  functions_->redis().Call({"HSET", functions_->Key("on"), "g.0", "1"});
  functions_->redis().Call({"HDEL", functions_->Key("meta"), "routing_counted"});
  Complete(1);
  EXPECT_EQ(OwnerOf(3), Agent(1).str()) << "who waits is found before that, too";
  Sweep();
  const Policy policy;
  EXPECT_THAT(Violations(functions_->ReadDump(), policy.classes, /*ceiling=*/true), IsEmpty());
}

TEST_F(RouterTest, TheSweepGoesOnWithWhatADeadGatewayLeftOver) {
  for (int n = 1; n <= 20; ++n) Arrive(n);
  Connect(1, 400);
  // The first call of the router's loop, and not the next.
  functions_->Fcall("set_presence", {"g.0"}, {Agent(1).str(), "1"}, std::to_string(kStart));
  EXPECT_EQ(GetAgent(1).used(), 160u);
  Sweep();
  EXPECT_EQ(GetAgent(1).used(), 400u);

  // The same with an agent that is disabled.
  functions_->Fcall("set_profile", {"g.0"}, {Agent(1).str(), "2", "400", "1", "1", "g.0"},
                    std::to_string(kStart));
  EXPECT_EQ(GetAgent(1).used(), 240u);
  const Router::SweepResult swept = Sweep();
  EXPECT_EQ(GetAgent(1).used(), 0u);
  EXPECT_EQ(swept.outcome.waiting, 20u);
}

TEST_F(RouterTest, TimeThatGoesBackIsHeld) {
  Online(1);
  clock_.Advance(-50'000);
  Arrive(1);
  EXPECT_EQ(Get(1).enqueue_time().seconds(), kStart / 1000);
}

TEST_F(RouterTest, ReconcileFindsAndRepairsEveryKindOfDamage) {
  Online(1, 40);
  for (int n = 1; n <= 4; ++n) Arrive(n);
  Online(2, 0);
  Complete(1);
  EXPECT_THAT(Ok(Wait(router_->Reconcile(shop_))), IsEmpty());

  auto& redis = functions_->redis();
  const std::string waiting = functions_->Key("w:g.0"), free = functions_->Key("av:g.0");
  redis.Call({"ZREM", waiting, Session(4).str()});
  redis.Call({"ZADD", waiting, "1", Session(1).str()});
  redis.Call({"ZADD", free, "1", Agent(9).str()});
  redis.Call({"ZADD", functions_->Key("done"), "1", Session(2).str()});
  redis.Call({"HSET", functions_->Key("on"), "g.0", "7"});
  redis.Call({"HSET", functions_->Key("meta"), "routing_waiting", "70"});
  redis.Call({"DEL", functions_->Key("hb")});
  redis.Call({"ZREM", functions_->Key("done"), Session(1).str()});
  const std::string packed = redis.Call({"HGET", functions_->Key("A"), Agent(1).str()}).str();
  nlohmann::json agent = nlohmann::json::from_msgpack(packed);
  agent[7] = 60;                                                       // used
  agent[11] = {Session(3).str(), Session(3).str(), Session(4).str()};  // held
  const std::vector<uint8_t> bytes = nlohmann::json::to_msgpack(agent);
  redis.Call(
      {"HSET", functions_->Key("A"), Agent(1).str(), std::string(bytes.begin(), bytes.end())});

  const Words repairs = Ok(Wait(router_->Reconcile(shop_)));
  for (const std::string& expected :
       {"not queued " + Session(4).str(), "in waiting set in error " + Session(1).str(),
        "in available set in error " + Agent(9).str(), "in closed set in error " + Session(2).str(),
        "no tombstone " + Session(1).str(), "not held " + Session(2).str(),
        "held in error " + Session(4).str(), "miscounted " + Agent(1).str(),
        "no lease " + Agent(1).str(), std::string("online count of class g.0"),
        std::string("waiting count")}) {
    EXPECT_THAT(repairs, Contains(expected));
  }
  const Policy policy;
  EXPECT_THAT(Violations(functions_->ReadDump(), policy.classes, /*ceiling=*/true), IsEmpty());
  EXPECT_THAT(Ok(Wait(router_->Reconcile(shop_))), IsEmpty());
}

}  // namespace
}  // namespace kefu::gateway::routing
