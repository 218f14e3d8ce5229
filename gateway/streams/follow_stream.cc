#include "gateway/streams/follow_stream.h"

#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::streams {

Task<absl::Status> FollowStream::MayGoOn() {
  KEFU_CO_RETURN_IF_ERROR(co_await HeldStream::MayGoOn());
  co_await Refresh();
  co_return absl::OkStatus();
}

Task<absl::StatusOr<routing::AgentSnapshot>> FollowStream::ReadHeld() {
  absl::StatusOr<routing::AgentSnapshot> read = co_await HeldStream::ReadHeld();
  if (!absl::IsNotFound(read.status())) co_return read;
  routing::AgentSnapshot nothing;
  nothing.agent.set_agent(agent().str());
  co_return nothing;
}

}  // namespace kefu::gateway::streams
