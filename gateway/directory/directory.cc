#include "gateway/directory/directory.h"

#include <absl/strings/str_split.h>

#include <utility>

#include "gateway/directory/key_ring.h"
#include "gateway/directory/storage/records.h"
#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

constexpr size_t kCached = 20'000;
constexpr int64_t kMaxAgeMs = 5000;
constexpr uint32_t kIdsPerRead = 1000;
constexpr uint32_t kMaxKeys = 1000;
constexpr std::string_view kApiKeyPrefix = "k1.";
constexpr char kAllShops[] = "";

std::string InShop(std::string_view shop, std::string_view id) {
  return std::string(shop).append("/").append(id);
}

redis::AggregateId IdOf(std::optional<ShopId> shop, std::string_view type, std::string_view id) {
  return {std::move(shop), std::string(type), std::string(id)};
}

absl::Status InvalidToken() {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID",
               "The token is not valid; sign in again.");
}

// State and identity from what was read; `absent` if there is nothing.
template <class Info, class State, class Id>
absl::StatusOr<Info> ToInfo(const redis::Snapshot& snapshot, const Id& id,
                            const absl::Status& absent) {
  if (snapshot.version == 0) return absent;
  KEFU_ASSIGN_OR_RETURN(State state, Decode<State>(snapshot.state));
  return Info{std::move(state), id, snapshot.version};
}

}  // namespace

std::string OriginIndex(std::string_view origin) {
  return "origin:" + DeriveToken("kefu origin", origin);
}

std::string ApiKeyToken(const ShopId& shop, std::string_view key_id, std::string_view secret) {
  std::string token(kApiKeyPrefix);
  return token.append(shop.str()).append(".").append(key_id).append(".").append(secret);
}

Directory::Directory(redis::AggregateStore& store, Notices& notices, int64_t (*now_ms)())
    : store_(store),
      notices_(notices),
      shops_(kCached, kMaxAgeMs, now_ms),
      agents_(kCached, kMaxAgeMs, now_ms),
      people_(kCached, kMaxAgeMs, now_ms),
      keys_(kCached, kMaxAgeMs, now_ms),
      origins_(kCached, kMaxAgeMs, now_ms),
      foreign_origins_(kCached, kMaxAgeMs, now_ms),
      shop_lists_(1, kMaxAgeMs, now_ms) {
  notices_.Listen([this](const std::string& shop, const v1::DirectoryChanged& change) {
    Forget(shop, change);
  });
}

void Directory::Forget(const std::string& shop, const v1::DirectoryChanged& change) {
  if (change.kind() == "agent") agents_.Drop(InShop(shop, change.subject()));
  if (change.kind() == "key") keys_.Drop(InShop(shop, change.subject()));
  if (change.kind() == "person") people_.Drop(change.subject());
  if (change.kind() == "shop") {
    shops_.Drop(change.subject());
    shop_lists_.Drop(kAllShops);
  }
}

Task<absl::StatusOr<ShopInfo>> Directory::GetShop(ShopId shop) {
  if (std::optional<ShopInfo> known = shops_.Get(shop.str())) co_return *std::move(known);
  const auto ticket = shops_.Begin();
  const redis::AggregateId id = IdOf(shop, kShopType, shop.str());
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot, co_await store_.Load(id));
  KEFU_CO_ASSIGN_OR_RETURN(ShopInfo info, (ToInfo<ShopInfo, Shop>(snapshot, shop, NoSuchShop())));
  notices_.Watch(shop);
  shops_.Put(shop.str(), info, ticket);
  co_return info;
}

Task<absl::StatusOr<AgentInfo>> Directory::GetAgent(ShopId shop, AgentId agent) {
  const std::string place = InShop(shop.str(), agent.str());
  if (std::optional<AgentInfo> known = agents_.Get(place)) co_return *std::move(known);
  const auto ticket = agents_.Begin();
  const redis::AggregateId id = IdOf(shop, kAgentType, agent.str());
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot, co_await store_.Load(id));
  KEFU_CO_ASSIGN_OR_RETURN(AgentInfo info,
                           (ToInfo<AgentInfo, Agent>(snapshot, agent, NoSuchAgent())));
  notices_.Watch(shop);
  agents_.Put(place, info, ticket);
  co_return info;
}

Task<absl::StatusOr<PersonInfo>> Directory::GetPerson(PersonId person) {
  if (std::optional<PersonInfo> known = people_.Get(person.str())) co_return *std::move(known);
  const auto ticket = people_.Begin();
  KEFU_CO_ASSIGN_OR_RETURN(PersonInfo info, co_await ReadPerson(person));
  people_.Put(person.str(), info, ticket);
  co_return info;
}

