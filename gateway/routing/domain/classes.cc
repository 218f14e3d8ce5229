#include "gateway/routing/domain/classes.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace kefu::gateway::routing {

std::string_view GroupOf(std::string_view class_name) {
  return class_name.substr(0, class_name.rfind('.'));
}

uint32_t StepOf(std::string_view class_name) {
  const size_t dot = class_name.rfind('.');
  uint32_t step = 0;
  if (dot == std::string_view::npos) return step;
  const std::string_view digits = class_name.substr(dot + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), step);
  return step;
}

std::string FirstClassOf(std::string_view group) { return std::string(group) + ".0"; }

std::string PersonalClassOf(std::string_view agent) { return "@" + std::string(agent); }

ClassTable ClassTable::SingleGroup() { return ClassTable({{.name = "g.0", .weight = 20}}); }

ClassTable::ClassTable(std::vector<ClassSpec> classes, uint64_t version)
    : classes_(std::move(classes)), version_(version) {}

const ClassSpec& ClassTable::OfSession(const SessionTraits&) const { return classes_.front(); }

std::vector<std::string> ClassTable::OfAgent(std::string_view) const {
  std::vector<std::string> names;
  for (const ClassSpec& spec : classes_) names.push_back(spec.name);
  return names;
}

bool ClassTable::Has(std::string_view name) const {
  return std::any_of(classes_.begin(), classes_.end(),
                     [name](const ClassSpec& spec) { return spec.name == name; });
}

ClassSpec ClassTable::Find(std::string_view name) const {
  auto found = std::find_if(classes_.begin(), classes_.end(),
                            [name](const ClassSpec& spec) { return spec.name == name; });
  if (found != classes_.end()) return *found;
  ClassSpec spec = classes_.front();
  spec.name = name;
  spec.next.clear();
  spec.next_after_ms = 0;
  return spec;
}

uint32_t ClassTable::WeightOf(std::string_view name) const {
  auto found = std::find_if(classes_.begin(), classes_.end(),
                            [name](const ClassSpec& spec) { return spec.name == name; });
  return found == classes_.end() ? classes_.front().weight : found->weight;
}

std::vector<std::string> ClassTable::ChainOf(std::string_view name) const {
  std::vector<std::string> chain;
  for (std::string at(name); !at.empty() && chain.size() < classes_.size(); at = Find(at).next) {
    chain.push_back(at);
  }
  return chain;
}

std::string EverybodyServes::GroupFor(const SessionTraits&) const {
  return std::string(GroupOf(classes_.all().front().name));
}

int64_t EverybodyServes::BoostMs(const std::string&, const SessionTraits&) const { return 0; }

std::vector<ServedClass> EverybodyServes::ClassesOf(const AgentTraits&) const {
  std::vector<ServedClass> served;
  for (const ClassSpec& spec : classes_.all()) served.push_back({.name = spec.name, .level = 0});
  return served;
}

}  // namespace kefu::gateway::routing
