// Collects everything that is wrong with a document, each with the path of its field. Pure.
//
//   Violations violations;
//   violations.Add(At("groups", 2) + ".hours", "There are no such hours.");   // groups[2].hours
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/common/base/status.h"

namespace kefu::gateway::routing::config {

// What travels as an error has to fit into a header.
inline constexpr size_t kMostViolations = 40;

class Violations {
 public:
  void Add(std::string field, std::string description) {
    if (all_.size() < kMostViolations) all_.push_back({std::move(field), std::move(description)});
  }
  bool empty() const { return all_.empty(); }
  size_t size() const { return all_.size(); }
  const std::vector<FieldViolation>& all() const { return all_; }

 private:
  std::vector<FieldViolation> all_;
};

inline std::string At(std::string_view list, int index) {
  return std::string(list).append("[").append(std::to_string(index)).append("]");
}
inline std::string Key(std::string_view map, std::string_view key) {
  return std::string(map).append("[\"").append(key).append("\"]");
}

}  // namespace kefu::gateway::routing::config