Task<absl::StatusOr<PersonInfo>> Directory::ReadPerson(PersonId person) {
  const redis::AggregateId id = IdOf(std::nullopt, kPersonType, person.str());
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot, co_await store_.Load(id));
  co_return ToInfo<PersonInfo, Person>(snapshot, person, NoSuchPerson());
}

Task<absl::StatusOr<ApiKeyInfo>> Directory::GetApiKey(ShopId shop, std::string key_id) {
  const std::string place = InShop(shop.str(), key_id);
  if (std::optional<ApiKeyInfo> known = keys_.Get(place)) co_return *std::move(known);
  const auto ticket = keys_.Begin();
  const redis::AggregateId id = IdOf(shop, kKeyType, key_id);
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot, co_await store_.Load(id));
  KEFU_CO_ASSIGN_OR_RETURN(ApiKeyInfo info,
                           (ToInfo<ApiKeyInfo, ApiKey>(snapshot, key_id, InvalidToken())));
  notices_.Watch(shop);
  keys_.Put(place, info, ticket);
  co_return info;
}

bool Directory::LooksLikeApiKey(std::string_view token) {
  return token.substr(0, kApiKeyPrefix.size()) == kApiKeyPrefix;
}

Task<absl::StatusOr<ApiKeyHolder>> Directory::ResolveApiKey(std::string token) {
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  if (parts.size() != 4 || !LooksLikeApiKey(token)) co_return InvalidToken();
  const absl::StatusOr<ShopId> shop = ShopId::Parse(parts[1]);
  const std::string& key_id = parts[2];
  // Only ids of our making go into a key.
  if (!shop.ok() || key_id.substr(0, 2) != "k_" || !IsToken(std::string_view(key_id).substr(2)))
    co_return InvalidToken();
  KEFU_CO_ASSIGN_OR_RETURN(const ApiKeyInfo key, co_await GetApiKey(*shop, key_id));
  if (!EqualInConstantTime(Hash(parts[3]), key.secret_hash)) co_return InvalidToken();
  KEFU_CO_RETURN_IF_ERROR(co_await CheckHolds(*shop, key));
  co_return ApiKeyHolder{*shop, key_id, key.grant};
}

Task<absl::Status> Directory::CheckApiKey(ShopId shop, std::string key_id) {
  KEFU_CO_ASSIGN_OR_RETURN(ApiKeyInfo key, co_await GetApiKey(shop, std::move(key_id)));
  co_return co_await CheckHolds(std::move(shop), std::move(key));
}

Task<absl::Status> Directory::CheckHolds(ShopId shop, ApiKeyInfo key) {
  if (key.revoked) {
    co_return Error(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED",
                    "The key was revoked; ask the shop's administrator for another.");
  }
  if (!key.grant) co_return absl::OkStatus();
  KEFU_CO_ASSIGN_OR_RETURN(const AgentInfo agent,
                           co_await GetAgent(std::move(shop), key.grant->agent));
  if (agent.in_service()) co_return absl::OkStatus();
  co_return Error(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED",
                  "The agent that the key stands for is disabled.");
}

Task<absl::StatusOr<bool>> Directory::OriginAllowed(std::string origin) {
  if (origins_.Get(origin)) co_return true;
  if (foreign_origins_.Get(origin)) co_return false;
  const auto ticket = origins_.Begin();
  const auto foreign_ticket = foreign_origins_.Begin();
  redis::Command command = {"EXISTS", store_.Key(std::nullopt, OriginIndex(origin))};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value reply,
                           co_await store_.ClientOf(std::nullopt).Call(std::move(command)));
  if (reply.Int() > 0) {
    origins_.Put(origin, true, ticket);
    co_return true;
  }
  // Not for what could not be an origin anyway: a long header is not worth the memory.
  if (origin.size() <= 300) foreign_origins_.Put(origin, true, foreign_ticket);
  co_return false;
}

Task<absl::StatusOr<Page<std::string>>> Directory::ListIds(std::optional<ShopId> shop,
                                                           std::string index, std::string cursor,
                                                           uint32_t limit) {
  redis::Command command = {
      "ZRANGEBYLEX", store_.Key(shop, index),  cursor.empty() ? "-" : "(" + cursor, "+", "LIMIT",
      "0",           std::to_string(limit + 1)};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value reply,
                           co_await store_.ClientOf(shop).Call(std::move(command)));
  Page<std::string> page;
  for (const redis::Value& id : reply.array()) page.items.push_back(id.str());
  if (page.items.size() > limit) {
    page.items.resize(limit);
    page.next = page.items.back();
  }
  co_return page;
}

