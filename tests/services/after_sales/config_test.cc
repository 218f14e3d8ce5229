#include "services/after_sales/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace kefu::after_sales {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ConfigTest, NothingIsNeeded) {
  const absl::StatusOr<Config> config = ParseConfig("{}");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->policy.return_within_ms, 604'800'000);
  EXPECT_TRUE(config->policy.inspect_before_refund);
}

TEST(ConfigTest, EverythingCanBeSet) {
  const absl::StatusOr<Config> config = ParseConfig(
      "log_level: debug\nlisten: 0.0.0.0:2\nevents: {bind: 'ipc:///e'}\n"
      "services: {orders: ['unix:/o1', 'unix:/o2'], logistics: ['unix:/l'], inquiries: []}\n"
      "return_within_ms: 1000\ninspect_before_refund: false\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->common.log_level, "debug");
  EXPECT_EQ(config->host.listen, "0.0.0.0:2");
  EXPECT_EQ(config->host.events_bind, "ipc:///e");
  EXPECT_THAT(config->orders, ElementsAre("unix:/o1", "unix:/o2"));
  EXPECT_EQ(config->policy.return_within_ms, 1000);
  EXPECT_FALSE(config->policy.inspect_before_refund);
}

TEST(ConfigTest, AllThatIsWrongIsToldAtOnce) {
  const absl::Status status =
      ParseConfig("return_within_ms: 0\nservices: {order: [a]}\ninspect: true\n").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const char* name : {"return_within_ms", "services.order", "inspect"})
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
}

}  // namespace
}  // namespace kefu::after_sales
