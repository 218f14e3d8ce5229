// The deadline of a case and its durable timer, with a clock set by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/common/base/status.h"
#include "tests/services/after_sales/support/stack.h"

namespace kefu::after_sales::storage {
namespace {

using domain::Kind;
using test::Await;
using test::kDay;
using testing::IsEmpty;

class DeadlineTest : public test::StackTest {
 protected:
  void Approve() {
    ASSERT_TRUE(Open(Kind::kReturnRefund).ok());
    ASSERT_TRUE(Do(domain::Approve{}).ok());
  }
  std::vector<timers::DueItem> Claim() {
    const auto items = Await(process_->timers.Claim(shop_, 10, 30'000));
    EXPECT_TRUE(items.ok()) << items.status();
    return *items;
  }
  // What the host does with a timer that is due.
  absl::Status Serve(const timers::DueItem& item) {
    const std::optional<CaseId> id = CaseOfTimer(item.key);
    EXPECT_TRUE(id.has_value()) << item.key;
    const absl::Status done = Await(process_->cases.Expire(shop_, *id));
    if (done.ok()) {
      EXPECT_TRUE(Await(process_->timers.Complete(shop_, item)).ok());
    }
    return done;
  }
};

TEST_F(DeadlineTest, GoodsThatAreNotSentInTimeCloseTheCase) {
  Approve();
  clock_.Advance(7 * kDay - 1);
  EXPECT_THAT(Claim(), IsEmpty());
  clock_.Advance(1);
  const auto items = Claim();
  ASSERT_EQ(items.size(), 1u);
  ASSERT_TRUE(Serve(items[0]).ok());

  const v1::Case closed = Get();
  EXPECT_EQ(closed.state(), v1::Case::STATE_CLOSED);
  EXPECT_FALSE(closed.has_deadline());
  const v1::Move& last = closed.history(closed.history_size() - 1);
  EXPECT_EQ(last.actor().role(), ROLE_UNSPECIFIED);
  EXPECT_EQ(last.actor().id(), "system");
  EXPECT_EQ(process_->told.size(), 3u);
  EXPECT_THAT(process_->metrics.Render(), testing::HasSubstr("kefu_after_sales_expired_total 1"));

  clock_.Advance(kDay);
  EXPECT_THAT(Claim(), IsEmpty());
}

TEST_F(DeadlineTest, ATimerThatComesTwiceClosesOnce) {
  Approve();
  clock_.Advance(7 * kDay);
  const auto items = Claim();
  ASSERT_EQ(items.size(), 1u);
  ASSERT_TRUE(Serve(items[0]).ok());
  ASSERT_TRUE(Serve(items[0]).ok());
  EXPECT_EQ(Get().history_size(), 3);
  EXPECT_EQ(process_->told.size(), 3u);
}

TEST_F(DeadlineTest, ATimerWhoseServerDiedComesAgain) {
  Approve();
  clock_.Advance(7 * kDay);
  ASSERT_EQ(Claim().size(), 1u);
  EXPECT_THAT(Claim(), IsEmpty());
  clock_.Advance(30'000);
  const auto items = Claim();
  ASSERT_EQ(items.size(), 1u);
  EXPECT_TRUE(Serve(items[0]).ok());
  EXPECT_EQ(Get().state(), v1::Case::STATE_CLOSED);
}

TEST_F(DeadlineTest, GoodsSentInTimeEndTheTimer) {
  Approve();
  clock_.Advance(6 * kDay);
  ASSERT_TRUE(Do(domain::ReportReturn{}).ok());
  clock_.Advance(30 * kDay);
  EXPECT_THAT(Claim(), IsEmpty());
  EXPECT_EQ(Get().state(), v1::Case::STATE_RETURN_IN_TRANSIT);
}

TEST_F(DeadlineTest, ATimerClaimedBeforeTheCaseMovedDoesNoHarm) {
  Approve();
  ASSERT_TRUE(Do(domain::Close{}).ok());
  const v1::Case before = Get();
  ASSERT_TRUE(Await(process_->cases.Expire(shop_, CaseId(order_, 1))).ok());
  ASSERT_TRUE(Await(process_->cases.Expire(shop_, CaseId(order_, 2))).ok());
  EXPECT_EQ(Get().SerializeAsString(), before.SerializeAsString());
}

TEST_F(DeadlineTest, ATimerThatIsEarlyComesAgain) {
  Approve();
  const absl::Status early = Await(process_->cases.Expire(shop_, CaseId(order_, 1)));
  EXPECT_EQ(early.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(early), "NOT_DUE");
  EXPECT_EQ(Get().state(), v1::Case::STATE_APPROVED_AWAITING_RETURN);
}

TEST_F(DeadlineTest, ALateReportIsToldToOpenANewCaseAndMayDoSo) {
  Approve();
  clock_.Advance(7 * kDay);
  EXPECT_EQ(ErrorReason(Do(domain::ReportReturn{}).status()), "RETURN_TOO_LATE");
  ASSERT_TRUE(Serve(Claim().at(0)).ok());
  EXPECT_EQ(ErrorReason(Do(domain::ReportReturn{}).status()), "RETURN_TOO_LATE");
  EXPECT_TRUE(Open(Kind::kReturnRefund).ok());
}

TEST_F(DeadlineTest, EveryCaseOfAnOrderHasATimerOfItsOwn) {
  ASSERT_TRUE(Open(test::Opening(Kind::kReturnRefund, {{"l1", 1}}), order_).ok());
  ASSERT_TRUE(Open(test::Opening(Kind::kExchange, {{"l1", 1}}), order_).ok());
  ASSERT_TRUE(Do(domain::Approve{}, 1).ok());
  clock_.Advance(kDay);
  ASSERT_TRUE(Do(domain::Approve{}, 2).ok());
  clock_.Advance(6 * kDay);
  const auto first = Claim();
  ASSERT_EQ(first.size(), 1u);
  ASSERT_TRUE(Serve(first[0]).ok());
  EXPECT_EQ(Get(1).state(), v1::Case::STATE_CLOSED);
  EXPECT_EQ(Get(2).state(), v1::Case::STATE_APPROVED_AWAITING_RETURN);
  clock_.Advance(kDay);
  ASSERT_TRUE(Serve(Claim().at(0)).ok());
  EXPECT_EQ(Get(2).state(), v1::Case::STATE_CLOSED);
}

TEST_F(DeadlineTest, KeysThatAreNoCasesAreNotTaken) {
  EXPECT_FALSE(CaseOfTimer("archive:c_1"));
  EXPECT_FALSE(CaseOfTimer("return:k_1"));
  EXPECT_EQ(CaseOfTimer(TimerKey(CaseId(order_, 3))), CaseId(order_, 3));
}

}  // namespace
}  // namespace kefu::after_sales::storage
