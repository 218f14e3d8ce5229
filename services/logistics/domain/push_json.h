// What the readers of pushed bodies share: JSON from strangers, and events made of it. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "services/logistics/domain/push.h"

namespace kefu::logistics {

using Json = nlohmann::json;

absl::Status BadBody(std::string_view what);

// An object nested at most 32 deep. BAD_BODY.
absl::StatusOr<Json> ParseObject(std::string_view text);

// The string or whole number under `name`; empty if there is none, or it is something else.
std::string TextOf(const Json& object, const char* name);
// The member if it is an object or array; an empty one of that kind if it is not there.
const Json& ObjectOf(const Json& object, const char* name);
const Json& ArrayOf(const Json& object, const char* name);

// Fills a Push from what one source says, oldest event first.
class PushBuilder {
 public:
  PushBuilder(const StatusTable& table, std::string_view source) : table_(table), source_(source) {}

  // BAD_BODY if these name no parcel.
  absl::Status SetParcel(std::string_view carrier, std::string_view tracking_number);
  struct Said {
    TimePoint time;
    std::string code;
    std::string text;
    std::string place;
    std::string raw_time;
  };
  void Add(const Said& said);
  Push Finish() { return std::move(push_); }

 private:
  Meaning Translate(const std::string& code);

  const StatusTable& table_;
  const std::string source_;
  Push push_;
  TimePoint last_time_;
  int64_t same_moment_ = 0;
};

absl::StatusOr<Push> ReadKuaidi100(const StatusTable& table, std::string_view body,
                                   TimePoint received);
absl::StatusOr<Push> ReadAfterShip(const StatusTable& table, std::string_view body,
                                   TimePoint received);

}  // namespace kefu::logistics
