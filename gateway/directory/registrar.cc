#include "gateway/directory/registrar.h"

#include <utility>

#include "gateway/directory/storage/deciding.h"
#include "services/common/base/failpoint.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"
#include "services/common/redis/function.h"

namespace kefu::gateway::directory {
namespace {

constexpr int64_t kMaxKeys = 1000;
constexpr int64_t kRepairPeopleEveryMs = 1000;
constexpr std::string_view kRepairBatch = "100";

absl::Status SecretShownOnce() {
  return Error(absl::StatusCode::kAlreadyExists, "SECRET_SHOWN_ONCE",
               "The request was carried out, but its secret cannot be shown again; make a new one "
               "with a new request id.");
}

std::string ApiKeySecret(const KeyRing::Key& key, const ShopId& shop, std::string_view key_id) {
  return Base64Url(DeriveBytes(key, "api-key", shop.str() + "/" + std::string(key_id)));
}

// A shop's place in the list of all, and in the sets of the origins that it allows.
absl::StatusOr<redis::Change> Listing(const std::string& shop, const ShopEntry& entry,
                                      const redis::Snapshot& listed) {
  using Kind = redis::IndexChange::Kind;
  std::vector<redis::IndexChange> indexes = {Sorted(kShopsIndex, shop, "0")};
  if (listed.version > 0) {
    KEFU_ASSIGN_OR_RETURN(const ShopEntry known, Decode<ShopEntry>(listed.state));
    for (const std::string& origin : known.origins)
      indexes.push_back({Kind::kSetRemove, OriginIndex(origin), shop, "", "", ""});
  }
  for (const std::string& origin : entry.origins)
    indexes.push_back({Kind::kSetAdd, OriginIndex(origin), shop, "", "", ""});
  return redis::Change{.state = Encode(entry),
                       .result = "",
                       .indexes = std::move(indexes),
                       .events = ToEvents({{"shop", shop}}, listed.version + 1)};
}

}  // namespace

std::string IdentityKeyContext(const ShopId& shop, std::string_view key_id) {
  return "identity-key/" + shop.str() + "/" + std::string(key_id);
}

std::string BuyerSaltContext(const ShopId& shop) { return "buyer-salt/" + shop.str(); }

redis::Request MakeRequest(const KeyRing& master_keys, std::string_view request_id,
                           std::string_view method, std::string_view payload,
                           std::string_view traceparent) {
  return {std::string(request_id),
          DeriveBytes(master_keys.current(), "request",
                      std::string(method).append("\n").append(payload)),
          std::string(traceparent)};
}

absl::Status BadCredentials() {
  return Error(absl::StatusCode::kUnauthenticated, "BAD_CREDENTIALS",
               "Login, password or shop is not right.");
}

Task<absl::StatusOr<redis::Committed>> Registrar::Commit(redis::AggregateId id,
                                                         redis::Request request,
                                                         redis::AggregateStore::Decide decide) {
  KEFU_CO_ASSIGN_OR_RETURN(
      redis::Committed committed,
      co_await deps_.store.Update(std::move(id), std::move(request), std::move(decide)));
  for (const events::v1::Envelope& envelope : committed.events) deps_.notices.Tell(envelope);
  co_return committed;
}

// Shops

absl::StatusOr<std::string> Registrar::OpenIdentityKey(const ShopId& shop, const Shop& state,
                                                       std::string_view key_id) const {
  const IdentityKey* key = state.FindIdentityKey(key_id);
  if (key == nullptr) return SecretShownOnce();
  absl::StatusOr<std::string> text =
      deps_.master_keys.Open(key->sealed, IdentityKeyContext(shop, key_id));
  // A remembered answer from before the master keys were replaced.
  if (!text.ok()) return SecretShownOnce();
  return text;
}

Task<absl::StatusOr<CreatedShop>> Registrar::CreateShop(redis::Request request, NewShop shop) {
  const std::string key_id = "ik_" + NewToken().substr(0, 10);
  const directory::CreateShop command{
      .shop = shop.shop,
      .display_name = shop.display_name,
      .origins = shop.origins,
      .sealed_salt = deps_.master_keys.Seal(RandomBytes(32), BuyerSaltContext(shop.shop)),
      .identity_key = {key_id, deps_.master_keys.Seal(Hex(RandomBytes(32)),
                                                      IdentityKeyContext(shop.shop, key_id))}};
  auto decide = Deciding<Shop>([command](const std::optional<Shop>& state, uint64_t,
                                         TimePoint now) { return Apply(state, command, now); });
  const redis::AggregateId id = IdOf(shop.shop, kShopType, shop.shop.str());
  const absl::StatusOr<redis::Committed> committed =
      co_await Commit(id, std::move(request), std::move(decide));
  if (!committed.ok() && ErrorReason(committed.status()) != "SHOP_TAKEN")
    co_return committed.status();
  KEFU_FAILPOINT("gateway.directory.shop_before_list");

  // Also for a shop that was there: its creation may have been cut off here.
  KEFU_CO_RETURN_IF_ERROR(co_await ListShop(shop.shop));
  if (!committed.ok()) co_return committed.status();

  KEFU_CO_ASSIGN_OR_RETURN(ShopInfo info, co_await deps_.directory.GetShop(shop.shop));
  KEFU_CO_ASSIGN_OR_RETURN(const auto made, UnpackResult<Shop>(committed->result));
  CreatedShop created{std::move(info), made.second.identity_keys.front().key_id, ""};
  KEFU_CO_ASSIGN_OR_RETURN(created.identity_key,
                           OpenIdentityKey(shop.shop, made.second, created.identity_key_id));
  co_return created;
}

// Repeated until what was listed is still so: of two who change the shop at once, the later one to
// list it has read both changes.
Task<absl::Status> Registrar::ListShop(ShopId shop) {
  const redis::AggregateId of_shop = IdOf(shop, kShopType, shop.str());
  const redis::AggregateId id = IdOf(std::nullopt, kShopType, shop.str());
  while (true) {
    // Not the directory's copy, which may be a little older.
    KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot, co_await deps_.store.Load(of_shop));
    if (snapshot.version == 0) co_return NoSuchShop();
    KEFU_CO_ASSIGN_OR_RETURN(const Shop state, Decode<Shop>(snapshot.state));
    const ShopEntry entry{state.display_name, state.origins, state.create_time};
    KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot listed, co_await deps_.store.Load(id));
    if (listed.version > 0) {
      KEFU_CO_ASSIGN_OR_RETURN(const ShopEntry known, Decode<ShopEntry>(listed.state));
      if (known == entry) co_return absl::OkStatus();
    }
    auto decide = [entry, name = shop.str()](const redis::Snapshot& snapshot) {
      return Listing(name, entry, snapshot);
    };
    redis::Request repeatable;
    KEFU_CO_RETURN_IF_ERROR(co_await Commit(id, std::move(repeatable), std::move(decide)));
  }
}

