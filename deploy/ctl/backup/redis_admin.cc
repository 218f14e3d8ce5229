#include "deploy/ctl/backup/redis_admin.h"

#include <absl/strings/numbers.h>

#include <functional>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

constexpr int64_t kPollMs = 50;

using Info = std::map<std::string, std::string>;

Task<absl::StatusOr<Info>> ReadInfo(redis::Client* client, std::string section) {
  redis::Command command = {"INFO", std::move(section)};
  KEFU_CO_ASSIGN_OR_RETURN(redis::Value info, co_await client->Call(std::move(command)));
  co_return ParseInfo(info.str());
}

std::string FieldOf(const Info& info, const std::string& name) {
  const auto found = info.find(name);
  return found == info.end() ? "" : found->second;
}

// Redis has no command that waits for a background save: its state is asked for until `done` likes
// it.
Task<absl::Status> AwaitPersistence(redis::Client* client, std::function<bool(const Info&)> done,
                                    int64_t timeout_ms) {
  const int64_t deadline_ms = MonotonicMs() + timeout_ms;
  while (MonotonicMs() < deadline_ms) {
    KEFU_CO_ASSIGN_OR_RETURN(const Info info, co_await ReadInfo(client, "persistence"));
    if (done(info)) co_return absl::OkStatus();
    co_await SleepMs(kPollMs);
  }
  co_return Error(absl::StatusCode::kDeadlineExceeded, "REDIS_SLOW",
                  "Redis did not finish saving in time; allow it more with --timeout.");
}

Task<absl::Status> Do(redis::Client* client, redis::Command command) {
  absl::StatusOr<redis::Value> answer = co_await client->Call(std::move(command));
  co_return answer.status();
}

bool Idle(const Info& info) {
  return FieldOf(info, "rdb_bgsave_in_progress") == "0" &&
         FieldOf(info, "aof_rewrite_in_progress") == "0";
}

}  // namespace

Info ParseInfo(std::string_view info) {
  Info fields;
  while (!info.empty()) {
    const size_t end = std::min(info.find('\n'), info.size());
    std::string_view line = info.substr(0, end);
    info.remove_prefix(std::min(end + 1, info.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const size_t colon = line.find(':');
    if (line.empty() || line[0] == '#' || colon == std::string_view::npos) continue;
    fields.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
  return fields;
}

Task<absl::Status> AwaitReady(redis::Client* client, int64_t timeout_ms) {
  const int64_t deadline_ms = MonotonicMs() + timeout_ms;
  absl::Status last;
  do {
    absl::StatusOr<Info> info = co_await ReadInfo(client, "persistence");
    last = info.status();
    if (info.ok() && FieldOf(*info, "loading") == "0") co_return absl::OkStatus();
    // Refused, not absent: waiting does not help.
    if (last.code() == absl::StatusCode::kInternal) co_return last;
    co_await SleepMs(kPollMs);
  } while (MonotonicMs() < deadline_ms);
  if (!last.ok()) co_return last;
  co_return Error(absl::StatusCode::kDeadlineExceeded, "REDIS_SLOW",
                  "Redis is still loading its data.");
}

Task<absl::Status> SaveSnapshot(redis::Client* client, int64_t timeout_ms) {
  KEFU_CO_RETURN_IF_ERROR(co_await AwaitPersistence(client, Idle, timeout_ms));
  KEFU_CO_ASSIGN_OR_RETURN(const Info before, co_await ReadInfo(client, "stats"));
  const std::string forks = FieldOf(before, "total_forks");
  redis::Command save = {"BGSAVE"};
  KEFU_CO_RETURN_IF_ERROR(co_await Do(client, std::move(save)));
  KEFU_CO_RETURN_IF_ERROR(co_await AwaitPersistence(client, Idle, timeout_ms));
  KEFU_CO_ASSIGN_OR_RETURN(const Info after, co_await ReadInfo(client, "all"));
  if (FieldOf(after, "rdb_last_bgsave_status") != "ok" || FieldOf(after, "total_forks") == forks) {
    co_return Error(absl::StatusCode::kFailedPrecondition, "SAVE_FAILED",
                    "Redis could not save its data; its log says why (a full disk, most often).");
  }
  co_return absl::OkStatus();
}

Task<absl::Status> SwitchAofOn(redis::Client* client, int64_t timeout_ms) {
  redis::Command on = {"CONFIG", "SET", "appendonly", "yes"};
  KEFU_CO_RETURN_IF_ERROR(co_await Do(client, std::move(on)));
  const auto written = [](const Info& info) {
    return Idle(info) && FieldOf(info, "aof_rewrite_scheduled") == "0" &&
           FieldOf(info, "aof_enabled") == "1";
  };
  KEFU_CO_RETURN_IF_ERROR(co_await AwaitPersistence(client, written, timeout_ms));
  KEFU_CO_ASSIGN_OR_RETURN(const Info info, co_await ReadInfo(client, "persistence"));
  if (FieldOf(info, "aof_last_bgrewrite_status") != "ok" ||
      FieldOf(info, "aof_last_write_status") != "ok") {
    co_return Error(absl::StatusCode::kFailedPrecondition, "SAVE_FAILED",
                    "Redis could not write its append-only file (a full disk, most often).");
  }
  co_return absl::OkStatus();
}

Task<absl::StatusOr<std::string>> DumpPath(redis::Client* client) {
  std::string path;
  for (const char* name : {"dir", "dbfilename"}) {
    redis::Command get = {"CONFIG", "GET", name};
    KEFU_CO_ASSIGN_OR_RETURN(const redis::Value value, co_await client->Call(std::move(get)));
    path += (path.empty() ? "" : "/") + value.Field(name).str();
  }
  co_return path;
}

Task<absl::StatusOr<Manifest>> Describe(redis::Client* client) {
  Manifest manifest;
  KEFU_CO_ASSIGN_OR_RETURN(const Info server, co_await ReadInfo(client, "server"));
  manifest.redis_version = FieldOf(server, "redis_version");
  redis::Command size = {"DBSIZE"};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value keys, co_await client->Call(std::move(size)));
  manifest.keys = static_cast<uint64_t>(keys.Int());
  redis::Command list = {"FUNCTION", "LIST"};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value libraries, co_await client->Call(std::move(list)));
  for (const redis::Value& library : libraries.array()) {
    manifest.libraries.push_back(library.Field("library_name").str());
  }
  co_return manifest;
}

}  // namespace kefu::ctl
