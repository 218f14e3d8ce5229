// People and agents: the half of registrar.h that routing hears of.
#include <utility>

#include "gateway/directory/domain/fields.h"
#include "gateway/directory/registrar.h"
#include "gateway/directory/storage/deciding.h"
#include "services/common/base/failpoint.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::directory {

Task<absl::StatusOr<PersonId>> Registrar::CreatePerson(redis::Request request, NewPerson person) {
  KEFU_CO_RETURN_IF_ERROR(CheckLogin("login", person.login));
  KEFU_CO_RETURN_IF_ERROR(CheckDisplayName("display_name", person.display_name, true));
  KEFU_CO_RETURN_IF_ERROR(CheckNewPassword("password", person.password));
  const PersonId person_id = PersonId::FromToken(DeriveToken("kefu person", request.id));
  const redis::AggregateId id = IdOf(std::nullopt, kPersonType, person_id.str());
  // Before hashing, which is dear.
  KEFU_CO_ASSIGN_OR_RETURN(const auto replay, co_await deps_.store.FindReplay(id, request));
  if (replay) co_return person_id;

  KEFU_CO_ASSIGN_OR_RETURN(Passwords::Place place, deps_.passwords.Reserve());
  KEFU_CO_ASSIGN_OR_RETURN(std::string hash, co_await deps_.passwords.HashNew(
                                                 std::move(place), std::move(person.password)));
  const directory::CreatePerson command{person_id, person.login, person.display_name,
                                        std::move(hash)};
  auto decide = Deciding<Person>([command](const std::optional<Person>& state, uint64_t,
                                           TimePoint now) { return Apply(state, command, now); },
                                 {Unique(kLoginsIndex, person.login, person_id.str(), "LOGIN_TAKEN",
                                         "Somebody has this login already; choose another one.")});
  KEFU_CO_RETURN_IF_ERROR(co_await Commit(id, std::move(request), std::move(decide)));
  co_return person_id;
}

Task<absl::Status> Registrar::SetPersonDisabled(redis::Request request, std::string login,
                                                bool disabled) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<PersonId> person,
                           co_await deps_.directory.FindPerson(std::move(login)));
  if (!person) co_return NoSuchPerson();
  const directory::SetPersonDisabled command{*person, disabled};
  auto decide = Deciding<Person>([command](const std::optional<Person>& state, uint64_t,
                                           TimePoint now) { return Apply(state, command, now); },
                                 {Owed(person->str())});
  const redis::AggregateId id = IdOf(std::nullopt, kPersonType, person->str());
  KEFU_CO_RETURN_IF_ERROR(co_await Commit(id, std::move(request), std::move(decide)));
  KEFU_FAILPOINT("gateway.directory.person_before_agents");
  const absl::Status settled = co_await SettlePerson(*person);
  if (!settled.ok())
    log::Warn("person's agents not yet told",
              {{"person", person->str()}, {"error", settled.ToString()}});
  co_return absl::OkStatus();
}

Task<absl::StatusOr<uint64_t>> Registrar::ChangePassword(redis::Request request, PersonId person,
                                                         std::string old_password,
                                                         std::string new_password) {
  KEFU_CO_RETURN_IF_ERROR(CheckNewPassword("new_password", new_password));
  const redis::AggregateId id = IdOf(std::nullopt, kPersonType, person.str());
  // First: once it is changed, the old password does not fit any more.
  KEFU_CO_ASSIGN_OR_RETURN(const auto replay, co_await deps_.store.FindReplay(id, request));
  if (replay) {
    KEFU_CO_ASSIGN_OR_RETURN(const Person changed, Decode<Person>(replay->state));
    co_return changed.credentials_version;
  }
  KEFU_CO_ASSIGN_OR_RETURN(const PersonInfo info, co_await deps_.directory.ReadPerson(person));
  KEFU_CO_ASSIGN_OR_RETURN(Passwords::Place verifying, deps_.passwords.Reserve());
  KEFU_CO_ASSIGN_OR_RETURN(const bool right,
                           co_await deps_.passwords.Verify(std::move(verifying), info.password_hash,
                                                           std::move(old_password)));
  if (!right) co_return BadCredentials();
  KEFU_CO_ASSIGN_OR_RETURN(Passwords::Place hashing, deps_.passwords.Reserve());
  KEFU_CO_ASSIGN_OR_RETURN(std::string hash, co_await deps_.passwords.HashNew(
                                                 std::move(hashing), std::move(new_password)));
  const directory::ChangePassword command{person, info.password_hash, std::move(hash)};
  auto decide = Deciding<Person>([command](const std::optional<Person>& state, uint64_t,
                                           TimePoint now) { return Apply(state, command, now); });
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Committed committed,
                           co_await Commit(id, std::move(request), std::move(decide)));
  KEFU_CO_ASSIGN_OR_RETURN(const Person changed, Decode<Person>(committed.state));
  co_return changed.credentials_version;
}

