// What the gateway knows of shops, people, agents and keys: the reading side (changes:
// registrar.h).
//
// Answers come from memory for up to 5 s; a notice from the gateway that changed something drops it
// at once (notices.h). So a disabled agent or a revoked key stops working within moments
// everywhere, and within 5 s if the notice was lost.
//
// Keys: README.md. Threads: thread-safe.
// Errors: NOT_FOUND NO_SUCH_SHOP, NO_SUCH_AGENT, NO_SUCH_PERSON; those of redis/client.h.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <vector>

#include "gateway/directory/domain/agent.h"
#include "gateway/directory/domain/api_key.h"
#include "gateway/directory/domain/person.h"
#include "gateway/directory/domain/shop.h"
#include "gateway/directory/notices.h"
#include "gateway/directory/stale_cache.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregate_store.h"

namespace kefu::gateway::directory {

// The version rises with every change; an agent's is routing's config_version and the API's etag.
struct ShopInfo : Shop {
  ShopId id;
  uint64_t version = 0;
};
struct PersonInfo : Person {
  PersonId id;
  uint64_t version = 0;
};
struct AgentInfo : Agent {
  AgentId id;
  uint64_t version = 0;
};
struct ApiKeyInfo : ApiKey {
  std::string id;
  uint64_t version = 0;
};

template <class Item>
struct Page {
  std::vector<Item> items;
  // For the next page; empty at the end.
  std::string next;
};

struct ListedShop {
  ShopId id;
  std::string display_name;
  std::vector<std::string> origins;
  TimePoint create_time;
};

// The program that a key stands for.
struct ApiKeyHolder {
  ShopId shop;
  std::string key_id;
  std::optional<Grant> grant;
};

class Directory {
 public:
  // `now_ms` is a monotonic clock.
  Directory(redis::AggregateStore& store, Notices& notices, int64_t (*now_ms)() = MonotonicMs);

  Task<absl::StatusOr<ShopInfo>> GetShop(ShopId shop);
  Task<absl::StatusOr<AgentInfo>> GetAgent(ShopId shop, AgentId agent);
  Task<absl::StatusOr<PersonInfo>> GetPerson(PersonId person);

  // UNAUTHENTICATED TOKEN_INVALID for everything that is not the token of a key, TOKEN_REVOKED for
  // one that was.
  Task<absl::StatusOr<ApiKeyHolder>> ResolveApiKey(std::string token);
  // The same of a key that was resolved before: it was not revoked, and its agent is in service.
  Task<absl::Status> CheckApiKey(ShopId shop, std::string key_id);
  static bool LooksLikeApiKey(std::string_view token);

  // Some shop allows browsers of this origin to call.
  Task<absl::StatusOr<bool>> OriginAllowed(std::string origin);

  // Every shop of the installation, for sweeps.
  Task<absl::StatusOr<std::vector<ShopId>>> ListShops();

  // In id order, after `cursor`; not from memory.
  Task<absl::StatusOr<Page<ListedShop>>> ListShopPage(std::string cursor, uint32_t limit);
  Task<absl::StatusOr<Page<AgentInfo>>> ListAgents(ShopId shop, std::string cursor, uint32_t limit);
  Task<absl::StatusOr<std::vector<ApiKeyInfo>>> ListApiKeys(ShopId shop);

  // Not from memory. None: nobody has that login; the person is no agent there.
  Task<absl::StatusOr<std::optional<PersonId>>> FindPerson(std::string login);
  Task<absl::StatusOr<std::optional<AgentId>>> FindAgentOf(ShopId shop, PersonId person);
  Task<absl::StatusOr<PersonInfo>> ReadPerson(PersonId person);

 private:
  Task<absl::StatusOr<Page<std::string>>> ListIds(std::optional<ShopId> shop, std::string index,
                                                  std::string cursor, uint32_t limit);
  Task<absl::StatusOr<ApiKeyInfo>> GetApiKey(ShopId shop, std::string key_id);
  Task<absl::Status> CheckHolds(ShopId shop, ApiKeyInfo key);
  void Forget(const std::string& shop, const v1::DirectoryChanged& change);

  redis::AggregateStore& store_;
  Notices& notices_;
  StaleCache<ShopInfo> shops_;
  StaleCache<AgentInfo> agents_;
  StaleCache<PersonInfo> people_;
  StaleCache<ApiKeyInfo> keys_;
  // Apart, so that made-up origins cannot push out the real ones.
  StaleCache<bool> origins_, foreign_origins_;
  StaleCache<std::vector<ShopId>> shop_lists_;
};

// Names of indexes, and of types in AggregateId.
inline constexpr std::string_view kShopType = "shop", kPersonType = "person", kAgentType = "agent",
                                  kKeyType = "key";
inline constexpr std::string_view kShopsIndex = "shops", kLoginsIndex = "logins",
                                  kAgentsIndex = "agents", kAgentOfIndex = "agent_of",
                                  kKeysIndex = "keys", kUnsettledIndex = "unsettled";
// The set of shops that allow an origin, in {sys}.
std::string OriginIndex(std::string_view origin);

// "k1.<shop>.<key id>.<secret>"
std::string ApiKeyToken(const ShopId& shop, std::string_view key_id, std::string_view secret);

}  // namespace kefu::gateway::directory
