// What a replay sent, what was acknowledged and what arrived where; and the judgement over it. Pure
// bookkeeping: no I/O, no clock. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "deploy/ctl/replay/chat_file.h"
#include "deploy/ctl/replay/report.h"
#include "deploy/ctl/replay/stream_view.h"

namespace kefu::ctl {

// One thing a party said. Normally one request; a buyer's message that met a closed session is
// requested anew.
struct Message {
  enum class State { kUnderWay, kAcknowledged, kRefused, kUnknown };

  Party party = Party::kBuyer;
  std::string conversation;
  int64_t sent_us = 0;
  State state = State::kUnderWay;
  std::vector<std::string> client_ids;
  int64_t acknowledged_us = 0;
  uint64_t seq = 0;
};

// An entry as ListMessages gave it.
struct LogEntry {
  uint64_t seq = 0;
  std::string session;
  std::string client_id;
};

// What one agent's stream delivered of one conversation.
struct AgentSight {
  // One for each time that the stream began the conversation.
  std::vector<StreamView> views;
  // Sessions that the agent held up to an entry: everything in them up to there must have been
  // delivered.
  std::map<std::string, uint64_t> held_until;

  bool has(uint64_t seq) const;
};

struct ConversationFacts {
  std::string conversation;
  // As the buyer reads it in the end, and what the buyer's stream delivered.
  std::vector<LogEntry> log;
  const StreamView* buyer_view = nullptr;
  std::vector<const AgentSight*> agents;
  // As the staff reads it; empty if nobody could.
  std::vector<LogEntry> staff_log;
};

class Ledger {
 public:
  // Index of the message in the calls below.
  size_t Sent(Party party, std::string conversation, int64_t now_us);
  void Requested(size_t message, std::string client_id) {
    messages_[message].client_ids.push_back(std::move(client_id));
  }
  void Acknowledged(size_t message, uint64_t seq, int64_t now_us);
  void Ended(size_t message, Message::State state) { messages_[message].state = state; }
  // A stream of this party delivered an entry.
  void Arrived(Party at, const std::string& conversation, uint64_t seq, Arrival arrival,
               int64_t now_us);

  const std::vector<Message>& messages() const { return messages_; }

  // Fills the counts, latencies and findings of the report.
  void Judge(const std::vector<ConversationFacts>& conversations, Report* report) const;

 private:
  using Place = std::pair<std::string, uint64_t>;  // conversation, seq

  void CountMessages(Report* report) const;
  void JudgeMessages(const ConversationFacts& facts, const std::vector<const Message*>& messages,
                     Report* report) const;

  std::vector<Message> messages_;
  std::map<Place, int64_t> at_buyer_us_, at_agent_us_;
  size_t duplicated_in_streams_ = 0, reordered_in_streams_ = 0, gaps_ = 0;
};

}  // namespace kefu::ctl
