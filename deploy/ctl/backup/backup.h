// Backup of one Redis primary, the blob folder and the database of records, and its way back.
//
// Consistent without stopping anything: the database is copied, then Redis snapshots itself
// (BGSAVE), then the blobs are copied. The database is behind the logs that it follows, never
// ahead: records reads on from there. Blobs never change and exist before Redis names them, so
// every blob that the snapshot names is among the copies; a blob too many does no harm. What was
// acknowledged after the snapshot is not in the backup: clients hold higher positions than the
// restored store knows, so after a restore the store epochs must be raised (`kefuctl epoch raise`)
// before clients return.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>

#include "deploy/ctl/backup/manifest.h"
#include "services/common/base/task.h"
#include "services/common/redis/client.h"

namespace kefu::ctl {

struct BackupOptions {
  // Needs BGSAVE, CONFIG GET, INFO and FUNCTION LIST, and this process must be able to read Redis's
  // dump file.
  redis::Endpoint redis;
  // Empty: none.
  std::string blobs;
  // The database of records; empty: none.
  std::string records;
  // A folder that does not exist, or is empty.
  std::string out;
  int64_t timeout_ms = 600000;
};

// The backup was verified by reading it back.
Task<absl::StatusOr<Manifest>> Backup(BackupOptions options);

struct RestoreOptions {
  std::string from;
  // Redis's data folder (its `dir`); no server may be running on it. The files of Redis that it
  // holds go into `replaced-<time>` in it; blobs that are in the way are renamed likewise.
  std::string data;
  // Empty: the backup's blobs are left alone; an error if it has any.
  std::string blobs;
  // Where the database of records goes; what is there is renamed. Empty: the backup's is left
  // alone; an error if it has one.
  std::string records;
  // As in the server's configuration.
  std::string append_dirname = "appendonlydir";
  std::string append_filename = "appendonly.aof";
  std::string redis_server = "redis-server";
  int64_t timeout_ms = 600000;
};

// Puts the data where redis-server with `appendonly yes` finds it: Redis 7 ignores dump.rdb when
// the AOF is on, so a private server loads the dump, writes the append-only files from it and is
// stopped again. FAILED_PRECONDITION REDIS_RUNNING if a server works in the folder.
Task<absl::StatusOr<Manifest>> Restore(RestoreOptions options);

}  // namespace kefu::ctl
