#include "services/inquiries/storage/notices.h"

#include <algorithm>
#include <utility>

namespace kefu::inquiries::storage {
namespace {

constexpr char kSource[] = "inquiries";
constexpr uint32_t kDataVersion = 1;

}  // namespace

events::v1::Envelope MakeEnvelope(EnvelopeHead head, std::string_view type,
                                  const google::protobuf::Message& data) {
  events::v1::Envelope envelope;
  envelope.set_id(std::move(head.id));
  envelope.set_source(kSource);
  envelope.set_type("com.kefu." + std::string(type) + ".v1");
  envelope.set_subject(std::move(head.subject));
  SetTime(head.time, envelope.mutable_time());
  envelope.set_shop(std::move(head.shop));
  envelope.set_seq(head.seq);
  envelope.set_store_epoch(head.store_epoch);
  envelope.set_record_version(kDataVersion);
  envelope.set_traceparent(std::move(head.traceparent));
  // Deterministic, so that the notice and what the log gives later are the same bytes.
  envelope.set_data(DeterministicBytes(data));
  return envelope;
}

v1::EntryAppended MakeEntryAppended(const StoredEntry& stored, common::v1::Entry staff_copy) {
  v1::EntryAppended appended;
  *appended.mutable_entry() = std::move(staff_copy);
  appended.set_buyer_visible(stored.buyer_visible);
  appended.set_buyer_prev_seq(stored.buyer_prev);
  return appended;
}

Notices::Notices(kefu::events::Publisher& publisher, metrics::Metrics& metrics)
    : publisher_(publisher),
      published_(metrics.AddCounter("kefu_inquiries_notices_total", "Notices published.")) {}

void Notices::Conversation(const ShopId& shop, const ConversationId& conversation,
                           const events::v1::Envelope& envelope) {
  publisher_.Publish(kefu::events::Topic(shop.str(), conversation.str()),
                     envelope.SerializeAsString());
  published_.Increment();
}

void Notices::Log(const ShopId& shop, uint64_t seq, uint64_t store_epoch) {
  events::v1::Envelope poke;
  poke.set_source(kSource);
  poke.set_shop(shop.str());
  poke.set_seq(seq);
  poke.set_store_epoch(store_epoch);
  publisher_.Publish(kefu::events::Topic("*", "log:" + std::string(kSource)),
                     poke.SerializeAsString());
  published_.Increment();
}

void Notices::LogSoon(const ShopId& shop, uint64_t seq, uint64_t store_epoch) {
  absl::MutexLock lock(&mutex_);
  Head& head = grown_[shop];
  head = std::max(head, Head{store_epoch, seq});
}

void Notices::TellOfLogs() {
  std::map<ShopId, Head> grown;
  {
    absl::MutexLock lock(&mutex_);
    grown.swap(grown_);
  }
  for (const auto& [shop, head] : grown) Log(shop, head.seq, head.store_epoch);
}

}  // namespace kefu::inquiries::storage
