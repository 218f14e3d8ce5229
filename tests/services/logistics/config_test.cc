#include "services/logistics/config.h"

#include <gtest/gtest.h>

#include <string>

#include "services/common/base/status.h"

namespace kefu::logistics {
namespace {

const std::string kStatuses =
    std::string(KEFU_SOURCE_DIR) + "/deploy/config/shipment_statuses.yaml";

TEST(Config, NeedsATableOfStatuses) {
  const auto without = ParseConfig("listen: 127.0.0.1:0\n");
  ASSERT_FALSE(without.ok());
  EXPECT_NE(FromAbsl(without.status().message()).find("statuses_file"), std::string_view::npos);
  EXPECT_FALSE(ParseConfig("statuses_file: /no/such/file\n").ok());
}

TEST(Config, TakesWhatEveryServiceHasAndItsTable) {
  const auto config =
      ParseConfig("listen: 127.0.0.1:9301\nthreads: 3\nstatuses_file: " + kStatuses +
                  "\nsources: {orders: [\"127.0.0.1:9201\"]}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->host.listen, "127.0.0.1:9301");
  EXPECT_EQ(config->host.threads, 3);
  EXPECT_EQ(config->host.sources.at("orders").size(), 1u);
  EXPECT_TRUE(config->statuses.HasSource("kuaidi100"));
}

TEST(Config, UnknownKeysAreRefused) {
  EXPECT_FALSE(ParseConfig("statuses_file: " + kStatuses + "\nstatus_file: x\n").ok());
}

}  // namespace
}  // namespace kefu::logistics
