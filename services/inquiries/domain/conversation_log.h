// The conversation log as a pure model: what each command does to a conversation, or why it is
// refused.
//
// In production the Redis functions (storage/functions) decide, because they are atomic across
// replicas. This model says the same in C++, is tested exhaustively, and a test replays random
// operations on both side by side (tests/services/inquiries/replay_test.cc). Change them together.
//
// No I/O, no clock: `now` is the shop's time, which never goes back. Thread-compatible values.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "services/common/base/clock.h"

namespace kefu::inquiries::domain {

inline constexpr int64_t kDedupPeriodMs = int64_t{7} * 24 * 3600 * 1000;
inline constexpr int64_t kRecallMs = 2 * 60 * 1000;

// Senders as the log names them; anything else is an agent id.
inline constexpr std::string_view kBuyer = "b";
inline constexpr std::string_view kSystem = "s";

struct LogEntry {
  uint64_t seq = 0;
  // The previous entry that buyers see; 0 if none.
  uint64_t buyer_prev = 0;
  bool buyer_visible = true;
  TimePoint time;
  std::string sender;
  uint32_t session = 0;
  // The entry this one recalls; 0 if it is no recall.
  uint64_t recalls = 0;

  bool operator==(const LogEntry&) const = default;
};

struct Inquiry {
  uint32_t ordinal = 0;
  bool open = false;
  uint64_t fence = 0;
  std::string owner;
  uint64_t first_seq = 0;
  uint64_t last_seq = 0;
  TimePoint open_time;
  TimePoint close_time;
  std::string reason;
  uint32_t reopened = 0;

  bool operator==(const Inquiry&) const = default;
};

struct MarkPair {
  uint64_t delivered = 0;
  uint64_t read = 0;

  bool operator==(const MarkPair&) const = default;
};

// The result of an earlier request, remembered for at least kDedupPeriodMs.
struct Remembered {
  uint64_t seq = 0;
  std::string payload;
  int64_t week = 0;
};

struct Conversation {
  // All entries, the archived prefix included.
  std::vector<LogEntry> log;
  std::vector<Inquiry> inquiries;
  uint64_t buyer_head = 0;
  uint64_t last_buyer_seq = 0;
  uint64_t archived = 0;
  std::set<uint64_t> recalled;
  std::map<std::string, Remembered> requests;
  std::map<std::string, MarkPair> marks;
  std::string continued_in;

  uint64_t head() const { return log.size(); }
  bool exists() const { return !log.empty(); }
};

// What identifies a write: the sender with its request id, and what stands for the payload.
struct Request {
  std::string id;
  std::string payload;
};

struct Open {
  Request request;
  uint64_t quoted = 0;
};
struct Append {
  Request request;
  uint32_t session = 0;
  std::string sender;
  uint64_t fence = 0;
  bool buyer_visible = true;
  uint64_t quoted = 0;
  uint64_t recalls = 0;
  // A note by somebody who need not own the session, into the current one, be it closed.
  bool aside = false;
};
struct RaiseFence {
  uint32_t session = 0;
  uint64_t fence = 0;
  std::string agent;
};
struct Close {
  Request request;
  uint32_t session = 0;
  // 0: whatever the fence.
  uint64_t fence = 0;
  std::string agent;
  uint64_t last_seen = 0;
  std::string reason;
};
struct Reopen {
  Request request;
  uint32_t session = 0;
  int64_t window_ms = 0;
};
struct MoveMarks {
  std::string participant;
  bool is_buyer = false;
  uint64_t delivered = 0;
  uint64_t read = 0;
};
struct Link {
  std::string from;
  std::string to;
  // Where `to` goes on; empty if nowhere.
  std::string to_goes_on;
};
struct Archive {
  uint32_t session = 0;
  uint64_t archived_before = 0;
  uint64_t seq = 0;
  int64_t after_ms = 0;
};
using Command = std::variant<Open, Append, RaiseFence, Close, Reopen, MoveMarks, Link, Archive>;

struct Event {
  enum class Kind { kEntry, kOpened, kClosed, kReopened, kFence };
  Kind kind = Kind::kEntry;
  // Of the entry; 0 for the others.
  uint64_t seq = 0;
  uint32_t session = 0;

  bool operator==(const Event&) const = default;
};

struct Decision {
  Conversation next;
  // Everything consumers learn, in the order of the outbox. Empty if nothing was appended.
  std::vector<Event> events;
  // The entry written, or for a duplicate the one written then; 0 if there is none.
  uint64_t seq = 0;
  bool duplicate = false;
  // The inquiry it concerns, for commands that answer one; 0 else.
  uint32_t session = 0;
  bool opened = false;
};

// Errors carry the reasons of service.proto.
absl::StatusOr<Decision> Apply(const Conversation& state, const Command& command, TimePoint now);

}  // namespace kefu::inquiries::domain
