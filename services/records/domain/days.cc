#include "services/records/domain/days.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "services/common/base/status.h"

namespace kefu::records::domain {
namespace {

constexpr size_t kMaxZoneName = 64;

// "2026-11-22" and nothing else: the library would also take years of other lengths.
absl::StatusOr<absl::CivilDay> ParseDay(std::string_view field, std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  const auto fits = [](char c, char form) {
    return form == 'd' ? std::isdigit(static_cast<unsigned char>(c)) != 0 : c == form;
  };
  absl::CivilDay day;
  if (text.size() != kForm.size() || !std::equal(text.begin(), text.end(), kForm.begin(), fits) ||
      !absl::ParseCivilTime(ToAbsl(text), &day)) {
    return InvalidField(field, "must be a day like 2026-11-22");
  }
  return day;
}

absl::StatusOr<absl::TimeZone> ZoneOf(std::string_view name) {
  if (name.empty()) return absl::UTCTimeZone();
  // The name goes into a path: only what zones are called.
  const bool named = name.size() <= kMaxZoneName && name.front() != '/' &&
                     std::all_of(name.begin(), name.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
                     });
  absl::TimeZone zone;
  if (!named || !absl::LoadTimeZone(ToAbsl(name), &zone)) {
    return InvalidField("time_zone", "must be a time zone of IANA's, e.g. Asia/Shanghai");
  }
  return zone;
}

}  // namespace

absl::StatusOr<std::vector<Day>> DaysOf(std::string_view from_day, std::string_view to_day,
                                        std::string_view time_zone) {
  KEFU_ASSIGN_OR_RETURN(const absl::CivilDay from, ParseDay("from_day", from_day));
  KEFU_ASSIGN_OR_RETURN(const absl::CivilDay to, ParseDay("to_day", to_day));
  KEFU_ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOf(time_zone));
  if (to < from) return InvalidField("to_day", "must not be before from_day");
  if (to - from >= kMaxDays) {
    return InvalidField("to_day", fmt::format("must be at most {} days away", kMaxDays - 1));
  }
  // Where midnight is skipped the day begins with the first moment after it, where it comes twice
  // with the first.
  const auto begin_of = [&](absl::CivilDay day) {
    const absl::TimeZone::TimeInfo midnight = zone.At(absl::CivilSecond(day));
    const bool skipped = midnight.kind == absl::TimeZone::TimeInfo::SKIPPED;
    return TimePoint{absl::ToUnixMillis(skipped ? midnight.trans : midnight.pre)};
  };
  std::vector<Day> days;
  for (absl::CivilDay day = from; day <= to; ++day) {
    days.push_back({fmt::format("{:04}-{:02}-{:02}", day.year(), day.month(), day.day()),
                    begin_of(day), begin_of(day + 1)});
  }
  return days;
}

}  // namespace kefu::records::domain
