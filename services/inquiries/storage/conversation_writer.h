// Every write to a conversation: seals, calls the one Redis function that decides, and makes known
// what was committed before the caller hears of it.
//
// Threads: thread-safe. The function's answer is handled on the Redis client's I/O thread
// (publishing), then the coroutine goes on on its own executor. Errors: the reasons of
// service.proto; those of redis/client.h. After OUTCOME_UNKNOWN repeat the call with the same
// request id: it is recognised.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "proto/kefu/inquiries/v1/service.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/metrics/metrics.h"
#include "services/common/redis/shard_map.h"
#include "services/inquiries/storage/calls.h"
#include "services/inquiries/storage/data_keys.h"
#include "services/inquiries/storage/deadline.h"
#include "services/inquiries/storage/notices.h"

namespace kefu::inquiries::storage {

// What a store call knows of the call that caused it.
struct CallInfo {
  std::string traceparent;
  Deadline deadline;
};

struct WriterOptions {
  int64_t reopen_window_ms = 0;
  int64_t archive_after_ms = 0;
  // Heeded only by the function library that tests load.
  const Clock* test_clock = nullptr;
};

// A write that went through; `key` is the one it was sealed under.
struct Committed {
  Written written;
  DataKeyPtr key;
};

class ConversationWriter {
 public:
  ConversationWriter(redis::ShardMap& shards, DataKeys& keys, Notices& notices,
                     metrics::Metrics& metrics, WriterOptions options);

  struct Opened {
    Committed committed;
    // As the buyer sees it; absent if it lies in the archive (a repeated request): its seq is in
    // `committed`.
    std::optional<common::v1::Entry> entry;
    std::optional<v1::Inquiry> inquiry;
  };
  Task<absl::StatusOr<Opened>> Open(CallInfo info, ShopId shop, BuyerId buyer, NewEntry entry,
                                    common::v1::Opening opening);

  struct Appended {
    Committed committed;
    // As the sender sees it; absent as above.
    std::optional<common::v1::Entry> entry;
  };
  Task<absl::StatusOr<Appended>> Append(CallInfo info, ShopId shop, SessionId session,
                                        uint64_t fence, NewEntry entry);

  struct NewOwner {
    uint64_t fence = 0;
    // Empty: nobody, the session waits again.
    std::string agent;
    std::string display_name;
  };
  Task<absl::StatusOr<v1::RaiseFenceResponse>> RaiseFence(CallInfo info, ShopId shop,
                                                          SessionId session, NewOwner owner);
  Task<absl::StatusOr<v1::Inquiry>> Close(CallInfo info, ShopId shop, SessionId session,
                                          v1::CloseInquiryRequest request);
  Task<absl::StatusOr<v1::Inquiry>> Reopen(CallInfo info, ShopId shop, SessionId session,
                                           std::string request_id);
  Task<absl::StatusOr<common::v1::Marks>> MoveMarks(CallInfo info, ShopId shop,
                                                    ConversationId conversation,
                                                    MarksArguments marks);
  Task<absl::Status> Link(CallInfo info, ShopId shop, ConversationId from, ConversationId to);
  Task<absl::Status> EraseBuyer(CallInfo info, ShopId shop, BuyerId buyer, std::string request_id);

 private:
  // What a write is made of: its call under a key, its answer, and what to make known of it.
  struct Write {
    std::function<redis::FunctionCall(const seal::DataKey&)> call;
    Written (*parse)(const redis::Value::Array&);
    std::function<void(const Written&, const seal::DataKey&)> committed;
  };

  Task<absl::StatusOr<Committed>> Commit(CallInfo info, ShopId shop, ConversationId conversation,
                                         Write write);
  Task<absl::StatusOr<Committed>> ChangeLife(
      CallInfo info, ShopId shop, ConversationId conversation, Origin origin, NewEntry line,
      std::function<redis::FunctionCall(const seal::DataKey&)> call);
  Task<absl::StatusOr<redis::Value::Array>> Call(
      ShopId shop, redis::FunctionCall call, Deadline deadline,
      std::function<void(const redis::Value::Array&)> committed);
  Task<> RegisterShop(ShopId shop, Deadline deadline);
  void Count(const Written& written, common::v1::Sender::Kind sender);
  Identity IdentityOf(const common::v1::Sender& sender, const std::string& request_id,
                      std::string_view payload, const seal::DataKey& key) const;

  redis::ShardMap& shards_;
  DataKeys& keys_;
  Notices& notices_;
  const WriterOptions options_;
  metrics::Counter& buyer_entries_;
  metrics::Counter& agent_entries_;
  metrics::Counter& system_entries_;
  metrics::Counter& duplicates_;
  metrics::Histogram& latency_;
  absl::Mutex mutex_;
  std::set<ShopId> registered_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kefu::inquiries::storage
