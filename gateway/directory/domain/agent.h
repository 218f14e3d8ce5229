// An agent of a shop: somebody or something that answers buyers there. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/directory/domain/decision.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::directory {

enum class StaffRole { kAgent, kSupervisor, kAdmin };

// What routing asks of an agent. Whether the shop's routing configuration knows the names is not
// decided here.
struct Abilities {
  // Skill to level, 1 to 5.
  std::map<std::string, uint32_t> skills;
  std::vector<std::string> languages;
  // Business hours of the agent's shifts; empty: none.
  std::string hours;
  bool operator==(const Abilities&) const = default;
};

struct Agent {
  // None, and no login: a program.
  std::optional<PersonId> person;
  std::string login;
  std::string display_name;
  StaffRole role = StaffRole::kAgent;
  // In weight units; a chat weighs 20.
  uint32_t capacity = 0;
  bool disabled = false;
  // The person behind it is disabled; a copy, kept here so that routing need not look further.
  bool person_disabled = false;
  // Rises when the agent is disabled: sign-ins of an older one are void.
  uint64_t credentials_version = 1;
  TimePoint create_time;
  Abilities abilities;
  // Programs only: how long a buyer waits for an answer before others get the session; 0: for ever.
  int64_t answer_limit_ms = 0;
  bool operator==(const Agent&) const = default;

  bool is_program() const { return !person; }
  bool in_service() const { return !disabled && !person_disabled; }
};

struct CreateAgent {
  AgentId agent;
  std::optional<PersonId> person;
  std::string login;
  std::string display_name;
  StaffRole role = StaffRole::kAgent;
  uint32_t capacity = 0;
  bool disabled = false;
  int64_t answer_limit_ms = 0;
};

struct UpdateAgent {
  AgentId agent;
  std::string display_name;
  StaffRole role = StaffRole::kAgent;
  uint32_t capacity = 0;
  bool disabled = false;
  int64_t answer_limit_ms = 0;
  // Version that the caller has seen; none: whatever it is.
  std::optional<uint64_t> expected_version;
  // The agent who does it.
  std::string by;
};

struct SetAbilities {
  AgentId agent;
  Abilities abilities;
  // As of UpdateAgent.
  std::optional<uint64_t> expected_version;
};

// INVALID_FIELD; ALREADY_EXISTS REQUEST_ID_REUSED.
absl::StatusOr<Decision<Agent>> Apply(const std::optional<Agent>& agent, const CreateAgent& command,
                                      TimePoint now);
// NOT_FOUND NO_SUCH_AGENT; ABORTED ETAG_MISMATCH; INVALID_FIELD; FAILED_PRECONDITION OWN_AGENT:
// nobody disables themselves or changes their own role, so that a shop never loses its last
// administrator.
absl::StatusOr<Decision<Agent>> Apply(const std::optional<Agent>& agent, uint64_t version,
                                      const UpdateAgent& command, TimePoint now);

// NOT_FOUND NO_SUCH_AGENT; ABORTED ETAG_MISMATCH; INVALID_FIELD: a level out of range.
absl::StatusOr<Decision<Agent>> Apply(const std::optional<Agent>& agent, uint64_t version,
                                      const SetAbilities& command, TimePoint now);

// Takes over what became of the person. NOT_FOUND NO_SUCH_AGENT.
struct FollowPerson {
  AgentId agent;
  bool person_disabled = false;
};
absl::StatusOr<Decision<Agent>> Apply(const std::optional<Agent>& agent,
                                      const FollowPerson& command, TimePoint now);

absl::Status NoSuchAgent();

}  // namespace kefu::gateway::directory
