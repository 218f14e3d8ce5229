// Backup and restore against real Redis servers: what was stored comes back, functions and blobs
// too, in a server that runs with the append-only file on.
#include "deploy/ctl/backup/backup.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "deploy/ctl/backup/redis_admin.h"
#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "tests/support/redis_server.h"

namespace kefu::ctl {
namespace {

namespace fs = std::filesystem;

template <class T>
T Await(Task<T> task) {
  boost::asio::io_context io;
  std::optional<T> result;
  auto run = [](Task<T> inner, std::optional<T>* out) -> Task<> {
    out->emplace(co_await std::move(inner));
  };
  Spawn(io.get_executor(), run(std::move(task), &result));
  io.run();
  return std::move(*result);
}

redis::Value Ask(const std::string& address, redis::Command command) {
  redis::Client client({.address = address});
  const absl::Status ready = Await(AwaitReady(&client, 10000));
  EXPECT_TRUE(ready.ok()) << ready;
  absl::StatusOr<redis::Value> value = Await(client.Call(std::move(command)));
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? *value : redis::Value();
}

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() {
    std::string folder = (fs::temp_directory_path() / "kefu-backup-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    fs::create_directories(folder_ / "blobs/shop");
    std::ofstream(folder_ / "blobs/shop/segment") << "archived";
    Ask(redis_.address(), {"SET", "kf:x", "kept"});
    Ask(redis_.address(), {"FUNCTION", "LOAD",
                           "#!lua name=kefu_x\nredis.register_function('x_get_v1', function(keys) "
                           "return redis.call('GET', keys[1]) end)"});
  }
  ~BackupTest() override { fs::remove_all(folder_); }

  absl::StatusOr<Manifest> BackUp() {
    BackupOptions options;
    options.redis.address = redis_.address();
    options.blobs = (folder_ / "blobs").string();
    options.out = (folder_ / "backup").string();
    options.timeout_ms = 30000;
    return Await(Backup(std::move(options)));
  }
  absl::StatusOr<Manifest> PutBack(const std::string& data) {
    RestoreOptions options;
    options.from = (folder_ / "backup").string();
    options.data = data;
    options.blobs = (folder_ / "blobs").string();
    options.timeout_ms = 30000;
    return Await(Restore(std::move(options)));
  }
  std::string Blob() const {
    std::ostringstream text;
    text << std::ifstream(folder_ / "blobs/shop/segment").rdbuf();
    return text.str();
  }

  test::RedisServer redis_;
  fs::path folder_;
};

TEST_F(BackupTest, WhatWasStoredComesBackAndWhatCameLaterDoesNot) {
  const auto manifest = BackUp();
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->keys, 1u);
  EXPECT_EQ(manifest->libraries, std::vector<std::string>{"kefu_x"});
  Ask(redis_.address(), {"SET", "kf:x", "overwritten"});
  Ask(redis_.address(), {"SET", "kf:later", "1"});
  std::ofstream(folder_ / "blobs/shop/segment") << "damaged";
  redis_.Kill();

  const auto restored = PutBack(redis_.folder());
  ASSERT_TRUE(restored.ok()) << restored.status();
  redis_.Start();  // with the append-only file on
  EXPECT_EQ(Ask(redis_.address(), {"FCALL", "x_get_v1", "1", "kf:x"}).str(), "kept");
  EXPECT_EQ(Ask(redis_.address(), {"EXISTS", "kf:later"}).Int(), 0);
  EXPECT_EQ(Blob(), "archived");

  // What is written from then on survives, as ever.
  Ask(redis_.address(), {"SET", "kf:new", "1"});
  redis_.Kill();
  redis_.Start();
  EXPECT_EQ(Ask(redis_.address(), {"GET", "kf:new"}).str(), "1");
  EXPECT_EQ(Ask(redis_.address(), {"GET", "kf:x"}).str(), "kept");
}

TEST_F(BackupTest, WhatTheFolderHeldIsMovedAsideNotDeleted) {
  ASSERT_TRUE(BackUp().ok());
  redis_.Kill();
  ASSERT_TRUE(PutBack(redis_.folder()).ok());
  size_t aside = 0;
  for (const auto& entry : fs::directory_iterator(redis_.folder())) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("replaced-", 0) == 0 && fs::exists(entry.path() / "appendonlydir")) ++aside;
  }
  EXPECT_EQ(aside, 1u);
}

TEST_F(BackupTest, ARunningServersFolderIsLeftAlone) {
  ASSERT_TRUE(BackUp().ok());
  const auto restored = PutBack(redis_.folder());
  EXPECT_EQ(ErrorReason(restored.status()), "REDIS_RUNNING");
  EXPECT_EQ(Ask(redis_.address(), {"GET", "kf:x"}).str(), "kept");
}

TEST_F(BackupTest, ADamagedBackupIsNotRestored) {
  ASSERT_TRUE(BackUp().ok());
  redis_.Kill();
  std::ofstream(folder_ / "backup/redis/dump.rdb", std::ios::app) << "x";
  EXPECT_EQ(PutBack(redis_.folder()).status().code(), absl::StatusCode::kDataLoss);
  redis_.Start();
  EXPECT_EQ(Ask(redis_.address(), {"GET", "kf:x"}).str(), "kept");
}

TEST_F(BackupTest, ABackupNeedsAnEmptyFolder) {
  ASSERT_TRUE(BackUp().ok());
  EXPECT_EQ(BackUp().status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(BackupTest, AServerThatIsNotThereIsAnError) {
  redis_.Kill();
  BackupOptions options;
  options.redis.address = redis_.address();
  options.out = (folder_ / "other").string();
  options.timeout_ms = 300;
  EXPECT_EQ(Await(Backup(std::move(options))).status().code(), absl::StatusCode::kUnavailable);
}

TEST(RedisInfo, FieldsAreReadWithoutHeadings) {
  const auto info =
      ParseInfo("# Persistence\r\nloading:0\r\naof_enabled:1\r\n\r\n# Server\r\nos:Linux 6: x\r\n");
  EXPECT_EQ(info.at("loading"), "0");
  EXPECT_EQ(info.at("os"), "Linux 6: x");
  EXPECT_EQ(info.size(), 3u);
}

}  // namespace
}  // namespace kefu::ctl