Task<absl::StatusOr<ShopInfo>> Registrar::UpdateShop(redis::Request request,
                                                     directory::UpdateShop command) {
  const ShopId shop = command.shop;
  auto decide = Deciding<Shop>([command = std::move(command)](const std::optional<Shop>& state,
                                                              uint64_t version, TimePoint now) {
    return Apply(state, version, command, now);
  });
  const redis::AggregateId id = IdOf(shop, kShopType, shop.str());
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Committed committed,
                           co_await Commit(id, std::move(request), std::move(decide)));
  KEFU_FAILPOINT("gateway.directory.shop_before_list");
  KEFU_CO_RETURN_IF_ERROR(co_await ListShop(shop));
  KEFU_CO_ASSIGN_OR_RETURN(auto made, UnpackResult<Shop>(committed.result));
  co_return ShopInfo{std::move(made.second), shop, made.first};
}

Task<absl::StatusOr<RotatedKey>> Registrar::RotateIdentityKey(redis::Request request, ShopId shop) {
  const std::string key_id = "ik_" + NewToken().substr(0, 10);
  const directory::RotateIdentityKey command{
      shop,
      {key_id, deps_.master_keys.Seal(Hex(RandomBytes(32)), IdentityKeyContext(shop, key_id))}};
  auto decide = Deciding<Shop>([command](const std::optional<Shop>& state, uint64_t,
                                         TimePoint now) { return Apply(state, command, now); });
  const redis::AggregateId id = IdOf(shop, kShopType, shop.str());
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Committed committed,
                           co_await Commit(id, std::move(request), std::move(decide)));
  KEFU_CO_ASSIGN_OR_RETURN(const auto made, UnpackResult<Shop>(committed.result));
  RotatedKey rotated{made.second.identity_keys.front().key_id, ""};
  KEFU_CO_ASSIGN_OR_RETURN(rotated.key, OpenIdentityKey(shop, made.second, rotated.key_id));
  co_return rotated;
}

