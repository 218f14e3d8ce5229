// What the suites of aggregate_*_contract.h stand on: a store of the service "gateway" without
// anything in it, and short ways to decide.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/status.h"
#include "services/common/redis/aggregates.h"
#include "tests/support/aggregate_world.h"
#include "tests/support/await.h"

namespace kefu::contract {

// A decision that appends a letter to the state and answers it.
inline redis::Aggregates::Decide Append(char letter) {
  return [letter](const redis::Snapshot& now) -> absl::StatusOr<redis::Change> {
    return redis::Change{.state = now.state + letter, .result = std::string(1, letter)};
  };
}

// One that writes just this.
inline redis::Aggregates::Decide Write(redis::Change change) {
  return [change](const redis::Snapshot&) -> absl::StatusOr<redis::Change> { return change; };
}

inline redis::Aggregates::Decide Refuse(std::string reason) {
  return [reason](const redis::Snapshot&) -> absl::StatusOr<redis::Change> {
    return Error(absl::StatusCode::kFailedPrecondition, reason, "Later.");
  };
}

// One that must not be asked.
inline redis::Aggregates::Decide Never() {
  return [](const redis::Snapshot&) -> absl::StatusOr<redis::Change> {
    ADD_FAILURE() << "decided again";
    return redis::Change{};
  };
}

class AggregatesTest : public testing::TestWithParam<test::AggregateSubject> {
 protected:
  using Decided = absl::StatusOr<redis::Committed>;

  redis::Aggregates& store() { return world_->store(); }
  Decided UpdateOf(redis::AggregateId id, redis::Request request, redis::Aggregates::Decide decide,
                   std::optional<redis::CursorMove> move = std::nullopt) {
    return test::Await(
        store().Update(std::move(id), std::move(request), std::move(decide), std::move(move)));
  }
  Decided Update(redis::Request request, redis::Aggregates::Decide decide,
                 std::optional<redis::CursorMove> move = std::nullopt) {
    return UpdateOf(id_, std::move(request), std::move(decide), std::move(move));
  }
  redis::Snapshot Load() { return test::Await(store().Load(id_)).value(); }
  std::vector<std::string> Shops(std::string after = "", size_t limit = 0, std::string index = "") {
    std::vector<std::string> names;
    const auto shops = test::Await(store().ListShops(after, limit, index));
    for (const ShopId& shop : shops.value()) names.push_back(shop.str());
    return names;
  }
  std::vector<uint64_t> Seqs(const ShopId& shop) {
    std::vector<uint64_t> seqs;
    for (const events::v1::Envelope& envelope : world_->Log(shop)) seqs.push_back(envelope.seq());
    return seqs;
  }

  const std::unique_ptr<test::AggregateWorld> world_ = GetParam().make("gateway");
  const ShopId shop_ = ShopId::Parse("demo").value();
  const redis::AggregateId id_{shop_, "thing", "t1"};
  const redis::AggregateId other_{shop_, "thing", "t2"};
};

}  // namespace kefu::contract
