#include "gateway/streams/buyer_presence.h"

#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/common/server/io_threads.h"
#include "tests/support/await.h"
#include "tests/support/eventually.h"

namespace kefu::gateway::streams {
namespace {

using kefu::test::Await;
using kefu::test::Eventually;
using testing::ElementsAre;

class BuyerPresenceTest : public testing::Test {
 protected:
  ~BuyerPresenceTest() override { io_.Stop(); }

  void Went(const std::string& buyer) { presence_.Went(shop_, buyer, &session_, io_.Next()); }
  std::vector<std::string> Told() {
    absl::MutexLock lock(&mutex_);
    return told_;
  }

  const ShopId shop_ = *ShopId::Parse("demo");
  const SessionId session_{ConversationId::New(), 1};
  absl::Mutex mutex_;
  std::vector<std::string> told_;
  server::IoThreads io_{1};
  BuyerPresence presence_{[this](ShopId, SessionId session, bool present) -> Task<absl::Status> {
                            absl::MutexLock lock(&mutex_);
                            told_.push_back(session.str() + (present ? " is there" : " is away"));
                            co_return absl::OkStatus();
                          },
                          /*linger_ms=*/20};
};

TEST_F(BuyerPresenceTest, TheLastStreamOfABuyerCounts) {
  presence_.Came(shop_, "ann");
  presence_.Came(shop_, "ann");
  Went("ann");
  EXPECT_TRUE(presence_.Here(shop_, "ann"));
  Went("ann");
  EXPECT_FALSE(presence_.Here(shop_, "ann"));
  EXPECT_TRUE(Eventually([this] { return !Told().empty(); }));
  EXPECT_THAT(Told(), ElementsAre(session_.str() + " is away"));
}

TEST_F(BuyerPresenceTest, WhoLoadsThePageAnewHasNotGone) {
  presence_.Came(shop_, "ann");
  Went("ann");
  presence_.Came(shop_, "ann");
  // Tells that the moment is over.
  presence_.Came(shop_, "ben");
  Went("ben");
  EXPECT_TRUE(Eventually([this] { return !Told().empty(); }));
  EXPECT_EQ(Told().size(), 1u);
}

TEST_F(BuyerPresenceTest, WhoDoesNotWaitIsNotTalkedOf) {
  presence_.Came(shop_, "ann");
  presence_.Went(shop_, "ann", nullptr, io_.Next());
  presence_.Came(shop_, "ben");
  Went("ben");
  EXPECT_TRUE(Eventually([this] { return !Told().empty(); }));
  EXPECT_EQ(Told().size(), 1u);
}

TEST_F(BuyerPresenceTest, AGatewayThatGoesAwayTellsOfNobody) {
  presence_.Came(shop_, "ann");
  presence_.Stop();
  Went("ann");
  const auto assert_there = [this]() -> Task<int> {
    co_await presence_.Assert(shop_, session_);
    co_return 0;
  };
  Await(assert_there());
  EXPECT_THAT(Told(), ElementsAre(session_.str() + " is there"));
}

}  // namespace
}  // namespace kefu::gateway::streams
