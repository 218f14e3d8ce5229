// An agent's live stream: the agent's state, the held sessions, everything said in them.
//
// Routing's notices are only a reason to look: what the agent holds is read from routing and
// compared with what the client was told, so a lost or late notice does no harm.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "gateway/routing/router.h"
#include "gateway/streams/agent_leases.h"
#include "gateway/streams/typed_stream.h"
#include "proto/kefu/gateway/v1/agent.pb.h"

namespace kefu::gateway::streams {

class AgentStream final : public TypedStream<v1::AgentFrame> {
 public:
  // UNAUTHENTICATED once the caller has signed out or was disabled.
  using StillSignedIn = std::function<Task<absl::Status>(Caller)>;

  struct Parts {
    Hub& hub;
    InquiriesClient& inquiries;
    routing::Router& router;
    AgentLeases& leases;
    const StillSignedIn& still_signed_in;
    const Clock& clock;
  };

  // The agent has been connected at routing before.
  AgentStream(Parts parts, CallContext context, AgentId agent, v1::AgentSubscribeRequest request,
              StreamWriter& writer, Executor executor);
  ~AgentStream() override;

 private:
  Task<absl::Status> Begin() override;
  Task<absl::Status> MayGoOn() override;
  Task<> OnNotice(NoticePtr notice) override;
  Task<> OnOverflow() override;

  // Reads what the agent holds and tells the client of the differences.
  Task<> Refresh();
  Task<> Gained(v1::Session session);
  void Lost(const v1::Session& session);
  // What the client's resume tokens must name.
  Task<absl::StatusOr<uint64_t>> StoreEpoch();
  // What inquiries knows of a session's conversation.
  struct Known {
    uint64_t before_first = 0;  // the seq before the session's first entry
    google::protobuf::RepeatedPtrField<common::v1::Marks> marks;
  };
  // Adds the buyer's name and the opening to the session.
  Task<Known> Complete(v1::Session* session);
  // How far everybody has got, which no notice will tell again.
  void SendMarks(const Known& known);

  routing::Router& router_;
  AgentLeases& leases_;
  const StillSignedIn& still_signed_in_;
  const AgentId agent_;
  // Where the client's views end, by conversation.
  std::map<std::string, v1::ResumeToken> resume_;
  std::map<std::string, v1::Session> held_;  // by session
  uint64_t shown_version_ = 0;
};

}  // namespace kefu::gateway::streams
