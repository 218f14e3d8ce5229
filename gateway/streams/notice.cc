#include "gateway/streams/notice.h"

#include "proto/kefu/events/v1/envelope.pb.h"

namespace kefu::gateway::streams {
namespace {

template <class Body>
NoticePtr Decode(const events::v1::Envelope& envelope) {
  auto notice = std::make_shared<Notice>();
  notice->store_epoch = envelope.store_epoch();
  Body body;
  if (!body.ParseFromString(envelope.data())) return nullptr;
  notice->body = std::move(body);
  return notice;
}

}  // namespace

NoticePtr DecodeNotice(std::string_view bytes) {
  events::v1::Envelope envelope;
  if (!envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return nullptr;
  const std::string& type = envelope.type();
  if (type == kEntryAppended) {
    auto entry = std::make_shared<inquiries::v1::EntryAppended>();
    if (!entry->ParseFromString(envelope.data())) return nullptr;
    auto notice = std::make_shared<Notice>();
    notice->store_epoch = envelope.store_epoch();
    notice->body = std::shared_ptr<const inquiries::v1::EntryAppended>(std::move(entry));
    return notice;
  }
  if (type == kMarksMoved) return Decode<inquiries::v1::MarksMoved>(envelope);
  if (type == kSessionRouted) return Decode<v1::SessionRouted>(envelope);
  if (type == kAgentChanged) return Decode<v1::AgentChanged>(envelope);
  if (type == kSuggestionMade) return Decode<v1::SuggestionMade>(envelope);
  if (type == kConsultChanged) return Decode<v1::ConsultChanged>(envelope);
  if (type == kTyping) return Decode<v1::Typing>(envelope);
  return nullptr;
}

}  // namespace kefu::gateway::streams
