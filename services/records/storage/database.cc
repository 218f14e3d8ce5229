#include "services/records/storage/database.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/logging/log.h"
#include "services/records/storage/schema.h"

namespace kefu::records::storage {
namespace {

// Committed together at most: bounds what a crash repeats and how long the first one waits.
constexpr size_t kMaxGroup = 256;
// Waiting at most: beyond, the answer would come too late anyway.
constexpr size_t kMaxReads = 256;
constexpr int64_t kRetryReadsMs = 1000;
constexpr int64_t kPauseAfterFailedChoresMs = 1000;

struct Job {
  Work work;
  std::function<void(absl::Status)> done;
  int64_t deadline_ms = 0;
};

absl::Status Stopping() {
  return Error(absl::StatusCode::kUnavailable, "STOPPING", "The process stops; ask another one.");
}

// Jobs from many threads to one or several workers.
class JobQueue {
 public:
  enum class Answer { kTaken, kFull, kClosed };
  struct Taken {
    std::vector<Job> jobs;
    bool reminded = false;
  };

  explicit JobQueue(size_t capacity) : capacity_(capacity) {}

  // `job` is left as it was unless it is taken.
  Answer Put(Job& job) {
    absl::MutexLock lock(&mutex_);
    if (closed_) return Answer::kClosed;
    if (jobs_.size() >= capacity_) return Answer::kFull;
    jobs_.push_back(std::move(job));
    return Answer::kTaken;
  }
  // Wakes a worker without a job.
  void Remind() {
    absl::MutexLock lock(&mutex_);
    reminded_ = true;
  }
  // At most `max` jobs; waits for the first, no longer than `wait`. None once it is closed.
  Taken Take(size_t max, absl::Duration wait) {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(this, &JobQueue::Wakes), wait);
    Taken taken{.reminded = std::exchange(reminded_, false)};
    while (!closed_ && !jobs_.empty() && taken.jobs.size() < max) {
      taken.jobs.push_back(std::move(jobs_.front()));
      jobs_.pop_front();
    }
    return taken;
  }
  // Gives back what nobody has taken.
  std::deque<Job> Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    return std::exchange(jobs_, {});
  }
  bool closed() const {
    absl::MutexLock lock(&mutex_);
    return closed_;
  }

 private:
  bool Wakes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || reminded_ || !jobs_.empty();
  }

  const size_t capacity_;
  mutable absl::Mutex mutex_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool reminded_ ABSL_GUARDED_BY(mutex_) = false;
};

Work Statement(std::string text) {
  return [text = std::move(text)](soci::session& sql) {
    sql << text;
    return absl::OkStatus();
  };
}

}  // namespace

struct Database::State {
  State(DatabaseOptions given, metrics::Metrics& metrics)
      : options(std::move(given)),
        commits(metrics.AddCounter("kefu_records_commits_total", "Transactions committed.")),
        written(metrics.AddCounter("kefu_records_writes_total", "Writes in those transactions.")),
        commit_seconds(metrics.AddLatency("kefu_records_commit_seconds",
                                          "From the begin to the end of a transaction.")),
        read_seconds(
            metrics.AddLatency("kefu_records_read_seconds", "Reading, without the waiting.")) {}

  void RunWriter();
  void RunReader(Connection& connection);
  void WriteGroup(std::vector<Job> group);
  absl::Status WriteOne(const Work& work);
  void DoChores();

  const DatabaseOptions options;
  metrics::Counter& commits;
  metrics::Counter& written;
  metrics::Histogram& commit_seconds;
  metrics::Histogram& read_seconds;
  std::unique_ptr<Connection> writer;
  std::vector<std::unique_ptr<Connection>> readers;
  JobQueue writes{SIZE_MAX};
  JobQueue reads{kMaxReads};
  // Of the writer's thread.
  bool chores_left = true;
  int64_t next_chore_ms = 0;
  std::vector<std::thread> threads;
};

// The savepoint keeps a write that fails from taking the others with it.
absl::Status Database::State::WriteOne(const Work& work) {
  KEFU_RETURN_IF_ERROR(writer->Run(Statement("SAVEPOINT one")));
  const absl::Status status = writer->Run(work);
  if (status.ok()) return writer->Run(Statement("RELEASE one"));
  // After a full disk and the like SQLite has rolled back everything by itself.
  if (!writer->in_transaction()) return status;
  KEFU_RETURN_IF_ERROR(writer->Run(Statement("ROLLBACK TO one")));
  KEFU_RETURN_IF_ERROR(writer->Run(Statement("RELEASE one")));
  return status;
}

