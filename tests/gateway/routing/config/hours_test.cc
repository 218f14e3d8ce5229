#include "gateway/routing/config/hours.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace kefu::gateway::routing::config {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kMinute = 60'000;

struct Day {
  std::string date;
  std::vector<std::pair<std::string, std::string>> spans;
};

void AddSpan(v1::TimeSpan* span, const std::string& from, const std::string& to) {
  span->set_from(from);
  span->set_to(to);
}

v1::BusinessHours Document(const std::string& zone, std::vector<v1::Weekday> weekdays,
                           const std::string& from, const std::string& to,
                           std::vector<Day> exceptions = {}) {
  v1::BusinessHours hours;
  hours.set_time_zone(zone);
  v1::WeeklySpan* weekly = hours.add_weekly();
  for (const v1::Weekday weekday : weekdays) weekly->add_weekdays(weekday);
  AddSpan(weekly->mutable_span(), from, to);
  for (const Day& day : exceptions) {
    v1::HoursException* exception = hours.add_exceptions();
    exception->set_date(day.date);
    for (const auto& [begin, end] : day.spans) AddSpan(exception->add_spans(), begin, end);
  }
  return hours;
}

const std::vector<v1::Weekday> kWorkdays = {v1::WEEKDAY_MONDAY, v1::WEEKDAY_TUESDAY,
                                            v1::WEEKDAY_WEDNESDAY, v1::WEEKDAY_THURSDAY,
                                            v1::WEEKDAY_FRIDAY};
const std::vector<v1::Weekday> kAllDays = {
    v1::WEEKDAY_MONDAY, v1::WEEKDAY_TUESDAY,  v1::WEEKDAY_WEDNESDAY, v1::WEEKDAY_THURSDAY,
    v1::WEEKDAY_FRIDAY, v1::WEEKDAY_SATURDAY, v1::WEEKDAY_SUNDAY};

Hours Valid(const v1::BusinessHours& document) {
  Violations violations;
  Hours hours = Hours::Parse(document, "hours[0]", &violations);
  for (const FieldViolation& violation : violations.all())
    ADD_FAILURE() << violation.field << ": " << violation.description;
  return hours;
}

std::vector<std::string> FieldsOf(const v1::BusinessHours& document) {
  Violations violations;
  Hours::Parse(document, "hours[0]", &violations);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : violations.all()) fields.push_back(violation.field);
  return fields;
}

// RFC 3339.
TimePoint At(const std::string& text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return {absl::ToUnixMillis(time)};
}
std::string Text(std::optional<TimePoint> time) {
  if (!time) return "never";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(time->ms),
                          absl::UTCTimeZone());
}

TEST(Hours, OpenFromNineToSixOnWorkdays) {
  const Hours hours = Valid(Document("Asia/Shanghai", kWorkdays, "09:00", "18:00"));
  EXPECT_FALSE(hours.IsOpen(At("2026-11-20T08:59:59+08:00")));
  EXPECT_TRUE(hours.IsOpen(At("2026-11-20T09:00:00+08:00")));
  EXPECT_TRUE(hours.IsOpen(At("2026-11-20T17:59:59+08:00")));
  EXPECT_FALSE(hours.IsOpen(At("2026-11-20T18:00:00+08:00")));
  EXPECT_FALSE(hours.IsOpen(At("2026-11-21T12:00:00+08:00")));
  EXPECT_EQ(Text(hours.NextChange(At("2026-11-20T10:00:00+08:00"))), "2026-11-20T10:00:00Z");
  EXPECT_EQ(Text(hours.NextOpening(At("2026-11-20T18:00:00+08:00"))), "2026-11-23T01:00:00Z");
  EXPECT_EQ(Text(hours.NextOpening(At("2026-11-20T10:00:00+08:00"))), "2026-11-20T02:00:00Z");
}

