// Follows one log (one source of one shop) for a Consumer: knows the cursor and the head, takes
// what was heard, reads what was not, and hands one event after the other to the handlers.
//
// Threads: one executor. `source` and `cursors` outlive it.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/common/events/log_reader.h"
#include "services/common/events/source_link.h"

namespace kefu::events {

class LogFollower {
 public:
  // What a notice calls for.
  enum class Hint { kNothing, kWork, kGap };

  LogFollower(ShopId shop, SourceLink& source, redis::CursorStore& cursors,
              std::function<bool()> goes_on);

  const ShopId& shop() const { return shop_; }
  SourceLink& source() { return source_; }

  Hint Hear(v1::Envelope envelope);
  // The publisher's answer to a question for heads. Looks into the log if the cursor is elsewhere.
  void SeeHead(const redis::Cursor& head);
  // The log has to be read, whatever is known of it; once more, if it is being read.
  void Look();
  // Others may have moved the cursor since: it is read anew.
  void Forget();
  bool HasWork() const;
  // Something was heard, but not what comes next.
  bool HasGap() const;

  // Takes what was heard, and reads a page if need be. An error: try again later.
  Task<absl::Status> Step();

  // As in the store, when last seen.
  const std::optional<redis::Cursor>& cursor() const { return stored_; }
  // How far everything was handled.
  const redis::Cursor& at() const { return at_; }
  const redis::Cursor& head() const { return head_; }
  uint64_t lag_events() const;
  // When the oldest event not handled was written, or heard of; 0 without one.
  int64_t oldest_ms() const { return lag_events() == 0 ? 0 : oldest_ms_; }

 private:
  // A snapshot under way: pages are taken in turn, a page again after an error.
  struct Progress {
    std::string page_token;
    // The head of the first page.
    std::optional<redis::Cursor> from;
  };

  Task<absl::Status> LoadCursor();
  Task<absl::Status> TakeHeard();
  Task<absl::Status> ReadOn();
  Task<absl::Status> OnRefusedRead(absl::Status refused);
  Task<absl::Status> RaiseEpoch();
  Task<absl::Status> TakeSnapshot();
  Task<absl::Status> TakeSnapshotPage(v1::SnapshotResponse page);
  // An event that a handler has, or had, in its hands.
  struct Handed {
    const Handler* handler;
    v1::Envelope envelope;
    std::optional<redis::CursorMove> move;
    absl::StatusOr<Effect> effect = Effect::kNone;
  };

  // Events that follow each other: one by one, or together if the source is pipelined.
  Task<absl::Status> TakeAll(std::vector<v1::Envelope> envelopes);
  Task<absl::Status> TakeTogether(std::vector<v1::Envelope> envelopes);
  Task<> Hand(Handed* handed);
  Task<absl::Status> Take(v1::Envelope envelope);
  Task<absl::Status> Bury(v1::Envelope envelope, absl::Status refused, redis::Cursor next);
  // Moves the stored cursor.
  Task<absl::Status> MoveTo(redis::Cursor next);
  void Knows(redis::Cursor cursor);

  const ShopId shop_;
  SourceLink& source_;
  LogReader log_;
  redis::CursorStore& cursors_;
  const std::function<bool()> goes_on_;
  std::optional<redis::Cursor> stored_;
  // How far it was handled; beyond `stored_` by events that had no effect.
  redis::Cursor at_;
  redis::Cursor head_;
  // By position, beyond `at_`; bounded.
  std::map<uint64_t, v1::Envelope> heard_;
  std::optional<Progress> snapshot_;
  bool look_ = false;
  // Was told to look while reading: what was read may be older than that.
  bool look_again_ = false;
  bool forget_ = false;
  int64_t oldest_ms_ = 0;
};

}  // namespace kefu::events
