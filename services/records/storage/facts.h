// What records keeps of an event: plain values, made of the events of others (rpc/facts_of.h) and
// written as rows (storage/transcripts.h, storage/things.h). Enumerations are the numbers of their
// protos. Versions and fences are in the order in which they were said, store epochs included
// (rpc/facts_of.cc).
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "services/common/base/clock.h"
#include "services/common/base/ids.h"

namespace kefu::records::storage {

// An entry of a conversation.
struct EntryFact {
  SessionId session;
  uint64_t seq = 0;
  uint64_t store_epoch = 0;
  TimePoint time;
  int sender_kind = 0;
  // Empty unless an agent sent it.
  std::string agent;
  // It asks or answers; false for notes, recalls, ratings and lines of the system.
  bool is_message = false;
  // The buyer's rating of the session, 1 to 5; 0: it is none.
  uint32_t stars = 0;
  // The entry that it takes back; 0: none.
  uint64_t recalls = 0;
  // Empty if there is none in it, or none any more.
  std::string text;
  // Its content is gone: recalled, or the buyer erased.
  bool redacted = false;
};

// An inquiry as it stands.
struct SessionFact {
  SessionId session;
  int category = 0;
  int state = 0;
  uint32_t reopened = 0;
  TimePoint open_time;
  TimePoint close_time;
  std::string close_reason;
};

// An agent became the owner of a session.
struct OwnerFact {
  SessionId session;
  uint64_t fence = 0;
  std::string agent;
};

// Routing gave a session to an agent.
struct AssignmentFact {
  SessionId session;
  TimePoint time;
};

// The buyer's words up to this time are gone; later ones the buyer came back with.
struct ErasureFact {
  BuyerId buyer;
  TimePoint time;
};

struct AgentFact {
  AgentId agent;
  std::string display_name;
  int role = 0;
  bool disabled = false;
  uint64_t version = 0;
};

struct Amounts {
  std::string currency;
  int64_t total = 0;
  int64_t paid = 0;
  int64_t refunded = 0;
};

struct OrderFact {
  std::string order;
  uint64_t version = 0;
  std::string source;
  std::string number;
  std::string buyer;
  int state = 0;
  int payment = 0;
  int fulfilment = 0;
  int aftersale = 0;
  uint64_t units = 0;
  // Minor units.
  Amounts amounts;
  TimePoint create_time;
  TimePoint update_time;
};

struct CaseFact {
  std::string case_id;
  uint64_t version = 0;
  std::string order;
  std::string buyer;
  int kind = 0;
  int state = 0;
  int reason = 0;
  int cause = 0;
  std::string currency;
  int64_t requested = 0;
  int64_t refunded = 0;
  TimePoint create_time;
  TimePoint update_time;
};

struct ShipmentFact {
  std::string shipment;
  uint64_t version = 0;
  std::string carrier;
  std::string tracking_number;
  int direction = 0;
  int status = 0;
  std::string substatus;
  TimePoint status_time;
  std::string order;
  std::string buyer;
  TimePoint create_time;
  TimePoint update_time;
};

// Several, where an inquiry tells its owner, too.
using Fact = std::variant<EntryFact, SessionFact, OwnerFact, AssignmentFact, ErasureFact, AgentFact,
                          OrderFact, CaseFact, ShipmentFact>;

}  // namespace kefu::records::storage
