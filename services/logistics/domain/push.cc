#include "services/logistics/domain/push.h"

#include <algorithm>
#include <utility>

#include "services/common/base/parcel.h"
#include "services/common/base/status.h"
#include "services/logistics/domain/fields.h"
#include "services/logistics/domain/push_json.h"

namespace kefu::logistics {
namespace {

constexpr int kMaxDepth = 32;
constexpr int64_t kMaxSameMoment = 999;

// Counts brackets outside of strings, so that nothing deep reaches the parser.
bool IsShallow(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return false;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return true;
}

// As CheckCarrier wants it, as far as that goes without inventing anything.
std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

absl::Status BadBody(std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_BODY", what);
}

absl::StatusOr<Json> ParseObject(std::string_view text) {
  if (!IsShallow(text)) return BadBody("The JSON is nested more than 32 deep.");
  Json json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return BadBody("This is not a JSON object.");
  return json;
}

std::string TextOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_unsigned()) return std::to_string(found->get<uint64_t>());
  if (found->is_number_integer()) return std::to_string(found->get<int64_t>());
  return "";
}

const Json& ObjectOf(const Json& object, const char* name) {
  static const auto* const empty = new Json(Json::object());
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : *empty;
}

const Json& ArrayOf(const Json& object, const char* name) {
  static const auto* const empty = new Json(Json::array());
  const auto found = object.find(name);
  return found != object.end() && found->is_array() ? *found : *empty;
}

absl::Status PushBuilder::SetParcel(std::string_view carrier, std::string_view tracking_number) {
  push_.carrier = table_.CarrierOf(source_, Lower(carrier));
  if (!CheckCarrier("carrier", push_.carrier).ok())
    return BadBody("The carrier's code is not one that can be kept.");
  absl::StatusOr<std::string> number = NormalTrackingNumber("tracking_number", tracking_number);
  if (!number.ok()) return BadBody("The tracking number is not one that can be kept.");
  push_.tracking_number = *std::move(number);
  return absl::OkStatus();
}

Meaning PushBuilder::Translate(const std::string& code) {
  if (code.empty()) return {};
  std::optional<Meaning> meaning = table_.Find(source_, code);
  if (meaning) return *std::move(meaning);
  std::vector<std::string>& unknown = push_.unknown_codes;
  if (std::find(unknown.begin(), unknown.end(), code) == unknown.end()) unknown.push_back(code);
  return {};
}

void PushBuilder::Add(const Said& said) {
  const bool same_moment = !push_.events.empty() && said.time == last_time_;
  same_moment_ = same_moment ? std::min(same_moment_ + 1, kMaxSameMoment) : 0;
  last_time_ = said.time;
  Meaning meaning = Translate(said.code);
  TrackingEvent event;
  event.time = said.time + same_moment_;
  event.id = EventId(push_.carrier, push_.tracking_number, said.time, said.code, said.text);
  event.status = meaning.status;
  event.substatus = std::move(meaning.substatus);
  event.text = Tidy(said.text, kMaxText);
  event.place = Tidy(said.place, kMaxPlace);
  event.source = source_;
  event.raw_code = Tidy(said.code, kMaxCode);
  event.raw_time = Tidy(said.raw_time, kMaxCode);
  push_.events.push_back(std::move(event));
}

bool IsPushSource(std::string_view source) {
  return source == "kuaidi100" || source == "aftership";
}

absl::StatusOr<Push> ReadPush(const StatusTable& table, std::string_view source,
                              std::string_view body, TimePoint received) {
  if (source == "kuaidi100") return ReadKuaidi100(table, body, received);
  if (source == "aftership") return ReadAfterShip(table, body, received);
  return Error(absl::StatusCode::kInvalidArgument, "UNKNOWN_SOURCE",
               "Pushes are read from kuaidi100 and aftership.");
}

}  // namespace kefu::logistics
