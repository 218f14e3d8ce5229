#include "deploy/ctl/replay/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace kefu::ctl {
namespace {

using EntriesBySeq = std::map<uint64_t, const LogEntry*>;

EntriesBySeq BySeq(const std::vector<LogEntry>& log) {
  EntriesBySeq by_seq;
  for (const LogEntry& entry : log) by_seq[entry.seq] = &entry;
  return by_seq;
}

void JudgeLog(const ConversationFacts& facts, Report* report) {
  std::set<std::string> client_ids;
  uint64_t last_seq = 0;
  for (const LogEntry& entry : facts.log) {
    if (entry.seq <= last_seq) {
      ++report->broken.reordered_in_log;
      report->Find(fmt::format("{}: the log has entry {} after {}", facts.conversation, entry.seq,
                               last_seq));
    }
    last_seq = std::max(last_seq, entry.seq);
    if (entry.client_id.empty() || client_ids.insert(entry.client_id).second) continue;
    ++report->broken.duplicated_in_log;
    report->Find(fmt::format("{}: request {} is stored again at {}", facts.conversation,
                             entry.client_id, entry.seq));
  }
}

// Every delivered entry must be in the log as it was delivered.
void JudgeDelivered(const ConversationFacts& facts, const StreamView& view, const EntriesBySeq& log,
                    std::string_view whose, Report* report) {
  for (const ViewEntry& entry : view.entries()) {
    const auto found = log.find(entry.seq);
    if (found != log.end() && found->second->client_id == entry.client_id) continue;
    ++report->broken.views_unlike_log;
    report->Find(
        fmt::format("{}: the {} stream showed request \"{}\" at {}, the log has {}",
                    facts.conversation, whose, entry.client_id, entry.seq,
                    found == log.end() ? "nothing" : "\"" + found->second->client_id + "\""));
  }
}

void Missing(const ConversationFacts& facts, const LogEntry& entry, std::string_view whose,
             Report* report) {
  ++report->broken.lost_in_streams;
  report->Find(fmt::format("{}: entry {} never came on the {} stream", facts.conversation,
                           entry.seq, whose));
}

void JudgeBuyerView(const ConversationFacts& facts, Report* report) {
  if (facts.buyer_view == nullptr) return;
  JudgeDelivered(facts, *facts.buyer_view, BySeq(facts.log), "buyer's", report);
  for (const LogEntry& entry : facts.log) {
    if (!facts.buyer_view->has(entry.seq)) Missing(facts, entry, "buyer's", report);
  }
}

// What the staff may see, as far as it is known: without the staff's own reading, what the buyer
// may see.
const std::vector<LogEntry>& StaffLog(const ConversationFacts& facts) {
  return facts.staff_log.empty() ? facts.log : facts.staff_log;
}

void JudgeAgentSight(const ConversationFacts& facts, const AgentSight& sight, Report* report) {
  for (const LogEntry& entry : StaffLog(facts)) {
    const auto held = sight.held_until.find(entry.session);
    const bool required = held != sight.held_until.end() && entry.seq <= held->second;
    if (required && !sight.has(entry.seq)) Missing(facts, entry, "agent's", report);
  }
  if (facts.staff_log.empty()) return;
  for (const StreamView& view : sight.views) {
    JudgeDelivered(facts, view, BySeq(facts.staff_log), "agent's", report);
  }
}

// If one message's acknowledgement came before another was sent, it has the lower place.
void JudgeRealTime(const ConversationFacts& facts, const std::vector<const Message*>& messages,
                   Report* report) {
  for (const Message* a : messages) {
    for (const Message* b : messages) {
      const bool both =
          a->state == Message::State::kAcknowledged && b->state == Message::State::kAcknowledged;
      if (!both || a->acknowledged_us >= b->sent_us || a->seq < b->seq) continue;
      ++report->broken.reordered_in_log;
      report->Find(
          fmt::format("{}: {} was acknowledged before {} was sent, but has the later place {}",
                      facts.conversation, a->client_ids.back(), b->client_ids.back(), a->seq));
    }
  }
}

}  // namespace

bool AgentSight::has(uint64_t seq) const {
  return std::any_of(views.begin(), views.end(),
                     [&](const StreamView& view) { return view.has(seq); });
}

