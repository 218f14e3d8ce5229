#include "services/orders/status_file.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <string>
#include <utility>

#include "services/common/base/status.h"
#include "services/orders/domain/input.h"

namespace kefu::orders {
namespace {

using domain::SourceTable;
using domain::StatusRule;

absl::Status Bad(const YAML::Mark& mark, std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_STATUSES",
               fmt::format("statuses, line {}: {}", mark.line + 1, what));
}

absl::StatusOr<std::string> Text(const YAML::Node& node, std::string_view what) {
  // An unquoted null is the value null.
  if (node.IsNull()) return std::string("null");
  if (node.IsScalar() && !node.Scalar().empty()) return node.Scalar();
  return Bad(node.Mark(), fmt::format("{} must be a text", what));
}

absl::StatusOr<std::vector<std::string>> Texts(const YAML::Node& node, std::string_view what) {
  std::vector<std::string> texts;
  if (!node.IsSequence()) {
    KEFU_ASSIGN_OR_RETURN(std::string text, Text(node, what));
    texts.push_back(std::move(text));
    return texts;
  }
  if (node.size() == 0) return Bad(node.Mark(), fmt::format("{} is an empty list", what));
  for (const YAML::Node& element : node) {
    KEFU_ASSIGN_OR_RETURN(std::string text, Text(element, what));
    texts.push_back(std::move(text));
  }
  return texts;
}

template <class Axis>
absl::Status ReadAxis(const YAML::Node& node, std::string_view name,
                      std::optional<Axis> (*parse)(std::string_view), std::optional<Axis>* axis) {
  KEFU_ASSIGN_OR_RETURN(const std::string text, Text(node, name));
  *axis = parse(text);
  if (axis->has_value()) return absl::OkStatus();
  return Bad(node.Mark(), fmt::format("{} knows no {}", name, text));
}

absl::Status ReadState(const YAML::Node& node, domain::Said* said) {
  if (node.IsScalar() && node.Scalar() == "CLOSED") {
    said->closed = true;
    return absl::OkStatus();
  }
  return ReadAxis(node, "state", domain::ParseState, &said->state);
}

absl::Status ReadWhere(const YAML::Node& node, StatusRule* rule) {
  if (!node.IsMap() || node.size() == 0)
    return Bad(node.Mark(), "where must name fields and values");
  for (const auto& member : node) {
    KEFU_ASSIGN_OR_RETURN(const std::string field, Text(member.first, "a field"));
    KEFU_ASSIGN_OR_RETURN(rule->where[field], Text(member.second, "where." + field));
  }
  return absl::OkStatus();
}

// One rule of the file; several values make several rules.
struct RuleLine {
  StatusRule rule;
  std::vector<std::string> values;
};

absl::Status ReadMember(const std::string& key, const YAML::Node& node, RuleLine* line) {
  domain::Said& said = line->rule.said;
  if (key == "field") {
    KEFU_ASSIGN_OR_RETURN(line->rule.field, Text(node, key));
    return absl::OkStatus();
  }
  if (key == "value") {
    KEFU_ASSIGN_OR_RETURN(line->values, Texts(node, key));
    return absl::OkStatus();
  }
  if (key == "where") return ReadWhere(node, &line->rule);
  if (key == "state") return ReadState(node, &said);
  if (key == "payment") return ReadAxis(node, key, domain::ParsePayment, &said.payment);
  if (key == "fulfilment") return ReadAxis(node, key, domain::ParseFulfilment, &said.fulfilment);
  return Bad(node.Mark(),
             fmt::format("unknown key {} (field, value, where, state, payment, fulfilment)", key));
}

bool IsShadowed(const StatusRule& rule, const std::vector<StatusRule>& earlier) {
  return std::any_of(earlier.begin(), earlier.end(), [&](const StatusRule& other) {
    return other.field == rule.field && other.value == rule.value && other.where == rule.where;
  });
}

absl::Status ReadRule(const YAML::Node& node, SourceTable* table) {
  if (!node.IsMap()) return Bad(node.Mark(), "a rule is {field, value, where, axes}");
  RuleLine line;
  for (const auto& member : node) {
    KEFU_ASSIGN_OR_RETURN(const std::string key, Text(member.first, "a key"));
    KEFU_RETURN_IF_ERROR(ReadMember(key, member.second, &line));
  }
  if (line.rule.field.empty() || line.values.empty())
    return Bad(node.Mark(), "a rule needs field and value");
  if (line.rule.said == domain::Said{}) return Bad(node.Mark(), "a rule needs an axis");
  for (const std::string& value : line.values) {
    StatusRule rule = line.rule;
    if (value != "*") rule.value = value;
    if (IsShadowed(rule, table->rules))
      return Bad(node.Mark(), fmt::format("{} {} has a rule already", rule.field, value));
    table->rules.push_back(std::move(rule));
  }
  return absl::OkStatus();
}

absl::StatusOr<SourceTable> ReadSource(const YAML::Node& node) {
  SourceTable table;
  if (!node.IsMap()) return Bad(node.Mark(), "a source has rules and ignored");
  for (const auto& member : node) {
    KEFU_ASSIGN_OR_RETURN(const std::string key, Text(member.first, "a key"));
    if (key == "ignored") {
      KEFU_ASSIGN_OR_RETURN(const auto ignored, Texts(member.second, key));
      table.ignored.insert(ignored.begin(), ignored.end());
    } else if (key == "rules" && member.second.IsSequence()) {
      for (const YAML::Node& rule : member.second) KEFU_RETURN_IF_ERROR(ReadRule(rule, &table));
    } else {
      return Bad(member.first.Mark(), fmt::format("unknown key {} (rules: a list, ignored)", key));
    }
  }
  if (table.rules.empty()) return Bad(node.Mark(), "a source needs rules");
  return table;
}

absl::StatusOr<domain::StatusTables> ReadFile(const YAML::Node& root) {
  if (!root.IsMap()) return Bad(root.Mark(), "expected sources");
  std::map<std::string, SourceTable> sources;
  for (const auto& member : root) {
    KEFU_ASSIGN_OR_RETURN(const std::string key, Text(member.first, "a key"));
    if (key != "sources" || !member.second.IsMap())
      return Bad(member.first.Mark(), fmt::format("unknown key {} (sources)", key));
    for (const auto& source : member.second) {
      KEFU_ASSIGN_OR_RETURN(const std::string name, Text(source.first, "a source"));
      if (!domain::IsName(name))
        return Bad(source.first.Mark(), fmt::format("{} is no name of a source", name));
      KEFU_ASSIGN_OR_RETURN(SourceTable table, ReadSource(source.second));
      if (!sources.emplace(name, std::move(table)).second)
        return Bad(source.first.Mark(), fmt::format("{} is here already", name));
    }
  }
  return domain::StatusTables(std::move(sources));
}

}  // namespace

absl::StatusOr<domain::StatusTables> ParseStatuses(std::string_view yaml) {
  try {
    return ReadFile(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& error) {
    return Bad(error.mark, error.msg);
  }
}

}  // namespace kefu::orders
