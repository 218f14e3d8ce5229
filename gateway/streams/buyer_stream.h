// A buyer's live stream: the one conversation, from the resume token on, and where the session
// stands. While it waits, its place is looked at when the shop's queue has changed, once a second
// at most (less often far from the front), and every ten seconds anyway; what is the same is not
// sent again.
#pragma once

#include <optional>
#include <string>

#include "gateway/routing/known_agent.h"
#include "gateway/streams/buyer_look.h"
#include "gateway/streams/buyer_presence.h"
#include "gateway/streams/queue_watch.h"
#include "gateway/streams/typed_stream.h"

namespace kefu::gateway::streams {

class BuyerStream final : public TypedStream<v1::BuyerFrame> {
 public:
  // All outlive it.
  struct Parts {
    Hub& hub;
    InquiriesClient& inquiries;
    const routing::FindAgent& find_agent;
    const LookAtSession& look;
    BuyerPresence& presence;
    QueueWatch& queues;
    const Clock& clock;
  };

  BuyerStream(Parts parts, CallContext context, std::optional<v1::ResumeToken> resume,
              StreamWriter& writer, Executor executor);
  ~BuyerStream() override;

 private:
  Task<absl::Status> Begin() override;
  Task<> OnLive() override;
  Task<absl::Status> MayGoOn() override;
  Task<> OnNotice(NoticePtr notice) override;
  void OnShown(const common::v1::Entry& entry) override;
  Task<> OnOverflow() override;

  Task<> SendState();
  Task<> ShowServed(std::string agent);
  // Where the session stands now.
  Task<> Look();
  void Show(v1::BuyerSessionState state);
  // When its place is looked at again.
  void LookAgain();
  bool waits() const { return shown_.state() == v1::Session::STATE_WAITING; }

  const Parts parts_;
  const Executor executor_;
  const std::optional<v1::ResumeToken> resume_;
  std::optional<ConversationId> conversation_;
  // The conversation's last one.
  std::optional<SessionId> session_;
  // Of the session, as the last notice had it.
  uint64_t version_ = 0;
  v1::BuyerSessionState shown_;
  QueueWatch::Count queue_;
  uint64_t queue_seen_ = 0;
  int64_t looked_ms_ = 0;
  bool present_ = false;
  bool live_ = false;
};

}  // namespace kefu::gateway::streams
