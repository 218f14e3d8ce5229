#include "services/records/domain/rounds.h"

#include <utility>

namespace kefu::records::domain {

std::optional<Round> Fold(const Said& said, Tally* tally) {
  tally->last_seq = said.seq;
  if (said.party == Party::kBuyer) {
    ++tally->buyer_messages;
    if (tally->waiting_seq != 0) return std::nullopt;
    tally->waiting_seq = said.seq;
    tally->waiting_since = said.time;
    return Round{.asked_seq = said.seq, .asked = said.time};
  }
  if (said.party == Party::kNobody) return std::nullopt;
  ++tally->agent_messages;
  if (tally->waiting_seq == 0) return std::nullopt;
  Round round{tally->waiting_seq, tally->waiting_since, said.seq, said.time, said.agent};
  // The first round is the first to be answered: none begins while another waits.
  if (!tally->first_response_ms) tally->first_response_ms = round.answered - round.asked;
  tally->waiting_seq = 0;
  tally->waiting_since = {};
  return round;
}

Rounds FoldAll(const std::vector<Said>& messages) {
  Rounds all;
  for (const Said& said : messages) {
    std::optional<Round> round = Fold(said, &all.tally);
    if (!round) continue;
    if (round->answered_seq != 0) {
      all.rounds.back() = *std::move(round);
    } else {
      all.rounds.push_back(*std::move(round));
    }
  }
  return all;
}

}  // namespace kefu::records::domain
