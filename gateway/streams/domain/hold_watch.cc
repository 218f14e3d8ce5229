#include "gateway/streams/domain/hold_watch.h"

#include <algorithm>

namespace kefu::gateway::streams {

void HoldWatch::Served(const std::string& session, const std::string& conversation, bool on_hold) {
  if (on_hold) {
    holds_.try_emplace(session, Watched{conversation});
  } else {
    holds_.erase(session);
  }
}

void HoldWatch::BuyerWrote(const std::string& conversation) {
  for (auto& [session, watched] : holds_) {
    const bool waits = watched.conversation == conversation && watched.state == State::kWaits;
    if (waits) watched.state = State::kUnseen;
  }
}

void HoldWatch::Looked(const std::string& session, bool buyer_wrote) {
  const auto found = holds_.find(session);
  if (found == holds_.end() || found->second.state != State::kUnseen) return;
  found->second.state = buyer_wrote ? State::kOver : State::kWaits;
}

std::vector<HoldWatch::Hold> HoldWatch::In(State state) const {
  std::vector<Hold> holds;
  for (const auto& [session, watched] : holds_) {
    if (watched.state == state) holds.push_back({session, watched.conversation});
  }
  return holds;
}

std::vector<HoldWatch::Hold> HoldWatch::Unseen() const { return In(State::kUnseen); }

std::vector<HoldWatch::Hold> HoldWatch::Over() const { return In(State::kOver); }

bool HoldWatch::idle() const {
  return std::all_of(holds_.begin(), holds_.end(),
                     [](const auto& hold) { return hold.second.state == State::kWaits; });
}

bool BuyerWroteSinceHold(const std::vector<Said>& entries) {
  const auto last = std::find_if(entries.rbegin(), entries.rend(),
                                 [](Said said) { return said != Said::kOther; });
  return last != entries.rend() && *last == Said::kByBuyer;
}

}  // namespace kefu::gateway::streams
