// An agent's live stream: the agent's state, the held sessions, everything said in them, the queue,
// and what copilots suggest. While it is open the agent's lease is renewed.
//
// A program with an answer limit that lets a buyer wait longer has the session taken away here, by
// the gateway that shows it the buyer's words.
#pragma once

#include <functional>
#include <string>

#include "gateway/routing/known_agent.h"
#include "gateway/streams/agent_leases.h"
#include "gateway/streams/domain/answer_watch.h"
#include "gateway/streams/held_stream.h"

namespace kefu::gateway::streams {

class AgentStream final : public HeldStream {
 public:
  // The agent did not answer in time: others get the session.
  using TakeAway = std::function<Task<absl::Status>(CallContext, AgentId, v1::Session)>;

  struct Parts {
    HeldStream::Parts held;
    AgentLeases& leases;
    const TakeAway& take_away;
  };

  // The agent has been connected at routing before. `answer_limit_ms` 0: none.
  AgentStream(Parts parts, CallContext context, AgentId agent, v1::AgentSubscribeRequest request,
              int64_t answer_limit_ms, StreamWriter& writer, Executor executor);
  ~AgentStream() override;

 private:
  Task<absl::Status> Begin() override;
  Task<absl::Status> MayGoOn() override;
  Task<> OnNotice(NoticePtr notice) override;
  void OnAgentShown(const v1::AgentState& state) override;
  void OnGained(const v1::Session& session) override;
  void OnLost(const v1::Session& session) override;
  void OnShown(const common::v1::Entry& entry) override;

  void Suggested(const v1::SuggestionMade& made);
  // What was said before the place from which the client resumes.
  Task<> WatchFrom(v1::ResumeToken token);
  Task<> TakeAwayOverdue();
  void CheckWhenDue();

  AgentLeases& leases_;
  const TakeAway& take_away_;
  const Clock& clock_;
  AnswerWatch watch_;
  bool leased_ = false;
};

}  // namespace kefu::gateway::streams
