#include "services/logistics/domain/push.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "services/common/base/status.h"
#include "services/logistics/domain/shipment.h"
#include "tests/services/logistics/support/events.h"
#include "tests/services/logistics/support/pushes.h"

namespace kefu::logistics {
namespace {

using test::AfterShipBody;
using test::kDay;
using test::KuaidiForm;
using test::KuaidiItem;
using test::KuaidiParam;

StatusTable Table() {
  StatusTable table;
  table.Add("kuaidi100", {.codes = {{"0", {Status::kInTransit, ""}},
                                    {"103", {Status::kPickedUp, ""}},
                                    {"1002", {Status::kInTransit, "LINEHAUL"}},
                                    {"5", {Status::kOutForDelivery, ""}},
                                    {"3", {Status::kDelivered, ""}},
                                    {"abort", {Status::kExpired, ""}}}});
  table.Add("aftership", {.codes = {{"Pending", {Status::kPending, ""}},
                                    {"InTransit", {Status::kInTransit, ""}},
                                    {"Delivered_001", {Status::kDelivered, ""}},
                                    {"Expired", {Status::kExpired, ""}}},
                          .prefix_fallback = true,
                          .carriers = {{"sf-express", "shunfeng"}}});
  return table;
}

absl::StatusOr<Push> Read(std::string_view source, std::string_view body,
                          TimePoint received = kDay) {
  return ReadPush(Table(), source, body, received);
}

Status StatusAfter(const Push& push) {
  const AddEvents command{push.carrier, push.tracking_number, push.events};
  return Apply(std::nullopt, command, kDay + int64_t{400} * 86'400'000).next.whereabouts.status;
}

std::string Reason(const absl::StatusOr<Push>& push) { return ErrorReason(push.status()); }

TEST(Kuaidi100, TheFullListBecomesEventsOldestFirst) {
  const std::vector<KuaidiItem> items = {{"2025-03-04 08:12:33", "5"},
                                         {"2025-03-03 22:40:10", "1002", "已发出"},
                                         {"2025-03-02 18:05:00", "103"}};
  const auto push = Read("kuaidi100", KuaidiForm(KuaidiParam(items)));
  ASSERT_TRUE(push.ok()) << push.status();
  EXPECT_EQ(push->carrier, "yuantong");
  EXPECT_EQ(push->tracking_number, "YT8800000000017");
  ASSERT_EQ(push->events.size(), 3u);
  const TrackingEvent& event = push->events[1];
  // Without a zone: Asia/Shanghai.
  EXPECT_EQ(event.time.ms, 1741012810000);
  EXPECT_EQ(event.raw_time, "2025-03-03 22:40:10");
  EXPECT_EQ(event.status, Status::kInTransit);
  EXPECT_EQ(event.substatus, "LINEHAUL");
  EXPECT_EQ(event.raw_code, "1002");
  EXPECT_EQ(event.text, "已发出");
  EXPECT_EQ(event.place, "浙江,杭州市");
  EXPECT_EQ(event.source, "kuaidi100");
  EXPECT_EQ(event.id, EventId("yuantong", "YT8800000000017", event.time, "1002", "已发出"));
  EXPECT_EQ(StatusAfter(*push), Status::kOutForDelivery);
}

TEST(Kuaidi100, TheDocumentedPushIsRead) {
  const std::string path =
      std::string(KEFU_SOURCE_DIR) + "/../shared/data/payloads/kuaidi100/push.json";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "no shared data beside the checkout: " << path;
  std::ostringstream text;
  text << file.rdbuf();
  const auto sample = nlohmann::json::parse(text.str());
  const auto push = Read("kuaidi100", sample["body"].get<std::string>());
  ASSERT_TRUE(push.ok()) << push.status();
  EXPECT_EQ(push->events.size(), 3u);
  EXPECT_EQ(StatusAfter(*push), Status::kOutForDelivery);
}

TEST(Kuaidi100, ASecondPushRepeatsTheEventsOfTheFirst) {
  const std::vector<KuaidiItem> first = {{"2025-03-02 18:05:00", "103"}};
  const std::vector<KuaidiItem> second = {{"2025-03-04 08:12:33", "5"},
                                          {"2025-03-02 18:05:00", "103"}};
  const auto a = Read("kuaidi100", KuaidiForm(KuaidiParam(first)));
  const auto b = Read("kuaidi100", KuaidiForm(KuaidiParam(second)));
  EXPECT_EQ(a->events[0], b->events[0]);
}

TEST(Kuaidi100, OfOneMomentTheOrderOfTheListCounts) {
  const std::vector<KuaidiItem> items = {{"2025-03-04 08:12:33", "3", "签收"},
                                         {"2025-03-04 08:12:33", "5", "派件"}};
  const auto push = Read("kuaidi100", KuaidiForm(KuaidiParam(items)));
  EXPECT_EQ(push->events[1].time - push->events[0].time, 1);
  EXPECT_EQ(StatusAfter(*push), Status::kDelivered);
  const std::vector<KuaidiItem> turned = {items[1], items[0]};
  EXPECT_EQ(StatusAfter(*Read("kuaidi100", KuaidiForm(KuaidiParam(turned)))), Status::kDelivered)
      << "delivered is not left for out for delivery";
}

TEST(Kuaidi100, WithoutCodesTheStateOfTheWholeCounts) {
  const std::vector<KuaidiItem> first = {{"2025-03-02 18:05:00", ""}};
  const std::vector<KuaidiItem> second = {{"2025-03-04 08:12:33", ""}, {"2025-03-02 18:05:00", ""}};
  const auto a = Read("kuaidi100", KuaidiForm(KuaidiParam(first, "0")));
  const auto b = Read("kuaidi100", KuaidiForm(KuaidiParam(second, "3")));
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->events.size(), 2u);
  EXPECT_EQ(a->events[0], b->events[0]) << "an item is the same event whatever the state is now";
  EXPECT_EQ(StatusAfter(*a), Status::kInTransit);
  EXPECT_EQ(StatusAfter(*b), Status::kDelivered);
}

TEST(Kuaidi100, AnAbortedSubscriptionHasExpiredUnlessSomethingWasKnown) {
  const auto empty = Read("kuaidi100", KuaidiForm(KuaidiParam({}, "", "abort")));
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(StatusAfter(*empty), Status::kExpired);
  EXPECT_EQ(empty->events.at(0).time, kDay);
  const std::vector<KuaidiItem> items = {{"2025-03-02 18:05:00", "103"}};
  const auto known = Read("kuaidi100", KuaidiForm(KuaidiParam(items, "1", "abort")));
  EXPECT_EQ(StatusAfter(*known), Status::kPickedUp);
}

TEST(Kuaidi100, ACorrectedCarrierKeepsTheNameTheShopAskedFor) {
  const auto push =
      Read("kuaidi100", KuaidiForm(KuaidiParam({{"2025-03-02 18:05:00", "103"}}, "0", "polling",
                                               R"(,"comOld":"Zhongtong","comNew":"yuantong")")));
  ASSERT_TRUE(push.ok()) << push.status();
  EXPECT_EQ(push->carrier, "zhongtong");
}

TEST(Kuaidi100, UnknownCodesAreToldOnceAndMoveNothing) {
  const std::vector<KuaidiItem> items = {{"2025-03-04 08:12:33", "777"},
                                         {"2025-03-03 08:12:33", "777"},
                                         {"2025-03-02 18:05:00", "103"}};
  const auto push = Read("kuaidi100", KuaidiForm(KuaidiParam(items)));
  EXPECT_EQ(push->unknown_codes, std::vector<std::string>{"777"});
  EXPECT_EQ(push->events[2].raw_code, "777");
  EXPECT_EQ(StatusAfter(*push), Status::kPickedUp);
}

TEST(AfterShip, CheckpointsBecomeEvents) {
  const auto push = Read("aftership", AfterShipBody(R"(
    {"checkpoint_time":"2025-03-04T08:12:33-05:00","tag":"InTransit","subtag":"InTransit_099",
     "message":"Departed","city":"Louisville","state":"KY","country_iso3":"USA"},
    {"checkpoint_time":"2025-03-05T10:00:00","tag":"Delivered","subtag":"Delivered_001",
     "message":"Delivered","location":"Springfield"})"));
  ASSERT_TRUE(push.ok()) << push.status();
  EXPECT_EQ(push->carrier, "ups");
  EXPECT_EQ(push->tracking_number, "1Z5R89390357567127");
  ASSERT_EQ(push->events.size(), 2u);
  EXPECT_EQ(push->events[0].time.ms, 1741093953000);
  EXPECT_EQ(push->events[0].status, Status::kInTransit) << "by its tag";
  EXPECT_EQ(push->events[0].place, "Louisville, KY");
  EXPECT_EQ(push->events[1].place, "Springfield");
  EXPECT_EQ(push->events[1].time.ms, 1741168800000) << "without a zone it is UTC";
  EXPECT_EQ(StatusAfter(*push), Status::kDelivered);
}

TEST(AfterShip, ATimeInChinaWithoutAZoneIsShanghais) {
  const auto push = Read("aftership", AfterShipBody(R"(
    {"checkpoint_time":"2025-03-04T08:12:33","country_iso3":"CHN","tag":"InTransit"})"));
  EXPECT_EQ(push->events.at(0).time.ms, 1741047153000);
}

TEST(AfterShip, TheWholeCountsWhereThereIsNoCheckpointThatSaysSo) {
  const auto pending = Read("aftership", AfterShipBody("", "Pending", "Pending_001"));
  ASSERT_TRUE(pending.ok()) << pending.status();
  ASSERT_EQ(pending->events.size(), 1u);
  EXPECT_EQ(pending->events[0].text, "What it means");
  EXPECT_EQ(StatusAfter(*pending), Status::kPending);
  const auto expired = Read("aftership", AfterShipBody("", "Expired", "Expired_001"));
  EXPECT_EQ(StatusAfter(*expired), Status::kExpired);
}

TEST(AfterShip, OtherEventsTellOfNoParcel) {
  for (const char* event : {"edd_revise", "tracking_pending_time"}) {
    const auto push = Read("aftership", AfterShipBody("", "", "", event));
    ASSERT_TRUE(push.ok()) << push.status();
    EXPECT_TRUE(push->events.empty());
    EXPECT_EQ(push->tracking_number, "");
  }
}

TEST(AfterShip, CarriersAreCalledAsShopsCallThem) {
  std::string body =
      AfterShipBody(R"({"checkpoint_time":"2025-03-04T08:12:33Z","tag":"InTransit"})");
  body.replace(body.find("\"ups\""), 5, "\"sf-express\"");
  EXPECT_EQ(Read("aftership", body)->carrier, "shunfeng");
}

TEST(Push, OverlongTextsAreCutNotRefused) {
  const std::vector<KuaidiItem> items = {{"2025-03-02 18:05:00", "103", std::string(3000, 'x')}};
  const auto push = Read("kuaidi100", KuaidiForm(KuaidiParam(items)));
  EXPECT_EQ(push->events.at(0).text.size(), 1000u);
}

TEST(Push, UnknownSourcesAreRefused) { EXPECT_EQ(Reason(Read("fax", "{}")), "UNKNOWN_SOURCE"); }

TEST(Push, WhatCannotBeReadIsRefused) {
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  const std::string item = R"({"checkpoint_time":"tomorrow","tag":"InTransit"})";
  const std::vector<std::pair<const char*, std::string>> bad = {
      {"kuaidi100", ""},
      {"kuaidi100", "sign=AB"},
      {"kuaidi100", "param=%7"},
      {"kuaidi100", KuaidiForm("not json")},
      {"kuaidi100", KuaidiForm("[]")},
      {"kuaidi100", KuaidiForm("{}")},
      {"kuaidi100", KuaidiForm(R"({"status":"polling"})")},
      {"kuaidi100", KuaidiForm(R"({"status":"dancing","lastResult":{"com":"yt","nu":"YT123"}})")},
      {"kuaidi100", KuaidiForm(R"({"status":"polling","lastResult":{"com":"y|t","nu":"YT123"}})")},
      {"kuaidi100", KuaidiForm(R"({"status":"polling","lastResult":{"com":"yt","nu":"Y"}})")},
      {"kuaidi100",
       KuaidiForm(R"({"status":"polling","lastResult":{"com":"yt","nu":"YT123","data":[1]}})")},
      {"kuaidi100", KuaidiForm(KuaidiParam({{"soon", "103"}}))},
      {"kuaidi100", KuaidiForm(R"({"status":"polling","x":)" + deep + "}")},
      {"kuaidi100", KuaidiForm("{\"status\":\"\xff\"}")},
      {"aftership", ""},
      {"aftership", deep},
      {"aftership", R"({"event":"tracking_update"})"},
      {"aftership", R"({"event":"tracking_update","msg":[]})"},
      {"aftership", R"({"event":"invoice","msg":{}})"},
      {"aftership", AfterShipBody("7")},
      {"aftership", AfterShipBody(item)},
  };
  for (const auto& [source, body] : bad)
    EXPECT_EQ(Reason(Read(source, body)), "BAD_BODY") << source << " " << body.substr(0, 100);
}

TEST(Push, MoreItemsThanAnyParcelHasAreRefused) {
  std::vector<KuaidiItem> items(1001, KuaidiItem{"2025-03-02 18:05:00", "103"});
  EXPECT_EQ(Reason(Read("kuaidi100", KuaidiForm(KuaidiParam(items)))), "BAD_BODY");
}

}  // namespace
}  // namespace kefu::logistics
