// What routing's functions answer, as values. The rows' order is that of
// storage/functions/10_records.lua.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <string>
#include <vector>

#include "gateway/routing/router.h"
#include "services/common/redis/value.h"

namespace kefu::gateway::routing {

// Session rows. INTERNAL if the store holds what no function wrote.
absl::StatusOr<SessionChange> ReadSessionRow(const redis::Value& row);
absl::StatusOr<std::vector<v1::Session>> ReadSessionRows(const redis::Value& rows);

v1::AgentState ReadAgentRow(const redis::Value& row);
std::vector<v1::AgentState> ReadAgentRows(const redis::Value& rows);

struct LogFields {
  SessionChange change;
  TimePoint time;
  // In which it was written; 0: it does not say.
  uint64_t epoch;
};
// The names and values of an entry of the routing log.
absl::StatusOr<LogFields> ReadLogFields(const redis::Value& fields);
// An entry of the routing log, as XRANGE gives it.
absl::StatusOr<Event> ReadLogEntry(const redis::Value& entry);

absl::StatusOr<Explanation> ReadExplanation(const redis::Value& reply);
// `counts`: names and values; `oldest`: class, agents online, and since when its oldest waits.
std::map<std::string, GroupFigures> ReadBoard(const redis::Value& counts,
                                              const redis::Value& oldest);

// How every function that changes something answers.
struct OperationReply {
  Outcome outcome;
  // What to go on with: targets of `match`.
  std::vector<std::string> again;
};
absl::StatusOr<OperationReply> ReadReply(const redis::Value::Array& values);

// Adds what a later call changed.
void Merge(Outcome later, Outcome& outcome);

}  // namespace kefu::gateway::routing