TEST(Hours, AHolidayIsClosedAndAMakeUpDayOpen) {
  const Hours hours = Valid(
      Document("Asia/Shanghai", kWorkdays, "09:00", "18:00",
               {{"2026-10-01", {}}, {"2026-10-02", {}}, {"2026-10-10", {{"10:00", "16:00"}}}}));
  EXPECT_FALSE(hours.IsOpen(At("2026-10-01T12:00:00+08:00")));
  EXPECT_EQ(Text(hours.NextOpening(At("2026-09-30T18:00:00+08:00"))), "2026-10-05T01:00:00Z");
  EXPECT_TRUE(hours.IsOpen(At("2026-10-10T12:00:00+08:00")));  // a Saturday
  EXPECT_FALSE(hours.IsOpen(At("2026-10-10T16:30:00+08:00")));
}

TEST(Hours, ASpanOverMidnightBelongsToTheDayOnWhichItBegins) {
  const Hours hours = Valid(Document("Asia/Shanghai", {v1::WEEKDAY_FRIDAY}, "22:00", "02:00"));
  EXPECT_TRUE(hours.IsOpen(At("2026-11-20T23:00:00+08:00")));
  EXPECT_TRUE(hours.IsOpen(At("2026-11-21T01:59:00+08:00")));
  EXPECT_FALSE(hours.IsOpen(At("2026-11-21T02:00:00+08:00")));
  EXPECT_FALSE(hours.IsOpen(At("2026-11-20T01:00:00+08:00")));
  EXPECT_EQ(Text(hours.NextChange(At("2026-11-20T23:00:00+08:00"))), "2026-11-20T18:00:00Z");
}

TEST(Hours, AHolidayCutsWhatBeganOnTheDayBefore) {
  const Hours hours = Valid(Document("Asia/Shanghai", kAllDays, "22:00", "02:00",
                                     {{"2026-10-01", {{"23:00", "01:00"}}}}));
  EXPECT_EQ(Text(hours.NextChange(At("2026-09-30T23:00:00+08:00"))), "2026-09-30T16:00:00Z");
  EXPECT_FALSE(hours.IsOpen(At("2026-10-01T01:00:00+08:00")));
  EXPECT_FALSE(hours.IsOpen(At("2026-10-01T22:30:00+08:00")));
  EXPECT_TRUE(hours.IsOpen(At("2026-10-02T00:30:00+08:00")));
  EXPECT_FALSE(hours.IsOpen(At("2026-10-02T01:00:00+08:00")));
}

TEST(Hours, AroundTheClockNeverChanges) {
  const Hours whole = Valid(Document("Europe/Berlin", kAllDays, "00:00", "24:00"));
  EXPECT_EQ(Text(whole.NextChange(At("2026-03-01T00:00:00Z"))), "never");
  const Hours turning = Valid(Document("Europe/Berlin", kAllDays, "09:00", "09:00"));
  EXPECT_EQ(Text(turning.NextChange(At("2026-03-01T00:00:00Z"))), "never");
  EXPECT_TRUE(turning.IsOpen(At("2026-03-01T00:00:00Z")));
}

TEST(Hours, WhatTheClockSkipsWasNeverOpen) {
  // Berlin: 02:00 is 03:00 on 29 March 2026.
  const Hours gone = Valid(Document("Europe/Berlin", {v1::WEEKDAY_SUNDAY}, "02:15", "02:45"));
  EXPECT_EQ(Text(gone.NextOpening(At("2026-03-28T12:00:00Z"))), "2026-04-05T00:15:00Z");
  const Hours cut = Valid(Document("Europe/Berlin", {v1::WEEKDAY_SUNDAY}, "02:30", "04:00"));
  EXPECT_EQ(Text(cut.NextOpening(At("2026-03-28T12:00:00Z"))), "2026-03-29T01:00:00Z");
}

