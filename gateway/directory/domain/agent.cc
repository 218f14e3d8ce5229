#include "gateway/directory/domain/agent.h"

#include "gateway/directory/domain/fields.h"
#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

constexpr size_t kMaxSkills = 100;
constexpr size_t kMaxLanguages = 20;
constexpr uint32_t kMaxLevel = 5;
constexpr int64_t kMinAnswerLimitMs = 1000, kMaxAnswerLimitMs = 3'600'000;

std::vector<DirectoryEvent> Changed(const AgentId& agent) { return {{"agent", agent.str()}}; }

// Of what was asked for; what a person's login must be is checked where people are found.
template <class Command>
absl::Status CheckKind(const Command& command, bool program) {
  if (!program) {
    if (command.answer_limit_ms == 0) return absl::OkStatus();
    return InvalidField("agent.answer_limit", "Only programs have one.");
  }
  if (command.role != StaffRole::kAgent)
    return InvalidField("agent.role", "A program is ROLE_AGENT; supervisors are people.");
  const bool in_range =
      command.answer_limit_ms >= kMinAnswerLimitMs && command.answer_limit_ms <= kMaxAnswerLimitMs;
  if (command.answer_limit_ms == 0 || in_range) return absl::OkStatus();
  return InvalidField("agent.answer_limit", "From 1 s to 1 h, or none.");
}

absl::Status CheckAbilities(const Abilities& abilities) {
  if (abilities.skills.size() > kMaxSkills) return InvalidField("skills", "At most 100.");
  if (abilities.languages.size() > kMaxLanguages) return InvalidField("languages", "At most 20.");
  for (const auto& [skill, level] : abilities.skills) {
    if (level >= 1 && level <= kMaxLevel) continue;
    return InvalidField("skills[\"" + skill + "\"]", "A level is 1 to 5.");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status NoSuchAgent() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_AGENT", "The shop has no such agent.");
}

absl::StatusOr<Decision<Agent>> Apply(const std::optional<Agent>& agent, const CreateAgent& command,
                                      TimePoint now) {
  if (agent) {
    return Error(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                 "The request id was used for another agent; take a new one.");
  }
  KEFU_RETURN_IF_ERROR(CheckDisplayName("agent.display_name", command.display_name, true));
  KEFU_RETURN_IF_ERROR(CheckCapacity("agent.capacity", command.capacity));
  KEFU_RETURN_IF_ERROR(CheckKind(command, !command.person));
  if (!command.person && !command.login.empty())
    return InvalidField("agent.login", "A program has none; it calls with API keys.");
  Agent next{.person = command.person,
             .login = command.login,
             .display_name = command.display_name,
             .role = command.role,
             .capacity = command.capacity,
             .disabled = command.disabled,
             .create_time = now,
             .answer_limit_ms = command.answer_limit_ms};
  return Decision<Agent>{std::move(next), Changed(command.agent)};
}

absl::StatusOr<Decision<Agent>> Apply(const std::optional<Agent>& agent, uint64_t version,
                                      const UpdateAgent& command, TimePoint) {
  if (!agent) return NoSuchAgent();
  KEFU_RETURN_IF_ERROR(CheckDisplayName("agent.display_name", command.display_name, true));
  KEFU_RETURN_IF_ERROR(CheckCapacity("agent.capacity", command.capacity));
  KEFU_RETURN_IF_ERROR(CheckKind(command, agent->is_program()));
  KEFU_RETURN_IF_ERROR(CheckVersion(command.expected_version, version, "The agent"));
  if (command.by == command.agent.str() && (command.disabled || command.role != agent->role)) {
    return Error(
        absl::StatusCode::kFailedPrecondition, "OWN_AGENT",
        "Nobody disables themselves or changes their own role; ask another administrator.");
  }
  Agent next = *agent;
  next.display_name = command.display_name;
  next.role = command.role;
  next.capacity = command.capacity;
  next.answer_limit_ms = command.answer_limit_ms;
  if (command.disabled && !next.disabled) ++next.credentials_version;
  next.disabled = command.disabled;
  return Decision<Agent>{std::move(next), Changed(command.agent)};
}

absl::StatusOr<Decision<Agent>> Apply(const std::optional<Agent>& agent, uint64_t version,
                                      const SetAbilities& command, TimePoint) {
  if (!agent) return NoSuchAgent();
  KEFU_RETURN_IF_ERROR(CheckAbilities(command.abilities));
  KEFU_RETURN_IF_ERROR(CheckVersion(command.expected_version, version, "The agent"));
  Agent next = *agent;
  next.abilities = command.abilities;
  return Decision<Agent>{std::move(next), Changed(command.agent)};
}

absl::StatusOr<Decision<Agent>> Apply(const std::optional<Agent>& agent,
                                      const FollowPerson& command, TimePoint) {
  if (!agent) return NoSuchAgent();
  Agent next = *agent;
  next.person_disabled = command.person_disabled;
  return Decision<Agent>{std::move(next), Changed(command.agent)};
}

}  // namespace kefu::gateway::directory
