#include "services/common/seal/owner_keys.h"

#include <utility>

#include "proto/kefu/common/v1/data_key.pb.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"

namespace kefu::seal {
namespace {

constexpr uint32_t kRecordVersion = 1;
constexpr char kType[] = "key";
constexpr char kIndex[] = "keys";
constexpr char kErased[] = "-";
constexpr char kKeyChanged[] = "KEY_CHANGED";

redis::AggregateId IdOf(const ShopId& shop, const std::string& owner) {
  return {shop, kType, owner};
}

// Also what the wrapped key is bound to.
std::string NameOf(const ShopId& shop, const std::string& owner) {
  return shop.str() + "/" + owner;
}

absl::StatusOr<common::v1::DataKeyRecord> Decode(std::string_view state) {
  return ParseRecord<common::v1::DataKeyRecord>(state, kRecordVersion, "data key");
}

redis::Change ChangeTo(const std::string& owner, common::v1::DataKeyRecord record) {
  record.set_record_version(kRecordVersion);
  redis::Change change;
  change.indexes.push_back({redis::IndexChange::Kind::kHashSet, kIndex, owner,
                            record.id().empty() ? kErased : record.id(), "", ""});
  change.state = record.SerializeAsString();
  return change;
}

}  // namespace

OwnerKeys::OwnerKeys(redis::Aggregates& store, MasterKeys master_keys, size_t capacity)
    : store_(store), master_keys_(std::move(master_keys)), cache_(capacity) {}

absl::StatusOr<DataKeyPtr> OwnerKeys::Open(const std::string& name, std::string_view state) {
  KEFU_ASSIGN_OR_RETURN(const common::v1::DataKeyRecord record, Decode(state));
  if (record.id().empty()) return DataKeyPtr();
  const DataKeyPtr cached = cache_.Find(name);
  if (cached != nullptr && cached->id == record.id()) return cached;
  const WrappedKey wrapped{record.id(), record.master_key(), record.wrapped()};
  KEFU_ASSIGN_OR_RETURN(DataKey key, master_keys_.Unwrap(wrapped, name));
  return cache_.Remember(name, std::move(key));
}

// The key that is there, under the current master key; a new one if there is none.
absl::StatusOr<redis::Change> OwnerKeys::Make(const std::string& name, const std::string& owner,
                                              const redis::Snapshot& now) const {
  KEFU_ASSIGN_OR_RETURN(common::v1::DataKeyRecord record, Decode(now.state));
  if (!record.id().empty() && master_keys_.IsCurrent(record.master_key())) {
    redis::Change nothing;
    nothing.unchanged = true;
    return nothing;
  }
  DataKey key = DataKey::Random();
  if (!record.id().empty()) {
    const WrappedKey old{record.id(), record.master_key(), record.wrapped()};
    KEFU_ASSIGN_OR_RETURN(key, master_keys_.Unwrap(old, name));
  }
  const WrappedKey wrapped = master_keys_.Wrap(key, name);
  record.set_id(wrapped.id);
  record.set_master_key(wrapped.master_id);
  record.set_wrapped(wrapped.wrapped);
  return ChangeTo(owner, std::move(record));
}

Task<absl::StatusOr<DataKeyPtr>> OwnerKeys::Ensure(ShopId shop, std::string owner) {
  const std::string name = NameOf(shop, owner);
  if (DataKeyPtr cached = cache_.Find(name)) co_return cached;
  const redis::Aggregates::Decide decide = [&](const redis::Snapshot& now) {
    return Make(name, owner, now);
  };
  redis::AggregateId id = IdOf(shop, owner);
  redis::Request nameless;
  const auto committed = co_await store_.Update(std::move(id), std::move(nameless), decide);
  KEFU_CO_RETURN_IF_ERROR(committed.status());
  co_return Open(name, committed->state);
}

DataKeyPtr OwnerKeys::Cached(const ShopId& shop, const std::string& owner) {
  return cache_.Find(NameOf(shop, owner));
}

Task<absl::StatusOr<std::vector<DataKeyPtr>>> OwnerKeys::FindMany(ShopId shop,
                                                                  std::vector<std::string> owners) {
  const auto stored = co_await store_.LoadMany(shop, kType, owners);
  KEFU_CO_RETURN_IF_ERROR(stored.status());
  std::vector<DataKeyPtr> keys;
  for (size_t i = 0; i < owners.size(); ++i) {
    KEFU_CO_ASSIGN_OR_RETURN(DataKeyPtr key, Open(NameOf(shop, owners[i]), (*stored)[i].state));
    keys.push_back(std::move(key));
  }
  co_return keys;
}

Task<absl::StatusOr<DataKeyPtr>> OwnerKeys::Find(ShopId shop, std::string owner) {
  redis::AggregateId id = IdOf(shop, owner);
  const auto stored = co_await store_.Load(std::move(id));
  KEFU_CO_RETURN_IF_ERROR(stored.status());
  co_return Open(NameOf(shop, owner), stored->state);
}

Task<absl::Status> OwnerKeys::Erase(ShopId shop, std::string owner, redis::Request request) {
  const redis::Aggregates::Decide decide =
      [&](const redis::Snapshot& now) -> absl::StatusOr<redis::Change> {
    KEFU_ASSIGN_OR_RETURN(const common::v1::DataKeyRecord record, Decode(now.state));
    // Written even if there is no key, so that the request is remembered.
    return ChangeTo(owner, common::v1::DataKeyRecord());
  };
  redis::AggregateId id = IdOf(shop, owner);
  const auto committed = co_await store_.Update(std::move(id), std::move(request), decide);
  Forget(shop, owner);
  co_return committed.status();
}

void OwnerKeys::Forget(const ShopId& shop, const std::string& owner) {
  cache_.Forget(NameOf(shop, owner));
}

redis::IndexChange OwnerKeys::Guard(const std::string& owner, const std::string& key) {
  return {redis::IndexChange::Kind::kHashSetNew, kIndex, owner, key, kKeyChanged,
          "The data key was replaced meanwhile."};
}

bool OwnerKeys::IsKeyChanged(const absl::Status& status) {
  return ErrorReason(status) == kKeyChanged;
}

}  // namespace kefu::seal
