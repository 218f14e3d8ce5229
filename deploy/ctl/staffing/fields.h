// The fields of a question, taken one by one: the first that is missing or of another type is
// remembered, and so is one that nobody asked for. Pure; one thread.
#pragma once

#include <absl/status/statusor.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::ctl {

using Json = nlohmann::ordered_json;

class QuestionFields {
 public:
  // The object outlives this.
  explicit QuestionFields(const Json& in) : in_(in) {}

  // 0, or nothing, once something is wrong.
  double Number(const std::string& name);
  std::optional<double> OptionalNumber(const std::string& name);
  // Nothing if it is absent; else one of the choices.
  std::optional<size_t> Choice(const std::string& name, const std::vector<std::string>& choices);
  std::vector<double> Numbers(const std::string& name);
  bool IsList(const std::string& name) const;

  // What was wrong first; a field that was never taken is misspelt.
  absl::Status status() const;

 private:
  const Json* Find(const std::string& name);
  void Refuse(std::string_view name, std::string_view why);

  const Json& in_;
  std::set<std::string> taken_;
  absl::Status status_;
};

}  // namespace kefu::ctl
