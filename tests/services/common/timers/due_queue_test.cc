#include "services/common/timers/due_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace kefu::timers {
namespace {

using test::Await;
using testing::ElementsAre;
using testing::IsEmpty;

class DueQueueTest : public testing::Test {
 protected:
  DueQueueTest() { redis_.LoadFunctions("inquiries"); }

  std::vector<std::string> Claim(size_t limit = 10, int64_t claim_ms = 1000) {
    std::vector<std::string> keys;
    const absl::StatusOr<std::vector<DueItem>> items = Await(queue_.Claim(shop_, limit, claim_ms));
    EXPECT_TRUE(items.ok()) << items.status();
    if (!items.ok()) return keys;
    for (const DueItem& item : *items) keys.push_back(item.key);
    return keys;
  }

  test::RedisServer redis_;
  ManualClock clock_{{1'000'000}};
  const std::unique_ptr<redis::ShardMap> shards_ = redis::ShardMap::Single({redis_.address()});
  const ShopId shop_ = *ShopId::Parse("demo");
  DueQueue queue_{*shards_, "inquiries", &clock_};
};

TEST_F(DueQueueTest, GivesOutWhatIsDueInItsOrderAndNothingElse) {
  ASSERT_TRUE(Await(queue_.Set(shop_, "late", {1'000'000})).ok());
  ASSERT_TRUE(Await(queue_.Set(shop_, "early", {999'999})).ok());
  ASSERT_TRUE(Await(queue_.Set(shop_, "future", {1'000'001})).ok());
  EXPECT_THAT(Claim(), ElementsAre("early", "late"));
}

TEST_F(DueQueueTest, DoesNotGiveOutAClaimedItemUntilTheClaimEnds) {
  ASSERT_TRUE(Await(queue_.Set(shop_, "a", {5})).ok());
  EXPECT_THAT(Claim(), ElementsAre("a"));
  EXPECT_THAT(Claim(), IsEmpty());
  clock_.Advance(1000);
  EXPECT_THAT(Claim(), ElementsAre("a"));
}

TEST_F(DueQueueTest, TellsTheTimeAnItemWasSetToEvenAfterAClaim) {
  ASSERT_TRUE(Await(queue_.Set(shop_, "a", {5})).ok());
  Claim();
  clock_.Advance(1000);
  EXPECT_EQ(Await(queue_.Claim(shop_, 1, 1000))->front().due, TimePoint{5});
}

TEST_F(DueQueueTest, TellsWhenTheNextItemIsDueOrItsClaimEnds) {
  EXPECT_EQ(*Await(queue_.NextDue(shop_)), std::nullopt);
  ASSERT_TRUE(Await(queue_.Set(shop_, "late", {2'000'000})).ok());
  ASSERT_TRUE(Await(queue_.Set(shop_, "early", {5})).ok());
  EXPECT_EQ(*Await(queue_.NextDue(shop_)), TimePoint{5});
  Claim(1, 1000);
  EXPECT_EQ(*Await(queue_.NextDue(shop_)), TimePoint{1'001'000});
  ASSERT_TRUE(Await(queue_.Complete(shop_, {"early", {5}})).ok());
  EXPECT_EQ(*Await(queue_.NextDue(shop_)), TimePoint{2'000'000});
}

TEST_F(DueQueueTest, ForgetsACompletedItem) {
  ASSERT_TRUE(Await(queue_.Set(shop_, "a", {5})).ok());
  Claim();
  ASSERT_TRUE(Await(queue_.Complete(shop_, {"a", {5}})).ok());
  clock_.Advance(100'000);
  EXPECT_THAT(Claim(), IsEmpty());
}

TEST_F(DueQueueTest, KeepsAnItemThatWasSetAnewWhileItWasWorkedOn) {
  ASSERT_TRUE(Await(queue_.Set(shop_, "a", {5})).ok());
  Claim(10, 100'000);
  ASSERT_TRUE(Await(queue_.Set(shop_, "a", {1'000'500})).ok());
  ASSERT_TRUE(Await(queue_.Complete(shop_, {"a", {5}})).ok());
  EXPECT_THAT(Claim(), IsEmpty());
  clock_.Advance(500);
  EXPECT_THAT(Claim(), ElementsAre("a"));
}

TEST_F(DueQueueTest, CancelsAndTakesBothWithoutComplaintTwice) {
  ASSERT_TRUE(Await(queue_.Set(shop_, "a", {5})).ok());
  EXPECT_TRUE(Await(queue_.Cancel(shop_, "a")).ok());
  EXPECT_TRUE(Await(queue_.Cancel(shop_, "a")).ok());
  EXPECT_THAT(Claim(), IsEmpty());
}

TEST_F(DueQueueTest, GivesOutAtMostTheLimit) {
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(Await(queue_.Set(shop_, key, {5})).ok());
  EXPECT_THAT(Claim(2), ElementsAre("a", "b"));
  EXPECT_THAT(Claim(2), ElementsAre("c"));
}

TEST_F(DueQueueTest, KeepsShopsApart) {
  ASSERT_TRUE(Await(queue_.Set(*ShopId::Parse("other"), "a", {5})).ok());
  EXPECT_THAT(Claim(), IsEmpty());
}

TEST_F(DueQueueTest, SurvivesAKillOfTheStore) {
  ASSERT_TRUE(Await(queue_.Set(shop_, "a", {5})).ok());
  redis_.Kill();
  redis_.Start();
  absl::StatusOr<std::vector<DueItem>> items = Await(queue_.Claim(shop_, 10, 1000));
  while (!items.ok())
    items = Await(queue_.Claim(shop_, 10, 1000));  // until the client is connected again
  ASSERT_EQ(items->size(), 1u);
  EXPECT_EQ(items->front().key, "a");
}

}  // namespace
}  // namespace kefu::timers
