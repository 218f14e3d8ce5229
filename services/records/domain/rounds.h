// Rounds: from a buyer's first unanswered message to the first reply of a person. The unit of
// response times.
//
//   buyer 1 ── buyer 2 ── agent 3 ── agent 4 ── buyer 5 ── …
//   └──── round {1, 3} ────┘                    └── round {5, waiting}
//
// Folded one message after the other, so that a session of any length costs what its next message
// costs. The same messages in the order of their seq always give the same rounds.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/common/base/clock.h"

namespace kefu::records::domain {

enum class Party {
  kBuyer,
  // A person who answers; programs will be told apart from them.
  kPerson,
  // Says nothing that asks or answers: the system, notes, recalls.
  kNobody
};

struct Said {
  uint64_t seq = 0;
  TimePoint time;
  Party party = Party::kNobody;
  // Who answers; empty unless a person.
  std::string agent;
};

struct Round {
  uint64_t asked_seq = 0;
  TimePoint asked;
  // 0 while it waits.
  uint64_t answered_seq = 0;
  TimePoint answered;
  // Who answered.
  std::string agent;

  bool operator==(const Round&) const = default;
};

// What a session's messages amount to so far.
struct Tally {
  // Messages up to here are in it.
  uint64_t last_seq = 0;
  uint32_t buyer_messages = 0;
  uint32_t agent_messages = 0;
  // The round that waits; 0: none.
  uint64_t waiting_seq = 0;
  TimePoint waiting_since;
  // Of the session's first round, once it is answered.
  std::optional<int64_t> first_response_ms;

  bool operator==(const Tally&) const = default;
};

// Takes the next message, whose seq is above all before. Answers the round that began or ended with
// it, if any.
std::optional<Round> Fold(const Said& said, Tally* tally);

struct Rounds {
  Tally tally;
  std::vector<Round> rounds;
};
// All messages of a session, by seq.
Rounds FoldAll(const std::vector<Said>& messages);

}  // namespace kefu::records::domain
