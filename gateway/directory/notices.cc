#include "gateway/directory/notices.h"

#include <utility>

#include "gateway/directory/outbox.h"
#include "services/common/events/publisher.h"

namespace kefu::gateway::directory {
namespace {

constexpr std::string_view kTopicName = "directory";

std::string TopicOf(std::string_view shop) {
  return events::Topic(shop.empty() ? kNoShop : shop, kTopicName);
}

}  // namespace

Notices::Notices(Publish publish, Subscribe subscribe)
    : publish_(std::move(publish)), subscribe_(std::move(subscribe)) {}

void Notices::Listen(Listener listener) { listeners_.push_back(std::move(listener)); }

void Notices::Watch(const ShopId& shop) {
  {
    absl::MutexLock lock(&mutex_);
    if (!watched_.insert(shop.str()).second) return;
  }
  subscribe_(TopicOf(shop.str()));
}

void Notices::Tell(const events::v1::Envelope& envelope) {
  Hear(envelope);
  publish_(TopicOf(envelope.shop()), envelope.SerializeAsString());
  if (envelope.seq() == 0 || envelope.shop().empty()) return;
  // The log grew; what an agent has become is read there.
  events::v1::Envelope grown;
  grown.set_source(kDirectorySource);
  grown.set_shop(envelope.shop());
  grown.set_seq(envelope.seq());
  grown.set_store_epoch(envelope.store_epoch());
  publish_(events::Topic("*", std::string("log:") + kDirectorySource), grown.SerializeAsString());
}

void Notices::Tell(const ShopId& shop, std::string_view kind, std::string_view subject) {
  v1::DirectoryChanged change;
  change.set_kind(std::string(kind));
  change.set_subject(std::string(subject));
  events::v1::Envelope envelope;
  envelope.set_id(NewToken());
  envelope.set_source("gateway");
  envelope.set_type(std::string(kDirectoryChanged));
  envelope.set_subject(std::string(subject));
  envelope.set_shop(shop.str());
  envelope.set_record_version(1);
  envelope.set_data(change.SerializeAsString());
  Tell(envelope);
}

void Notices::OnEnvelope(std::string_view bytes) {
  events::v1::Envelope envelope;
  if (!envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  Hear(envelope);
}

bool Notices::IsTopic(std::string_view topic) {
  static const std::string ending = "/" + std::string(kTopicName) + std::string(1, '\0');
  return topic.size() >= ending.size() && topic.substr(topic.size() - ending.size()) == ending;
}

void Notices::Hear(const events::v1::Envelope& envelope) {
  v1::DirectoryChanged change;
  if (envelope.type() != kDirectoryChanged || !change.ParseFromString(envelope.data())) return;
  for (const Listener& listener : listeners_) listener(envelope.shop(), change);
}

}  // namespace kefu::gateway::directory