Task<absl::StatusOr<std::vector<ShopId>>> Directory::ListShops() {
  if (std::optional<std::vector<ShopId>> known = shop_lists_.Get(kAllShops))
    co_return *std::move(known);
  const auto ticket = shop_lists_.Begin();
  std::vector<ShopId> shops;
  std::string cursor;
  do {
    KEFU_CO_ASSIGN_OR_RETURN(
        Page<std::string> page,
        co_await ListIds(std::nullopt, std::string(kShopsIndex), cursor, kIdsPerRead));
    for (const std::string& id : page.items) {
      KEFU_CO_ASSIGN_OR_RETURN(ShopId shop, ShopId::Parse(id));
      shops.push_back(std::move(shop));
    }
    cursor = std::move(page.next);
  } while (!cursor.empty());
  shop_lists_.Put(kAllShops, shops, ticket);
  co_return shops;
}

Task<absl::StatusOr<Page<ListedShop>>> Directory::ListShopPage(std::string cursor, uint32_t limit) {
  KEFU_CO_ASSIGN_OR_RETURN(Page<std::string> ids,
                           co_await ListIds(std::nullopt, std::string(kShopsIndex), cursor, limit));
  KEFU_CO_ASSIGN_OR_RETURN(
      const std::vector<redis::Snapshot> snapshots,
      co_await store_.LoadMany(std::nullopt, std::string(kShopType), ids.items));
  Page<ListedShop> page{.next = std::move(ids.next)};
  for (size_t i = 0; i < snapshots.size(); ++i) {
    KEFU_CO_ASSIGN_OR_RETURN(ShopEntry entry, Decode<ShopEntry>(snapshots[i].state));
    KEFU_CO_ASSIGN_OR_RETURN(ShopId shop, ShopId::Parse(ids.items[i]));
    page.items.push_back({std::move(shop), std::move(entry.display_name), std::move(entry.origins),
                          entry.create_time});
  }
  co_return page;
}

Task<absl::StatusOr<Page<AgentInfo>>> Directory::ListAgents(ShopId shop, std::string cursor,
                                                            uint32_t limit) {
  KEFU_CO_ASSIGN_OR_RETURN(Page<std::string> ids,
                           co_await ListIds(shop, std::string(kAgentsIndex), cursor, limit));
  KEFU_CO_ASSIGN_OR_RETURN(const std::vector<redis::Snapshot> snapshots,
                           co_await store_.LoadMany(shop, std::string(kAgentType), ids.items));
  Page<AgentInfo> page{.next = std::move(ids.next)};
  for (size_t i = 0; i < snapshots.size(); ++i) {
    KEFU_CO_ASSIGN_OR_RETURN(AgentId agent, AgentId::Parse(ids.items[i]));
    KEFU_CO_ASSIGN_OR_RETURN(AgentInfo info,
                             (ToInfo<AgentInfo, Agent>(snapshots[i], agent, NoSuchAgent())));
    page.items.push_back(std::move(info));
  }
  co_return page;
}

Task<absl::StatusOr<std::vector<ApiKeyInfo>>> Directory::ListApiKeys(ShopId shop) {
  const std::string from_the_start;
  KEFU_CO_ASSIGN_OR_RETURN(Page<std::string> ids, co_await ListIds(shop, std::string(kKeysIndex),
                                                                   from_the_start, kMaxKeys));
  KEFU_CO_ASSIGN_OR_RETURN(const std::vector<redis::Snapshot> snapshots,
                           co_await store_.LoadMany(shop, std::string(kKeyType), ids.items));
  std::vector<ApiKeyInfo> keys;
  for (size_t i = 0; i < snapshots.size(); ++i) {
    KEFU_CO_ASSIGN_OR_RETURN(
        ApiKeyInfo info, (ToInfo<ApiKeyInfo, ApiKey>(snapshots[i], ids.items[i], InvalidToken())));
    keys.push_back(std::move(info));
  }
  co_return keys;
}

Task<absl::StatusOr<std::optional<PersonId>>> Directory::FindPerson(std::string login) {
  redis::Command command = {"HGET", store_.Key(std::nullopt, kLoginsIndex), std::move(login)};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value reply,
                           co_await store_.ClientOf(std::nullopt).Call(std::move(command)));
  std::optional<PersonId> person;
  if (!reply.is_nil()) {
    KEFU_CO_ASSIGN_OR_RETURN(person, PersonId::Parse(reply.str()));
  }
  co_return person;
}

Task<absl::StatusOr<std::optional<AgentId>>> Directory::FindAgentOf(ShopId shop, PersonId person) {
  redis::Command command = {"HGET", store_.Key(shop, kAgentOfIndex), person.str()};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value reply,
                           co_await store_.ClientOf(shop).Call(std::move(command)));
  std::optional<AgentId> agent;
  if (!reply.is_nil()) {
    KEFU_CO_ASSIGN_OR_RETURN(agent, AgentId::Parse(reply.str()));
  }
  co_return agent;
}

}  // namespace kefu::gateway::directory
