// What one agent holds, live: the sessions that are offered to it, that it serves and that it wraps
// up, and everything said in those that it serves. The part that the agent's own stream
// (agent_stream.h) and those who follow it (follow_stream.h) have in common.
//
// Routing's notices are only a reason to look: what the agent holds is read from routing and
// compared with what the client was told, so a lost or late notice does no harm.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "gateway/routing/router.h"
#include "gateway/streams/typed_stream.h"
#include "proto/kefu/gateway/v1/agent.pb.h"

namespace kefu::gateway::streams {

// UNAUTHENTICATED once the caller has signed out, was disabled, or the key was revoked.
using StillSignedIn = std::function<Task<absl::Status>(Caller)>;
using ResumeTokens = google::protobuf::RepeatedPtrField<v1::ResumeToken>;

class HeldStream : public TypedStream<v1::AgentFrame> {
 public:
  // All outlive the stream.
  struct Parts {
    Hub& hub;
    InquiriesClient& inquiries;
    routing::Router& router;
    const StillSignedIn& still_signed_in;
    const Clock& clock;
  };

  ~HeldStream() override;

 protected:
  // `resume`: where the client's views end.
  HeldStream(Parts parts, CallContext context, AgentId agent, ResumeTokens resume,
             StreamWriter& writer, Executor executor);

  Task<absl::Status> Begin() override;
  Task<absl::Status> MayGoOn() override;
  Task<> OnNotice(NoticePtr notice) override;
  Task<> OnOverflow() override;

  // What the agent holds now.
  virtual Task<absl::StatusOr<routing::AgentSnapshot>> ReadHeld();
  // The agent's state is in a frame that leaves next.
  virtual void OnAgentShown(const v1::AgentState&) {}
  // The agent serves the session, and whenever something changes about it while it does; and when
  // it does no more.
  virtual void OnServed(const v1::Session&) {}
  virtual void OnLeft(const v1::Session&) {}
  // What else the first frame says.
  virtual Task<absl::Status> AddTo(v1::AgentSnapshot*) { co_return absl::OkStatus(); }
  // The first frame leaves next; what there is to resume is still known.
  virtual Task<> OnBegun() { co_return; }
  // Whether the conversation is to be heard although its session is not served.
  virtual bool AlsoHears(const std::string& /*conversation*/) const { return false; }

  // Reads what the agent holds and tells the client of the differences.
  Task<> Refresh();

  const AgentId& agent() const { return agent_; }
  routing::Router& router() { return router_; }
  // By session.
  const std::map<std::string, v1::Session>& held() const { return held_; }
  const std::map<std::string, v1::ResumeToken>& resume() const { return resume_; }

  // What inquiries knows of a session's conversation.
  struct Known {
    uint64_t before_first = 0;  // the seq before the session's first entry
    google::protobuf::RepeatedPtrField<common::v1::Marks> marks;
  };
  // Adds the buyer's name and the opening to the session.
  Task<Known> Complete(v1::Session* session);
  // From where the client's view ends, else from the session's beginning.
  void Hear(const std::string& conversation, const Known& known);
  // Unless it is to be heard for another reason.
  void HearNoMore(const std::string& conversation);

  // In wrap-up: what belongs to the session, such as its rating. The conversation may go on in the
  // buyer's next one, which is somebody else's.
  bool Admits(const common::v1::Entry& entry) const override;

 private:
  Task<> Changed(v1::Session session);
  void Lost(const v1::Session& session);
  // Some session of the conversation is held in this state.
  bool Holds(const std::string& conversation, v1::Session::State state) const;
  // What the client's resume tokens must name.
  Task<absl::StatusOr<uint64_t>> StoreEpoch();

  routing::Router& router_;
  const StillSignedIn& still_signed_in_;
  const AgentId agent_;
  // By conversation.
  std::map<std::string, v1::ResumeToken> resume_;
  std::map<std::string, v1::Session> held_;
  uint64_t shown_version_ = 0;
};

}  // namespace kefu::gateway::streams
