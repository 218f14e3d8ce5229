#include "services/logistics/domain/fields.h"

#include <gtest/gtest.h>

#include "services/logistics/domain/source_time.h"

namespace kefu::logistics {
namespace {

TEST(Fields, TextsAreCutBetweenCharacters) {
  EXPECT_EQ(Tidy("快件", 6), "快件");
  EXPECT_EQ(Tidy("快件", 5), "快");
  EXPECT_EQ(Tidy("快件", 2), "");
  EXPECT_EQ(Tidy(std::string("a\0b\x1f", 4), 10), "a b ");
}

struct TimeCase {
  const char* text;
  int64_t ms;
};

TEST(SourceTime, IsReadInItsZone) {
  constexpr TimeCase kCases[] = {
      {"1970-01-01 08:00:00", 0},
      {"2025-03-04 08:12:33", 1741047153000},
      {"2025/03/04 08:12:33", 1741047153000},
      {"2025-03-04 08:12", 1741047120000},
      {"2025-03-04T08:12:33", 1741047153000},
      {"2025-03-04T00:12:33Z", 1741047153000},
      {"2025-03-04T08:12:33+08:00", 1741047153000},
      {"2025-03-03T19:12:33-0500", 1741047153000},
      {"2025-03-04T00:12:33.25Z", 1741047153250},
      {"2025-03-04T00:12:33.123456Z", 1741047153123},
      {"2024-02-29 12:00:00", 1709179200000},
      {"2000-02-29 12:00:00", 951796800000},
  };
  for (const TimeCase& c : kCases) {
    const auto time = ParseSourceTime(c.text, kShanghaiOffsetMs);
    ASSERT_TRUE(time) << c.text;
    EXPECT_EQ(time->ms, c.ms) << c.text;
  }
  EXPECT_EQ(ParseSourceTime("1970-01-01 00:00:01", 0)->ms, 1000);
}

TEST(SourceTime, WhatIsNoTimeIsNone) {
  for (const char* bad :
       {"", "yesterday", "2025-03-04", "2025-3-4 08:12:33", "2025-13-01 00:00:00",
        "2025-02-29 00:00:00", "2100-02-29 00:00:00", "2025-03-04 24:00:00", "2025-03-04 08:60:00",
        "2025-03-04 08:12:33 ", "2025-03-04 08:12:33+15:00", "2025-03-04T08:12:33.",
        "1969-12-31 23:59:59", "1970-01-01 00:00:00", "2025-03/04 00:00:00",
        "9999-12-31 23:59:60"}) {
    EXPECT_FALSE(ParseSourceTime(bad, kShanghaiOffsetMs)) << bad;
  }
}

}  // namespace
}  // namespace kefu::logistics
