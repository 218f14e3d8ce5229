#include "services/inquiries/storage/data_keys.h"

#include "services/common/base/status.h"
#include "services/common/redis/function.h"
#include "services/inquiries/storage/keys.h"

namespace kefu::inquiries::storage {
namespace {

// Also what the wrapped key is bound to.
std::string NameOf(const ShopId& shop, const BuyerId& buyer) {
  return shop.str() + "/" + buyer.str();
}

}  // namespace

DataKeys::DataKeys(redis::ShardMap& shards, MasterKeys master_keys, size_t capacity)
    : shards_(shards), master_keys_(std::move(master_keys)), capacity_(capacity) {}

Task<absl::StatusOr<WrappedKey>> DataKeys::Store(ShopId shop, BuyerId buyer, WrappedKey offered,
                                                 Deadline deadline) {
  redis::FunctionCall call;
  call.function = "inquiries_data_key_v1";
  call.keys = {ShopKeys(shop).DataKey(buyer)};
  call.arguments = {offered.id, offered.master_id, offered.wrapped};
  const auto reply =
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), deadline.LeftMs());
  KEFU_CO_RETURN_IF_ERROR(reply.status());
  WrappedKey stored;
  if (reply->size() == 3) stored = {(*reply)[0].str(), (*reply)[1].str(), (*reply)[2].str()};
  co_return stored;
}

Task<absl::StatusOr<DataKeyPtr>> DataKeys::Ensure(ShopId shop, BuyerId buyer, Deadline deadline) {
  const std::string name = NameOf(shop, buyer);
  if (DataKeyPtr cached = Find(name)) co_return cached;
  // Offered, not set: if another process was quicker, its key is the one.
  WrappedKey offered = master_keys_.Wrap(DataKey::Random(), name);
  const auto stored = co_await Store(shop, buyer, std::move(offered), deadline);
  KEFU_CO_RETURN_IF_ERROR(stored.status());
  const auto key = Resolve(shop, buyer, *stored);
  KEFU_CO_RETURN_IF_ERROR(key.status());
  if (!master_keys_.IsCurrent(stored->master_id)) {
    const absl::Status rewrapped = co_await Rewrap(shop, buyer, *key, deadline);
    KEFU_CO_RETURN_IF_ERROR(rewrapped);
  }
  co_return key;
}

Task<absl::Status> DataKeys::Rewrap(ShopId shop, BuyerId buyer, DataKeyPtr key, Deadline deadline) {
  const WrappedKey wrapped = master_keys_.Wrap(*key, NameOf(shop, buyer));
  redis::FunctionCall call;
  call.function = "inquiries_rewrap_v1";
  call.keys = {ShopKeys(shop).DataKey(buyer)};
  call.arguments = {wrapped.id, wrapped.master_id, wrapped.wrapped};
  const auto reply =
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), deadline.LeftMs());
  co_return reply.status();
}

absl::StatusOr<DataKeyPtr> DataKeys::Resolve(const ShopId& shop, const BuyerId& buyer,
                                             const WrappedKey& stored) {
  const std::string name = NameOf(shop, buyer);
  if (stored.id.empty()) {
    Forget(shop, buyer);
    return DataKeyPtr();
  }
  if (DataKeyPtr cached = Find(name); cached != nullptr && cached->id == stored.id) return cached;
  KEFU_ASSIGN_OR_RETURN(DataKey key, master_keys_.Unwrap(stored, name));
  return Remember(name, std::move(key));
}

void DataKeys::Forget(const ShopId& shop, const BuyerId& buyer) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_name_.find(NameOf(shop, buyer));
  if (found == by_name_.end()) return;
  order_.erase(found->second);
  by_name_.erase(found);
}

size_t DataKeys::size() const {
  absl::MutexLock lock(&mutex_);
  return by_name_.size();
}

DataKeyPtr DataKeys::Find(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return found->second->key;
}

DataKeyPtr DataKeys::Remember(const std::string& name, DataKey key) {
  auto shared = std::make_shared<const DataKey>(std::move(key));
  absl::MutexLock lock(&mutex_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    found->second->key = shared;
    return shared;
  }
  order_.push_front({name, shared});
  by_name_[name] = order_.begin();
  if (order_.size() > capacity_) {
    by_name_.erase(order_.back().name);
    order_.pop_back();
  }
  return shared;
}

}  // namespace kefu::inquiries::storage
