#include "services/records/storage/database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>

#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/records/storage/schema.h"
#include "tests/services/records/support/world.h"

namespace kefu::records::storage {
namespace {

using test::Await;
using test::World;

Work Insert(const std::string& name) {
  return [name](soci::session& sql) {
    sql << "INSERT INTO chores (name, asked) VALUES (:name, 1)", soci::use(name, "name");
    return absl::OkStatus();
  };
}

long long Count(World& world, const std::string& name) {
  return world.Query<long long>([name](soci::session& sql) {
    long long count = 0;
    sql << "SELECT COUNT(*) FROM chores WHERE name = :name", soci::use(name, "name"),
        soci::into(count);
    return count;
  });
}

TEST(Database, AWriteThatFailsTakesNothingAndNobodyWithIt) {
  World world;
  boost::asio::io_context loop;
  int committed = 0, refused = 0;
  // All wait together, so that they are committed together.
  for (int i = 0; i < 50; ++i) {
    Work work = [i, insert = Insert("row" + std::to_string(i))](soci::session& sql) {
      KEFU_RETURN_IF_ERROR(insert(sql));
      return i % 5 == 0 ? Error(absl::StatusCode::kAborted, "NOT_THIS_ONE", "No.")
                        : absl::OkStatus();
    };
    Spawn(loop.get_executor(), [](Database& database, Work work, int* ok, int* failed) -> Task<> {
      const absl::Status status = co_await database.Write(std::move(work));
      ++*(status.ok() ? ok : failed);
      EXPECT_TRUE(status.ok() || ErrorReason(status) == "NOT_THIS_ONE") << status;
    }(world.database(), std::move(work), &committed, &refused));
  }
  loop.run();
  EXPECT_EQ(committed, 40);
  EXPECT_EQ(refused, 10);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(Count(world, "row" + std::to_string(i)), i % 5 == 0 ? 0 : 1) << i;
  }
}

TEST(Database, WritesThatWaitTogetherAreCommittedTogether) {
  World world;
  boost::asio::io_context loop;
  for (int i = 0; i < 200; ++i) {
    Spawn(loop.get_executor(), [](Database& database, std::string name) -> Task<> {
      Work insert = Insert(name);
      EXPECT_TRUE((co_await database.Write(std::move(insert))).ok());
    }(world.database(), "row" + std::to_string(i)));
  }
  loop.run();
  const auto& commits = world.metrics().AddCounter("kefu_records_commits_total", "");
  const auto& writes = world.metrics().AddCounter("kefu_records_writes_total", "");
  EXPECT_EQ(writes.Value(), 200);
  EXPECT_LT(commits.Value(), 150);
}

TEST(Database, BadSqlIsAnInternalErrorAndTheNextWriteWorks) {
  World world;
  const absl::Status bad = Await(world.database().Write([](soci::session& sql) {
    sql << "INSERT INTO nowhere VALUES (1)";
    return absl::OkStatus();
  }));
  EXPECT_EQ(ErrorReason(bad), "STORE_FAILED");
  EXPECT_TRUE(Await(world.database().Write(Insert("after"))).ok());
  EXPECT_EQ(Count(world, "after"), 1);
}

TEST(Database, WhatWasAnsweredIsThereAfterARestart) {
  World world;
  ASSERT_TRUE(Await(world.database().Write(Insert("kept"))).ok());
  world.Restart();
  EXPECT_EQ(Count(world, "kept"), 1);
}

TEST(Database, AReadIsCutOffAtItsDeadlineAndTheReaderGoesOn) {
  World world;
  Work endless = [](soci::session& sql) {
    long long count = 0;
    sql << "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM "
           "n",
        soci::into(count);
    return absl::OkStatus();
  };
  for (int i = 0; i < 3; ++i) {  // more often than there are readers
    const absl::Status status = Await(world.database().Read(endless, MonotonicMs() + 50));
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  }
  EXPECT_EQ(Count(world, "nothing"), 0);
}

TEST(Database, AReadSeesOneStateFromItsBeginToItsEnd) {
  World world;
  ASSERT_TRUE(Await(world.database().Write(Insert("first"))).ok());
  const auto counts = world.Query<std::pair<long long, long long>>([&](soci::session& sql) {
    long long before = 0, after = 0;
    sql << "SELECT COUNT(*) FROM chores", soci::into(before);
    EXPECT_TRUE(Await(world.database().Write(Insert("second"))).ok());
    sql << "SELECT COUNT(*) FROM chores", soci::into(after);
    return std::pair(before, after);
  });
  EXPECT_EQ(counts.first, counts.second);
}

TEST(Database, RefusesWorkOnceItHasStopped) {
  World world;
  world.database().Stop();
  EXPECT_EQ(ErrorReason(Await(world.database().Write(Insert("late")))), "STOPPING");
  Work nothing = [](soci::session&) { return absl::OkStatus(); };
  EXPECT_EQ(ErrorReason(Await(world.database().Read(nothing, MonotonicMs() + 1000))), "STOPPING");
}

TEST(Database, OfALaterReleaseIsNotTouched) {
  World world;
  ASSERT_TRUE(Await(world.database().Write([](soci::session& sql) {
                sql << "PRAGMA user_version = 99";
                return absl::OkStatus();
              })).ok());
  world.Close();
  metrics::Metrics metrics;
  const auto opened = Database::Open({.path = world.path()}, test::TheAnalyser(), metrics);
  EXPECT_EQ(ErrorReason(opened.status()), "SCHEMA_TOO_NEW");
}

TEST(Database, ThatCannotBeOpenedSaysSo) {
  metrics::Metrics metrics;
  const auto opened =
      Database::Open({.path = "/nowhere/at/all.sqlite"}, test::TheAnalyser(), metrics);
  EXPECT_EQ(ErrorReason(opened.status()), "CANNOT_OPEN_DATABASE");
  EXPECT_NE(FromAbsl(opened.status().message()).find("/nowhere/at/all.sqlite"),
            std::string_view::npos);
}

TEST(Database, WritesEveryCommitToTheDiskAndOverwritesWhatItDeletes) {
  World world;
  Work look = [](soci::session& sql) {
    int synchronous = 0, secure_delete = 0, foreign_keys = 0;
    std::string journal;
    sql << "PRAGMA synchronous", soci::into(synchronous);
    sql << "PRAGMA secure_delete", soci::into(secure_delete);
    sql << "PRAGMA foreign_keys", soci::into(foreign_keys);
    sql << "PRAGMA journal_mode", soci::into(journal);
    EXPECT_EQ(synchronous, 2);
    EXPECT_EQ(secure_delete, 1);
    EXPECT_EQ(foreign_keys, 1);
    EXPECT_EQ(journal, "wal");
    return absl::OkStatus();
  };
  EXPECT_TRUE(Await(world.database().Write(look)).ok());
}

}  // namespace
}  // namespace kefu::records::storage
