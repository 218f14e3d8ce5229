// Makes known what was committed: events as envelopes, both for the notices that go out at once and
// for those read from the outbox later. The two are built by the same functions, so that a consumer
// sees the same either way. Threads: thread-safe; called from the Redis client's I/O thread.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <compare>
#include <map>
#include <string>

#include "proto/kefu/events/v1/envelope.pb.h"
#include "proto/kefu/inquiries/v1/events.pb.h"
#include "services/common/base/ids.h"
#include "services/common/events/publisher.h"
#include "services/common/metrics/metrics.h"
#include "services/inquiries/storage/records.h"

namespace kefu::inquiries::storage {

struct EnvelopeHead {
  std::string id;
  std::string subject;
  TimePoint time;
  std::string shop;
  uint64_t seq = 0;
  uint64_t store_epoch = 0;
  std::string traceparent;
};

// Type names without "com.kefu." and ".v1".
inline constexpr char kEntryAppended[] = "entry.appended";
inline constexpr char kInquiryOpened[] = "inquiry.opened";
inline constexpr char kInquiryClosed[] = "inquiry.closed";
inline constexpr char kInquiryReopened[] = "inquiry.reopened";
inline constexpr char kFenceRaised[] = "fence.raised";
inline constexpr char kBuyerErased[] = "buyer.erased";
inline constexpr char kMarksMoved[] = "marks.moved";

events::v1::Envelope MakeEnvelope(EnvelopeHead head, std::string_view type,
                                  const google::protobuf::Message& data);
v1::EntryAppended MakeEntryAppended(const StoredEntry& stored, common::v1::Entry staff_copy);

class Notices {
 public:
  Notices(kefu::events::Publisher& publisher, metrics::Metrics& metrics);

  // To everyone who follows the conversation.
  void Conversation(const ShopId& shop, const ConversationId& conversation,
                    const events::v1::Envelope& envelope);
  // Tells the readers of the log that it grew.
  void Log(const ShopId& shop, uint64_t seq, uint64_t store_epoch);
  // The same for what happens all the time: a shop's readers are told once of all that was
  // committed between two calls of TellOfLogs.
  void LogSoon(const ShopId& shop, uint64_t seq, uint64_t store_epoch);
  void TellOfLogs();

 private:
  struct Head {
    uint64_t store_epoch = 0;
    uint64_t seq = 0;
    auto operator<=>(const Head&) const = default;
  };

  kefu::events::Publisher& publisher_;
  absl::Mutex mutex_;
  // Not told of yet.
  std::map<ShopId, Head> grown_ ABSL_GUARDED_BY(mutex_);
  metrics::Counter& published_;
};

}  // namespace kefu::inquiries::storage
