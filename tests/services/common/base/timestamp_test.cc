#include "services/common/base/timestamp.h"

#include <gtest/gtest.h>

#include <limits>

namespace kefu {
namespace {

int64_t MsOf(int64_t seconds, int32_t nanos = 0) {
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return ToTimePoint(time).ms;
}

TEST(Timestamp, IsMillisecondsSince1970) {
  EXPECT_EQ(MsOf(1'700'000'000, 123'999'999), 1'700'000'000'123);
  EXPECT_EQ(MsOf(-1), -1000);
}

TEST(Timestamp, ADamagedOneIsTakenAsTheBound) {
  EXPECT_EQ(MsOf(std::numeric_limits<int64_t>::max()), kLastTimestampSecond * 1000);
  EXPECT_EQ(MsOf(std::numeric_limits<int64_t>::min()), kFirstTimestampSecond * 1000);
}

}  // namespace
}  // namespace kefu