size_t Ledger::Sent(Party party, std::string conversation, int64_t now_us) {
  Message& message = messages_.emplace_back();
  message.party = party;
  message.conversation = std::move(conversation);
  message.sent_us = now_us;
  return messages_.size() - 1;
}

void Ledger::Acknowledged(size_t message, uint64_t seq, int64_t now_us) {
  messages_[message].state = Message::State::kAcknowledged;
  messages_[message].acknowledged_us = now_us;
  messages_[message].seq = seq;
}

void Ledger::Arrived(Party at, const std::string& conversation, uint64_t seq, Arrival arrival,
                     int64_t now_us) {
  (at == Party::kBuyer ? at_buyer_us_ : at_agent_us_).try_emplace({conversation, seq}, now_us);
  if (arrival == Arrival::kDuplicate) ++duplicated_in_streams_;
  if (arrival == Arrival::kReordered) ++reordered_in_streams_;
  if (arrival == Arrival::kGap) ++gaps_;
}

void Ledger::CountMessages(Report* report) const {
  Latencies acknowledge, deliver;
  for (const Message& message : messages_) {
    ++report->messages.sent;
    if (message.state == Message::State::kRefused) ++report->messages.refused;
    if (message.state == Message::State::kUnknown) ++report->messages.unknown;
    if (message.state != Message::State::kAcknowledged) continue;
    ++report->messages.acknowledged;
    acknowledge.Add(message.acknowledged_us - message.sent_us);
    const bool by_buyer = message.party == Party::kBuyer;
    const auto& others = by_buyer ? at_agent_us_ : at_buyer_us_;
    const auto& own = by_buyer ? at_buyer_us_ : at_agent_us_;
    const Place place{message.conversation, message.seq};
    if (own.contains(place)) ++report->messages.echoed;
    const auto delivered = others.find(place);
    if (delivered == others.end()) continue;
    ++report->messages.delivered;
    deliver.Add(delivered->second - message.sent_us);
  }
  report->acknowledge = acknowledge.Compute();
  report->deliver = deliver.Compute();
}

void Ledger::JudgeMessages(const ConversationFacts& facts,
                           const std::vector<const Message*>& messages, Report* report) const {
  const EntriesBySeq log = BySeq(facts.log);
  for (const Message* message : messages) {
    if (message->state != Message::State::kAcknowledged) continue;
    const auto found = log.find(message->seq);
    const auto& ids = message->client_ids;
    const bool there =
        found != log.end() && std::count(ids.begin(), ids.end(), found->second->client_id) > 0;
    if (!there) {
      ++report->broken.lost_from_log;
      report->Find(fmt::format("{}: request {} was acknowledged at {} and is not in the log there",
                               facts.conversation, ids.back(), message->seq));
    }
  }
  // A message said twice under two requests is a duplicate to the reader, too.
  for (const Message* message : messages) {
    const auto& ids = message->client_ids;
    const auto stored =
        std::count_if(facts.log.begin(), facts.log.end(), [&](const LogEntry& entry) {
          return std::count(ids.begin(), ids.end(), entry.client_id) > 0;
        });
    const std::set<std::string> distinct(ids.begin(), ids.end());
    if (distinct.size() < 2 || stored < 2) continue;
    ++report->broken.duplicated_in_log;
    report->Find(fmt::format("{}: one message is stored {} times, last as {}", facts.conversation,
                             stored, ids.back()));
  }
}

void Ledger::Judge(const std::vector<ConversationFacts>& conversations, Report* report) const {
  CountMessages(report);
  report->broken.duplicated_in_streams = duplicated_in_streams_;
  report->broken.reordered_in_streams = reordered_in_streams_;
  report->effort.gaps = gaps_;
  std::map<std::string, std::vector<const Message*>> by_conversation;
  for (const Message& message : messages_)
    by_conversation[message.conversation].push_back(&message);
  for (const ConversationFacts& facts : conversations) {
    const std::vector<const Message*>& messages = by_conversation[facts.conversation];
    JudgeLog(facts, report);
    JudgeMessages(facts, messages, report);
    JudgeRealTime(facts, messages, report);
    JudgeBuyerView(facts, report);
    for (const AgentSight* sight : facts.agents) JudgeAgentSight(facts, *sight, report);
  }
}

}  // namespace kefu::ctl