Task<absl::Status> Registrar::Join(PersonId person, ShopId shop, AgentId agent) {
  const AddMembership command{person, {shop, agent}};
  auto decide = Deciding<Person>([command](const std::optional<Person>& state, uint64_t,
                                           TimePoint now) { return Apply(state, command, now); });
  const redis::AggregateId id = IdOf(std::nullopt, kPersonType, person.str());
  redis::Request repeatable;
  co_return (co_await Commit(id, std::move(repeatable), std::move(decide))).status();
}

Task<absl::StatusOr<AgentInfo>> Registrar::CreateAgent(redis::Request request, ShopId shop,
                                                       NewAgent agent) {
  if (!agent.program) KEFU_CO_RETURN_IF_ERROR(CheckLogin("agent.login", agent.login));
  KEFU_CO_RETURN_IF_ERROR(co_await deps_.directory.GetShop(shop));
  std::optional<PersonId> person;
  if (!agent.program) {
    KEFU_CO_ASSIGN_OR_RETURN(person, co_await deps_.directory.FindPerson(agent.login));
    if (!person) co_return NoSuchPerson();
  }
  const AgentId agent_id =
      AgentId::FromToken(DeriveToken("kefu agent", shop.str() + "/" + request.id));

  const directory::CreateAgent command{.agent = agent_id,
                                       .person = person,
                                       .login = agent.login,
                                       .display_name = agent.display_name,
                                       .role = agent.role,
                                       .capacity = agent.capacity,
                                       .disabled = agent.disabled,
                                       .answer_limit_ms = agent.answer_limit_ms};
  std::vector<redis::IndexChange> indexes = {Sorted(kAgentsIndex, agent_id.str(), "0"),
                                             Owed(agent_id.str())};
  if (person) {
    indexes.push_back(Unique(kAgentOfIndex, person->str(), agent_id.str(), "AGENT_EXISTS",
                             "The person is an agent of this shop already."));
  }
  auto decide = Deciding<Agent>([command](const std::optional<Agent>& state, uint64_t,
                                          TimePoint now) { return Apply(state, command, now); },
                                std::move(indexes));
  const redis::AggregateId id = IdOf(shop, kAgentType, agent_id.str());
  const absl::StatusOr<redis::Committed> committed =
      co_await Commit(id, std::move(request), std::move(decide));
  KEFU_FAILPOINT("gateway.directory.agent_before_person");
  if (!committed.ok()) {
    // The agent that is there may have been cut off from its person.
    if (person && ErrorReason(committed.status()) == "AGENT_EXISTS") {
      KEFU_CO_ASSIGN_OR_RETURN(const auto existing,
                               co_await deps_.directory.FindAgentOf(shop, *person));
      if (existing) KEFU_CO_RETURN_IF_ERROR(co_await Join(*person, shop, *existing));
    }
    co_return committed.status();
  }
  if (person) KEFU_CO_RETURN_IF_ERROR(co_await Join(*person, shop, agent_id));
  KEFU_CO_ASSIGN_OR_RETURN(Agent state, Decode<Agent>(committed->state));
  const AgentInfo present{std::move(state), agent_id, committed->version};
  const absl::Status settled = co_await SettleAgent(shop, present);
  if (!settled.ok())
    log::Warn("routing not yet told", {{"agent", agent_id.str()}, {"error", settled.ToString()}});
  KEFU_CO_ASSIGN_OR_RETURN(auto made, UnpackResult<Agent>(committed->result));
  co_return AgentInfo{std::move(made.second), agent_id, made.first};
}

