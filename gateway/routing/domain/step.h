// One step of the model: works on a copy of the state, makes its checks before its changes,
// collects what changed. Internal to the model.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

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
  absl::StatusOr<Reply> operator()(const TransferSession& command);
  absl::StatusOr<Reply> operator()(const TakeOverSession& command);
  absl::StatusOr<Reply> operator()(const CompleteSession& command);
  absl::StatusOr<Reply> operator()(const ForgetClosed& command);
  // step_agents.cc
  absl::StatusOr<Reply> operator()(const ConnectAgent& command);
  absl::StatusOr<Reply> operator()(const SetProfile& command);
  absl::StatusOr<Reply> operator()(const SetPresence& command);
  absl::StatusOr<Reply> operator()(const Heartbeat& command);
  absl::StatusOr<Reply> operator()(const Match& command);
  absl::StatusOr<Reply> operator()(const Sweep& command);

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

  // Matching (step.cc).
  std::vector<std::string> WaitingIn(const std::string& class_name) const;
  std::vector<std::string> AvailableIn(const std::string& class_name) const;
  bool IsExcluded(const SessionRecord& session, const std::string& agent) const;
  // The first session of a class that the agent may take; empty if none.
  std::string FirstFor(const std::string& class_name, const std::string& agent) const;
  void Assign(const std::string& session, const std::string& agent, std::string cause);
  // The owner gives it up; the caller says what becomes of it.
  void Release(const std::string& session);
  void Enqueue(const std::string& session);
  // To the best agent with room if nobody waits before it, else into the queue.
  void Place(const std::string& session, const std::string& cause);
  // The least loaded agents with room take the oldest sessions of a class.
  void Serve(const std::string& class_name);
  // The agent takes the oldest sessions of all its classes, up to its capacity.
  void Drain(const std::string& agent);
  // Gives at most `limit` sessions of the agent back to the queue; true if none is left.
  bool GiveBack(const std::string& agent, int64_t limit, const std::string& cause,
                int64_t boost_ms);
  // One lapsed lease; what is left of the expiries.
  int64_t Lapse(const Lease& lease, int64_t due_ms, int64_t left);

  const Policy& policy_;
  State next_;
  const int64_t now_;
  int64_t matches_;
  std::vector<Touched> touched_sessions_;
  std::vector<std::string> touched_agents_;
  std::vector<std::string> again_;
};

}  // namespace kefu::gateway::routing
