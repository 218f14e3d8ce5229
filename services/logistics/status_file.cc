#include "services/logistics/status_file.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <string>
#include <utility>

#include "services/common/base/parcel.h"
#include "services/common/base/status.h"
#include "services/logistics/domain/fields.h"

namespace kefu::logistics {
namespace {

constexpr std::string_view kNote = "NOTE";

absl::Status Bad(const YAML::Mark& mark, std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_STATUS_FILE",
               fmt::format("Line {}: {}", mark.line + 1, what));
}

// "EXCEPTION/CUSTOMS"
absl::StatusOr<Meaning> ParseMeaning(const YAML::Node& node) {
  if (!node.IsScalar()) return Bad(node.Mark(), "a code's meaning is a status");
  const std::string& text = node.Scalar();
  if (text == kNote) return Meaning{};
  const size_t slash = text.find('/');
  const std::optional<Status> status = StatusNamed(text.substr(0, slash));
  if (!status) return Bad(node.Mark(), fmt::format("there is no status \"{}\"", text));
  Meaning meaning{.status = *status};
  if (slash == std::string::npos) return meaning;
  meaning.substatus = text.substr(slash + 1);
  if (meaning.substatus.empty() || !CheckSubstatus("", meaning.substatus).ok())
    return Bad(node.Mark(), "a substatus is 1 to 64 of A-Z, 0-9 and '_'");
  return meaning;
}

absl::Status ParseCodes(const YAML::Node& node, StatusTable::Source* source) {
  if (!node.IsMap()) return Bad(node.Mark(), "codes are a map of codes to statuses");
  for (const auto& entry : node) {
    const std::string& code = entry.first.Scalar();
    if (!entry.first.IsScalar() || code.empty() || code.size() > kMaxCode)
      return Bad(entry.first.Mark(), "a code is 1 to 64 bytes");
    KEFU_ASSIGN_OR_RETURN(Meaning meaning, ParseMeaning(entry.second));
    if (!source->codes.emplace(code, std::move(meaning)).second)
      return Bad(entry.first.Mark(), fmt::format("the code \"{}\" stands here twice", code));
  }
  return absl::OkStatus();
}

absl::Status ParseCarriers(const YAML::Node& node, StatusTable::Source* source) {
  if (!node.IsMap()) return Bad(node.Mark(), "carriers are a map of their codes to kefu's");
  for (const auto& entry : node) {
    if (!entry.first.IsScalar() || !entry.second.IsScalar() ||
        !CheckCarrier("", entry.first.Scalar()).ok() ||
        !CheckCarrier("", entry.second.Scalar()).ok()) {
      return Bad(entry.first.Mark(), "a carrier is 2 to 32 of a-z, 0-9, '_' and '-'");
    }
    if (!source->carriers.emplace(entry.first.Scalar(), entry.second.Scalar()).second)
      return Bad(entry.first.Mark(), "the carrier stands here twice");
  }
  return absl::OkStatus();
}

absl::StatusOr<StatusTable::Source> ParseSource(const YAML::Node& node) {
  if (!node.IsMap()) return Bad(node.Mark(), "a source has codes");
  StatusTable::Source source;
  for (const auto& entry : node) {
    const std::string& key = entry.first.Scalar();
    if (key == "codes") {
      KEFU_RETURN_IF_ERROR(ParseCodes(entry.second, &source));
    } else if (key == "carriers") {
      KEFU_RETURN_IF_ERROR(ParseCarriers(entry.second, &source));
    } else if (key == "fallback") {
      if (!entry.second.IsScalar() || entry.second.Scalar() != "prefix")
        return Bad(entry.second.Mark(), "the fallback is \"prefix\" or left out");
      source.prefix_fallback = true;
    } else {
      return Bad(entry.first.Mark(), fmt::format("unknown key \"{}\"", key));
    }
  }
  if (source.codes.empty()) return Bad(node.Mark(), "the source has no codes");
  return source;
}

absl::StatusOr<StatusTable> ParseTable(const YAML::Node& root) {
  if (!root.IsMap()) return Bad(root.Mark(), "the file is a map with the key \"sources\"");
  StatusTable table;
  bool found = false;
  for (const auto& top : root) {
    if (top.first.Scalar() != "sources")
      return Bad(top.first.Mark(), fmt::format("unknown key \"{}\"", top.first.Scalar()));
    if (!top.second.IsMap()) return Bad(top.second.Mark(), "sources are a map by name");
    for (const auto& entry : top.second) {
      const std::string& name = entry.first.Scalar();
      if (!CheckCarrier("", name).ok())
        return Bad(entry.first.Mark(), "a source is 2 to 32 of a-z, 0-9, '_' and '-'");
      if (table.HasSource(name))
        return Bad(entry.first.Mark(), fmt::format("the source \"{}\" stands here twice", name));
      KEFU_ASSIGN_OR_RETURN(StatusTable::Source source, ParseSource(entry.second));
      table.Add(name, std::move(source));
      found = true;
    }
  }
  if (!found) return Bad(root.Mark(), "there are no sources");
  return table;
}

}  // namespace

absl::StatusOr<StatusTable> ParseStatusFile(std::string_view yaml) {
  try {
    return ParseTable(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& e) {
    return Bad(e.mark, e.msg);
  }
}

}  // namespace kefu::logistics
