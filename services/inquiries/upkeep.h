// What a process does by itself: watches whether the stores are there with the functions it needs,
// picks up a new shard file, archives what is due and trims the outboxes, shop by shop. Threads:
// runs on one executor; ready() and Stop() from any thread.
#pragma once

#include <atomic>
#include <future>
#include <string>

#include "services/common/base/async.h"
#include "services/common/redis/functions_check.h"
#include "services/common/redis/shard_map.h"
#include "services/inquiries/storage/archiver.h"
#include "services/inquiries/storage/event_log.h"

namespace kefu::inquiries {

class Upkeep {
 public:
  Upkeep(Executor executor, redis::ShardMap& shards, storage::Archiver& archiver,
         storage::EventLog& events, int64_t sweep_interval_ms);
  ~Upkeep();

  void Start();
  // Waits for the sweep under way. The executor must be running.
  void Stop();
  // The functions are loaded, in a version this process can use.
  bool functions_ready() const { return functions_.ready(); }

 private:
  Task<> Run();
  Task<> Sweep();
  Task<> TrimOutbox(ShopId shop);

  const Executor executor_;
  redis::ShardMap& shards_;
  storage::Archiver& archiver_;
  storage::EventLog& events_;
  const int64_t sweep_interval_ms_;
  Timer timer_;
  redis::FunctionsCheck functions_;
  std::atomic<bool> stopping_{false};
  bool started_ = false;
  std::promise<void> ended_;
};

}  // namespace kefu::inquiries
