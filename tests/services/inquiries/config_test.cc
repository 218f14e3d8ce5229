#include "services/inquiries/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/services/inquiries/support/stack.h"

namespace kefu::inquiries {
namespace {

using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  ConfigTest() { std::ofstream(folder_.path + "/keys") << "k1 " << std::string(64, 'a') << "\n"; }
  std::string Needed() const {
    return "blobs: {folder: /b}\nmaster_keys_file: " + folder_.path + "/keys\n";
  }
  test::TemporaryFolder folder_;
};

TEST_F(ConfigTest, WhatIsNeededIsEnough) {
  const absl::StatusOr<Config> config = ParseConfig(Needed());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->blobs_folder, "/b");
  EXPECT_EQ(config->archive_after_ms, 86'400'000);
  EXPECT_TRUE(config->master_keys.has_value());
}

TEST_F(ConfigTest, EverythingCanBeSet) {
  const absl::StatusOr<Config> config = ParseConfig(
      Needed() +
      "log_level: debug\nadmin_address: 127.0.0.1:1\nports_file: /p\nlisten: 0.0.0.0:2\nthreads: "
      "4\n"
      "redis: {address: 'unix:/r', user: inquiries}\nshards: /s\nevents: {bind: 'ipc:///e'}\n"
      "reopen_window_ms: 1000\narchive_after_ms: 2000\nsweep_interval_ms: 3000\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->common.log_level, "debug");
  EXPECT_EQ(config->common.admin_address, "127.0.0.1:1");
  EXPECT_EQ(config->common.ports_file, "/p");
  EXPECT_EQ(config->listen, "0.0.0.0:2");
  EXPECT_EQ(config->threads, 4);
  EXPECT_EQ(config->redis.address, "unix:/r");
  EXPECT_EQ(config->redis.user, "inquiries");
  EXPECT_EQ(config->shards, "/s");
  EXPECT_EQ(config->events_bind, "ipc:///e");
  EXPECT_EQ(config->reopen_window_ms, 1000);
  EXPECT_EQ(config->archive_after_ms, 2000);
  EXPECT_EQ(config->sweep_interval_ms, 3000);
}

TEST_F(ConfigTest, AllThatIsWrongIsToldAtOnce) {
  const absl::Status status = ParseConfig("threads: 0\nlisten_address: x\n").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const char* name : {"threads", "listen_address", "blobs.folder", "master_keys"}) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
  }
}

TEST_F(ConfigTest, AKeyFileOfAnotherFormIsRefused) {
  std::ofstream(folder_.path + "/keys") << "k1 tooshort\n";
  EXPECT_THAT(std::string(ParseConfig(Needed()).status().message()), HasSubstr("64 hex"));
}

}  // namespace
}  // namespace kefu::inquiries