Task<absl::StatusOr<std::optional<std::string>>> Registrar::Remembered(redis::Request request,
                                                                       ShopId shop) {
  const redis::AggregateId id = IdOf(shop, kShopType, shop.str());
  KEFU_CO_ASSIGN_OR_RETURN(const auto replay,
                           co_await deps_.store.FindReplay(id, std::move(request)));
  std::optional<std::string> result;
  if (replay) result = replay->result;
  co_return result;
}

Task<absl::Status> Registrar::Remember(redis::Request request, ShopId shop, std::string result) {
  const redis::AggregateId id = IdOf(shop, kShopType, shop.str());
  redis::AggregateStore::Decide decide =
      [result =
           std::move(result)](const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
    if (snapshot.version == 0) return NoSuchShop();
    return redis::Change{snapshot.state, result, {}, {}};
  };
  co_return (co_await Commit(id, std::move(request), std::move(decide))).status();
}

Task<absl::Status> Registrar::ResealSecrets(ShopId shop) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopInfo known, co_await deps_.directory.GetShop(shop));
  const KeyRing& ring = deps_.master_keys;
  bool current = ring.IsCurrent(known.sealed_salt);
  for (const IdentityKey& key : known.identity_keys)
    current = current && ring.IsCurrent(key.sealed);
  if (current) co_return absl::OkStatus();

  auto decide = Deciding<Shop>([&ring, shop](const std::optional<Shop>& state, uint64_t,
                                             TimePoint) -> absl::StatusOr<Decision<Shop>> {
    if (!state) return NoSuchShop();
    Shop next = *state;
    KEFU_ASSIGN_OR_RETURN(const std::string salt,
                          ring.Open(state->sealed_salt, BuyerSaltContext(shop)));
    next.sealed_salt = ring.Seal(salt, BuyerSaltContext(shop));
    for (IdentityKey& key : next.identity_keys) {
      const std::string context = IdentityKeyContext(shop, key.key_id);
      KEFU_ASSIGN_OR_RETURN(const std::string text, ring.Open(key.sealed, context));
      key.sealed = ring.Seal(text, context);
    }
    return Decision<Shop>{std::move(next), {{"shop", shop.str()}}};
  });
  const redis::AggregateId id = IdOf(shop, kShopType, shop.str());
  redis::Request repeatable;
  KEFU_CO_RETURN_IF_ERROR(co_await Commit(id, std::move(repeatable), std::move(decide)));
  log::Info("shop's secrets sealed with the current master key", {{"shop", shop.str()}});
  co_return absl::OkStatus();
}

// API keys

