#include "deploy/ctl/backup/database.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

namespace fs = std::filesystem;

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() {
    std::string folder = (fs::temp_directory_path() / "kefu-database-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    EXPECT_EQ(sqlite3_open((folder_ / "live.sqlite").c_str(), &live_), SQLITE_OK);
    Run("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (n INTEGER)");
  }
  ~DatabaseTest() override {
    sqlite3_close(live_);
    fs::remove_all(folder_);
  }

  void Run(const std::string& sql) {
    EXPECT_EQ(sqlite3_exec(live_, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(live_);
  }
  absl::StatusOr<ManifestFile> Copy() {
    return CopyDatabase(folder_ / "live.sqlite", folder_ / "out/copy.sqlite", "x/copy.sqlite");
  }
  // Rows of a copy.
  int Rows(const fs::path& file) {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    int rows = -1;
    const auto take = [](void* to, int, char** values, char**) {
      *static_cast<int*>(to) = std::stoi(values[0]);
      return 0;
    };
    sqlite3_exec(database, "SELECT count(*) FROM t", take, &rows, nullptr);
    sqlite3_close(database);
    return rows;
  }

  fs::path folder_;
  sqlite3* live_ = nullptr;
};

TEST_F(DatabaseTest, TheCopyHasWhatIsCommittedAlsoInTheWriteAheadLogAndNothingElse) {
  Run("INSERT INTO t VALUES (1), (2)");
  Run("BEGIN IMMEDIATE; INSERT INTO t VALUES (3)");
  const auto copied = Copy();
  Run("COMMIT");
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->path, "x/copy.sqlite");
  EXPECT_EQ(Rows(folder_ / "out/copy.sqlite"), 2);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "out"), fs::directory_iterator()), 1);
}

TEST_F(DatabaseTest, WhatIsNoDatabaseIsRefused) {
  EXPECT_EQ(ErrorReason(CopyDatabase(folder_ / "none", folder_ / "copy", "x").status()),
            "NO_SUCH_FILE");
  std::ofstream(folder_ / "text") << std::string(4096, 'x');
  EXPECT_EQ(ErrorReason(CopyDatabase(folder_ / "text", folder_ / "copy", "x").status()),
            "DATABASE_ERROR");
}

TEST_F(DatabaseTest, WhatIsInTheWayIsRenamedWithWhatIsBesideIt) {
  Run("INSERT INTO t VALUES (1)");
  ASSERT_TRUE(fs::exists(folder_ / "live.sqlite-wal"));
  ASSERT_TRUE(MoveDatabaseAside(folder_ / "live.sqlite", "now").ok());
  EXPECT_FALSE(fs::exists(folder_ / "live.sqlite"));
  EXPECT_FALSE(fs::exists(folder_ / "live.sqlite-wal"));
  EXPECT_TRUE(fs::exists(folder_ / "live.sqlite.replaced-now-wal"));
  EXPECT_TRUE(MoveDatabaseAside(folder_ / "live.sqlite", "now").ok());
}

}  // namespace
}  // namespace kefu::ctl
