// One live stream of one client: any number of conversations, each a View, and what else its kind
// of client is told. Frames leave in order; while the client does not read, notices wait in the
// bounded inbox and the rest is read from the log later.
//
// A LiveStream lives in the coroutine of its call and is used by it alone.
#pragma once

#include <absl/status/statusor.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/auth/caller.h"
#include "gateway/edge/registry.h"
#include "gateway/streams/domain/view.h"
#include "gateway/streams/hub.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "services/common/base/clock.h"

namespace kefu::gateway::streams {

class LiveStream {
 public:
  LiveStream(Hub& hub, InquiriesClient& inquiries, const Clock& clock, CallContext context,
             StreamWriter& writer, inquiries::v1::Audience audience, Executor executor);
  virtual ~LiveStream();
  LiveStream(const LiveStream&) = delete;
  LiveStream& operator=(const LiveStream&) = delete;

  // Until the client or the gateway goes away.
  Task<absl::Status> Run();

 protected:
  // Before the first frame: follow what is to be followed.
  virtual Task<absl::Status> Begin() = 0;
  // All conversations followed have become live since Begin; called once.
  virtual Task<> OnLive() { co_return; }
  // Whether the client may go on listening; an error ends the stream with it. Asked every 5 s once
  // CheckRegularly was called, and when CheckBy says so.
  virtual Task<absl::Status> MayGoOn() { co_return absl::OkStatus(); }
  // The entry is in a frame that leaves next.
  virtual void OnShown(const common::v1::Entry&) {}
  // Whether the client is to see it; what is not shown once is not shown later.
  virtual bool Admits(const common::v1::Entry&) const { return true; }
  // A notice that is about no entry or mark.
  virtual Task<> OnNotice(NoticePtr notice) = 0;
  // Notices were dropped: whatever state beside the conversations there is must be read again.
  virtual Task<> OnOverflow() { co_return; }

  // Frames as the client's kind of stream has them.
  virtual MessagePtr EntryFrame(const common::v1::Entry& entry, uint64_t prev_seq) = 0;
  virtual MessagePtr MarksFrame(const common::v1::Marks& marks) = 0;
  virtual MessagePtr TypingFrame(const v1::TypingNotice& typing) = 0;
  virtual MessagePtr ResyncFrame(const v1::Resync& resync) = 0;
  virtual MessagePtr HeartbeatFrame(const v1::Heartbeat& heartbeat) = 0;
  virtual MessagePtr GoodbyeFrame(const v1::Goodbye& goodbye) = 0;

  // From `seq` (last entry the client has) on; `epoch` 0 if the client has none.
  void Follow(const ConversationId& conversation, uint64_t epoch, uint64_t seq);
  void Unfollow(const std::string& conversation);
  void CheckRegularly() { check_at_ms_ = 0; }
  void CheckNoMore() { check_at_ms_ = INT64_MAX; }
  // At the latest at that MonotonicMs().
  void CheckBy(int64_t monotonic_ms) { check_at_ms_ = std::min(check_at_ms_, monotonic_ms); }
  bool Follows(const std::string& conversation) const { return views_.count(conversation) > 0; }
  const View* view(const std::string& conversation) const;
  void Send(MessagePtr frame) { frames_.push_back(std::move(frame)); }

  const CallContext& context() const { return context_; }
  const ShopId& shop() const { return context_.shop(); }
  const std::shared_ptr<Inbox>& inbox() const { return inbox_; }
  InquiriesClient& inquiries() { return inquiries_; }
  Hub& hub() { return hub_; }
  // For a call on behalf of the stream: the call's own deadline does not apply to what a stream
  // does later.
  server::CallScope NewScope() const;

 private:
  struct Followed {
    ConversationId id;
    View view;
  };

  Task<> Dispatch(NoticePtr notice);
  void OnEntry(const Notice& notice, std::shared_ptr<const inquiries::v1::EntryAppended> appended);
  Task<> ReadDueGaps();
  Task<> ReadGap(std::string conversation);
  Task<> RaiseEpoch(uint64_t observed_epoch);
  void Show(const std::string& conversation, const View& view, Step step);
  // MonotonicMs() at which there is something to do without a notice.
  int64_t NextDue() const;
  bool AllLive() const;
  Task<absl::Status> Flush();

  Hub& hub_;
  InquiriesClient& inquiries_;
  const Clock& clock_;
  const CallContext context_;
  StreamWriter& writer_;
  const inquiries::v1::Audience audience_;
  std::shared_ptr<Inbox> inbox_;
  std::map<std::string, Followed> views_;
  std::vector<MessagePtr> frames_;
  int64_t last_write_ms_ = 0;
  int64_t check_at_ms_ = INT64_MAX;
  bool was_live_ = false;
};

}  // namespace kefu::gateway::streams
