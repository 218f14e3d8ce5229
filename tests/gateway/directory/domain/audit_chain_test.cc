#include "gateway/directory/domain/audit_chain.h"

#include <gtest/gtest.h>

#include <functional>

#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

std::vector<ChainedEntry> AChain(uint64_t length) {
  std::vector<ChainedEntry> chain;
  std::string previous;
  for (uint64_t seq = 1; seq <= length; ++seq) {
    const AuditEntry entry{.seq = seq,
                           .time = {1'700'000'000'000 + static_cast<int64_t>(seq)},
                           .role = 5,
                           .subject = "a_x",
                           .method = "kefu.gateway.v1.AdminService/CreateAgent",
                           .request_id = "request-" + std::to_string(seq),
                           .request = "{}",
                           .previous_hash = previous};
    previous = AuditHash(entry);
    chain.push_back({entry, previous});
  }
  return chain;
}

TEST(AuditChain, HashesAreThoseThatTheDocumentedFormGives) {
  // As Python's hashlib.blake2b(text, digest_size=32) gives it.
  const AuditEntry entry{.seq = 1,
                         .time = {1},
                         .role = 7,
                         .subject = "operator",
                         .method = "m",
                         .request_id = "r",
                         .request = "{}"};
  EXPECT_EQ(AuditHash(entry), "c9abadc27779779452ed1f54deb71614a63fe525f0b41b20f1371b474c953ff1");
}

TEST(AuditChain, AnUntouchedChainHolds) {
  EXPECT_TRUE(VerifyChain({}).ok());
  EXPECT_TRUE(VerifyChain(AChain(5)).ok());
  std::vector<ChainedEntry> tail = AChain(5);
  tail.erase(tail.begin(), tail.begin() + 2);
  EXPECT_TRUE(VerifyChain(tail).ok());
}

TEST(AuditChain, EveryChangeShows) {
  const std::pair<const char*, std::function<void(std::vector<ChainedEntry>*)>> changes[] = {
      {"seq", [](auto* chain) { (*chain)[2].entry.seq = 9; }},
      {"time", [](auto* chain) { (*chain)[2].entry.time.ms++; }},
      {"role", [](auto* chain) { (*chain)[2].entry.role = 6; }},
      {"subject", [](auto* chain) { (*chain)[2].entry.subject = "a_y"; }},
      {"method", [](auto* chain) { (*chain)[2].entry.method = "m"; }},
      {"request id", [](auto* chain) { (*chain)[2].entry.request_id = "x"; }},
      {"request", [](auto* chain) { (*chain)[2].entry.request = "{ }"; }},
      {"text moved over a boundary",
       [](auto* chain) {
         (*chain)[2].entry.request_id += "{";
         (*chain)[2].entry.request = "}";
       }},
      {"hash", [](auto* chain) { (*chain)[2].hash[0] = (*chain)[2].hash[0] == '0' ? '1' : '0'; }},
      {"removed", [](auto* chain) { chain->erase(chain->begin() + 2); }},
      {"swapped", [](auto* chain) { std::swap((*chain)[2], (*chain)[3]); }},
      {"repeated", [](auto* chain) { chain->insert(chain->begin() + 2, (*chain)[2]); }},
      {"entry rewritten with its own hash",
       [](auto* chain) {
         (*chain)[2].entry.subject = "a_y";
         (*chain)[2].hash = AuditHash((*chain)[2].entry);
       }},
      {"another beginning",
       [](auto* chain) { (*chain)[0].entry.previous_hash = std::string(64, '0'); }},
  };
  for (const auto& [what, change] : changes) {
    std::vector<ChainedEntry> chain = AChain(5);
    change(&chain);
    EXPECT_EQ(ErrorReason(VerifyChain(chain)), "AUDIT_CHAIN_BROKEN") << what;
  }
}

}  // namespace
}  // namespace kefu::gateway::directory
