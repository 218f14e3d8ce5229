// The consults of one shop that are going on: internal side threads between the owner of a session
// and a colleague. Pure.
//
//   Start ──▶ going on ──▶ ended   by the asker, by the colleague, or because the session is the
//                                  asker's no more: closed, given away, taken
//
// What is said in them stands in the conversation; what has ended is forgotten here.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::consults {

inline constexpr size_t kMaxOfSession = 5;
inline constexpr size_t kMaxOfShop = 1000;

struct Consult {
  ConsultId id;
  SessionId session;
  AgentId asker;
  AgentId agent;
  TimePoint create_time;
  bool operator==(const Consult&) const = default;
};

// Oldest first.
using Consults = std::vector<Consult>;

// The same one again: no change. FAILED_PRECONDITION CONSULT_GOING_ON if the asker asks that agent
// about that session already; RESOURCE_EXHAUSTED TOO_MANY_CONSULTS.
absl::StatusOr<Consults> Start(Consults consults, Consult consult);
// Null if `by` has no part in such a consult of the session.
const Consult* Find(const Consults& consults, const SessionId& session, const ConsultId& id,
                    const AgentId& by);

// Who owns sessions now, by session; empty: nobody.
using Owners = std::map<std::string, std::string>;
// Those of these sessions whose askers own them no more.
Consults EndedBy(const Consults& consults, const Owners& owners);
// `consults` without `ended`.
Consults Without(const Consults& consults, const Consults& ended);

// In which the agent was asked or asks.
Consults Of(const Consults& consults, const AgentId& agent);

absl::Status NoSuchConsult();

}  // namespace kefu::gateway::consults
