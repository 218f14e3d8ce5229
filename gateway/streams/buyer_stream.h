// A buyer's live stream: the one conversation, from the resume token on.
#pragma once

#include <optional>

#include "gateway/routing/router.h"
#include "gateway/streams/typed_stream.h"

namespace kefu::gateway::streams {

class BuyerStream final : public TypedStream<v1::BuyerFrame> {
 public:
  BuyerStream(Hub& hub, InquiriesClient& inquiries, routing::Router& router, const Clock& clock,
              CallContext context, std::optional<v1::ResumeToken> resume, StreamWriter& writer,
              Executor executor);

 private:
  Task<absl::Status> Begin() override;
  Task<> OnLive() override;
  Task<> OnNotice(NoticePtr notice) override;
  Task<> OnOverflow() override;

  Task<> SendState();

  routing::Router& router_;
  const std::optional<v1::ResumeToken> resume_;
  std::optional<ConversationId> conversation_;
};

}  // namespace kefu::gateway::streams
