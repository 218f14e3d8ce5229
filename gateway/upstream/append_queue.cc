#include "gateway/upstream/append_queue.h"

#include <utility>

namespace kefu::gateway {

bool AppendQueue::Push(inquiries::v1::AppendItem item, int64_t deadline_ms) {
  if (waiting_ >= limits_.waiting) return false;
  Shop& shop = shops_[item.append().shop()];
  if (shop.waiting.empty()) turns_.push_back(item.append().shop());
  const size_t bytes = item.ByteSizeLong();
  shop.waiting.push_back({std::move(item), deadline_ms, bytes});
  ++waiting_;
  return true;
}

bool AppendQueue::Take(int64_t now_ms, inquiries::v1::AppendStreamRequest* batch) {
  // Ends when a whole round of the shops moved nothing.
  size_t idle = 0;
  while (idle < turns_.size()) {
    std::string name = std::move(turns_.front());
    turns_.pop_front();
    Shop& shop = shops_[name];
    idle = TakeFirst(name, shop, now_ms, batch) ? 0 : idle + 1;
    if (!shop.waiting.empty()) {
      turns_.push_back(std::move(name));
    } else if (shop.items == 0) {
      shops_.erase(name);
    }
  }
  return batch->items_size() > 0;
}

bool AppendQueue::TakeFirst(const std::string& name, Shop& shop, int64_t now_ms,
                            inquiries::v1::AppendStreamRequest* batch) {
  Waiting& first = shop.waiting.front();
  const int64_t remaining_ms = first.deadline_ms - now_ms;
  if (remaining_ms > 0) {
    if (!Fits(shop, first.bytes)) return false;
    first.item.set_remaining_ms(remaining_ms);
    under_way_.emplace(first.item.call(), Sent{name, first.bytes});
    ++shop.items;
    shop.bytes += first.bytes;
    bytes_ += first.bytes;
    *batch->add_items() = std::move(first.item);
  }
  shop.waiting.pop_front();
  --waiting_;
  return true;
}

bool AppendQueue::Fits(const Shop& shop, size_t bytes) const {
  if (under_way_.empty()) return true;  // also what is larger than the credit
  if (under_way_.size() + shop.items >= limits_.items) return false;
  return bytes_ + shop.bytes + bytes <= limits_.bytes;
}

void AppendQueue::Answered(uint64_t call) {
  const auto found = under_way_.find(call);
  if (found == under_way_.end()) return;
  const auto shop = shops_.find(found->second.shop);
  --shop->second.items;
  shop->second.bytes -= found->second.bytes;
  bytes_ -= found->second.bytes;
  if (shop->second.items == 0 && shop->second.waiting.empty()) shops_.erase(shop);
  under_way_.erase(found);
}

}  // namespace kefu::gateway
