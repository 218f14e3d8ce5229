// The frames that buyers' and agents' streams have in common, made from whichever frame message the
// client gets.
#pragma once

#include <memory>

#include "gateway/streams/live_stream.h"

namespace kefu::gateway::streams {

// `Frame` is v1::BuyerFrame or v1::AgentFrame.
template <class Frame>
class TypedStream : public LiveStream {
 protected:
  using LiveStream::LiveStream;

  MessagePtr EntryFrame(const common::v1::Entry& entry, uint64_t prev_seq) override {
    auto frame = std::make_unique<Frame>();
    *frame->mutable_entry() = entry;
    frame->mutable_entry()->set_prev_seq(prev_seq);
    return frame;
  }
  MessagePtr MarksFrame(const common::v1::Marks& marks) override {
    return Make(&Frame::mutable_marks, marks);
  }
  MessagePtr TypingFrame(const v1::TypingNotice& typing) override {
    return Make(&Frame::mutable_typing, typing);
  }
  MessagePtr ResyncFrame(const v1::Resync& resync) override {
    return Make(&Frame::mutable_resync, resync);
  }
  MessagePtr HeartbeatFrame(const v1::Heartbeat& heartbeat) override {
    return Make(&Frame::mutable_heartbeat, heartbeat);
  }
  MessagePtr GoodbyeFrame(const v1::Goodbye& goodbye) override {
    return Make(&Frame::mutable_goodbye, goodbye);
  }

  template <class Body>
  static MessagePtr Make(Body* (Frame::*mutable_body)(), const Body& body) {
    auto frame = std::make_unique<Frame>();
    *((*frame).*mutable_body)() = body;
    return frame;
  }
};

}  // namespace kefu::gateway::streams
