#include "gateway/routing/config/hours.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <utility>

namespace kefu::gateway::routing::config {
namespace {

constexpr int kMinutesOfDay = 24 * 60;
constexpr int kHorizonDays = 731;
constexpr int kMostExceptions = 400;
constexpr int kMostSpans = 50;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "09:30", up to "24:00".
std::optional<int> ParseMinutes(const std::string& text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const size_t i : {0, 1, 3, 4}) {
    if (!IsDigit(text[i])) return std::nullopt;
  }
  const int hours = (text[0] - '0') * 10 + (text[1] - '0');
  const int minutes = (text[3] - '0') * 10 + (text[4] - '0');
  if (minutes > 59 || hours * 60 + minutes > kMinutesOfDay) return std::nullopt;
  return hours * 60 + minutes;
}

// "2026-10-01".
std::optional<absl::CivilDay> ParseDate(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i != 4 && i != 7 && !IsDigit(text[i])) return std::nullopt;
  }
  const int year = std::stoi(text.substr(0, 4));
  const int month = std::stoi(text.substr(5, 2));
  const int day = std::stoi(text.substr(8, 2));
  const absl::CivilDay date(year, month, day);
  // Normalised if there is no such date.
  if (date.year() != year || date.month() != month || date.day() != day) return std::nullopt;
  return date;
}

// The library would take file names and whatever this machine's clock is set to.
bool LooksLikeZone(const std::string& name) {
  if (name.empty() || name.size() > 64 || !std::isalpha(static_cast<unsigned char>(name[0])))
    return false;
  if (name == "localtime" || name.find("..") != std::string::npos) return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
  });
}

TimePoint ToTimePoint(absl::Time time) { return {absl::ToUnixMillis(time)}; }
absl::Time ToTime(TimePoint time) { return absl::FromUnixMillis(time.ms); }

}  // namespace

std::optional<Hours::Span> Hours::ParseSpan(const v1::TimeSpan& span, const std::string& path,
                                            Violations* violations) {
  const std::optional<int> from = ParseMinutes(span.from());
  const std::optional<int> to = ParseMinutes(span.to());
  if (!from || *from == kMinutesOfDay) {
    violations->Add(path + ".from", "A time from 00:00 to 23:59.");
  }
  if (!to || *to == 0) violations->Add(path + ".to", "A time from 00:01 to 24:00.");
  if (!from || *from == kMinutesOfDay || !to || *to == 0) return std::nullopt;
  return Span{*from, *to};
}

Hours Hours::Parse(const v1::BusinessHours& message, const std::string& path,
                   Violations* violations) {
  Hours hours;
  if (!LooksLikeZone(message.time_zone()) ||
      !absl::LoadTimeZone(message.time_zone(), &hours.zone_)) {
    violations->Add(path + ".time_zone", "A time zone such as Asia/Shanghai or Europe/Berlin.");
  }
  if (message.weekly().empty() && message.exceptions().empty()) {
    violations->Add(path + ".weekly", "These hours are never open; name a span.");
  }
  if (message.weekly_size() > kMostSpans) violations->Add(path + ".weekly", "At most 50.");
  if (message.exceptions_size() > kMostExceptions) {
    violations->Add(path + ".exceptions", "At most 400; leave out those that are over.");
    return hours;
  }
  for (int i = 0; i < message.weekly_size(); ++i) {
    const std::string at = path + "." + At("weekly", i);
    const v1::WeeklySpan& weekly = message.weekly(i);
    const std::optional<Span> span = ParseSpan(weekly.span(), at + ".span", violations);
    if (weekly.weekdays().empty()) violations->Add(at + ".weekdays", "Name a weekday.");
    for (int j = 0; j < weekly.weekdays_size(); ++j) {
      const int weekday = weekly.weekdays(j);
      if (weekday < v1::WEEKDAY_MONDAY || weekday > v1::WEEKDAY_SUNDAY) {
        violations->Add(at + "." + At("weekdays", j), "WEEKDAY_MONDAY to WEEKDAY_SUNDAY.");
      } else if (span) {
        hours.weekly_[static_cast<size_t>(weekday - v1::WEEKDAY_MONDAY)].push_back(*span);
      }
    }
  }
  for (int i = 0; i < message.exceptions_size(); ++i) {
    const std::string at = path + "." + At("exceptions", i);
    const v1::HoursException& exception = message.exceptions(i);
    Spans spans;
    for (int j = 0; j < exception.spans_size(); ++j) {
      const auto span = ParseSpan(exception.spans(j), at + "." + At("spans", j), violations);
      if (span) spans.push_back(*span);
    }
    const std::optional<absl::CivilDay> date = ParseDate(exception.date());
    if (!date) {
      violations->Add(at + ".date", "A date such as 2026-10-01.");
    } else if (!hours.exceptions_.emplace(*date, std::move(spans)).second) {
      violations->Add(at + ".date", "The date stands here twice.");
    }
  }
  return hours;
}

