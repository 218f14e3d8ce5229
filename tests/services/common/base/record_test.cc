#include "services/common/base/record.h"

#include <gtest/gtest.h>

#include "proto/kefu/common/v1/data_key.pb.h"

namespace kefu {
namespace {

using Record = common::v1::DataKeyRecord;

TEST(Record, ComesBackUpToTheVersionThatIsKnown) {
  Record record;
  record.set_record_version(2);
  record.set_id("key");
  EXPECT_EQ(ParseRecord<Record>(record.SerializeAsString(), 2)->id(), "key");
  EXPECT_EQ(ParseRecord<Record>(record.SerializeAsString(), 3)->id(), "key");
}

TEST(Record, OfALaterVersionIsNotMisread) {
  Record record;
  record.set_record_version(3);
  const auto read = ParseRecord<Record>(record.SerializeAsString(), 2);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(read.status()), "RECORD_TOO_NEW");
}

TEST(Record, ThatIsDamagedIsLostDataUnderOneReason) {
  const auto read = ParseRecord<Record>("\xff\xff", 2, "key");
  EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ErrorReason(read.status()), "BAD_RECORD");
  EXPECT_NE(read.status().message().find("stored key"), absl::string_view::npos);
}

}  // namespace
}  // namespace kefu
