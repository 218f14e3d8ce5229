// AfterShip's pushes. `msg.checkpoints` is the full list, oldest first; each checkpoint has a tag
// and mostly a subtag. The tracking itself has both, too, which counts where no checkpoint says so.
#include <algorithm>
#include <utility>

#include "services/common/base/status.h"
#include "services/logistics/domain/push_json.h"
#include "services/logistics/domain/source_time.h"

namespace kefu::logistics {
namespace {

constexpr size_t kMaxCheckpoints = 1000;

std::string CodeOf(const Json& object) {
  std::string subtag = TextOf(object, "subtag");
  return subtag.empty() ? TextOf(object, "tag") : subtag;
}

std::string PlaceOf(const Json& checkpoint) {
  std::string place = TextOf(checkpoint, "location");
  if (!place.empty()) return place;
  for (const char* part : {"city", "state", "country_name"}) {
    const std::string name = TextOf(checkpoint, part);
    if (!name.empty()) place.append(place.empty() ? "" : ", ").append(name);
  }
  return place;
}

absl::StatusOr<PushBuilder::Said> ReadCheckpoint(const Json& checkpoint) {
  if (!checkpoint.is_object()) return BadBody("A checkpoint is not an object.");
  PushBuilder::Said said;
  said.raw_time = TextOf(checkpoint, "checkpoint_time");
  const bool chinese =
      TextOf(checkpoint, "country_iso3") == "CHN" || TextOf(checkpoint, "country_region") == "CHN";
  std::optional<TimePoint> time = ParseSourceTime(said.raw_time, chinese ? kShanghaiOffsetMs : 0);
  if (!time) time = ParseSourceTime(TextOf(checkpoint, "created_at"), 0);
  if (!time) return BadBody("A checkpoint has no time that can be read.");
  said.time = *time;
  said.code = CodeOf(checkpoint);
  said.text = TextOf(checkpoint, "message");
  said.place = PlaceOf(checkpoint);
  return said;
}

// What the tracking as a whole says, if that is more than its checkpoints do: nothing came yet, or
// nothing came for too long.
std::optional<PushBuilder::Said> ReadWhole(const Json& message, bool has_checkpoints,
                                           TimePoint received) {
  if (has_checkpoints && TextOf(message, "tag") != "Expired") return std::nullopt;
  PushBuilder::Said said;
  said.code = CodeOf(message);
  if (said.code.empty()) return std::nullopt;
  said.text = TextOf(message, "subtag_message");
  said.raw_time = TextOf(message, "updated_at");
  said.time = ParseSourceTime(said.raw_time, 0).value_or(received);
  return said;
}

}  // namespace

absl::StatusOr<Push> ReadAfterShip(const StatusTable& table, std::string_view body,
                                   TimePoint received) {
  KEFU_ASSIGN_OR_RETURN(const Json json, ParseObject(body));
  const std::string event = TextOf(json, "event");
  // They say when the parcel is expected, not where it is.
  if (event == "edd_revise" || event == "tracking_pending_time") return Push();
  if (event != "tracking_update") return BadBody("The push is of an event that is not known.");
  const Json& message = ObjectOf(json, "msg");
  const Json& checkpoints = ArrayOf(message, "checkpoints");
  if (checkpoints.size() > kMaxCheckpoints) return BadBody("There are more than 1000 checkpoints.");

  PushBuilder builder(table, "aftership");
  KEFU_RETURN_IF_ERROR(
      builder.SetParcel(TextOf(message, "slug"), TextOf(message, "tracking_number")));
  for (const Json& checkpoint : checkpoints) {
    KEFU_ASSIGN_OR_RETURN(const PushBuilder::Said said, ReadCheckpoint(checkpoint));
    builder.Add(said);
  }
  const auto whole = ReadWhole(message, !checkpoints.empty(), received);
  if (whole) builder.Add(*whole);
  return builder.Finish();
}

}  // namespace kefu::logistics
