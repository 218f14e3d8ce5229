// An agent's live stream: the agent's state, the held sessions, everything said in them, the queue,
// what copilots suggest, and consults. While it is open the agent's lease is renewed.
//
// A colleague who is asked in a consult hears the conversation as long as that goes on.
//
// A session on hold goes on when its buyer writes: the stream of the owner hears it and says so to
// routing. The log of the conversation says whether the buyer wrote since the hold, so whatever a
// stream or its gateway missed is found by the next one. Several streams of one agent may all say
// so.
//
// A program with an answer limit that lets a buyer wait longer has the session taken away here, by
// the gateway that shows it the buyer's words.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/consults/consult_book.h"
#include "gateway/routing/known_agent.h"
#include "gateway/streams/agent_leases.h"
#include "gateway/streams/domain/answer_watch.h"
#include "gateway/streams/domain/hold_watch.h"
#include "gateway/streams/held_stream.h"

namespace kefu::gateway::streams {

class AgentStream final : public HeldStream {
 public:
  struct Acts {
    // The agent did not answer in time: others get the session.
    std::function<Task<absl::Status>(CallContext, AgentId, v1::Session)> take_away;
    // The buyer of a session on hold wrote.
    std::function<Task<absl::Status>(CallContext, SessionId)> go_on;
    // The buyer wrote the entry while the agent was away.
    std::function<Task<absl::Status>(CallContext, v1::Session, common::v1::Entry)> tell_away;
  };

  // All outlive the stream.
  struct Parts {
    HeldStream::Parts held;
    AgentLeases& leases;
    consults::ConsultBook& consults;
    const Acts& acts;
  };

  // The agent has been connected at routing before. `answer_limit_ms` 0: none.
  AgentStream(Parts parts, CallContext context, AgentId agent, v1::AgentSubscribeRequest request,
              int64_t answer_limit_ms, StreamWriter& writer, Executor executor);
  ~AgentStream() override;

 private:
  Task<absl::Status> Begin() override;
  Task<absl::Status> MayGoOn() override;
  Task<> OnNotice(NoticePtr notice) override;
  Task<> OnOverflow() override;
  void OnAgentShown(const v1::AgentState& state) override;
  void OnServed(const v1::Session& session) override;
  void OnLeft(const v1::Session& session) override;
  Task<absl::Status> AddTo(v1::AgentSnapshot* snapshot) override;
  Task<> OnBegun() override;
  bool AlsoHears(const std::string& conversation) const override;
  void OnShown(const common::v1::Entry& entry) override;

  void Suggested(const v1::SuggestionMade& made);
  // The last entries up to a place in a conversation; none if they cannot be read now.
  Task<std::optional<inquiries::v1::ListEntriesResponse>> ReadLast(std::string conversation,
                                                                   uint64_t before_seq);
  void Watch(const common::v1::Entry& entry);
  // What was said before the place from which the client resumes.
  Task<> WatchFrom(v1::ResumeToken token);
  Task<> TakeAwayOverdue();
  void CheckWhenDue();
  // Buyers who wrote while the agent is away are told so.
  void NoteUnheard(const common::v1::Entry& entry);
  Task<> TellAway();
  // Looks where the buyer may have written since the hold, and lets those sessions go on.
  Task<> EndHolds();
  Task<absl::StatusOr<consults::Consults>> OwnConsults(bool fresh);
  // Tells the client which consults began and ended.
  Task<> RefreshConsults(bool fresh);
  Task<> HearConsult(consults::Consult consult);
  // A call on behalf of the stream.
  CallContext NewContext() const;

  AgentLeases& leases_;
  consults::ConsultBook& book_;
  const Acts& acts_;
  const Clock& clock_;
  AnswerWatch watch_;
  HoldWatch holds_;
  consults::Consults consults_;
  std::vector<std::pair<v1::Session, common::v1::Entry>> unheard_;
  bool away_ = false;
  bool leased_ = false;
};

}  // namespace kefu::gateway::streams
