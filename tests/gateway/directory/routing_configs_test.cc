#include "gateway/directory/routing_configs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"
#include "tests/support/await.h"

namespace kefu::gateway::directory {
namespace {

using kefu::test::Await;
using test::World;

class RoutingConfigsTest : public ::testing::Test {
 protected:
  RoutingConfigsTest() { world_.AddShop("demo"); }

  static v1::RoutingConfig WithGroup(const std::string& group) {
    v1::RoutingConfig config;
    config.add_groups()->set_group(group);
    config.set_default_group(group);
    return config;
  }
  absl::StatusOr<RoutingConfigs::Shared> Set(const std::string& group,
                                             std::optional<uint64_t> expected = std::nullopt) {
    return Await(here_.Set(world_.Fresh(), world_.demo, WithGroup(group), expected, "a_admin"));
  }
  std::string GroupAt(RoutingConfigs& site) {
    const RoutingConfigs::Shared info = Await(site.Get(world_.demo)).value();
    return info->config.default_group();
  }

  World world_;
  RoutingConfigs here_{world_.store, world_.here.notices, test::ManualMonotonicMs};
  RoutingConfigs there_{world_.store, world_.there.notices, test::ManualMonotonicMs};
};

TEST_F(RoutingConfigsTest, AShopBeginsWithoutOne) {
  const RoutingConfigs::Shared info = Await(here_.Get(world_.demo)).value();
  EXPECT_EQ(info->version, 0u);
  EXPECT_EQ(Await(here_.Unsettled(world_.demo)).value(), std::nullopt);
}

TEST_F(RoutingConfigsTest, WhatWasSetIsReadWithWhoDidItAndWhen) {
  const RoutingConfigs::Shared set = Set("sales", 0).value();
  EXPECT_EQ(set->version, 1u);
  const RoutingConfigs::Shared read = Await(there_.Read(world_.demo)).value();
  EXPECT_EQ(read->version, 1u);
  EXPECT_EQ(read->updated_by, "a_admin");
  EXPECT_EQ(read->update_time, test::kNow);
  EXPECT_EQ(read->config.default_group(), "sales");
}

TEST_F(RoutingConfigsTest, OfTwoWhoHaveReadTheSameOneIsRefused) {
  ASSERT_TRUE(Set("sales", 0).ok());
  EXPECT_EQ(ErrorReason(Set("other", 0).status()), "ETAG_MISMATCH");
  ASSERT_TRUE(Set("after", 1).ok());
  const absl::Status late = Set("late", 1).status();
  EXPECT_EQ(ErrorReason(late), "ETAG_MISMATCH");
  EXPECT_EQ(ErrorMetadataOf(late)["etag"], "2");
  EXPECT_TRUE(Set("whatever").ok());
  EXPECT_EQ(GroupAt(there_), "whatever");
}

TEST_F(RoutingConfigsTest, ARepeatedRequestAnswersWhatItMade) {
  const redis::Request request = world_.Named("once");
  ASSERT_TRUE(Await(here_.Set(request, world_.demo, WithGroup("sales"), 0, "a_admin")).ok());
  ASSERT_TRUE(Set("after").ok());
  const auto again = Await(there_.Set(request, world_.demo, WithGroup("sales"), 0, "a_admin"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->version, 1u);
  EXPECT_EQ((*again)->config.default_group(), "sales");
  EXPECT_EQ(Await(there_.Read(world_.demo)).value()->config.default_group(), "after");
}

TEST_F(RoutingConfigsTest, OtherGatewaysKnowAtOnceAndWithoutTheNoticeIn5Seconds) {
  ASSERT_TRUE(Set("sales").ok());
  EXPECT_EQ(GroupAt(there_), "sales");
  ASSERT_TRUE(Set("after").ok());
  EXPECT_EQ(GroupAt(there_), "after");
  world_.notices_arrive = false;
  ASSERT_TRUE(Set("third").ok());
  EXPECT_EQ(GroupAt(there_), "after");
  test::g_monotonic_ms += 5000;
  EXPECT_EQ(GroupAt(there_), "third");
}

TEST_F(RoutingConfigsTest, AChangeIsOwedUntilItIsSettledAndNotByAnOlderOne) {
  ASSERT_TRUE(Set("sales").ok());
  ASSERT_TRUE(Set("after").ok());
  EXPECT_EQ(Await(there_.Unsettled(world_.demo)).value(), 2u);
  ASSERT_TRUE(Await(there_.MarkSettled(world_.demo, 1)).ok());
  EXPECT_EQ(Await(there_.Unsettled(world_.demo)).value(), 2u);
  ASSERT_TRUE(Await(there_.MarkSettled(world_.demo, 2)).ok());
  EXPECT_EQ(Await(here_.Unsettled(world_.demo)).value(), std::nullopt);
}

TEST_F(RoutingConfigsTest, AChangeStandsInTheDirectorysLog) {
  ASSERT_TRUE(Set("sales").ok());
  std::set<std::string> kinds;
  const redis::Value log =
      world_.Command({"XRANGE", world_.store.Key(world_.demo, "outbox"), "-", "+"});
  for (const redis::Value& entry : log.array()) {
    for (const redis::Value& field : entry[1].array()) {
      if (field.str().find("routing_config") != std::string::npos) kinds.insert("routing_config");
    }
  }
  EXPECT_THAT(kinds, ::testing::ElementsAre("routing_config"));
}

}  // namespace
}  // namespace kefu::gateway::directory
