// Lists of cases, last changed first, page by page. A case that changes while somebody pages moves
// to the front: it may be seen twice, never missed.
//
// Threads: thread-safe. What is given to the constructor outlives it. Errors: INVALID_ARGUMENT
// BAD_PAGE_TOKEN; those of the Redis client and of seal/owner_keys.h.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/kefu/after_sales/v1/service.pb.h"
#include "services/after_sales/domain/case.h"
#include "services/common/redis/aggregates.h"
#include "services/common/seal/owner_keys.h"

namespace kefu::after_sales::storage {

class CaseList {
 public:
  struct Filter {
    // Empty: anybody's.
    std::string buyer;
    std::optional<OrderId> order;
    std::optional<domain::State> state;
    bool live_only = false;
  };
  struct Page {
    std::vector<v1::Case> cases;
    // Empty at the end only.
    std::string next_page_token;
  };

  CaseList(redis::Aggregates& store, seal::OwnerKeys& keys) : store_(store), keys_(keys) {}

  // A page may hold fewer than `size` although more follow: where the filter passes few.
  Task<absl::StatusOr<Page>> List(ShopId shop, Filter filter, size_t size, std::string page_token);

 private:
  // The id of a case, by the time of its last change.
  using Place = redis::IndexPlace;
  Task<absl::StatusOr<std::vector<std::optional<v1::Case>>>> Load(ShopId shop,
                                                                  std::vector<Place> places);
  // Neither decodes nor makes tokens: the page, and where it ends if more may follow.
  struct Part {
    std::vector<v1::Case> cases;
    std::optional<Place> end;
  };
  Task<absl::StatusOr<Part>> OfOrder(ShopId shop, Filter filter, std::optional<Place> after,
                                     size_t size);
  Task<absl::StatusOr<Part>> OfIndex(ShopId shop, Filter filter, std::optional<Place> after,
                                     size_t size);
  static std::string Position(const Place& place);
  static absl::StatusOr<std::optional<Place>> ParsePosition(const std::string& position);

  redis::Aggregates& store_;
  seal::OwnerKeys& keys_;
};

}  // namespace kefu::after_sales::storage