void Database::State::WriteGroup(std::vector<Job> group) {
  const int64_t begin_us = MonotonicUs();
  std::vector<absl::Status> results;
  absl::Status all = writer->Run(Statement("BEGIN IMMEDIATE"));
  for (size_t i = 0; all.ok() && i < group.size(); ++i) {
    results.push_back(WriteOne(group[i].work));
    if (!writer->in_transaction()) all = results.back();
  }
  if (all.ok()) all = writer->Run(Statement("COMMIT"));
  if (!all.ok() && writer->in_transaction()) {
    if (const absl::Status undone = writer->Run(Statement("ROLLBACK")); !undone.ok()) {
      log::Error("cannot roll back", {{"reason", FromAbsl(undone.message())}});
    }
  }
  if (all.ok()) {
    commits.Increment();
    written.Increment(static_cast<double>(group.size()));
    commit_seconds.Observe(static_cast<double>(MonotonicUs() - begin_us) / 1e6);
  }
  for (size_t i = 0; i < group.size(); ++i) group[i].done(all.ok() ? results[i] : all);
}

// One step, so that writes need not wait for all of them.
void Database::State::DoChores() {
  const absl::Status status = writer->Run([this](soci::session& sql) -> absl::Status {
    KEFU_ASSIGN_OR_RETURN(chores_left, options.chores(sql));
    return absl::OkStatus();
  });
  if (status.ok()) return;
  log::Warn("chores failed", {{"reason", FromAbsl(status.message())}});
  next_chore_ms = MonotonicMs() + kPauseAfterFailedChoresMs;
}

void Database::State::RunWriter() {
  while (!writes.closed()) {
    const int64_t pause_ms = std::max<int64_t>(0, next_chore_ms - MonotonicMs());
    JobQueue::Taken taken = writes.Take(
        kMaxGroup, chores_left ? absl::Milliseconds(pause_ms) : absl::InfiniteDuration());
    chores_left = (chores_left || taken.reminded) && options.chores != nullptr;
    if (!taken.jobs.empty()) WriteGroup(std::move(taken.jobs));
    if (chores_left && MonotonicMs() >= next_chore_ms && !writes.closed()) DoChores();
  }
}

void Database::State::RunReader(Connection& connection) {
  while (!reads.closed()) {
    for (const Job& job : reads.Take(1, absl::InfiniteDuration()).jobs) {
      const int64_t begin_us = MonotonicUs();
      if (MonotonicMs() >= job.deadline_ms) {
        job.done(Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                       "Allow the call more time."));
        continue;
      }
      const absl::Status status = connection.RunReading(job.work, job.deadline_ms);
      read_seconds.Observe(static_cast<double>(MonotonicUs() - begin_us) / 1e6);
      job.done(status);
    }
  }
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(DatabaseOptions options,
                                                         const text::Analyser& analyser,
                                                         metrics::Metrics& metrics) {
  auto state = std::make_unique<State>(std::move(options), metrics);
  KEFU_ASSIGN_OR_RETURN(state->writer, Connection::Open(state->options.path, analyser));
  KEFU_RETURN_IF_ERROR(state->writer->Run(Migrate));
  for (int64_t i = 0; i < state->options.readers; ++i) {
    KEFU_ASSIGN_OR_RETURN(auto reader, Connection::Open(state->options.path, analyser));
    state->readers.push_back(std::move(reader));
  }
  State& running = *state;
  running.threads.emplace_back([&running] { running.RunWriter(); });
  for (const auto& reader : running.readers) {
    running.threads.emplace_back([&running, &reader = *reader] { running.RunReader(reader); });
  }
  return std::unique_ptr<Database>(new Database(std::move(state)));
}

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}

Database::~Database() { Stop(); }

Task<absl::Status> Database::Write(Work work) {
  co_return co_await AwaitCallback<absl::Status>([&](std::function<void(absl::Status)> done) {
    Job job{std::move(work), std::move(done)};
    if (state_->writes.Put(job) != JobQueue::Answer::kTaken) job.done(Stopping());
  });
}

Task<absl::Status> Database::Read(Work work, int64_t deadline_ms) {
  co_return co_await AwaitCallback<absl::Status>([&](std::function<void(absl::Status)> done) {
    Job job{std::move(work), std::move(done), deadline_ms};
    const JobQueue::Answer answer = state_->reads.Put(job);
    if (answer == JobQueue::Answer::kClosed) job.done(Stopping());
    if (answer == JobQueue::Answer::kFull) {
      job.done(WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_READS",
                                    "Too many searches wait; try again later."),
                              kRetryReadsMs));
    }
  });
}

void Database::Remind() { state_->writes.Remind(); }

void Database::Stop() {
  std::deque<Job> refused = state_->writes.Close();
  for (Job& job : state_->reads.Close()) refused.push_back(std::move(job));
  for (const Job& job : refused) job.done(Stopping());
  for (std::thread& thread : state_->threads) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace kefu::records::storage
