#include "services/common/base/retry.h"

#include <gtest/gtest.h>

namespace kefu {
namespace {

using absl::StatusCode;

TEST(Retry, WhatIsAboutTheMomentPasses) {
  for (const StatusCode code :
       {StatusCode::kUnavailable, StatusCode::kDeadlineExceeded, StatusCode::kResourceExhausted,
        StatusCode::kCancelled, StatusCode::kAborted, StatusCode::kInternal, StatusCode::kUnknown})
    EXPECT_TRUE(Passes(absl::Status(code, ""))) << absl::StatusCodeToString(code);
}

TEST(Retry, WhatIsAboutTheThingItselfDoesNot) {
  for (const StatusCode code :
       {StatusCode::kOk, StatusCode::kInvalidArgument, StatusCode::kNotFound,
        StatusCode::kAlreadyExists, StatusCode::kPermissionDenied, StatusCode::kUnauthenticated,
        StatusCode::kFailedPrecondition, StatusCode::kOutOfRange, StatusCode::kUnimplemented,
        StatusCode::kDataLoss})
    EXPECT_FALSE(Passes(absl::Status(code, ""))) << absl::StatusCodeToString(code);
}

}  // namespace
}  // namespace kefu
