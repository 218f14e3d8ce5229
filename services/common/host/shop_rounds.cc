#include "services/common/host/shop_rounds.h"

namespace kefu::host {
namespace {

constexpr size_t kMaxServers = 16;

}  // namespace

void ShopRounds::Begin(const std::vector<ShopId>& shops) {
  if (!waiting_.empty()) return;
  for (const ShopId& shop : shops) {
    if (!busy_.contains(shop)) waiting_.push_back(shop);
  }
  while (servers_ < kMaxServers && servers_ < waiting_.size() + busy_.size()) {
    ++servers_;
    tasks_.Spawn(ServeWaiting());
  }
}

Task<> ShopRounds::ServeWaiting() {
  while (!waiting_.empty() && !tasks_.stopping()) {
    const ShopId shop = waiting_.front();
    waiting_.pop_front();
    busy_.insert(shop);
    co_await serve_(shop);
    busy_.erase(shop);
  }
  --servers_;
}

}  // namespace kefu::host
