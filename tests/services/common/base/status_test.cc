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

TEST(Status, EveryInvalidFieldIsNamed) {
  EXPECT_TRUE(InvalidFields({}).ok());
  const absl::Status status =
      InvalidFields({{"groups[0].level", "It is 1 to 5."}, {"default_group", "Name one."}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "groups[0].level: It is 1 to 5. (and 1 more)");
  const std::vector<FieldViolation> violations = FieldViolationsOf(status);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[1].field, "default_group");
  EXPECT_EQ(violations[1].description, "Name one.");
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
