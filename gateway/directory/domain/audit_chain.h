// The audit log as a chain: every entry's hash covers the entry and the hash before it, so that a
// change, a removal or an insertion in the middle shows. Pure.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <string>
#include <vector>

#include "services/common/base/clock.h"

namespace kefu::gateway::directory {

struct AuditEntry {
  uint64_t seq = 0;
  TimePoint time;
  // Number of kefu.Role.
  int role = 0;
  std::string subject;
  std::string method;
  std::string request_id;
  std::string request;
  // Hex; empty before the first entry.
  std::string previous_hash;
};

// Hex BLAKE2b-256 over the lines "kefu-audit-1", seq, milliseconds since 1970, role, subject,
// method, request id, request and previous hash, each written as "<length in bytes>:<text>\n".
std::string AuditHash(const AuditEntry& entry);

struct ChainedEntry {
  AuditEntry entry;
  std::string hash;
};

// DATA_LOSS AUDIT_CHAIN_BROKEN naming the first entry that does not fit. `entries` are consecutive;
// the first one's previous hash is believed unless it has seq 1.
absl::Status VerifyChain(const std::vector<ChainedEntry>& entries);

}  // namespace kefu::gateway::directory