TEST(Hours, WhatTheClockRepeatsIsOpenTwice) {
  // New York: 02:00 is 01:00 again on 1 November 2026.
  const Hours hours = Valid(Document("America/New_York", {v1::WEEKDAY_SUNDAY}, "01:15", "01:45"));
  std::vector<std::string> changes;
  TimePoint at = At("2026-11-01T04:00:00Z");
  for (int i = 0; i < 4; ++i) {
    at = hours.NextChange(at).value();
    changes.push_back(Text(at));
  }
  EXPECT_THAT(changes, ElementsAre("2026-11-01T05:15:00Z", "2026-11-01T05:45:00Z",
                                   "2026-11-01T06:15:00Z", "2026-11-01T06:45:00Z"));
}

TEST(Hours, EverythingWrongIsNamed) {
  v1::BusinessHours hours = Document("Mars/Olympus", {}, "9:00", "25:00",
                                     {{"2026-02-29", {{"10:00", "00:00"}}}, {"2026-1-1", {}}});
  hours.mutable_weekly(0)->add_weekdays(v1::WEEKDAY_UNSPECIFIED);
  hours.add_exceptions()->set_date("2026-05-01");
  hours.add_exceptions()->set_date("2026-05-01");
  EXPECT_THAT(FieldsOf(hours),
              ElementsAre("hours[0].time_zone", "hours[0].weekly[0].span.from",
                          "hours[0].weekly[0].span.to", "hours[0].weekly[0].weekdays[0]",
                          "hours[0].exceptions[0].spans[0].to", "hours[0].exceptions[0].date",
                          "hours[0].exceptions[1].date", "hours[0].exceptions[3].date"));
  v1::BusinessHours never;
  never.set_time_zone("UTC");
  EXPECT_THAT(FieldsOf(never), ElementsAre("hours[0].weekly"));
  for (const char* zone : {"", "/etc/passwd", "localtime", "../etc", "Asia/../Asia/Shanghai"}) {
    v1::BusinessHours odd = Document(zone, {v1::WEEKDAY_MONDAY}, "09:00", "18:00");
    EXPECT_THAT(FieldsOf(odd), ElementsAre("hours[0].time_zone")) << zone;
  }
}

// Another way to say when it is open: minute by minute, by the time on the wall.
class Wall {
 public:
  explicit Wall(const v1::BusinessHours& document) : document_(document) {
    EXPECT_TRUE(absl::LoadTimeZone(document.time_zone(), &zone_));
  }

  bool IsOpen(TimePoint now) const {
    const absl::CivilSecond wall = zone_.At(absl::FromUnixMillis(now.ms)).cs;
    const std::string clock = fmt::format("{:02}:{:02}", wall.hour(), wall.minute());
    const absl::CivilDay day(wall);
    for (const v1::TimeSpan& span : SpansOn(day)) {
      const bool wraps = span.to() <= span.from();
      if (clock >= span.from() && (wraps || clock < span.to())) return true;
    }
    if (ExceptionOn(day) != nullptr) return false;
    for (const v1::TimeSpan& span : SpansOn(day - 1)) {
      if (span.to() <= span.from() && clock < span.to()) return true;
    }
    return false;
  }

 private:
  const v1::HoursException* ExceptionOn(absl::CivilDay day) const {
    const std::string date = absl::FormatCivilTime(day);
    for (const v1::HoursException& exception : document_.exceptions()) {
      if (exception.date() == date) return &exception;
    }
    return nullptr;
  }
  std::vector<v1::TimeSpan> SpansOn(absl::CivilDay day) const {
    if (const v1::HoursException* exception = ExceptionOn(day))
      return {exception->spans().begin(), exception->spans().end()};
    std::vector<v1::TimeSpan> spans;
    const int weekday = static_cast<int>(absl::GetWeekday(day)) + 1;
    for (const v1::WeeklySpan& weekly : document_.weekly()) {
      for (const int each : weekly.weekdays()) {
        if (each == weekday) spans.push_back(weekly.span());
      }
    }
    return spans;
  }

  const v1::BusinessHours document_;
  absl::TimeZone zone_;
};

std::string RandomClock(std::mt19937& random, bool end) {
  int minutes = static_cast<int>(random() % 96) * 15;
  if (end && minutes == 0) minutes = 1440;
  return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
}

