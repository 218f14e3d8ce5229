// What an agent holds, for somebody else: a copilot or a supervisor. Whoever follows is not
// connected as the agent, so no lease depends on it; what notices failed to tell is found by
// looking again every 5 s.
#pragma once

#include "gateway/streams/held_stream.h"

namespace kefu::gateway::streams {

class FollowStream final : public HeldStream {
 public:
  FollowStream(Parts parts, CallContext context, AgentId agent, ResumeTokens resume,
               StreamWriter& writer, Executor executor)
      : HeldStream(parts, std::move(context), std::move(agent), std::move(resume), writer,
                   std::move(executor)) {}

 private:
  Task<absl::Status> MayGoOn() override;
  // An agent that was never connected holds nothing.
  Task<absl::StatusOr<routing::AgentSnapshot>> ReadHeld() override;
};

}  // namespace kefu::gateway::streams
