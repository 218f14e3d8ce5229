#include "deploy/ctl/replay/chat_run.h"

#include <algorithm>

namespace kefu::ctl {

int64_t ChatRun::DueMs(size_t turn) const {
  if (speed_ <= 0) return 0;
  return begin_ms_ + static_cast<int64_t>(static_cast<double>(chat_.turns[turn].at_ms) / speed_);
}

std::optional<size_t> ChatRun::NextAgentTurn() const {
  for (size_t i = 0; i < turns_.size(); ++i) {
    if (chat_.turns[i].party != Party::kAgent) continue;
    if (turns_[i].state == TurnRun::State::kUnderWay) return std::nullopt;
    if (turns_[i].state == TurnRun::State::kPending) return i;
  }
  return std::nullopt;
}

bool ChatRun::Settled() const {
  return std::all_of(turns_.begin(), turns_.end(), [](const TurnRun& turn) {
    return turn.state == TurnRun::State::kDone || turn.state == TurnRun::State::kGivenUp;
  });
}

bool ChatRun::Finished() const {
  return Settled() && std::includes(closed.begin(), closed.end(), opened.begin(), opened.end());
}

void ChatRun::Cut() {
  for (TurnRun& turn : turns_) {
    if (turn.state != TurnRun::State::kPending) continue;
    turn.state = TurnRun::State::kGivenUp;
    cut_ = true;
  }
  changed.Notify();
}

}  // namespace kefu::ctl