v1::BusinessHours RandomHours(std::mt19937& random, const std::string& zone, absl::CivilDay begin) {
  v1::BusinessHours hours;
  hours.set_time_zone(zone);
  const unsigned spans = 1 + random() % 3;
  for (unsigned i = 0; i < spans; ++i) {
    v1::WeeklySpan* weekly = hours.add_weekly();
    for (const v1::Weekday weekday : kAllDays) {
      if (random() % 2 == 0) weekly->add_weekdays(weekday);
    }
    if (weekly->weekdays().empty()) weekly->add_weekdays(v1::WEEKDAY_SUNDAY);
    AddSpan(weekly->mutable_span(), RandomClock(random, false), RandomClock(random, true));
  }
  for (int day = 0; day < 6; ++day) {
    if (random() % 3 != 0) continue;
    v1::HoursException* exception = hours.add_exceptions();
    exception->set_date(absl::FormatCivilTime(begin + day));
    if (random() % 2 == 0)
      AddSpan(exception->add_spans(), RandomClock(random, false), RandomClock(random, true));
  }
  return hours;
}

struct Place {
  const char* name;
  const char* zone;
  // A stretch of days, with a clock change in it where there is one.
  absl::CivilDay begin;
};

class HoursByTheMinute : public ::testing::TestWithParam<Place> {};

TEST_P(HoursByTheMinute, AgreeWithTheWallClockAndChangesAreFoundWhereItChanges) {
  const Place& place = GetParam();
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone(place.zone, &zone));
  const TimePoint begin{absl::ToUnixMillis(zone.At(absl::CivilSecond(place.begin)).pre)};
  constexpr int kMinutes = 6 * 24 * 60;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    std::mt19937 random(seed);
    const v1::BusinessHours document = RandomHours(random, place.zone, place.begin);
    SCOPED_TRACE(document.ShortDebugString());
    const Hours hours = Valid(document);
    const Wall wall(document);
    bool open = wall.IsOpen(begin);
    TimePoint changed = begin;
    for (int i = 0; i < kMinutes; ++i) {
      const TimePoint now = begin + i * kMinute;
      const bool open_now = wall.IsOpen(now);
      ASSERT_EQ(hours.IsOpen(now), open_now) << Text(now);
      if (open_now == open) continue;
      // Asked at the last change, and just before this one.
      ASSERT_EQ(Text(hours.NextChange(changed)), Text(now));
      ASSERT_EQ(Text(hours.NextChange(now + -kMinute)), Text(now));
      ASSERT_EQ(Text(hours.NextOpening(now + -1)), open_now ? Text(now) : Text(now + -1));
      open = open_now;
      changed = now;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Places, HoursByTheMinute,
    ::testing::Values(Place{"Shanghai", "Asia/Shanghai", absl::CivilDay(2026, 9, 29)},
                      Place{"NewYorkSpring", "America/New_York", absl::CivilDay(2026, 3, 6)},
                      Place{"NewYorkAutumn", "America/New_York", absl::CivilDay(2026, 10, 30)},
                      Place{"BerlinSpring", "Europe/Berlin", absl::CivilDay(2026, 3, 27)},
                      Place{"BerlinAutumn", "Europe/Berlin", absl::CivilDay(2026, 10, 23)},
                      // Half an hour.
                      Place{"LordHoweSpring", "Australia/Lord_Howe", absl::CivilDay(2026, 10, 2)},
                      Place{"LordHoweAutumn", "Australia/Lord_Howe", absl::CivilDay(2026, 4, 3)},
                      // Over midnight: 24:00 is 23:00 again, on the day before.
                      Place{"AzoresAutumn", "Atlantic/Azores", absl::CivilDay(2026, 10, 23)},
                      Place{"SantiagoAutumn", "America/Santiago", absl::CivilDay(2026, 4, 2)},
                      // A day that never was: 30 December 2011.
                      Place{"Apia", "Pacific/Apia", absl::CivilDay(2011, 12, 28)}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace kefu::gateway::routing::config
