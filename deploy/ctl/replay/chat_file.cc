#include "deploy/ctl/replay/chat_file.h"

#include <absl/strings/numbers.h>
#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

using nlohmann::json;

// For recordings without times: a pause to read and think, then an ordinary typist.
constexpr int64_t kThinkMs = 3000;
constexpr int64_t kMsPerByte = 200;

std::optional<Turn> TurnOf(const json& turn, int64_t previous_ms) {
  const std::string speaker = turn.value("speaker", "");
  if (speaker != "customer" && speaker != "agent") return std::nullopt;
  Turn out;
  out.party = speaker == "customer" ? Party::kBuyer : Party::kAgent;
  out.text = turn.value("text", "");
  if (out.text.empty()) return std::nullopt;
  const int64_t guessed_ms =
      previous_ms + kThinkMs + kMsPerByte * static_cast<int64_t>(out.text.size());
  out.at_ms =
      turn.contains("t") ? static_cast<int64_t>(turn.at("t").get<double>() * 1000) : guessed_ms;
  out.at_ms = std::max(out.at_ms, previous_ms);
  return out;
}

// Puts what the agent said before the buyer's first message right behind it.
void BeginWithBuyer(std::vector<Turn>* turns) {
  const auto first = std::find_if(turns->begin(), turns->end(),
                                  [](const Turn& t) { return t.party == Party::kBuyer; });
  const int64_t begins_ms = first->at_ms;
  std::rotate(turns->begin(), first, first + 1);
  for (Turn& turn : *turns) turn.at_ms = std::max<int64_t>(turn.at_ms - begins_ms, 0);
}

// Throws what nlohmann throws on fields of a wrong type.
std::optional<Chat> ChatOf(const json& line) {
  Chat chat;
  chat.id = line.at("id").get<std::string>();
  if (line.contains("start"))
    chat.start_ms = static_cast<int64_t>(line.at("start").get<double>() * 1000);
  int64_t previous_ms = 0;
  bool buyer_speaks = false;
  for (const json& turn : line.at("turns")) {
    std::optional<Turn> read = TurnOf(turn, previous_ms);
    if (!read.has_value()) continue;
    previous_ms = read->at_ms;
    buyer_speaks = buyer_speaks || read->party == Party::kBuyer;
    chat.turns.push_back(std::move(*read));
  }
  if (!buyer_speaks) return std::nullopt;
  BeginWithBuyer(&chat.turns);
  return chat;
}

// The start of the window that holds most starts; `chats` are in order of their start.
int64_t BusiestStart(const std::vector<Chat>& chats, int64_t window_ms) {
  size_t most = 0;
  int64_t best_ms = 0;
  size_t end = 0;
  for (size_t begin = 0; begin < chats.size(); ++begin) {
    while (end < chats.size() && chats[end].start_ms < chats[begin].start_ms + window_ms) ++end;
    if (end - begin > most) {
      most = end - begin;
      best_ms = chats[begin].start_ms;
    }
  }
  return best_ms;
}

void KeepStartsIn(std::vector<Chat>* chats, int64_t from_ms, int64_t to_ms) {
  std::erase_if(
      *chats, [&](const Chat& chat) { return chat.start_ms < from_ms || chat.start_ms >= to_ms; });
}

}  // namespace

absl::StatusOr<std::vector<Chat>> ParseChats(std::string_view json_lines) {
  std::vector<Chat> chats;
  size_t number = 0;
  while (!json_lines.empty()) {
    const size_t end = std::min(json_lines.find('\n'), json_lines.size());
    const std::string_view text = json_lines.substr(0, end);
    json_lines.remove_prefix(std::min(end + 1, json_lines.size()));
    ++number;
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      std::optional<Chat> chat = ChatOf(json::parse(text));
      if (chat.has_value()) chats.push_back(std::move(*chat));
    } catch (const json::exception& error) {
      return Error(absl::StatusCode::kInvalidArgument, "BAD_CHAT",
                   fmt::format("Line {} is not a recorded chat: {}", number, error.what()));
    }
  }
  std::stable_sort(chats.begin(), chats.end(),
                   [](const Chat& a, const Chat& b) { return a.start_ms < b.start_ms; });
  return chats;
}

absl::StatusOr<std::vector<Chat>> LoadChats(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || !text) {
    return Error(absl::StatusCode::kNotFound, "NO_SUCH_FILE",
                 fmt::format("Cannot read {}: {}.", path, std::strerror(errno)));
  }
  return ParseChats(text.str());
}

std::vector<Chat> SelectChats(std::vector<Chat> chats, const ChatSelection& selection) {
  constexpr int64_t kAny = INT64_MAX;
  KeepStartsIn(&chats, selection.from_ms.value_or(0), selection.to_ms.value_or(kAny));
  if (selection.busiest_hours.has_value()) {
    const auto window_ms = static_cast<int64_t>(*selection.busiest_hours * 3600 * 1000);
    const int64_t from_ms = BusiestStart(chats, window_ms);
    KeepStartsIn(&chats, from_ms, from_ms + window_ms);
  }
  if (selection.limit > 0 && chats.size() > selection.limit) chats.resize(selection.limit);
  return chats;
}

absl::StatusOr<int64_t> ParseTimeMs(std::string_view text) {
  double seconds = 0;
  if (absl::SimpleAtod(ToAbsl(text), &seconds)) return static_cast<int64_t>(seconds * 1000);
  absl::Time time;
  std::string ignored;
  for (const char* format :
       {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, ToAbsl(text), &time, &ignored)) return absl::ToUnixMillis(time);
  }
  return InvalidField(
      "time", fmt::format("\"{}\" is neither Unix time nor like 2020-05-15T14:59:30Z.", text));
}

}  // namespace kefu::ctl
