// Orders: one aggregate each, and the indexes they are found by.
//
// All indexes are sorted by the time the order was made at its source, so every list is newest
// first and stays in place while orders are added. Threads: thread-safe. What is given to the
// constructor outlives it. Errors: those of the decision and of the aggregate store; ALREADY_EXISTS
// KEY_CHANGED (common/seal/owner_keys.h).
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregates.h"
#include "services/orders/domain/order.h"

namespace kefu::orders::storage {

// The sorted set of all orders; its members are their ids.
inline constexpr char kAllOrders[] = "orders";

struct Stored {
  OrderId id;
  domain::Order order;
  uint64_t version = 0;
};

// At most one of number, phone_tail and tracking_number; the others narrow it down.
struct Filter {
  std::string number, phone_tail, tracking_number, buyer;
  std::optional<domain::State> state;
};

class OrderStore {
 public:
  // Commits a change and makes it known (host::Host::Update).
  using Commit = std::function<Task<absl::StatusOr<redis::Committed>>(
      redis::AggregateId, redis::Request, redis::Aggregates::Decide,
      std::optional<redis::CursorMove>)>;
  // Pure: it runs again when somebody else committed in between.
  using Decide =
      std::function<absl::StatusOr<domain::Decision>(const domain::Order&, TimePoint now)>;

  OrderStore(redis::Aggregates& store, Commit commit);

  // An order that is not known (yet) has `known` unset; its version may be 0.
  Task<absl::StatusOr<Stored>> Get(ShopId shop, OrderId id);

  struct Updated {
    Stored stored;
    domain::Outcome outcome = domain::Outcome::kUnchanged;
  };
  // `guards` are refused or written with the change, if there is one (seal::OwnerKeys::Guard).
  Task<absl::StatusOr<Updated>> Update(ShopId shop, OrderId id, redis::Request request,
                                       Decide decide,
                                       std::optional<redis::CursorMove> move = std::nullopt,
                                       std::vector<redis::IndexChange> guards = {});

  struct Page {
    std::vector<Stored> orders;
    // To go on from; empty at the end.
    std::string position;
  };
  // Newest first. May end with fewer than `size` before the end of the list. INVALID_ARGUMENT
  // BAD_PAGE_TOKEN for a position that no page ended with.
  Task<absl::StatusOr<Page>> List(ShopId shop, Filter filter, std::string position, size_t size);

 private:
  Task<absl::StatusOr<std::vector<Stored>>> LoadAll(ShopId shop,
                                                    std::vector<redis::IndexPlace> places);

  redis::Aggregates& store_;
  const Commit commit_;
};

}  // namespace kefu::orders::storage
