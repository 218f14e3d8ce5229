#include "gateway/rpc/board_reader.h"

#include <google/protobuf/util/time_util.h>

#include <utility>
#include <vector>

#include "gateway/rpc/agent_calls.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int64_t kKeepMs = 1000;

v1::GroupBoard ToMessage(const std::string& group, const routing::GroupFigures& figures) {
  v1::GroupBoard message;
  message.set_group(group);
  message.set_waiting(figures.waiting);
  if (figures.oldest)
    *message.mutable_oldest_enqueue_time() = TimeUtil::MillisecondsToTimestamp(figures.oldest->ms);
  message.set_offered(figures.offered);
  message.set_active(figures.active);
  message.set_wrap_up(figures.wrap);
  message.set_online(figures.online);
  message.set_served_today(figures.served_today);
  message.set_served_in_time_today(figures.in_time_today);
  message.set_missed_offers_today(figures.missed_today);
  message.set_abandoned_today(figures.abandoned_today);
  message.set_waited_too_long_today(figures.gave_up_today);
  return message;
}

bool HasAnything(const routing::GroupFigures& figures) {
  return figures.waiting + figures.offered + figures.active + figures.wrap + figures.served_today +
             figures.missed_today + figures.abandoned_today + figures.gave_up_today >
         0;
}

}  // namespace

v1::Board ToBoard(const routing::config::Plan& plan,
                  const std::map<std::string, routing::GroupFigures>& figures) {
  std::map<std::string, routing::GroupFigures> left = figures;
  v1::Board board;
  for (const v1::SkillGroup& group : plan.config().groups()) {
    *board.add_groups() = ToMessage(group.group(), left[group.group()]);
    board.mutable_groups()->rbegin()->set_display_name(group.display_name());
    left.erase(group.group());
  }
  for (const auto& [group, more] : left) {
    if (HasAnything(more)) *board.add_groups() = ToMessage(group, more);
  }
  return board;
}

Task<absl::StatusOr<BoardReader::Shared>> BoardReader::Read(ShopId shop, int64_t not_before_ms) {
  const int64_t began_ms = MonotonicMs();
  {
    absl::MutexLock lock(&mutex_);
    std::erase_if(
        kept_, [began_ms](const auto& kept) { return began_ms - kept.second.began_ms > kKeepMs; });
    const auto kept = kept_.find(shop);
    if (kept != kept_.end() && kept->second.began_ms >= not_before_ms) co_return kept->second.board;
  }
  absl::StatusOr<Shared> board = co_await ReadNow(shop);
  if (!board.ok()) co_return board.status();
  absl::MutexLock lock(&mutex_);
  Kept& kept = kept_[shop];
  if (kept.began_ms <= began_ms) kept = {*board, began_ms};
  co_return *board;
}

Task<absl::StatusOr<BoardReader::Shared>> BoardReader::ReadNow(ShopId shop) {
  KEFU_CO_ASSIGN_OR_RETURN(const sessions::RoutingPlans::Shared plan, co_await plans_.Of(shop));
  absl::StatusOr<std::map<std::string, routing::GroupFigures>> figures =
      co_await parts_.router.GetBoard(shop);
  if (!figures.ok()) co_return figures.status();
  auto board = std::make_shared<v1::Board>(ToBoard(*plan, *figures));
  *board->mutable_time() = TimeUtil::MillisecondsToTimestamp(parts_.clock.Now().ms);
  KEFU_CO_ASSIGN_OR_RETURN(std::vector<v1::AgentState> agents, co_await NamedAgents(parts_, shop));
  for (v1::AgentState& agent : agents) *board->add_agents() = std::move(agent);
  co_return Shared(std::move(board));
}

}  // namespace kefu::gateway
