#include "gateway/streams/board_stream.h"

#include <algorithm>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::streams {
namespace {

constexpr int64_t kAtMostEveryMs = 1000;

}  // namespace

BoardStream::BoardStream(Parts parts, CallContext context, StreamWriter& writer, Executor executor)
    : LiveStream(parts.hub, parts.inquiries, parts.clock, std::move(context), writer,
                 inquiries::v1::AUDIENCE_STAFF, std::move(executor)),
      still_signed_in_(parts.still_signed_in),
      read_(parts.read) {}

BoardStream::~BoardStream() {
  hub().Leave(shop(), kQueueTopic, inbox());
  hub().Leave(shop(), kBoardTopic, inbox());
}

Task<absl::Status> BoardStream::Begin() {
  CheckRegularly();
  // Listen first, read then: a change in between is seen.
  hub().Listen(shop(), kQueueTopic, inbox());
  hub().Listen(shop(), kBoardTopic, inbox());
  changed_at_ms_ = MonotonicMs();
  co_return co_await Show();
}

Task<absl::Status> BoardStream::MayGoOn() {
  absl::Status signed_in = co_await still_signed_in_(context().caller);
  if (absl::IsUnauthenticated(signed_in)) co_return signed_in;
  if (changed_at_ms_ == 0) co_return absl::OkStatus();
  if (MonotonicMs() >= shown_at_ms_ + kAtMostEveryMs) {
    const absl::Status shown = co_await Show();
    if (!shown.ok()) {
      log::Warn("the board could not be read", {{"reason", ErrorReason(shown)}},
                &context().scope.trace);
    }
  }
  // Not shown yet, or changed meanwhile.
  if (changed_at_ms_ != 0) CheckBy(shown_at_ms_ + kAtMostEveryMs);
  co_return absl::OkStatus();
}

void BoardStream::Changed() {
  changed_at_ms_ = MonotonicMs();
  CheckBy(std::max(changed_at_ms_, shown_at_ms_ + kAtMostEveryMs));
}

Task<> BoardStream::OnNotice(NoticePtr) {
  Changed();
  co_return;
}

Task<> BoardStream::OnOverflow() {
  Changed();
  co_return;
}

Task<absl::Status> BoardStream::Show() {
  shown_at_ms_ = MonotonicMs();
  absl::StatusOr<std::shared_ptr<const v1::Board>> board = co_await read_(shop(), changed_at_ms_);
  if (!board.ok()) co_return board.status();
  changed_at_ms_ = 0;
  auto frame = std::make_unique<v1::BoardFrame>();
  *frame->mutable_board() = **board;
  Send(std::move(frame));
  co_return absl::OkStatus();
}

MessagePtr BoardStream::HeartbeatFrame(const v1::Heartbeat& heartbeat) {
  auto frame = std::make_unique<v1::BoardFrame>();
  *frame->mutable_heartbeat() = heartbeat;
  return frame;
}

MessagePtr BoardStream::GoodbyeFrame(const v1::Goodbye& goodbye) {
  auto frame = std::make_unique<v1::BoardFrame>();
  *frame->mutable_goodbye() = goodbye;
  return frame;
}

}  // namespace kefu::gateway::streams
