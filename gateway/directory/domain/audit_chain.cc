#include "gateway/directory/domain/audit_chain.h"

#include <sodium.h>

#include <array>

#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

void AddLine(std::string_view text, std::string* out) {
  out->append(std::to_string(text.size())).append(":").append(text).append("\n");
}

absl::Status Broken(const AuditEntry& entry) {
  return Error(absl::StatusCode::kDataLoss, "AUDIT_CHAIN_BROKEN",
               "The audit log was altered at this entry or before it; compare it with a backup.",
               {{"seq", std::to_string(entry.seq)}});
}

}  // namespace

std::string AuditHash(const AuditEntry& entry) {
  std::string text;
  AddLine("kefu-audit-1", &text);
  AddLine(std::to_string(entry.seq), &text);
  AddLine(std::to_string(entry.time.ms), &text);
  AddLine(std::to_string(entry.role), &text);
  AddLine(entry.subject, &text);
  AddLine(entry.method, &text);
  AddLine(entry.request_id, &text);
  AddLine(entry.request, &text);
  AddLine(entry.previous_hash, &text);
  std::array<unsigned char, 32> hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  std::array<char, 65> hex;
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  return hex.data();
}

absl::Status VerifyChain(const std::vector<ChainedEntry>& entries) {
  for (size_t i = 0; i < entries.size(); ++i) {
    const AuditEntry& entry = entries[i].entry;
    if (entry.seq == 1 && !entry.previous_hash.empty()) return Broken(entry);
    if (i > 0 &&
        (entry.seq != entries[i - 1].entry.seq + 1 || entry.previous_hash != entries[i - 1].hash)) {
      return Broken(entry);
    }
    if (AuditHash(entry) != entries[i].hash) return Broken(entry);
  }
  return absl::OkStatus();
}

}  // namespace kefu::gateway::directory
