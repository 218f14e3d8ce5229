#include "services/logistics/domain/source_time.h"

#include <array>
#include <cstdint>

namespace kefu::logistics {
namespace {

// Reads from the front of a text; a failure stays.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  // Exactly `digits` digits.
  int Number(int digits) {
    int value = 0;
    for (int i = 0; i < digits; ++i) {
      if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') return Fail();
      value = 10 * value + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  char Next() { return rest_.empty() ? '\0' : rest_[0]; }
  bool Take(char c) {
    if (Next() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Expect(char c) {
    if (!Take(c)) Fail();
  }
  int Fail() {
    failed_ = true;
    return 0;
  }
  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysIn(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[static_cast<size_t>(month) - 1];
}

int64_t DaysSince1970(int year, int month, int day) {
  const auto leaps_before = [](int64_t y) { return (y - 1) / 4 - (y - 1) / 100 + (y - 1) / 400; };
  int64_t days = int64_t{365} * (year - 1970) + leaps_before(year) - leaps_before(1970);
  for (int m = 1; m < month; ++m) days += DaysIn(year, m);
  return days + day - 1;
}

// "Z", "+08:00", "+0800", "+08"; `fallback` if there is none.
int64_t ZoneMs(Scanner& scan, int64_t fallback) {
  if (scan.at_end()) return fallback;
  if (scan.Take('Z') || scan.Take('z')) return 0;
  const int sign = scan.Next() == '-' ? -1 : 1;
  if (!scan.Take('+') && !scan.Take('-')) return scan.Fail();
  const int hours = scan.Number(2);
  int minutes = 0;
  if (!scan.at_end()) {
    scan.Take(':');
    minutes = scan.Number(2);
  }
  if (hours > 14 || minutes > 59) return scan.Fail();
  return sign * (int64_t{hours} * 60 + minutes) * 60'000;
}

int64_t FractionMs(Scanner& scan) {
  if (!scan.Take('.')) return 0;
  int64_t ms = 0;
  int digits = 0;
  for (; scan.Next() >= '0' && scan.Next() <= '9' && digits < 9; ++digits) {
    const int digit = scan.Number(1);
    if (digits < 3) ms = 10 * ms + digit;
  }
  if (digits == 0) return scan.Fail();
  for (; digits < 3; ++digits) ms *= 10;
  return ms;
}

}  // namespace

std::optional<TimePoint> ParseSourceTime(std::string_view text, int64_t offset_ms) {
  Scanner scan(text);
  const int year = scan.Number(4);
  const char separator = scan.Next() == '/' ? '/' : '-';
  scan.Expect(separator);
  const int month = scan.Number(2);
  scan.Expect(separator);
  const int day = scan.Number(2);
  if (!scan.Take('T')) scan.Expect(' ');
  const int hour = scan.Number(2);
  scan.Expect(':');
  const int minute = scan.Number(2);
  const int second = scan.Take(':') ? scan.Number(2) : 0;
  const int64_t fraction_ms = FractionMs(scan);
  const int64_t zone_ms = ZoneMs(scan, offset_ms);
  if (scan.failed() || !scan.at_end()) return std::nullopt;
  if (year < 1970 || year > 9998 || month < 1 || month > 12 || day < 1 ||
      day > DaysIn(year, month) || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  const int64_t seconds =
      ((DaysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
  const TimePoint time{seconds * 1000 + fraction_ms - zone_ms};
  if (time.ms < 0) return std::nullopt;
  return time;
}

}  // namespace kefu::logistics
