// A buyer's live stream: the one conversation, from the resume token on.
#pragma once

#include <optional>
#include <string>

#include "gateway/routing/known_agent.h"
#include "gateway/streams/typed_stream.h"

namespace kefu::gateway::streams {

class BuyerStream final : public TypedStream<v1::BuyerFrame> {
 public:
  BuyerStream(Hub& hub, InquiriesClient& inquiries, const routing::FindAgent& find_agent,
              const Clock& clock, CallContext context, std::optional<v1::ResumeToken> resume,
              StreamWriter& writer, Executor executor);

 private:
  Task<absl::Status> Begin() override;
  Task<> OnLive() override;
  Task<> OnNotice(NoticePtr notice) override;
  Task<> OnOverflow() override;

  Task<> SendState();
  // Adds who answers, and sends it.
  Task<> SendState(v1::BuyerSessionState state, std::string agent);

  const routing::FindAgent& find_agent_;
  const std::optional<v1::ResumeToken> resume_;
  std::optional<ConversationId> conversation_;
};

}  // namespace kefu::gateway::streams
