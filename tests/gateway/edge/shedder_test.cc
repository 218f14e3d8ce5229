#include "gateway/edge/shedder.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

TEST(Shedder, RefusesTheLeastImportantFirst) {
  ConcurrencyShedder shedder({3, 2, 2, 1, 1});
  std::vector<Shedder::Ticket> held;
  held.push_back(*shedder.Admit(SHED_LEVEL_BACKGROUND));
  EXPECT_FALSE(shedder.Admit(SHED_LEVEL_BACKGROUND).ok());
  EXPECT_FALSE(shedder.Admit(SHED_LEVEL_NEW_SESSION).ok());
  held.push_back(*shedder.Admit(SHED_LEVEL_BUYER_MESSAGE));
  EXPECT_FALSE(shedder.Admit(SHED_LEVEL_BUYER_MESSAGE).ok());
  held.push_back(*shedder.Admit(SHED_LEVEL_UNSPECIFIED));
  EXPECT_FALSE(shedder.Admit(SHED_LEVEL_UNSPECIFIED).ok());
  held.clear();
  EXPECT_EQ(shedder.in_progress(), 0);
  EXPECT_TRUE(shedder.Admit(SHED_LEVEL_BACKGROUND).ok());
}

TEST(Shedder, SaysWhenToTryAgain) {
  ConcurrencyShedder shedder({0, 0, 0, 0, 0});
  const absl::Status refused = shedder.Admit(SHED_LEVEL_UNSPECIFIED).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(refused), "OVERLOADED");
  EXPECT_GE(RetryDelayMs(refused), 500);
  EXPECT_LT(RetryDelayMs(refused), 1500);
  EXPECT_EQ(shedder.in_progress(), 0);
}

TEST(Shedder, ATicketThatMovesIsGivenBackOnce) {
  ConcurrencyShedder shedder;
  {
    absl::StatusOr<Shedder::Ticket> first = shedder.Admit(SHED_LEVEL_BUSINESS);
    Shedder::Ticket second = std::move(*first);
    EXPECT_EQ(shedder.in_progress(), 1);
    second.Release();
    EXPECT_EQ(shedder.in_progress(), 0);
  }
  EXPECT_EQ(shedder.in_progress(), 0);
}

}  // namespace
}  // namespace kefu::gateway
