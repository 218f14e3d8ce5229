// Reads the files of a simulation. Errors name the line (arrivals, chats) and the field:
// "line 7: service". Pure but for ReadText.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/routing/simulation/staff.h"
#include "gateway/routing/simulation/workload.h"

namespace kefu::gateway::routing::simulation {

absl::StatusOr<std::string> ReadText(const std::string& path);

// JSON lines {"time", "category", "language", "channel", "page", "priority", "service",
// "patience"}: all but the time may be absent. Times are Unix seconds or ISO 8601 in UTC, service
// and patience seconds.
absl::StatusOr<std::vector<RecordedArrival>> ParseArrivals(std::string_view json_lines);

// Recorded chats, JSON lines {"start", "duration", …}, what else there is being ignored: each is a
// session that comes at its start and is served for its duration.
absl::StatusOr<std::vector<RecordedArrival>> ParseChats(std::string_view json_lines);

// A JSON array of {"agent", "count", "capacity", "skills": {skill: level}, "languages",
// "shifts": [{"from", "to"}]}, or an object with that array as "agents". With a count above 1 the
// agents are "<agent>-1", "<agent>-2", …
absl::StatusOr<std::vector<SimulatedAgent>> ParseAgents(std::string_view json);

// So many agents without skills or shifts.
std::vector<SimulatedAgent> EqualAgents(int count, uint32_t capacity);

// "2026-01-05", "2026-01-05T09:00:00Z" (UTC, with or without "Z"), or Unix seconds.
absl::StatusOr<int64_t> ParseTimeMs(std::string_view field, std::string_view text);

}  // namespace kefu::gateway::routing::simulation
