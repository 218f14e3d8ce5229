// The SQL database of records, for coroutines: one writer and some readers, each a thread with a
// connection of its own, since SQLite blocks.
//
// Writes that wait together are committed together: each is carried out by itself, inside a
// savepoint, and none is answered before the one commit of all is on the disk. A write that fails
// leaves nothing behind and fails alone.
// Threads: Write and Read from any coroutine's; Stop from any other, after which nothing is carried
// out any more (UNAVAILABLE STOPPING).
// Errors: those of the work; those of storage/connection.h; RESOURCE_EXHAUSTED TOO_MANY_READS.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/base/task.h"
#include "services/common/metrics/metrics.h"
#include "services/common/text/analyser.h"
#include "services/records/storage/connection.h"

namespace kefu::records::storage {

// Goes on with what is to be done beside the events, a bounded step at a time, outside of any
// transaction: true while there is more. It is asked at the start, and after Database::Remind.
using Chores = std::function<absl::StatusOr<bool>(soci::session&)>;

struct DatabaseOptions {
  // Of the file; its folder must be there.
  std::string path;
  int64_t readers = 2;
  Chores chores;
};

class Database {
 public:
  // Opens or creates the file and brings its tables to the present version. `analyser` and
  // `metrics` outlive it.
  static absl::StatusOr<std::unique_ptr<Database>> Open(DatabaseOptions options,
                                                        const text::Analyser& analyser,
                                                        metrics::Metrics& metrics);
  ~Database();

  Task<absl::Status> Write(Work work);
  // `deadline_ms` by MonotonicMs: work that takes longer is cut off.
  Task<absl::Status> Read(Work work, int64_t deadline_ms);
  // The same with a result; `work` may outlive the calling coroutine, so it owns what it uses.
  template <class T>
  Task<absl::StatusOr<T>> Query(std::function<absl::StatusOr<T>(soci::session&)> work,
                                int64_t deadline_ms) {
    auto result = std::make_shared<std::optional<T>>();
    Work reading = [work = std::move(work), result](soci::session& sql) -> absl::Status {
      KEFU_ASSIGN_OR_RETURN(*result, work(sql));
      return absl::OkStatus();
    };
    KEFU_CO_RETURN_IF_ERROR(co_await Read(std::move(reading), deadline_ms));
    co_return *std::move(*result);
  }
  // There are chores.
  void Remind();
  // What is under way is finished, what waits is refused.
  void Stop();

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kefu::records::storage
