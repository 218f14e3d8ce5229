// A supervisor's live board: the whole of it at once, then again whenever something changed in the
// shop, at most once a second. Nothing is read while nothing changes.
//
// What changed is not looked at: every notice of the shop's queue or of an agent is a reason to
// read the board. One that is lost shows with the next.
#pragma once

#include <functional>
#include <memory>

#include "gateway/streams/held_stream.h"
#include "gateway/streams/live_stream.h"
#include "proto/kefu/gateway/v1/board.pb.h"

namespace kefu::gateway::streams {

// The board as it is then or later, by MonotonicMs().
using ReadBoard =
    std::function<Task<absl::StatusOr<std::shared_ptr<const v1::Board>>>(ShopId, int64_t)>;

class BoardStream final : public LiveStream {
 public:
  // All outlive the stream.
  struct Parts {
    Hub& hub;
    InquiriesClient& inquiries;
    const StillSignedIn& still_signed_in;
    const Clock& clock;
    const ReadBoard& read;
  };

  BoardStream(Parts parts, CallContext context, StreamWriter& writer, Executor executor);
  ~BoardStream() override;

 private:
  Task<absl::Status> Begin() override;
  Task<absl::Status> MayGoOn() override;
  Task<> OnNotice(NoticePtr notice) override;
  Task<> OnOverflow() override;
  MessagePtr HeartbeatFrame(const v1::Heartbeat& heartbeat) override;
  MessagePtr GoodbyeFrame(const v1::Goodbye& goodbye) override;
  // It follows no conversation.
  MessagePtr EntryFrame(const common::v1::Entry&, uint64_t) override { return NoFrame(); }
  MessagePtr MarksFrame(const common::v1::Marks&) override { return NoFrame(); }
  MessagePtr TypingFrame(const v1::TypingNotice&) override { return NoFrame(); }
  MessagePtr ResyncFrame(const v1::Resync&) override { return NoFrame(); }

  static MessagePtr NoFrame() { return std::make_unique<v1::BoardFrame>(); }
  void Changed();
  Task<absl::Status> Show();

  const StillSignedIn& still_signed_in_;
  const ReadBoard& read_;
  // MonotonicMs(); 0: nothing changed since the board was read.
  int64_t changed_at_ms_ = 0;
  int64_t shown_at_ms_ = 0;
};

}  // namespace kefu::gateway::streams
