// Facts as tests need them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "services/records/storage/facts.h"

namespace kefu::records::test {

inline constexpr int kBuyerKind = 1, kAgentKind = 2, kSystemKind = 3;

struct Person {
  AgentId id = AgentId::New();
  const std::string& name() const { return id.str(); }
};

// One conversation's events, with rising numbers and a time that is set by hand.
class Talk {
 public:
  explicit Talk(int64_t begin_ms = 1'700'000'000'000) : now_ms(begin_ms) {}

  storage::EntryFact Entry(int kind, std::string agent, std::string text) {
    storage::EntryFact entry{.session = session()};
    entry.seq = ++seq;
    entry.store_epoch = 1;
    entry.time = {now_ms};
    entry.sender_kind = kind;
    entry.agent = std::move(agent);
    entry.is_message = kind != kSystemKind;
    entry.text = std::move(text);
    return entry;
  }
  storage::EntryFact Buyer(std::string text) { return Entry(kBuyerKind, "", std::move(text)); }
  storage::EntryFact Agent(const Person& agent, std::string text) {
    return Entry(kAgentKind, agent.name(), std::move(text));
  }
  storage::EntryFact Note(const Person& agent, std::string text) {
    storage::EntryFact entry = Agent(agent, std::move(text));
    entry.is_message = false;
    return entry;
  }
  storage::EntryFact Rating(uint32_t stars, std::string comment = "") {
    storage::EntryFact entry = Buyer(std::move(comment));
    entry.is_message = false;
    entry.stars = stars;
    return entry;
  }
  storage::EntryFact Recall(uint64_t recalled) {
    storage::EntryFact entry = Buyer("");
    entry.is_message = false;
    entry.recalls = recalled;
    return entry;
  }
  storage::SessionFact Opened(int category = 2) const {
    storage::SessionFact fact{.session = session(), .category = category, .state = 1};
    fact.open_time = {now_ms};
    return fact;
  }
  storage::SessionFact Closed(storage::SessionFact opened, std::string reason = "solved") const {
    opened.state = 2;
    opened.close_time = {now_ms};
    opened.close_reason = std::move(reason);
    return opened;
  }
  storage::OwnerFact Owner(const Person& agent, uint64_t fence) const {
    return {session(), fence, agent.name()};
  }
  storage::AssignmentFact Assigned() const { return {session(), {now_ms}}; }
  SessionId session() const { return SessionId(conversation, ordinal); }

  BuyerId buyer = BuyerId::New();
  ConversationId conversation = ConversationOf(buyer);
  uint32_t ordinal = 1;
  uint64_t seq = 0;
  int64_t now_ms;
};

}  // namespace kefu::records::test
