#include "services/inquiries/storage/data_keys.h"

#include <utility>

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

DataKeys::DataKeys(redis::ShardMap& shards, seal::MasterKeys master_keys, size_t capacity)
    : shards_(shards), master_keys_(std::move(master_keys)), cache_(capacity) {}

Task<absl::StatusOr<seal::WrappedKey>> DataKeys::Store(ShopId shop, BuyerId buyer,
                                                       seal::WrappedKey offered,
                                                       Deadline deadline) {
  redis::FunctionCall call;
  call.function = "inquiries_data_key_v1";
  call.keys = {ShopKeys(shop).DataKey(buyer)};
  call.arguments = {offered.id, offered.master_id, offered.wrapped};
  const auto reply =
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), deadline.LeftMs());
  KEFU_CO_RETURN_IF_ERROR(reply.status());
  seal::WrappedKey stored;
  if (reply->size() == 3) stored = {(*reply)[0].str(), (*reply)[1].str(), (*reply)[2].str()};
  co_return stored;
}

Task<absl::StatusOr<DataKeyPtr>> DataKeys::Ensure(ShopId shop, BuyerId buyer, Deadline deadline) {
  const std::string name = NameOf(shop, buyer);
  if (DataKeyPtr cached = cache_.Find(name)) co_return cached;
  // Offered, not set: if another process was quicker, its key is the one.
  seal::WrappedKey offered = master_keys_.Wrap(seal::DataKey::Random(), name);
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
  const seal::WrappedKey wrapped = master_keys_.Wrap(*key, NameOf(shop, buyer));
  redis::FunctionCall call;
  call.function = "inquiries_rewrap_v1";
  call.keys = {ShopKeys(shop).DataKey(buyer)};
  call.arguments = {wrapped.id, wrapped.master_id, wrapped.wrapped};
  const auto reply =
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), deadline.LeftMs());
  co_return reply.status();
}

absl::StatusOr<DataKeyPtr> DataKeys::Resolve(const ShopId& shop, const BuyerId& buyer,
                                             const seal::WrappedKey& stored) {
  const std::string name = NameOf(shop, buyer);
  if (stored.id.empty()) {
    Forget(shop, buyer);
    return DataKeyPtr();
  }
  if (DataKeyPtr cached = cache_.Find(name); cached != nullptr && cached->id == stored.id)
    return cached;
  KEFU_ASSIGN_OR_RETURN(seal::DataKey key, master_keys_.Unwrap(stored, name));
  return cache_.Remember(name, std::move(key));
}

void DataKeys::Forget(const ShopId& shop, const BuyerId& buyer) {
  cache_.Forget(NameOf(shop, buyer));
}

}  // namespace kefu::inquiries::storage