const Hours::Spans& Hours::SpansOf(absl::CivilDay day) const {
  const auto exception = exceptions_.find(day);
  if (exception != exceptions_.end()) return exception->second;
  return weekly_[static_cast<size_t>(absl::GetWeekday(day))];  // monday is 0
}

bool Hours::Covers(absl::CivilMinute at) const {
  const absl::CivilDay day(at);
  const int minute = at.hour() * 60 + at.minute();
  for (const Span& span : SpansOf(day)) {
    if (minute >= span.from && (minute < span.to || span.over_midnight())) return true;
  }
  if (exceptions_.count(day) > 0) return false;
  for (const Span& span : SpansOf(day - 1)) {
    if (span.over_midnight() && minute < span.to) return true;
  }
  return false;
}

bool Hours::IsOpen(TimePoint now) const {
  return Covers(absl::CivilMinute(zone_.At(ToTime(now)).cs));
}

int64_t Hours::OffsetMs(TimePoint now) const {
  return int64_t{zone_.At(ToTime(now)).offset} * 1000;
}

std::vector<absl::Time> Hours::CandidatesOf(absl::CivilDay day) const {
  std::vector<absl::Time> candidates;
  // A clock change matters only if it passes over one of these, and then it is among them.
  const auto add = [&](absl::CivilSecond at) {
    const absl::TimeZone::TimeInfo info = zone_.At(at);
    candidates.push_back(info.pre);
    candidates.push_back(info.trans);
    candidates.push_back(info.post);
  };
  const absl::CivilSecond midnight(day);
  add(midnight);
  for (const absl::CivilDay begun : {day - 1, day}) {
    for (const Span& span : SpansOf(begun)) {
      if (begun == day) add(midnight + span.from * 60);
      if (span.over_midnight() == (begun != day)) add(midnight + span.to * 60);
    }
  }
  std::sort(candidates.begin(), candidates.end());
  return candidates;
}

std::optional<absl::Time> Hours::FirstChangeOn(absl::CivilDay day, absl::Time after) const {
  const bool open = IsOpen(ToTimePoint(after));
  for (const absl::Time candidate : CandidatesOf(day)) {
    if (candidate > after && IsOpen(ToTimePoint(candidate)) != open) return candidate;
  }
  return std::nullopt;
}

std::optional<TimePoint> Hours::NextChange(TimePoint now) const {
  const absl::Time begin = ToTime(now);
  // From the day before on: clocks may go back over midnight.
  const absl::CivilDay first = absl::CivilDay(zone_.At(begin).cs) - 1;
  for (int i = 0; i <= kHorizonDays; ++i) {
    const std::optional<absl::Time> found = FirstChangeOn(first + i, begin);
    if (!found) continue;
    // For the same reason the day after may have an earlier one.
    const std::optional<absl::Time> later = FirstChangeOn(first + i + 1, begin);
    return ToTimePoint(later ? std::min(*found, *later) : *found);
  }
  return std::nullopt;
}

std::optional<TimePoint> Hours::NextOpening(TimePoint now) const {
  if (IsOpen(now)) return now;
  return NextChange(now);
}

}  // namespace kefu::gateway::routing::config
