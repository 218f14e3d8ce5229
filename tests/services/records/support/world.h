// A database of records in a folder of its own, and events as facts to put into it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/metrics/metrics.h"
#include "services/common/text/analyser.h"
#include "services/records/storage/cursors.h"
#include "services/records/storage/database.h"
#include "services/records/storage/facts.h"
#include "services/records/storage/keeper.h"
#include "services/records/storage/scrubber.h"
#include "tests/support/await.h"
#include "tests/support/eventually.h"

namespace kefu::records::test {

using kefu::test::Await;
using kefu::test::Eventually;

struct TemporaryFolder {
  TemporaryFolder() {
    char name[] = "/tmp/kefu-records-XXXXXX";
    path = mkdtemp(name);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

inline const text::Analyser& TheAnalyser() {
  static const auto analyser = text::Analyser::New();
  return **analyser;
}

// What a process has; after `Restart`, what the next one has.
class World {
 public:
  World() { Open(); }
  void Restart() {
    Close();
    Open();
  }
  void Close() {
    keeper_.reset();
    cursors_.reset();
    database_.reset();
  }
  void Open() {
    scrubber_ = {};
    storage::DatabaseOptions options{.path = path(), .readers = 2};
    options.chores = [this](soci::session& sql) { return scrubber_.Step(sql); };
    auto opened = storage::Database::Open(std::move(options), TheAnalyser(), metrics_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    database_ = *std::move(opened);
    cursors_ = storage::NewSqlCursors(*database_, clock_);
    keeper_.emplace(*database_);
  }

  std::string path() const { return folder_.path + "/records.sqlite"; }
  storage::Database& database() { return *database_; }
  redis::CursorStore& cursors() { return *cursors_; }
  storage::Keeper& keeper() { return *keeper_; }
  ManualClock& clock() { return clock_; }
  metrics::Metrics& metrics() { return metrics_; }

  absl::Status Keep(const ShopId& shop, std::vector<storage::Fact> facts,
                    std::optional<redis::CursorMove> move = std::nullopt, TimePoint time = {1}) {
    return Await(keeper_->Keep(shop, std::move(facts), std::move(move), time));
  }
  template <class T>
  T Query(std::function<absl::StatusOr<T>(soci::session&)> work) {
    auto result = Await(database_->Query<T>(std::move(work), MonotonicMs() + 10'000));
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : T();
  }
  // Every row of every table that events make, as text.
  std::vector<std::string> Dump();
  // SQLite's own check of the index against the entries.
  absl::Status CheckIndex() {
    return Await(database_->Write([](soci::session& sql) {
      sql << "INSERT INTO search (search, rank) VALUES ('integrity-check', 1)";
      return absl::OkStatus();
    }));
  }

 private:
  TemporaryFolder folder_;
  ManualClock clock_{{1'700'000'000'000}};
  metrics::Metrics metrics_;
  storage::Scrubber scrubber_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<redis::CursorStore> cursors_;
  std::optional<storage::Keeper> keeper_;
};

inline std::vector<std::string> World::Dump() {
  return Query<std::vector<std::string>>([](soci::session& sql) {
    std::vector<std::string> rows;
    // Ids of entries are left out: they only say in which order entries of one moment came.
    for (
        const char* table :
        {"shop || conversation || seq || session || store_epoch || time_ms || sender_kind || agent "
         "|| is_message || recalls || text FROM entries ORDER BY shop, conversation, seq",
         "shop || session || agent || fence || category || state || reopened || open_ms || "
         "close_ms "
         "|| close_reason || assign_ms || last_seq || buyer_messages || '/' || agent_messages || "
         "'/' || waiting_seq || '/' || answered || '/' || first_response_ms FROM sessions ORDER BY "
         "shop, session",
         "shop || session || asked_seq || asked_ms || answered_seq || answered_ms || agent FROM "
         "rounds ORDER BY shop, session, asked_seq",
         "shop || order_id || version || state || payment FROM orders ORDER BY shop, order_id",
         "shop || case_id || version || state FROM cases ORDER BY shop, case_id",
         "shop || shipment || version || status FROM shipments ORDER BY shop, shipment",
         "shop || agent || version || display_name FROM agents ORDER BY shop, agent"}) {
      std::string row;
      soci::statement all = (sql.prepare << std::string("SELECT ") + table, soci::into(row));
      all.execute();
      while (all.fetch()) rows.push_back(row);
    }
    return rows;
  });
}

}  // namespace kefu::records::test
