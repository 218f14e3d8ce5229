#include "services/orders/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "services/common/base/status.h"

namespace kefu::orders {
namespace {

using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() {
    char name[] = "/tmp/kefu-orders-XXXXXX";
    folder_ = mkdtemp(name);
    Write("master.keys", "k1 " + std::string(64, 'a') + "\n");
  }
  ~ConfigTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
  }
  std::string Yaml(const std::string& statuses) const {
    return "master_keys_file: " + folder_ + "/master.keys\nstatuses_file: " + statuses + "\n";
  }
  static std::string Shipped() {
    return std::string(KEFU_SOURCE_DIR) + "/deploy/config/order_statuses.yaml";
  }
  std::string folder_;
};

TEST_F(ConfigTest, ReadsEverythingItKnows) {
  const auto config =
      ParseConfig(Yaml(Shipped()) +
                  "listen: 127.0.0.1:0\n"
                  "events: {bind: \"ipc:///x\", subscribe: [\"ipc:///y\"]}\n"
                  "sources: {logistics: [\"a:1\", \"b:1\"], inquiries: [\"c:1\"]}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->host.events_subscribe, (std::vector<std::string>{"ipc:///y"}));
  EXPECT_EQ(config->host.sources.at("logistics").size(), 2u);
  EXPECT_TRUE(config->statuses->knows("shopify"));
  EXPECT_TRUE(config->statuses->knows("taobao"));
}

TEST_F(ConfigTest, NamesWhatIsMissingOrUnknown) {
  const auto config = ParseConfig("sources: {records: [\"a:1\"]}\nlisten_on: x\n");
  const std::string message(config.status().message());
  for (const char* problem : {"master_keys", "statuses_file", "listen_on", "sources.records"})
    EXPECT_THAT(message, HasSubstr(problem));
}

TEST_F(ConfigTest, ABadTableOfStatusesIsNamedWithItsLine) {
  Write("statuses.yaml",
        "sources:\n  shop:\n    rules:\n      - {field: a, value: b, state: SHUT}\n");
  const auto config = ParseConfig(Yaml(folder_ + "/statuses.yaml"));
  EXPECT_EQ(ErrorReason(config.status()), "BAD_STATUSES");
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("line 4"));
  EXPECT_EQ(ErrorReason(ParseConfig(Yaml(folder_ + "/none.yaml")).status()), "NO_SUCH_FILE");
}

}  // namespace
}  // namespace kefu::orders
