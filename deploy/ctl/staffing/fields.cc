#include "deploy/ctl/staffing/fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "services/common/base/status.h"

namespace kefu::ctl {

const Json* QuestionFields::Find(const std::string& name) {
  taken_.insert(name);
  const auto found = in_.find(name);
  return found == in_.end() || found->is_null() ? nullptr : &*found;
}

void QuestionFields::Refuse(std::string_view name, std::string_view why) {
  if (status_.ok()) status_ = InvalidField(name, why);
}

double QuestionFields::Number(const std::string& name) {
  const std::optional<double> number = OptionalNumber(name);
  if (!number) Refuse(name, fmt::format("This model needs {}.", name));
  return number.value_or(0);
}

std::optional<double> QuestionFields::OptionalNumber(const std::string& name) {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) return value->get<double>();
  Refuse(name, "Give a number.");
  return std::nullopt;
}

std::optional<size_t> QuestionFields::Choice(const std::string& name,
                                             const std::vector<std::string>& choices) {
  const Json* value = Find(name);
  if (value == nullptr) return std::nullopt;
  const auto found = value->is_string()
                         ? std::find(choices.begin(), choices.end(), value->get<std::string>())
                         : choices.end();
  if (found != choices.end()) return static_cast<size_t>(found - choices.begin());
  Refuse(name, fmt::format("Give one of \"{}\".", fmt::join(choices, "\", \"")));
  return std::nullopt;
}

std::vector<double> QuestionFields::Numbers(const std::string& name) {
  const Json* value = Find(name);
  std::vector<double> numbers;
  if (value == nullptr || !value->is_array()) {
    Refuse(name, "Give an array of numbers.");
    return numbers;
  }
  for (const Json& each : *value) {
    if (!each.is_number()) {
      Refuse(fmt::format("{}[{}]", name, numbers.size()), "Give a number.");
      return numbers;
    }
    numbers.push_back(each.get<double>());
  }
  return numbers;
}

bool QuestionFields::IsList(const std::string& name) const {
  const auto found = in_.find(name);
  return found != in_.end() && found->is_array();
}

absl::Status QuestionFields::status() const {
  if (!status_.ok()) return status_;
  for (const auto& [name, value] : in_.items()) {
    if (taken_.contains(name)) continue;
    return InvalidField(
        name, fmt::format("This model has no such field; it takes {}.", fmt::join(taken_, ", ")));
  }
  return absl::OkStatus();
}

}  // namespace kefu::ctl
