#include "gateway/directory/storage/records.h"

#include "proto/kefu/gateway/v1/record.pb.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

constexpr uint32_t kVersion = 1;
// 2: skills, languages, hours; an agent of version 1 has none.
constexpr uint32_t kAgentVersion = 2;
// Programs and their keys have versions of their own, so that a release that does not know them
// refuses them and still reads people and integrators' keys.
constexpr uint32_t kProgramVersion = 3;
constexpr uint32_t kProgramKeyVersion = 2;

template <class Record>
absl::StatusOr<Record> Parse(std::string_view bytes, uint32_t version = kVersion) {
  return ParseRecord<Record>(bytes, version);
}

}  // namespace

Role ToRole(StaffRole role) {
  switch (role) {
    case StaffRole::kAgent:
      return ROLE_AGENT;
    case StaffRole::kSupervisor:
      return ROLE_SUPERVISOR;
    case StaffRole::kAdmin:
      return ROLE_ADMIN;
  }
  return ROLE_UNSPECIFIED;
}

absl::StatusOr<StaffRole> ToStaffRole(std::string_view field, Role role) {
  switch (role) {
    case ROLE_AGENT:
      return StaffRole::kAgent;
    case ROLE_SUPERVISOR:
      return StaffRole::kSupervisor;
    case ROLE_ADMIN:
      return StaffRole::kAdmin;
    default:
      return InvalidField(field, "The role is ROLE_AGENT, ROLE_SUPERVISOR or ROLE_ADMIN.");
  }
}

static_assert(static_cast<int>(Scope::kSessions) == SCOPE_SESSIONS);
static_assert(static_cast<int>(Scope::kSuggest) == SCOPE_SUGGEST);
static_assert(static_cast<int>(Scope::kOrdersRead) == SCOPE_ORDERS_READ);
static_assert(static_cast<int>(Scope::kCasesWrite) == SCOPE_CASES_WRITE);
static_assert(static_cast<int>(Scope::kCasesDecide) == SCOPE_CASES_DECIDE);

kefu::Scope ToScope(Scope scope) { return static_cast<kefu::Scope>(scope); }

absl::StatusOr<Scope> ToGrantedScope(std::string_view field, int scope) {
  if (scope <= SCOPE_ANY || !Scope_IsValid(scope))
    return InvalidField(field, "Grant scopes such as SCOPE_SESSIONS.");
  return static_cast<Scope>(scope);
}

std::string Encode(const Shop& shop) {
  v1::ShopRecord record;
  record.set_record_version(kVersion);
  record.set_display_name(shop.display_name);
  for (const std::string& origin : shop.origins) record.add_origins(origin);
  record.set_create_time_ms(shop.create_time.ms);
  record.set_buyer_salt(shop.sealed_salt);
  for (const IdentityKey& key : shop.identity_keys) {
    v1::IdentityKeyRecord* stored = record.add_identity_keys();
    stored->set_key_id(key.key_id);
    stored->set_key(key.sealed);
  }
  return record.SerializeAsString();
}

template <>
absl::StatusOr<Shop> Decode<Shop>(std::string_view bytes) {
  KEFU_ASSIGN_OR_RETURN(const v1::ShopRecord record, Parse<v1::ShopRecord>(bytes));
  Shop shop{.display_name = record.display_name(),
            .origins = {record.origins().begin(), record.origins().end()},
            .create_time = {record.create_time_ms()},
            .sealed_salt = record.buyer_salt()};
  for (const v1::IdentityKeyRecord& key : record.identity_keys())
    shop.identity_keys.push_back({key.key_id(), key.key()});
  return shop;
}

std::string Encode(const ShopEntry& entry) {
  v1::ShopEntryRecord record;
  record.set_record_version(kVersion);
  record.set_display_name(entry.display_name);
  for (const std::string& origin : entry.origins) record.add_origins(origin);
  record.set_create_time_ms(entry.create_time.ms);
  return record.SerializeAsString();
}

template <>
absl::StatusOr<ShopEntry> Decode<ShopEntry>(std::string_view bytes) {
  KEFU_ASSIGN_OR_RETURN(const v1::ShopEntryRecord record, Parse<v1::ShopEntryRecord>(bytes));
  return ShopEntry{.display_name = record.display_name(),
                   .origins = {record.origins().begin(), record.origins().end()},
                   .create_time = {record.create_time_ms()}};
}

