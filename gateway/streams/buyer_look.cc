#include "gateway/streams/buyer_look.h"

#include <utility>

namespace kefu::gateway::streams {

Task<v1::BuyerSessionState> WithAgent(const routing::FindAgent& find_agent, ShopId shop,
                                      v1::BuyerSessionState state, std::string agent) {
  const absl::StatusOr<AgentId> id = AgentId::Parse(agent);
  if (!id.ok()) co_return state;
  const absl::StatusOr<routing::KnownAgent> known = co_await find_agent(std::move(shop), *id);
  if (known.ok()) state.set_agent_display_name(known->display_name);
  co_return state;
}

}  // namespace kefu::gateway::streams
