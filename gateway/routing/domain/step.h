// One step of the model: works on a copy of the state, makes its checks before its changes,
// collects what changed. Internal to the model.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <set>
#include <string>
#include <vector>

#include "gateway/routing/domain/model.h"

namespace kefu::gateway::routing {

// Not thread-safe; used for one command.
class Step {
 public:
  Step(const State& state, TimePoint now, const Policy& policy);

  // step_sessions.cc
  absl::StatusOr<Reply> operator()(const OpenSession& command);
  absl::StatusOr<Reply> operator()(const CompleteSession& command);
  absl::StatusOr<Reply> operator()(const FinishSession& command);
  absl::StatusOr<Reply> operator()(const ForgetClosed& command);
  // step_moves.cc
  absl::StatusOr<Reply> operator()(const TransferSession& command);
  absl::StatusOr<Reply> operator()(const RequeueSession& command);
  absl::StatusOr<Reply> operator()(const TakeOverSession& command);
  absl::StatusOr<Reply> operator()(const ClaimSession& command);
  absl::StatusOr<Reply> operator()(const HoldSession& command);
  absl::StatusOr<Reply> operator()(const UnholdSession& command);
  // step_waiting.cc
  absl::StatusOr<Reply> operator()(const AcceptOffer& command);
  absl::StatusOr<Reply> operator()(const DeclineOffer& command);
  absl::StatusOr<Reply> operator()(const RecallOffer& command);
  absl::StatusOr<Reply> operator()(const SetBuyerPresent& command);
  absl::StatusOr<Reply> operator()(const AbandonSession& command);
  // step_agents.cc
  absl::StatusOr<Reply> operator()(const ConnectAgent& command);
  absl::StatusOr<Reply> operator()(const SetProfile& command);
  absl::StatusOr<Reply> operator()(const SetPresence& command);
  absl::StatusOr<Reply> operator()(const Heartbeat& command);
  // step_sweep.cc
  absl::StatusOr<Reply> operator()(const Match& command);
  absl::StatusOr<Reply> operator()(const Sweep& command);
  // step_plan.cc
  absl::StatusOr<Reply> operator()(const Configure& command);

  State TakeNext() { return std::move(next_); }

 private:
  // What is to be told of a session that changed in this step.
  struct Touched {
    std::string session;
    std::string owner_before;
    bool moved = false;
  };

  SessionRecord* FindSession(const std::string& id);
  AgentRecord* FindAgent(const std::string& id);
  int64_t origin() const { return next_.score_origin_ms.value_or(now_); }

  void TouchSession(const std::string& id, std::string cause);
  // Its fence has to rise.
  void Move(const std::string& id);
  void TouchAgent(const std::string& id);
  void AskAgain(const std::string& target);
  // Versions, fences, the log and the shop's time; then the answer.
  Reply Commit();
  // The answer of a step that changes nothing.
  Reply Unchanged() const;
  int64_t CountWaiting() const;
  // Its place or timer changes, and nothing that anybody is told of.
  void Stir(const std::string& id);
  void SetTimer(const std::string& id);
  int64_t DayOf(int64_t ms) const;

  // The plan (step_plan.cc).
  ClassSpec Spec(const std::string& class_name) const;
  // The class that takes what belongs in this one, if the plan has it no more.
  std::string SuccessorOf(const std::string& class_name) const;
  // The class, or its successor, and those it relaxes to.
  std::vector<std::string> ChainOf(const std::string& class_name) const;
  int64_t OnlineIn(const std::string& class_name) const;
  // The step that the session has come to.
  void Settle(const std::string& session);
  int64_t DueOf(const SessionRecord& session) const;
  bool QueueIsFull(const std::string& class_name) const;

