// Recorded chats: reading them from JSON lines and choosing which to play. Pure but for LoadChats,
// which reads a file.
//
// Two forms are told apart by their fields:
//   timed:   {"id", "start", "turns": [{"t", "speaker", "text"}]}   t in seconds since the first
//   turn, start in Unix time untimed: {"id", "turns": [{"speaker", "text"}]}                 times
//   are made up from the lengths of the texts
// Turns of other speakers than "customer" and "agent" are left out. A session begins with the
// buyer's first message, so what an agent said before it is played right after it.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::ctl {

enum class Party { kBuyer, kAgent };

struct Turn {
  Party party = Party::kBuyer;
  // Since the chat's start.
  int64_t at_ms = 0;
  std::string text;
};

struct Chat {
  std::string id;
  // Unix time; 0 if the recording has none.
  int64_t start_ms = 0;
  // The first is the buyer's; times do not decrease.
  std::vector<Turn> turns;
};

// INVALID_ARGUMENT names the line that is not a chat. Chats in which the buyer says nothing are
// left out. In order of their start.
absl::StatusOr<std::vector<Chat>> ParseChats(std::string_view json_lines);
absl::StatusOr<std::vector<Chat>> LoadChats(const std::string& path);

struct ChatSelection {
  // Start in [from, to).
  std::optional<int64_t> from_ms;
  std::optional<int64_t> to_ms;
  // The window of this many hours in which most chats start.
  std::optional<double> busiest_hours;
  // The first so many of what remains; 0: all.
  size_t limit = 0;
};

std::vector<Chat> SelectChats(std::vector<Chat> chats, const ChatSelection& selection);

// Unix seconds ("1589554770") or ISO 8601 in UTC ("2020-05-15", "2020-05-15T14:59:30", with or
// without "Z").
absl::StatusOr<int64_t> ParseTimeMs(std::string_view text);

}  // namespace kefu::ctl
