// What tests of the Consumer start from: a source called orders, and a store with cursors and
// effects.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/services/common/events/support/consuming.h"
#include "tests/support/await.h"

namespace kefu::test {

class ConsumerFixture : public ::testing::Test {
 protected:
  events::Handler Committing() {
    return [this](events::Delivery delivery) {
      return Commit(cursors_, effects_, std::move(delivery));
    };
  }
  // Refuses what `refuse` says, else commits.
  events::Handler Refusing(std::function<absl::Status(const events::Delivery&)> refuse) {
    return [this, refuse](events::Delivery delivery) -> Task<absl::StatusOr<events::Effect>> {
      const absl::Status refused = refuse(delivery);
      if (!refused.ok()) co_return refused;
      co_return co_await Commit(cursors_, effects_, std::move(delivery));
    };
  }
  redis::Cursor CursorOf(const ShopId& shop) { return *Await(cursors_.Get(shop, "orders")); }
  bool CaughtUp(const ShopId& shop) { return CursorOf(shop) == orders_.log.head(shop); }
  std::vector<std::string> IdsInLog(const ShopId& shop) {
    std::vector<std::string> ids;
    for (const auto& envelope : orders_.log.events(shop)) ids.push_back(envelope.id());
    return ids;
  }

  const ShopId shop_ = *ShopId::Parse("tea");
  const ShopId other_ = *ShopId::Parse("coffee");
  const SystemClock clock_;
  MemoryCursors cursors_{clock_};
  Effects effects_;
  Publishing orders_{"orders"};
};

}  // namespace kefu::test