  // Matching (step.cc).
  std::vector<std::string> WaitingIn(const std::string& class_name) const;
  std::vector<std::string> AvailableIn(const std::string& class_name) const;
  bool IsExcluded(const SessionRecord& session, const std::string& agent) const;
  // Agents that would get it otherwise.
  int64_t ShutOut(const SessionRecord& session) const;
  void Exclude(const std::string& session, const std::string& agent, int64_t firm_ms);
  // The agent gave it to others of its own will.
  void GiveAway(const std::string& session, const std::string& agent);
  std::vector<Exclusion> WithAgent(std::vector<Exclusion> list, const std::string& agent) const;
  // The first session of a class that the agent may take; empty if none.
  std::string FirstFor(const std::string& class_name, const std::string& agent) const;
  struct Choice {
    // Empty: why it changed before in this step, else that it had waited for this.
    std::string cause;
    // "session" chose among agents, "agent" among sessions, "last" agent of the buyer, by "hand".
    std::string how;
    int64_t score = 0;
    // Without an offer, whatever the class says.
    bool direct = false;
  };
  int64_t ScoreOf(const AgentRecord& agent, const ClassSpec& spec) const;
  std::string Why(const SessionRecord& session, const Choice& choice) const;
  void Assign(const std::string& session, const std::string& agent, const Choice& choice);
  void BeginService(const std::string& session);
  // The owner gives it up; the caller says what becomes of it.
  void Release(const std::string& session);
  // Ends its life; the owner's slot is free afterwards.
  void Close(const std::string& session, const std::string& cause);
  // To the best agent with room if nobody waits before it, else into the queue; or, with `patron`,
  // into the queue of that agent for a while.
  void Place(const std::string& session, const std::string& cause, const std::string& patron = "",
             int64_t sticky_ms = 0);
  bool TakeAtOnce(const std::string& session, const std::string& cause);
  // The best agents with room take the oldest sessions of a class.
  void Serve(const std::string& class_name);
  // The agent takes the oldest sessions of all its classes, up to its capacity.
  void Drain(const std::string& agent);
  // Of a session in this class: its own weight, else what the class says.
  int64_t OwnWeight(const SessionRecord& session, const std::string& class_name) const;
  // What it weighs once it is served, or goes on to be.
  int64_t WeightServed(const SessionRecord& session) const;
  // What a session weighs changes while its owner keeps it.
  void Reweigh(const std::string& session, int64_t weight);

  // Agents (step_agents.cc).
  // Gives at most `limit` sessions of the agent back to the queue, or only what it was offered;
  // true if none is left.
  struct GiveBackOptions {
    std::string cause;
    int64_t boost_ms = 0;
    bool offers_only = false;
  };
  bool GiveBack(const std::string& agent, int64_t limit, const GiveBackOptions& options);
  // Takes back what the agent was offered, if it gets nothing now.
  void RecallOffers(const std::string& agent, int64_t limit);
  // After every change of an agent: who waits for one that gets nothing now goes to everybody.
  void ReleasePersonal(const std::string& agent);

  // Offers (step_waiting.cc).
  void ReturnOffer(const std::string& session, const std::string& cause, bool exclude);

  // Lives (step_sessions.cc).
  void BeginLife(const OpenSession& command, bool again, int64_t life);
  absl::StatusOr<Reply> OpenAnew(const OpenSession& command, bool again, int64_t life);
  absl::StatusOr<Reply> Resume(const OpenSession& command, int64_t life);

  // Time (step_sweep.cc).
  // One lapsed lease; what is left of the expiries.
  int64_t Lapse(const Lease& lease, int64_t due_ms, int64_t left);
  void Expire(const std::string& session);
  void LookAgain(const std::string& session);
  bool Forsaken(const std::string& class_name) const;
  // Sends the first sessions of a class on; true if there may be more of them.
  bool MoveOn(const std::string& class_name, int64_t limit);
  Reply MatchAgent(const std::string& target);

  const Policy& policy_;
  State next_;
  const int64_t now_;
  int64_t matches_;
  std::vector<Touched> touched_sessions_;
  std::vector<std::string> touched_agents_;
  std::vector<std::string> again_;
  std::set<std::string> stirred_;
};

}  // namespace kefu::gateway::routing
