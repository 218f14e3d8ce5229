// Audit logs in Redis: one chain per shop, one for the installation. Entries are only ever added.
//
// Keys: `kf:gateway:{shop}:audit` (stream, ids `<seq>-0`: e entry, h hash), `…:audit_head` (hash:
// seq, hash). Threads: thread-safe. Errors: UNAVAILABLE AUDIT_BUSY if others keep coming first;
// those of redis/client.h.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <vector>

#include "gateway/directory/domain/audit_chain.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregate_store.h"

namespace kefu::gateway::directory {

class AuditLog {
 public:
  explicit AuditLog(redis::AggregateStore& store) : store_(store) {}

  // `entry` without seq, time and previous hash, which it gets here. No shop: the installation's
  // log. Durable when it returns.
  Task<absl::Status> Append(std::optional<ShopId> shop, AuditEntry entry);
  // After a seq, oldest first, as they are stored: see VerifyChain.
  Task<absl::StatusOr<std::vector<ChainedEntry>>> List(std::optional<ShopId> shop,
                                                       uint64_t after_seq, uint32_t limit);

 private:
  redis::AggregateStore& store_;
};

}  // namespace kefu::gateway::directory
