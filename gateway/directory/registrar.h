// Changes to the directory. Every change is decided by the pure functions in domain/, committed
// with its indexes, its event and its request id in one step
// (services/common/redis/aggregate_store.h), then told to all gateways.
//
// What touches two records (a shop and its place in the list, an agent and its person) is written
// in an order in which a crash in between leaves something that works, and is completed by
// repeating the request. Routing keeps a copy of agents. Its copy is brought up to date by
// `AgentHook` after the commit; the commit itself notes that this is owed ("unsettled"), and Repair
// pays what a crash or an error left owing. Call it from a sweep.
//
// Threads: thread-safe; SetAgentHook before serving.
// Errors: those of the domain, LOGIN_TAKEN, AGENT_EXISTS, TOO_MANY_KEYS, SECRET_SHOWN_ONCE,
// BAD_CREDENTIALS, those of passwords.h and of the aggregate store.
#pragma once

#include <absl/status/statusor.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/directory/directory.h"
#include "gateway/directory/key_ring.h"
#include "gateway/directory/notices.h"
#include "gateway/directory/passwords.h"
#include "services/common/redis/aggregate_store.h"

namespace kefu::gateway::directory {

struct NewShop {
  ShopId shop;
  std::string display_name;
  std::vector<std::string> origins;
};
struct CreatedShop {
  ShopInfo shop;
  std::string identity_key_id;
  std::string identity_key;
};

struct NewPerson {
  std::string login;
  std::string display_name;
  std::string password;
};

struct NewAgent {
  // Names the person; a program has none.
  bool program = false;
  std::string login;
  std::string display_name;
  StaffRole role = StaffRole::kAgent;
  uint32_t capacity = 0;
  bool disabled = false;
  int64_t answer_limit_ms = 0;
};

struct CreatedApiKey {
  ApiKeyInfo key;
  // The bearer token.
  std::string token;
};

struct RotatedKey {
  std::string key_id;
  std::string key;
};

class Registrar {
 public:
  struct Deps {
    redis::AggregateStore& store;
    Directory& directory;
    Notices& notices;
    Passwords& passwords;
    // Seals and derives the shops' secrets.
    const KeyRing& master_keys;
  };
  explicit Registrar(const Deps& deps) : deps_(deps) {}

  // Tells routing of the agent; safe to repeat, an older version must change nothing.
  using AgentHook = std::function<Task<absl::Status>(ShopId, AgentInfo)>;
  void SetAgentHook(AgentHook hook) { agent_hook_ = std::move(hook); }

  Task<absl::StatusOr<CreatedShop>> CreateShop(redis::Request request, NewShop shop);
  Task<absl::StatusOr<ShopInfo>> UpdateShop(redis::Request request, directory::UpdateShop command);
  Task<absl::StatusOr<RotatedKey>> RotateIdentityKey(redis::Request request, ShopId shop);

  Task<absl::StatusOr<PersonId>> CreatePerson(redis::Request request, NewPerson person);
  Task<absl::Status> SetPersonDisabled(redis::Request request, std::string login, bool disabled);
  // Answers the person's new credentials version. UNAUTHENTICATED BAD_CREDENTIALS if the old one is
  // wrong.
  Task<absl::StatusOr<uint64_t>> ChangePassword(redis::Request request, PersonId person,
                                                std::string old_password, std::string new_password);

  Task<absl::StatusOr<AgentInfo>> CreateAgent(redis::Request request, ShopId shop, NewAgent agent);
  Task<absl::StatusOr<AgentInfo>> UpdateAgent(redis::Request request, ShopId shop,
                                              directory::UpdateAgent command);
  Task<absl::StatusOr<AgentInfo>> SetAbilities(redis::Request request, ShopId shop,
                                               directory::SetAbilities command);

  // With a grant: NOT_FOUND NO_SUCH_AGENT, FAILED_PRECONDITION AGENT_IS_A_PERSON.
  Task<absl::StatusOr<CreatedApiKey>> CreateApiKey(redis::Request request, ShopId shop,
                                                   std::string display_name,
                                                   std::optional<Grant> grant = std::nullopt);
  Task<absl::Status> RevokeApiKey(redis::Request request, ShopId shop, std::string key_id);

  // An act that other services carry out, remembered with the shop so that a repetition answers the
  // same: the result stored under the request, if any; then Remember it.
  Task<absl::StatusOr<std::optional<std::string>>> Remembered(redis::Request request, ShopId shop);
  Task<absl::Status> Remember(redis::Request request, ShopId shop, std::string result);

  // What a sweep over shops does here: RepairAgents, ResealSecrets, and now and then RepairPeople.
  Task<absl::Status> Repair(ShopId shop);
  // Seals with the current master key what an older one sealed, so that the older one can go.
  Task<absl::Status> ResealSecrets(ShopId shop);
  // Pays what is owed to routing, for a shop's agents and for people of all shops. Bounded work;
  // call it again later.
  Task<absl::Status> RepairAgents(ShopId shop);
  Task<absl::Status> RepairPeople();

 private:
  Task<absl::StatusOr<redis::Committed>> Commit(redis::AggregateId id, redis::Request request,
                                                redis::AggregateStore::Decide decide);
  // Brings the shop's place in the list, and what is known of its origins, up to date.
  Task<absl::Status> ListShop(ShopId shop);
  Task<absl::Status> Join(PersonId person, ShopId shop, AgentId agent);
  // An agent that is there changed as `command` says; then routing hears of it.
  template <class Command>
  Task<absl::StatusOr<AgentInfo>> ChangeAgent(redis::Request request, ShopId shop, Command command);
  Task<absl::Status> SettleAgent(ShopId shop, AgentInfo agent);
  Task<absl::Status> SettlePerson(PersonId person);
  Task<absl::StatusOr<std::vector<std::string>>> Unsettled(std::optional<ShopId> shop);
  Task<absl::Status> MarkSettled(std::optional<ShopId> shop, std::string id, uint64_t version);
  absl::StatusOr<std::string> OpenIdentityKey(const ShopId& shop, const Shop& state,
                                              std::string_view key_id) const;

  const Deps deps_;
  AgentHook agent_hook_;
  std::atomic<int64_t> people_repaired_ms_{0};
};

// The text that seals a shop's identity key or salt to its place.
std::string IdentityKeyContext(const ShopId& shop, std::string_view key_id);
std::string BuyerSaltContext(const ShopId& shop);

// A command's identity out of what the caller sent. The hash is keyed, since payloads hold
// passwords.
redis::Request MakeRequest(const KeyRing& master_keys, std::string_view request_id,
                           std::string_view method, std::string_view payload,
                           std::string_view traceparent);

absl::Status BadCredentials();

}  // namespace kefu::gateway::directory
