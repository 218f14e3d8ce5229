#include "services/common/config/reader.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "services/common/base/status.h"

namespace kefu::config {

struct Reader::State {
  YAML::Node root;
  std::set<std::string> asked;
  std::vector<std::string> problems;

  YAML::Node Find(std::string_view path) {
    asked.insert(std::string(path));
    YAML::Node node = root;
    std::string_view rest = path;
    while (!rest.empty()) {
      if (!node.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
      const std::string name(rest.substr(0, rest.find('.')));
      rest.remove_prefix(std::min(rest.size(), name.size() + 1));
      // Assigning a Node would write into the tree; reset only moves our reference.
      const YAML::Node child = static_cast<const YAML::Node&>(node)[name];
      if (!child.IsDefined()) return YAML::Node(YAML::NodeType::Undefined);
      node.reset(child);
    }
    return node;
  }

  void Problem(std::string_view path, std::string_view what) {
    problems.push_back(fmt::format("{}: {}", path, what));
  }

  template <class T>
  void Read(std::string_view path, T* value, std::string_view expected) {
    const YAML::Node node = Find(path);
    if (!node.IsDefined() || node.IsNull()) return;
    try {
      *value = node.as<T>();
    } catch (const YAML::Exception&) {
      Problem(path, fmt::format("expected {}", expected));
    }
  }

  void FindUnknown(const YAML::Node& node, const std::string& prefix) {
    for (const auto& member : node) {
      const std::string path = prefix + member.first.as<std::string>();
      if (asked.count(path) > 0) continue;
      if (member.second.IsMap()) {
        FindUnknown(member.second, path + ".");
      } else {
        Problem(path, "unknown key");
      }
    }
  }
};

Reader::Reader(std::string_view yaml) : state_(std::make_unique<State>()) {
  try {
    state_->root.reset(YAML::Load(std::string(yaml)));
    if (!state_->root.IsMap() && !state_->root.IsNull())
      state_->Problem("(file)", "expected keys and values");
  } catch (const YAML::Exception& error) {
    state_->Problem("(file)", error.what());
  }
}

Reader::~Reader() = default;

void Reader::Optional(std::string_view path, std::string* value) {
  state_->Read(path, value, "text");
}

void Reader::Optional(std::string_view path, bool* value) {
  state_->Read(path, value, "true or false");
}

void Reader::Optional(std::string_view path, std::vector<std::string>* value) {
  state_->Read(path, value, "a list of texts");
}

void Reader::Optional(std::string_view path, int64_t* value, int64_t min, int64_t max) {
  state_->Read(path, value, "a whole number");
  if (*value < min || *value > max)
    state_->Problem(path, fmt::format("must be {} to {}", min, max));
}

void Reader::Required(std::string_view path, std::string* value) {
  Optional(path, value);
  if (value->empty()) state_->Problem(path, "is needed");
}

void Reader::Secret(std::string_view path, std::string* value, bool required) {
  if (state_->Find(path).IsDefined()) {
    state_->Problem(
        path, fmt::format("secrets do not stand in this file; use {0}_file or {0}_env", path));
    return;
  }
  std::string file;
  std::string variable;
  Optional(std::string(path) + "_file", &file);
  Optional(std::string(path) + "_env", &variable);
  if (!file.empty()) {
    absl::StatusOr<std::string> text = ReadFile(file);
    if (!text.ok()) {
      state_->Problem(path, text.status().message().data());
      return;
    }
    *value = *std::move(text);
    while (!value->empty() && (value->back() == '\n' || value->back() == '\r')) value->pop_back();
  } else if (!variable.empty()) {
    const char* text = std::getenv(variable.c_str());
    if (text != nullptr) *value = text;
  }
  if (required && value->empty())
    state_->Problem(path, fmt::format("is needed: set {0}_file or {0}_env", path));
}

absl::Status Reader::Finish() {
  if (state_->root.IsMap()) state_->FindUnknown(state_->root, "");
  if (state_->problems.empty()) return absl::OkStatus();
  std::string message = "The configuration is not usable:";
  for (const std::string& problem : state_->problems) message += "\n  " + problem;
  return Error(absl::StatusCode::kInvalidArgument, "BAD_CONFIG", message);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(absl::StatusCode::kNotFound, "NO_SUCH_FILE", "Cannot read " + path + ".");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace kefu::config
