#include "services/after_sales/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace kefu::after_sales {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Master keys in a file, as they come.
class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    char name[] = "/tmp/kefu-config-XXXXXX";
    folder_ = mkdtemp(name);
    std::ofstream(folder_ + "/master.keys") << "k1 " << std::string(64, 'a') << "\n";
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }
  std::string Keys() const { return "master_keys_file: " + folder_ + "/master.keys\n"; }

  std::string folder_;
};

TEST_F(ConfigTest, OnlyTheMasterKeysAreNeeded) {
  const absl::StatusOr<Config> config = ParseConfig(Keys());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->policy.return_within_ms, 604'800'000);
  EXPECT_TRUE(config->policy.inspect_before_refund);
  EXPECT_TRUE(config->master_keys.has_value());
}

TEST_F(ConfigTest, EverythingCanBeSet) {
  const absl::StatusOr<Config> config = ParseConfig(
      Keys() +
      "log_level: debug\nlisten: 0.0.0.0:2\nevents: {bind: 'ipc:///e', subscribe: ['ipc:///i']}\n"
      "sources: {inquiries: ['unix:/i']}\n"
      "services: {orders: ['unix:/o1', 'unix:/o2'], logistics: ['unix:/l'], inquiries: []}\n"
      "return_within_ms: 1000\ninspect_before_refund: false\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->common.log_level, "debug");
  EXPECT_EQ(config->host.listen, "0.0.0.0:2");
  EXPECT_EQ(config->host.events_bind, "ipc:///e");
  EXPECT_THAT(config->host.sources.at("inquiries"), ElementsAre("unix:/i"));
  EXPECT_THAT(config->orders, ElementsAre("unix:/o1", "unix:/o2"));
  EXPECT_EQ(config->policy.return_within_ms, 1000);
  EXPECT_FALSE(config->policy.inspect_before_refund);
}

TEST_F(ConfigTest, AllThatIsWrongIsToldAtOnce) {
  const absl::Status status =
      ParseConfig("return_within_ms: 0\nservices: {order: [a]}\ninspect: true\n").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const char* name : {"return_within_ms", "services.order", "inspect", "master_keys"})
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
}

}  // namespace
}  // namespace kefu::after_sales