Task<absl::StatusOr<CreatedApiKey>> Registrar::CreateApiKey(redis::Request request, ShopId shop,
                                                            std::string display_name,
                                                            std::optional<Grant> grant) {
  if (grant) {
    KEFU_CO_ASSIGN_OR_RETURN(const AgentInfo agent,
                             co_await deps_.directory.GetAgent(shop, grant->agent));
    if (!agent.is_program()) {
      co_return Error(absl::StatusCode::kFailedPrecondition, "AGENT_IS_A_PERSON",
                      "People sign in with their passwords; make keys for programs.");
    }
  }
  const std::string key_id = "k_" + DeriveToken("kefu api key", shop.str() + "/" + request.id);
  redis::Command count = {"ZCARD", deps_.store.Key(shop, kKeysIndex)};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value keys,
                           co_await deps_.store.ClientOf(shop).Call(std::move(count)));
  const bool full = keys.Int() >= kMaxKeys;

  const KeyRing::Key& master = deps_.master_keys.current();
  const directory::CreateApiKey command{.key_id = key_id,
                                        .display_name = display_name,
                                        .secret_hash = Hash(ApiKeySecret(master, shop, key_id)),
                                        .derived_with = master.id,
                                        .grant = std::move(grant)};
  auto decide = Deciding<ApiKey>(
      [command, full](const std::optional<ApiKey>& state, uint64_t,
                      TimePoint now) -> absl::StatusOr<Decision<ApiKey>> {
        if (full) {
          return Error(absl::StatusCode::kFailedPrecondition, "TOO_MANY_KEYS",
                       "A shop can have 1000 keys in all.");
        }
        return Apply(state, command, now);
      },
      {Sorted(kKeysIndex, key_id, "0")});
  const redis::AggregateId id = IdOf(shop, kKeyType, key_id);
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Committed committed,
                           co_await Commit(id, std::move(request), std::move(decide)));
  KEFU_CO_ASSIGN_OR_RETURN(ApiKey state, Decode<ApiKey>(committed.state));
  // A repetition derives the secret again, which works as long as that master key is active.
  const KeyRing::Key* derived_with = deps_.master_keys.Find(state.derived_with);
  if (derived_with == nullptr) co_return SecretShownOnce();
  std::string token = ApiKeyToken(shop, key_id, ApiKeySecret(*derived_with, shop, key_id));
  co_return CreatedApiKey{{std::move(state), key_id, committed.version}, std::move(token)};
}

Task<absl::Status> Registrar::RevokeApiKey(redis::Request request, ShopId shop,
                                           std::string key_id) {
  const directory::RevokeApiKey command{key_id};
  auto decide = Deciding<ApiKey>([command](const std::optional<ApiKey>& state, uint64_t,
                                           TimePoint now) { return Apply(state, command, now); });
  const redis::AggregateId id = IdOf(shop, kKeyType, key_id);
  co_return (co_await Commit(id, std::move(request), std::move(decide))).status();
}

// What sweeps do

Task<absl::Status> Registrar::Repair(ShopId shop) {
  KEFU_CO_RETURN_IF_ERROR(co_await RepairAgents(shop));
  KEFU_CO_RETURN_IF_ERROR(co_await ResealSecrets(shop));
  // People belong to no shop: once a second is enough, whichever shops are swept.
  const int64_t now_ms = MonotonicMs();
  int64_t last_ms = people_repaired_ms_.load();
  if (now_ms - last_ms < kRepairPeopleEveryMs) co_return absl::OkStatus();
  if (!people_repaired_ms_.compare_exchange_strong(last_ms, now_ms)) co_return absl::OkStatus();
  co_return co_await RepairPeople();
}

Task<absl::StatusOr<std::vector<std::string>>> Registrar::Unsettled(std::optional<ShopId> shop) {
  redis::Command command = {"ZRANGEBYSCORE",
                            deps_.store.Key(shop, kUnsettledIndex),
                            "-inf",
                            "+inf",
                            "LIMIT",
                            "0",
                            std::string(kRepairBatch)};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value reply,
                           co_await deps_.store.ClientOf(shop).Call(std::move(command)));
  std::vector<std::string> ids;
  for (const redis::Value& id : reply.array()) ids.push_back(id.str());
  co_return ids;
}

Task<absl::Status> Registrar::MarkSettled(std::optional<ShopId> shop, std::string id,
                                          uint64_t version) {
  redis::FunctionCall call{.function = "gateway_settled_v1",
                           .keys = {deps_.store.Key(shop, kUnsettledIndex)},
                           .arguments = {std::move(id), std::to_string(version)},
                           .now_ms = deps_.store.TestNow()};
  co_return (co_await redis::CallFunction(deps_.store.ClientOf(shop), std::move(call))).status();
}

}  // namespace kefu::gateway::directory
