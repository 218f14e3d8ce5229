#include "gateway/routing/domain/classes.h"

#include <algorithm>
#include <utility>

namespace kefu::gateway::routing {

ClassTable ClassTable::SingleGroup() { return ClassTable({{.name = "g.0", .weight = 20}}); }

ClassTable::ClassTable(std::vector<ClassSpec> classes) : classes_(std::move(classes)) {}

const ClassSpec& ClassTable::OfSession(const SessionTraits&) const { return classes_.front(); }

std::vector<std::string> ClassTable::OfAgent(std::string_view) const {
  std::vector<std::string> names;
  for (const ClassSpec& spec : classes_) names.push_back(spec.name);
  return names;
}

ClassSpec ClassTable::Find(std::string_view name) const {
  auto found = std::find_if(classes_.begin(), classes_.end(),
                            [name](const ClassSpec& spec) { return spec.name == name; });
  if (found != classes_.end()) return *found;
  return {.name = std::string(name), .weight = classes_.front().weight};
}

}  // namespace kefu::gateway::routing
