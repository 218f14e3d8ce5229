// Kuaidi100's pushes. `lastResult.data` is the full list, newest first; an item has a statusCode
// unless the subscription is of the old kind, where only the list as a whole has a state.
#include <algorithm>
#include <array>
#include <utility>

#include "services/common/base/form.h"
#include "services/common/base/status.h"
#include "services/logistics/domain/push_json.h"
#include "services/logistics/domain/source_time.h"

namespace kefu::logistics {
namespace {

constexpr size_t kMaxItems = 1000;
constexpr std::array<std::string_view, 4> kPushStatuses = {"polling", "shutdown", "abort",
                                                           "updateall"};

absl::StatusOr<PushBuilder::Said> ReadItem(const Json& item) {
  if (!item.is_object()) return BadBody("An item of lastResult.data is not an object.");
  PushBuilder::Said said;
  said.raw_time = TextOf(item, "time");
  if (said.raw_time.empty()) said.raw_time = TextOf(item, "ftime");
  const std::optional<TimePoint> time = ParseSourceTime(said.raw_time, kShanghaiOffsetMs);
  if (!time) return BadBody("An item of lastResult.data has no time that can be read.");
  said.time = *time;
  said.code = TextOf(item, "statusCode");
  said.text = TextOf(item, "context");
  said.place = TextOf(item, "areaName");
  if (said.place.empty()) said.place = TextOf(item, "location");
  return said;
}

// Oldest first.
absl::StatusOr<std::vector<PushBuilder::Said>> ReadItems(const Json& last_result) {
  const Json& data = ArrayOf(last_result, "data");
  if (data.size() > kMaxItems) return BadBody("lastResult.data has more than 1000 items.");
  std::vector<PushBuilder::Said> items;
  for (const Json& item : data) {
    KEFU_ASSIGN_OR_RETURN(PushBuilder::Said said, ReadItem(item));
    items.push_back(std::move(said));
  }
  std::reverse(items.begin(), items.end());
  return items;
}

}  // namespace

absl::StatusOr<Push> ReadKuaidi100(const StatusTable& table, std::string_view body,
                                   TimePoint received) {
  const std::optional<std::string> param = FormField(body, "param");
  if (!param) return BadBody("The form has no field param.");
  KEFU_ASSIGN_OR_RETURN(const Json json, ParseObject(*param));
  const std::string kind = TextOf(json, "status");
  if (std::find(kPushStatuses.begin(), kPushStatuses.end(), kind) == kPushStatuses.end())
    return BadBody("The push has a status that is not known.");
  const Json& last_result = ObjectOf(json, "lastResult");
  KEFU_ASSIGN_OR_RETURN(const std::vector<PushBuilder::Said> items, ReadItems(last_result));

  PushBuilder builder(table, "kuaidi100");
  // Where they found another carrier than was asked for, the shop still knows the parcel under the
  // one it asked for.
  const std::string asked = TextOf(json, "comOld");
  const std::string carrier = asked.empty() ? TextOf(last_result, "com") : asked;
  KEFU_RETURN_IF_ERROR(builder.SetParcel(carrier, TextOf(last_result, "nu")));
  for (const PushBuilder::Said& item : items) builder.Add(item);

  PushBuilder::Said whole;
  whole.time = items.empty() ? received : items.back().time;
  whole.raw_time = items.empty() ? "" : items.back().raw_time;
  if (!items.empty() && items.back().code.empty()) {
    whole.code = TextOf(last_result, "state");
    if (!whole.code.empty()) builder.Add(whole);
  }
  if (kind == "abort") {
    whole.code = kind;
    whole.text = TextOf(json, "message");
    builder.Add(whole);
  }
  return builder.Finish();
}

}  // namespace kefu::logistics
