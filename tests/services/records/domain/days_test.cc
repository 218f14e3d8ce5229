#include "services/records/domain/days.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"

namespace kefu::records::domain {
namespace {

constexpr int64_t kHour = 3'600'000;

TEST(Days, AreThoseOfTheZone) {
  const auto days = DaysOf("2026-11-21", "2026-11-22", "Asia/Shanghai");
  ASSERT_TRUE(days.ok()) << days.status();
  ASSERT_EQ(days->size(), 2u);
  EXPECT_EQ((*days)[0].name, "2026-11-21");
  EXPECT_EQ((*days)[0].begin.ms, 1'795'190'400'000);  // 2026-11-20T16:00:00Z
  EXPECT_EQ((*days)[0].end, (*days)[1].begin);
  EXPECT_EQ((*days)[1].end - (*days)[1].begin, 24 * kHour);
}

TEST(Days, WithoutAZoneAreThoseOfUtc) {
  const auto days = DaysOf("1970-01-02", "1970-01-02", "");
  ASSERT_TRUE(days.ok());
  EXPECT_EQ((*days)[0].begin.ms, 24 * kHour);
}

TEST(Days, MayHave23Or25Hours) {
  const auto spring = DaysOf("2026-03-29", "2026-03-29", "Europe/Berlin");
  const auto autumn = DaysOf("2026-10-25", "2026-10-25", "Europe/Berlin");
  ASSERT_TRUE(spring.ok() && autumn.ok());
  EXPECT_EQ((*spring)[0].end - (*spring)[0].begin, 23 * kHour);
  EXPECT_EQ((*autumn)[0].end - (*autumn)[0].begin, 25 * kHour);
}

TEST(Days, WhoseMidnightIsSkippedBeginAfterIt) {
  // Clocks in Cairo went from 00:00 to 01:00 on 2024-04-26.
  const auto days = DaysOf("2024-04-25", "2024-04-26", "Africa/Cairo");
  ASSERT_TRUE(days.ok());
  EXPECT_EQ((*days)[0].end, (*days)[1].begin);
  EXPECT_EQ((*days)[1].end - (*days)[1].begin, 23 * kHour);
}

TEST(Days, Of92DaysAreTheMost) {
  EXPECT_EQ(DaysOf("2026-01-01", "2026-04-02", "")->size(), 92u);
  EXPECT_FALSE(DaysOf("2026-01-01", "2026-04-03", "").ok());
}

struct Refusal {
  std::string name, from, to, zone, field;
};
class DaysRefused : public testing::TestWithParam<Refusal> {};

TEST_P(DaysRefused, NamesTheField) {
  const Refusal& refusal = GetParam();
  const auto days = DaysOf(refusal.from, refusal.to, refusal.zone);
  ASSERT_FALSE(days.ok());
  EXPECT_EQ(days.status().code(), absl::StatusCode::kInvalidArgument);
  const auto violations = FieldViolationsOf(days.status());
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, refusal.field);
}

INSTANTIATE_TEST_SUITE_P(
    All, DaysRefused,
    testing::Values(Refusal{"NoDay", "", "2026-01-01", "", "from_day"},
                    Refusal{"NoSuchDay", "2026-02-30", "2026-03-01", "", "from_day"},
                    Refusal{"OtherForm", "2026-1-1", "2026-01-02", "", "from_day"},
                    Refusal{"WithATime", "2026-01-01T00:00", "2026-01-02", "", "from_day"},
                    Refusal{"NoLastDay", "2026-01-01", "tomorrow", "", "to_day"},
                    Refusal{"BackToFront", "2026-01-02", "2026-01-01", "", "to_day"},
                    Refusal{"TooMany", "2026-01-01", "2027-01-01", "", "to_day"},
                    Refusal{"NoSuchZone", "2026-01-01", "2026-01-01", "Mars/Base", "time_zone"},
                    Refusal{"APathAsZone", "2026-01-01", "2026-01-01", "/etc/passwd", "time_zone"},
                    Refusal{"UpwardPathAsZone", "2026-01-01", "2026-01-01", "../../etc/localtime",
                            "time_zone"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace kefu::records::domain
