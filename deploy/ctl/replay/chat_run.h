// One recorded chat while it is being played: which turns were said, which sessions it took. Shared
// by the chat's buyer and whichever agents serve it. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "deploy/ctl/replay/chat_file.h"
#include "deploy/ctl/replay/signal.h"

namespace kefu::ctl {

struct TurnRun {
  enum class State {
    kPending,
    kUnderWay,
    // Acknowledged at `seq`.
    kDone,
    // Refused, unknown or cut short: nobody waits for it.
    kGivenUp,
  };
  State state = State::kPending;
  uint64_t seq = 0;
};

class ChatRun {
 public:
  // `number` from 1. `begin_ms`: MonotonicMs() of the first turn; `speed` 0: no schedule, as fast
  // as it goes.
  ChatRun(const Chat& chat, size_t number, int64_t begin_ms, double speed)
      : chat_(chat),
        number_(number),
        begin_ms_(begin_ms),
        speed_(speed),
        turns_(chat.turns.size()) {}

  const Chat& chat() const { return chat_; }
  size_t number() const { return number_; }
  std::vector<TurnRun>& turns() { return turns_; }
  const std::vector<TurnRun>& turns() const { return turns_; }

  // MonotonicMs() at which the turn is due; 0 without a schedule.
  int64_t DueMs(size_t turn) const;
  // The agent's first turn not said yet. Nothing if all were, or while one is under way.
  std::optional<size_t> NextAgentTurn() const;
  // Every turn was said or given up.
  bool Settled() const;
  // Settled, and every session that came of it is closed.
  bool Finished() const;
  // Says nothing more.
  void Cut();
  bool cut() const { return cut_; }

  std::string conversation;
  std::set<std::string> opened, closed;
  // Notified at every change and at every entry that arrives for either party.
  Signal changed;

 private:
  const Chat& chat_;
  const size_t number_;
  const int64_t begin_ms_;
  const double speed_;
  std::vector<TurnRun> turns_;
  bool cut_ = false;
};

}  // namespace kefu::ctl
