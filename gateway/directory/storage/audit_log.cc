#include "gateway/directory/storage/audit_log.h"

#include <sodium.h>

#include <algorithm>
#include <string>
#include <utility>

#include "proto/kefu/gateway/v1/admin.pb.h"
#include "services/common/base/async.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"
#include "services/common/base/timestamp.h"
#include "services/common/redis/function.h"

namespace kefu::gateway::directory {
namespace {

// Each attempt that loses means that another entry was added.
constexpr int kAttempts = 64;
constexpr int kMaxPauseMs = 20;

std::string Encode(const AuditEntry& entry) {
  v1::AuditEntry record;
  record.set_seq(entry.seq);
  record.mutable_time()->set_seconds(entry.time.ms / 1000);
  record.mutable_time()->set_nanos(static_cast<int32_t>(entry.time.ms % 1000) * 1'000'000);
  record.set_role(static_cast<Role>(entry.role));
  record.set_subject(entry.subject);
  record.set_method(entry.method);
  record.set_request_id(entry.request_id);
  record.set_request(entry.request);
  record.set_previous_hash(entry.previous_hash);
  return record.SerializeAsString();
}

absl::StatusOr<AuditEntry> Decode(const std::string& bytes) {
  v1::AuditEntry record;
  if (!record.ParseFromString(bytes)) return BadRecord("audit entry");
  return AuditEntry{.seq = record.seq(),
                    .time = ToTimePoint(record.time()),
                    .role = record.role(),
                    .subject = record.subject(),
                    .method = record.method(),
                    .request_id = record.request_id(),
                    .request = record.request(),
                    .previous_hash = record.previous_hash()};
}

// The last entry, as the store tells it.
struct Head {
  std::string seq;
  std::string hash;
  int64_t now_ms = 0;
};

Head HeadIn(const absl::Status& moved) {
  ErrorMetadata metadata = ErrorMetadataOf(moved);
  return {metadata["seq"], metadata["hash"], std::stoll(metadata["now_ms"])};
}

void Follow(const Head& head, AuditEntry* entry) {
  entry->seq = std::stoull(head.seq) + 1;
  entry->previous_hash = head.hash;
  entry->time = {head.now_ms};
}

}  // namespace

Task<absl::Status> AuditLog::Append(std::optional<ShopId> shop, AuditEntry entry) {
  const std::vector<std::string> keys = {store_.Key(shop, "audit"), store_.Key(shop, "audit_head"),
                                         store_.Key(shop, "meta")};
  redis::Client& client = store_.ClientOf(shop);
  redis::FunctionCall read{
      .function = "gateway_audit_head_v1", .keys = keys, .now_ms = store_.TestNow()};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value::Array answer,
                           co_await redis::CallFunction(client, std::move(read)));
  if (answer.size() < 3) co_return absl::InternalError("audit_head answered too little");
  Head head{answer[0].str(), answer[1].str(), answer[2].Int()};
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    Follow(head, &entry);
    redis::FunctionCall append{.function = "gateway_audit_append_v1",
                               .keys = keys,
                               .arguments = {head.seq, head.hash, std::to_string(entry.time.ms),
                                             AuditHash(entry), Encode(entry)},
                               .now_ms = store_.TestNow()};
    const auto appended = co_await redis::CallFunction(client, std::move(append));
    if (appended.ok()) co_return absl::OkStatus();
    if (ErrorReason(appended.status()) != "AUDIT_HEAD_MOVED") co_return appended.status();
    head = HeadIn(appended.status());
    // Apart from the others, or those who come at the same moment go on colliding in step.
    co_await SleepMs(
        randombytes_uniform(static_cast<uint32_t>(std::min(attempt, kMaxPauseMs)) + 1));
  }
  co_return WithRetryDelay(
      Error(absl::StatusCode::kUnavailable, "AUDIT_BUSY",
            "Too many audited calls at this moment; nothing was done, try again."),
      200);
}

Task<absl::StatusOr<std::vector<ChainedEntry>>> AuditLog::List(std::optional<ShopId> shop,
                                                               uint64_t after_seq, uint32_t limit) {
  redis::Command command = {
      "XRANGE", store_.Key(shop, "audit"), "(" + std::to_string(after_seq) + "-0", "+",
      "COUNT",  std::to_string(limit)};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value reply,
                           co_await store_.ClientOf(shop).Call(std::move(command)));
  std::vector<ChainedEntry> entries;
  for (const redis::Value& element : reply.array()) {
    KEFU_CO_ASSIGN_OR_RETURN(AuditEntry entry, Decode(element[1].Field("e").str()));
    entries.push_back({std::move(entry), element[1].Field("h").str()});
  }
  co_return entries;
}

}  // namespace kefu::gateway::directory
