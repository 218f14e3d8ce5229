#include "gateway/routing/simulation/input.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <absl/time/time.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {
namespace {

using nlohmann::json;

// Whole milliseconds from then on are exact in scores and in JSON numbers; it is the year 2286.
constexpr double kLastS = 1e10;
constexpr uint32_t kMostCapacity = 1000;
constexpr int kMostAgents = 20'000;

absl::StatusOr<int64_t> Milliseconds(const std::string& field, const json& value) {
  if (!value.is_number()) return InvalidField(field, "It must be a number of seconds.");
  const double seconds = value.get<double>();
  if (seconds >= 0 && seconds <= kLastS) return std::llround(seconds * 1000);
  return InvalidField(field, "It must be 0 to 1e10 seconds.");
}

absl::StatusOr<int64_t> Moment(const std::string& field, const json& value) {
  if (value.is_number()) return Milliseconds(field, value);
  if (value.is_string()) return ParseTimeMs(field, value.get_ref<const std::string&>());
  return InvalidField(field, "It must be Unix seconds or a time such as \"2026-01-05T09:00:00Z\".");
}

absl::Status NoOthers(const std::string& path, const json& object,
                      const std::set<std::string>& known) {
  for (const auto& [name, value] : object.items()) {
    if (!known.contains(name)) return InvalidField(path + name, "There is no such field.");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<RecordedArrival>> ParseLines(
    std::string_view text,
    const std::function<absl::StatusOr<RecordedArrival>(const std::string& path, const json&)>&
        parse) {
  std::vector<RecordedArrival> arrivals;
  int number = 0;
  for (const absl::string_view part : absl::StrSplit(ToAbsl(text), '\n')) {
    ++number;
    const std::string_view line = FromAbsl(part);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string path = "line " + std::to_string(number) + ": ";
    const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) {
      return InvalidField("line " + std::to_string(number), "It is not a JSON object.");
    }
    KEFU_ASSIGN_OR_RETURN(RecordedArrival arrival, parse(path, object));
    arrivals.push_back(std::move(arrival));
  }
  return arrivals;
}

absl::StatusOr<RecordedArrival> ParseArrival(const std::string& path, const json& object) {
  KEFU_RETURN_IF_ERROR(NoOthers(
      path, object,
      {"time", "category", "language", "channel", "page", "priority", "service", "patience"}));
  RecordedArrival arrival;
  if (!object.contains("time")) return InvalidField(path + "time", "It is missing.");
  KEFU_ASSIGN_OR_RETURN(arrival.at_ms, Moment(path + "time", object["time"]));
  for (const char* name : {"category", "language", "channel", "page", "priority"}) {
    if (!object.contains(name)) continue;
    const json& value = object[name];
    if (!value.is_string() ||
        !SetTrait(name, value.get_ref<const std::string&>(), &arrival.traits)) {
      return InvalidField(path + name,
                          "There is no " + std::string(name) + " " + value.dump() + ".");
    }
  }
  if (object.contains("service")) {
    KEFU_ASSIGN_OR_RETURN(arrival.service_ms, Milliseconds(path + "service", object["service"]));
  }
  if (object.contains("patience")) {
    KEFU_ASSIGN_OR_RETURN(arrival.patience_ms, Milliseconds(path + "patience", object["patience"]));
  }
  return arrival;
}

absl::StatusOr<RecordedArrival> ParseChat(const std::string& path, const json& object) {
  RecordedArrival arrival;
  for (const char* name : {"start", "duration"}) {
    if (!object.contains(name)) return InvalidField(path + name, "It is missing.");
  }
  KEFU_ASSIGN_OR_RETURN(arrival.at_ms, Moment(path + "start", object["start"]));
  KEFU_ASSIGN_OR_RETURN(arrival.service_ms, Milliseconds(path + "duration", object["duration"]));
  return arrival;
}

absl::Status ParseSkills(const std::string& path, const json& skills, SimulatedAgent* agent) {
  if (!skills.is_object()) return InvalidField(path, "It must be an object: skill to level.");
  for (const auto& [skill, level] : skills.items()) {
    if (!level.is_number_integer() || level < 1 || level > 5) {
      return InvalidField(path + "[\"" + skill + "\"]", "A level is 1 to 5.");
    }
    agent->skills[skill] = level;
  }
  return absl::OkStatus();
}

absl::Status ParseLanguages(const std::string& path, const json& languages, SimulatedAgent* agent) {
  if (!languages.is_array()) return InvalidField(path, "It must be an array of language tags.");
  for (const json& tag : languages) {
    if (!tag.is_string()) return InvalidField(path, "It must be an array of language tags.");
    agent->languages.push_back(tag);
  }
  return absl::OkStatus();
}

absl::Status ParseShifts(const std::string& path, const json& shifts, SimulatedAgent* agent) {
  if (!shifts.is_array()) return InvalidField(path, "It must be an array of {\"from\", \"to\"}.");
  int64_t free_from_ms = 0;
  for (size_t i = 0; i < shifts.size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    const json& span = shifts[i];
    if (!span.is_object() || !span.contains("from") || !span.contains("to")) {
      return InvalidField(at, "It must be {\"from\", \"to\"}.");
    }
    KEFU_RETURN_IF_ERROR(NoOthers(at + ".", span, {"from", "to"}));
    Shift shift;
    KEFU_ASSIGN_OR_RETURN(shift.from_ms, Moment(at + ".from", span["from"]));
    KEFU_ASSIGN_OR_RETURN(shift.to_ms, Moment(at + ".to", span["to"]));
    if (shift.from_ms < free_from_ms) {
      return InvalidField(at + ".from", "Shifts must follow each other.");
    }
    if (shift.to_ms <= shift.from_ms) return InvalidField(at + ".to", "It must be after \"from\".");
    free_from_ms = shift.to_ms;
    agent->shifts.push_back(shift);
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Whole(const std::string& field, const json& object, const char* name,
                              int64_t absent, int64_t least, int64_t most) {
  if (!object.contains(name)) return absent;
  const json& value = object[name];
  if (value.is_number_integer() && value >= least && value <= most) return value.get<int64_t>();
  return InvalidField(field + name, "It must be a whole number, " + std::to_string(least) + " to " +
                                        std::to_string(most) + ".");
}

// Adds the agents of one entry.
absl::Status ParseEntry(const std::string& path, const json& entry,
                        std::vector<SimulatedAgent>* agents) {
  if (!entry.is_object()) return InvalidField(path, "It must be an object.");
  const std::string in = path + ".";
  KEFU_RETURN_IF_ERROR(
      NoOthers(in, entry, {"agent", "count", "capacity", "skills", "languages", "shifts"}));
  if (!entry.contains("agent") || !entry["agent"].is_string() || entry["agent"] == "") {
    return InvalidField(in + "agent", "Name the agent.");
  }
  SimulatedAgent agent;
  agent.name = entry["agent"];
  KEFU_ASSIGN_OR_RETURN(const int64_t count, Whole(in, entry, "count", 1, 1, kMostAgents));
  KEFU_ASSIGN_OR_RETURN(agent.capacity, Whole(in, entry, "capacity", 100, 0, kMostCapacity));
  if (entry.contains("skills")) {
    KEFU_RETURN_IF_ERROR(ParseSkills(in + "skills", entry["skills"], &agent));
  }
  if (entry.contains("languages")) {
    KEFU_RETURN_IF_ERROR(ParseLanguages(in + "languages", entry["languages"], &agent));
  }
  if (entry.contains("shifts")) {
    KEFU_RETURN_IF_ERROR(ParseShifts(in + "shifts", entry["shifts"], &agent));
  }
  AddAgents(agent, count, agents);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.is_open() && !file.bad()) return text;
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_FILE", "Cannot read " + path + ".");
}

absl::StatusOr<int64_t> ParseTimeMs(std::string_view field, std::string_view text) {
  double seconds = 0;
  if (absl::SimpleAtod(ToAbsl(text), &seconds)) return Milliseconds(std::string(field), seconds);
  absl::Time time;
  std::string error;
  for (const char* format : {"%Y-%m-%dT%H:%M:%E*SZ", "%Y-%m-%dT%H:%M:%E*S", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, ToAbsl(text), &time, &error)) {
      const int64_t ms = absl::ToUnixMillis(time);
      if (ms >= 0 && ms <= kLastS * 1000) return ms;
    }
  }
  return InvalidField(field, "\"" + std::string(text) +
                                 "\" is no time; write Unix seconds or 2026-01-05T09:00:00Z.");
}

absl::StatusOr<std::vector<RecordedArrival>> ParseArrivals(std::string_view json_lines) {
  return ParseLines(json_lines, ParseArrival);
}

absl::StatusOr<std::vector<RecordedArrival>> ParseChats(std::string_view json_lines) {
  return ParseLines(json_lines, ParseChat);
}

absl::StatusOr<std::vector<SimulatedAgent>> ParseAgents(std::string_view text) {
  json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_object()) {
    KEFU_RETURN_IF_ERROR(NoOthers("", document, {"agents"}));
    if (document.contains("agents")) document = json(document["agents"]);
  }
  if (!document.is_array()) {
    return InvalidField("agents", "It must be a JSON array of {\"agent\", …}.");
  }
  std::vector<SimulatedAgent> agents;
  for (size_t i = 0; i < document.size(); ++i) {
    KEFU_RETURN_IF_ERROR(ParseEntry("agents[" + std::to_string(i) + "]", document[i], &agents));
  }
  KEFU_RETURN_IF_ERROR(CheckAgents("agents", agents, kMostAgents));
  return agents;
}

std::vector<SimulatedAgent> EqualAgents(int count, uint32_t capacity) {
  std::vector<SimulatedAgent> agents(count);
  for (int i = 0; i < count; ++i) {
    agents[i].name = "agent-" + std::to_string(i + 1);
    agents[i].capacity = capacity;
  }
  return agents;
}

}  // namespace kefu::gateway::routing::simulation
