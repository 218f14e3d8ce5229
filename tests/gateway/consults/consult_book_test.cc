#include "gateway/consults/consult_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "tests/support/await.h"
#include "tests/support/memory_aggregates.h"

namespace kefu::gateway::consults {
namespace {

using kefu::test::Await;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ConsultBookTest : public ::testing::Test {
 protected:
  absl::StatusOr<Consult> Start(const std::string& request, const AgentId& agent) {
    Consult consult{ConsultId::FromToken(DeriveToken("test", request)), session_, ada_, agent, {}};
    return Await(book_.Start({request, agent.str(), ""}, shop_, std::move(consult)));
  }
  Consults All() { return Await(book_.Read(shop_)).value(); }

  const ShopId shop_ = *ShopId::Parse("demo");
  const SessionId session_{ConversationId::New(), 1};
  const AgentId ada_ = AgentId::New();
  const AgentId bob_ = AgentId::New();
  ManualClock clock_{{1'700'000'000'000}};
  kefu::test::MemoryCursors cursors_{clock_};
  kefu::test::MemoryAggregates store_{"gateway", clock_, cursors_};
  ConsultBook book_{store_};
  // Another gateway's.
  ConsultBook there_{store_};
};

TEST_F(ConsultBookTest, WhatBeganIsReadByEveryGateway) {
  const auto consult = Start("r-1", bob_);
  ASSERT_TRUE(consult.ok()) << consult.status();
  EXPECT_EQ(consult->create_time, clock_.Now());
  EXPECT_THAT(Await(there_.Read(shop_)).value(), ElementsAre(*consult));
}

TEST_F(ConsultBookTest, ARepeatedCallBeginsNoSecondOne) {
  const auto first = Start("r-1", bob_);
  const auto again = Start("r-1", bob_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->id, first->id);
  EXPECT_THAT(All(), SizeIs(1));
}

TEST_F(ConsultBookTest, ARepeatedEndAnswersTheSame) {
  const auto consult = Start("r-1", bob_);
  const redis::Request end{"e-1", "end", ""};
  const auto ended = Await(book_.End(end, shop_, session_, consult->id, bob_));
  const auto again = Await(there_.End(end, shop_, session_, consult->id, bob_));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*ended, *again);
  EXPECT_THAT(All(), IsEmpty());
  const auto other = Await(book_.End({"e-2", "end", ""}, shop_, session_, consult->id, bob_));
  EXPECT_EQ(ErrorReason(other.status()), "NO_SUCH_CONSULT");
}

TEST_F(ConsultBookTest, OnesOfSessionsThatChangedHandsEnd) {
  const auto consult = Start("r-1", bob_);
  EXPECT_THAT(Await(book_.EndOf(shop_, {{session_.str(), ada_.str()}})).value(), IsEmpty());
  EXPECT_THAT(Await(book_.EndOf(shop_, {{session_.str(), ""}})).value(), ElementsAre(*consult));
  EXPECT_THAT(All(), IsEmpty());
}

TEST_F(ConsultBookTest, ARegularLookSeesOnesOwnChangesAtOnce) {
  EXPECT_THAT(Await(book_.Get(shop_)).value(), IsEmpty());
  ASSERT_TRUE(Start("r-1", bob_).ok());
  EXPECT_THAT(Await(book_.Get(shop_)).value(), SizeIs(1));
}

}  // namespace
}  // namespace kefu::gateway::consults