template <class Command>
Task<absl::StatusOr<AgentInfo>> Registrar::ChangeAgent(redis::Request request, ShopId shop,
                                                       Command command) {
  const AgentId agent_id = command.agent;
  auto decide = Deciding<Agent>(
      [command = std::move(command)](const std::optional<Agent>& state, uint64_t version,
                                     TimePoint now) { return Apply(state, version, command, now); },
      {Owed(agent_id.str())});
  const redis::AggregateId id = IdOf(shop, kAgentType, agent_id.str());
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Committed committed,
                           co_await Commit(id, std::move(request), std::move(decide)));
  KEFU_FAILPOINT("gateway.directory.agent_before_routing");
  KEFU_CO_ASSIGN_OR_RETURN(Agent state, Decode<Agent>(committed.state));
  const AgentInfo present{std::move(state), agent_id, committed.version};
  const absl::Status settled = co_await SettleAgent(shop, present);
  if (!settled.ok())
    log::Warn("routing not yet told", {{"agent", agent_id.str()}, {"error", settled.ToString()}});
  KEFU_CO_ASSIGN_OR_RETURN(auto made, UnpackResult<Agent>(committed.result));
  co_return AgentInfo{std::move(made.second), agent_id, made.first};
}

Task<absl::StatusOr<AgentInfo>> Registrar::UpdateAgent(redis::Request request, ShopId shop,
                                                       directory::UpdateAgent command) {
  return ChangeAgent(std::move(request), std::move(shop), std::move(command));
}

Task<absl::StatusOr<AgentInfo>> Registrar::SetAbilities(redis::Request request, ShopId shop,
                                                        directory::SetAbilities command) {
  return ChangeAgent(std::move(request), std::move(shop), std::move(command));
}

Task<absl::Status> Registrar::SettleAgent(ShopId shop, AgentInfo agent) {
  if (agent_hook_) KEFU_CO_RETURN_IF_ERROR(co_await agent_hook_(shop, agent));
  co_return co_await MarkSettled(shop, agent.id.str(), agent.version);
}

Task<absl::Status> Registrar::SettlePerson(PersonId person) {
  KEFU_CO_ASSIGN_OR_RETURN(const PersonInfo info, co_await deps_.directory.ReadPerson(person));
  for (const Membership& membership : info.memberships) {
    const redis::AggregateId id = IdOf(membership.shop, kAgentType, membership.agent.str());
    KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot, co_await deps_.store.Load(id));
    KEFU_CO_ASSIGN_OR_RETURN(const Agent agent, Decode<Agent>(snapshot.state));
    if (agent.person_disabled == info.disabled) continue;
    const FollowPerson command{membership.agent, info.disabled};
    auto decide = Deciding<Agent>([command](const std::optional<Agent>& state, uint64_t,
                                            TimePoint now) { return Apply(state, command, now); },
                                  {Owed(membership.agent.str())});
    redis::Request repeatable;
    KEFU_CO_ASSIGN_OR_RETURN(const redis::Committed committed,
                             co_await Commit(id, std::move(repeatable), std::move(decide)));
    KEFU_CO_ASSIGN_OR_RETURN(Agent state, Decode<Agent>(committed.state));
    const AgentInfo present{std::move(state), membership.agent, committed.version};
    KEFU_CO_RETURN_IF_ERROR(co_await SettleAgent(membership.shop, present));
  }
  co_return co_await MarkSettled(std::nullopt, person.str(), info.version);
}

Task<absl::Status> Registrar::RepairAgents(ShopId shop) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::vector<std::string> owed, co_await Unsettled(shop));
  for (const std::string& name : owed) {
    KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(name));
    const redis::AggregateId id = IdOf(shop, kAgentType, name);
    KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot, co_await deps_.store.Load(id));
    KEFU_CO_ASSIGN_OR_RETURN(Agent state, Decode<Agent>(snapshot.state));
    const AgentInfo present{std::move(state), agent, snapshot.version};
    KEFU_CO_RETURN_IF_ERROR(co_await SettleAgent(shop, present));
  }
  co_return absl::OkStatus();
}

Task<absl::Status> Registrar::RepairPeople() {
  KEFU_CO_ASSIGN_OR_RETURN(const std::vector<std::string> owed, co_await Unsettled(std::nullopt));
  for (const std::string& name : owed) {
    KEFU_CO_ASSIGN_OR_RETURN(const PersonId person, PersonId::Parse(name));
    KEFU_CO_RETURN_IF_ERROR(co_await SettlePerson(person));
  }
  co_return absl::OkStatus();
}

}  // namespace kefu::gateway::directory
