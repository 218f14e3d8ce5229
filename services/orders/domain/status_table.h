// What sources call their states, and what that means on our axes: data, read from
// deploy/config/order_statuses.yaml (services/orders/status_file.h). Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/orders/domain/order.h"

namespace kefu::orders::domain {

// If `field` has the value, and everything in `where` as well, then `said`. Values are compared
// without regard to case; an empty one and "null" are the same.
struct StatusRule {
  std::string field;
  // None: any value but null.
  std::optional<std::string> value;
  std::map<std::string, std::string> where;
  Said said;
};

struct SourceTable {
  // For each axis, the first rule that holds and speaks of it decides.
  std::vector<StatusRule> rules;
  // Fields that are stored and say nothing.
  std::set<std::string> ignored;
};

class StatusTables {
 public:
  explicit StatusTables(std::map<std::string, SourceTable> sources)
      : sources_(std::move(sources)) {}

  struct Translated {
    Said said;
    // Fields whose value the table does not know; they leave their axis as it is.
    std::vector<std::string> unknown;
  };
  Translated Translate(std::string_view source,
                       const std::map<std::string, std::string>& status) const;
  bool knows(std::string_view source) const {
    return sources_.find(std::string(source)) != sources_.end();
  }
  const std::map<std::string, SourceTable>& sources() const { return sources_; }

 private:
  std::map<std::string, SourceTable> sources_;
};

}  // namespace kefu::orders::domain
