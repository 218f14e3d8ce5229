#include "services/common/base/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kefu {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(Status, AnErrorKeepsItsDetailsAcrossTheWire) {
  const absl::Status sent = WithRetryDelay(
      Error(absl::StatusCode::kAborted, "STALE_FENCE", "Read the session again.", {{"fence", "7"}}),
      1500);
  const absl::Status received =
      DecodeRpcStatus(sent.code(), FromAbsl(sent.message()), EncodeRpcStatus(sent));
  EXPECT_EQ(received.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(FromAbsl(received.message()), "Read the session again.");
  EXPECT_EQ(ErrorReason(received), "STALE_FENCE");
  EXPECT_THAT(ErrorMetadataOf(received), UnorderedElementsAre(Pair("fence", "7")));
  EXPECT_EQ(RetryDelayMs(received), 1500);
}

TEST(Status, AnInvalidFieldNamesTheField) {
  const absl::Status status = InvalidField("content.text.body", "Say something.");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(FieldViolationsOf(status).size(), 1u);
  EXPECT_EQ(FieldViolationsOf(status)[0].field, "content.text.body");
  EXPECT_EQ(ErrorReason(status), "INVALID_FIELD");
}

TEST(Status, GarbageFromTheWireLeavesCodeAndMessage) {
  const absl::Status status =
      DecodeRpcStatus(absl::StatusCode::kInternal, "broken", "\xff\xff\xff");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ErrorReason(status), "");
}

TEST(Status, AStatusWithoutDetailsHasNoReason) {
  EXPECT_EQ(ErrorReason(absl::OkStatus()), "");
  EXPECT_EQ(RetryDelayMs(absl::InternalError("x")), 0);
}

}  // namespace
}  // namespace kefu