std::string Encode(const Person& person) {
  v1::PersonRecord record;
  record.set_record_version(kVersion);
  record.set_login(person.login);
  record.set_display_name(person.display_name);
  record.set_password_hash(person.password_hash);
  record.set_disabled(person.disabled);
  record.set_credentials_version(person.credentials_version);
  for (const Membership& membership : person.memberships) {
    v1::MembershipRecord* stored = record.add_memberships();
    stored->set_shop(membership.shop.str());
    stored->set_agent(membership.agent.str());
  }
  record.set_create_time_ms(person.create_time.ms);
  return record.SerializeAsString();
}

template <>
absl::StatusOr<Person> Decode<Person>(std::string_view bytes) {
  KEFU_ASSIGN_OR_RETURN(const v1::PersonRecord record, Parse<v1::PersonRecord>(bytes));
  Person person{.login = record.login(),
                .display_name = record.display_name(),
                .password_hash = record.password_hash(),
                .disabled = record.disabled(),
                .credentials_version = record.credentials_version(),
                .create_time = {record.create_time_ms()}};
  for (const v1::MembershipRecord& stored : record.memberships()) {
    const auto shop = ShopId::Parse(stored.shop());
    const auto agent = AgentId::Parse(stored.agent());
    if (!shop.ok() || !agent.ok()) return BadRecord();
    person.memberships.push_back({*shop, *agent});
  }
  return person;
}

std::string Encode(const Agent& agent) {
  v1::AgentRecord record;
  record.set_record_version(agent.is_program() ? kProgramVersion : kAgentVersion);
  if (agent.person) record.set_person(agent.person->str());
  record.set_program(agent.is_program());
  record.set_answer_limit_ms(agent.answer_limit_ms);
  record.set_login(agent.login);
  record.set_display_name(agent.display_name);
  record.set_role(ToRole(agent.role));
  record.set_capacity(agent.capacity);
  record.set_disabled(agent.disabled);
  record.set_person_disabled(agent.person_disabled);
  record.set_credentials_version(agent.credentials_version);
  record.set_create_time_ms(agent.create_time.ms);
  for (const auto& [skill, level] : agent.abilities.skills)
    (*record.mutable_skills())[skill] = level;
  for (const std::string& tag : agent.abilities.languages) record.add_languages(tag);
  record.set_hours(agent.abilities.hours);
  return record.SerializeAsString();
}

template <>
absl::StatusOr<Agent> Decode<Agent>(std::string_view bytes) {
  KEFU_ASSIGN_OR_RETURN(const v1::AgentRecord record,
                        Parse<v1::AgentRecord>(bytes, kProgramVersion));
  std::optional<PersonId> person;
  if (!record.program()) {
    const auto id = PersonId::Parse(record.person());
    if (!id.ok()) return BadRecord();
    person = *id;
  }
  const auto role = ToStaffRole("role", record.role());
  if (!role.ok()) return BadRecord();
  return Agent{.person = std::move(person),
               .login = record.login(),
               .display_name = record.display_name(),
               .role = *role,
               .capacity = record.capacity(),
               .disabled = record.disabled(),
               .person_disabled = record.person_disabled(),
               .credentials_version = record.credentials_version(),
               .create_time = {record.create_time_ms()},
               .abilities = {{record.skills().begin(), record.skills().end()},
                             {record.languages().begin(), record.languages().end()},
                             record.hours()},
               .answer_limit_ms = record.answer_limit_ms()};
}

std::string Encode(const ApiKey& key) {
  v1::ApiKeyRecord record;
  record.set_record_version(key.grant ? kProgramKeyVersion : kVersion);
  record.set_display_name(key.display_name);
  record.set_secret_hash(key.secret_hash);
  record.set_derived_with(key.derived_with);
  record.set_revoked(key.revoked);
  record.set_create_time_ms(key.create_time.ms);
  if (key.grant) {
    record.set_agent(key.grant->agent.str());
    for (const Scope scope : key.grant->scopes) record.add_scopes(ToScope(scope));
  }
  return record.SerializeAsString();
}

template <>
absl::StatusOr<ApiKey> Decode<ApiKey>(std::string_view bytes) {
  KEFU_ASSIGN_OR_RETURN(const v1::ApiKeyRecord record,
                        Parse<v1::ApiKeyRecord>(bytes, kProgramKeyVersion));
  std::optional<Grant> grant;
  if (record.record_version() >= kProgramKeyVersion) {
    const auto agent = AgentId::Parse(record.agent());
    if (!agent.ok()) return BadRecord();
    grant = Grant{*agent, {}};
    for (const int scope : record.scopes()) grant->scopes.push_back(static_cast<Scope>(scope));
  }
  return ApiKey{.display_name = record.display_name(),
                .secret_hash = record.secret_hash(),
                .derived_with = record.derived_with(),
                .revoked = record.revoked(),
                .create_time = {record.create_time_ms()},
                .grant = std::move(grant)};
}

}  // namespace kefu::gateway::directory
