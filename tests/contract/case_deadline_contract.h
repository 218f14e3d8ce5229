// What the store of cases promises of the deadline of a case and its durable timer, on whatever
// aggregates it stands.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/common/base/status.h"
#include "tests/services/after_sales/support/stack.h"

namespace kefu::after_sales::storage {
using domain::Kind;
using test::Await;
using test::kDay;
using testing::IsEmpty;

class CaseDeadlineContract : public test::StackContract {
 protected:
  void Approve() {
    ASSERT_TRUE(Open(Kind::kReturnRefund).ok());
    ASSERT_TRUE(Do(domain::Approve{}).ok());
  }
  std::vector<std::string> Due() {
    std::vector<std::string> keys;
    for (const auto& [key, time] : world_->Due(shop_)) keys.push_back(key);
    return keys;
  }
  // What the host does with a timer that is due.
  absl::Status Serve(const std::string& timer) {
    const std::optional<CaseId> id = CaseOfTimer(timer);
    EXPECT_TRUE(id.has_value()) << timer;
    return Await(process_->cases.Expire(shop_, *id));
  }
};

TEST_P(CaseDeadlineContract, GoodsThatAreNotSentInTimeCloseTheCase) {
  Approve();
  clock_.Advance(7 * kDay - 1);
  EXPECT_THAT(Due(), IsEmpty());
  clock_.Advance(1);
  const auto items = Due();
  ASSERT_EQ(items.size(), 1u);
  ASSERT_TRUE(Serve(items[0]).ok());

  const v1::Case closed = Get();
  EXPECT_EQ(closed.state(), v1::Case::STATE_CLOSED);
  EXPECT_FALSE(closed.has_deadline());
  const v1::Move& last = closed.history(closed.history_size() - 1);
  EXPECT_EQ(last.actor().role(), ROLE_UNSPECIFIED);
  EXPECT_EQ(last.actor().id(), "system");
  EXPECT_EQ(world_->Log(shop_).size(), 3u);
  EXPECT_THAT(process_->metrics.Render(), testing::HasSubstr("kefu_after_sales_expired_total 1"));

  clock_.Advance(kDay);
  EXPECT_THAT(Due(), IsEmpty());
}

TEST_P(CaseDeadlineContract, ATimerThatComesTwiceClosesOnce) {
  Approve();
  clock_.Advance(7 * kDay);
  const auto items = Due();
  ASSERT_EQ(items.size(), 1u);
  ASSERT_TRUE(Serve(items[0]).ok());
  ASSERT_TRUE(Serve(items[0]).ok());
  EXPECT_EQ(Get().history_size(), 3);
  EXPECT_EQ(world_->Log(shop_).size(), 3u);
}

TEST_P(CaseDeadlineContract, ATimerWhoseServerDiedComesAgain) {
  Approve();
  clock_.Advance(7 * kDay);
  ASSERT_EQ(Due().size(), 1u);
  clock_.Advance(30'000);
  const auto items = Due();
  ASSERT_EQ(items.size(), 1u);
  EXPECT_TRUE(Serve(items[0]).ok());
  EXPECT_EQ(Get().state(), v1::Case::STATE_CLOSED);
}

TEST_P(CaseDeadlineContract, GoodsSentInTimeEndTheTimer) {
  Approve();
  clock_.Advance(6 * kDay);
  ASSERT_TRUE(Do(domain::ReportReturn{}).ok());
  clock_.Advance(30 * kDay);
  EXPECT_THAT(Due(), IsEmpty());
  EXPECT_EQ(Get().state(), v1::Case::STATE_RETURN_IN_TRANSIT);
}

TEST_P(CaseDeadlineContract, ATimerClaimedBeforeTheCaseMovedDoesNoHarm) {
  Approve();
  ASSERT_TRUE(Do(domain::Close{}).ok());
  const v1::Case before = Get();
  ASSERT_TRUE(Await(process_->cases.Expire(shop_, CaseId(order_, 1))).ok());
  ASSERT_TRUE(Await(process_->cases.Expire(shop_, CaseId(order_, 2))).ok());
  EXPECT_EQ(Get().SerializeAsString(), before.SerializeAsString());
}

TEST_P(CaseDeadlineContract, ATimerThatIsEarlyComesAgain) {
  Approve();
  const absl::Status early = Await(process_->cases.Expire(shop_, CaseId(order_, 1)));
  EXPECT_EQ(early.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(early), "NOT_DUE");
  EXPECT_EQ(Get().state(), v1::Case::STATE_APPROVED_AWAITING_RETURN);
}

TEST_P(CaseDeadlineContract, ALateReportIsToldToOpenANewCaseAndMayDoSo) {
  Approve();
  clock_.Advance(7 * kDay);
  EXPECT_EQ(ErrorReason(Do(domain::ReportReturn{}).status()), "RETURN_TOO_LATE");
  ASSERT_TRUE(Serve(Due().at(0)).ok());
  EXPECT_EQ(ErrorReason(Do(domain::ReportReturn{}).status()), "RETURN_TOO_LATE");
  EXPECT_TRUE(Open(Kind::kReturnRefund).ok());
}

TEST_P(CaseDeadlineContract, EveryCaseOfAnOrderHasATimerOfItsOwn) {
  ASSERT_TRUE(Open(test::Opening(Kind::kReturnRefund, {{"l1", 1}}), order_).ok());
  ASSERT_TRUE(Open(test::Opening(Kind::kExchange, {{"l1", 1}}), order_).ok());
  ASSERT_TRUE(Do(domain::Approve{}, 1).ok());
  clock_.Advance(kDay);
  ASSERT_TRUE(Do(domain::Approve{}, 2).ok());
  clock_.Advance(6 * kDay);
  const auto first = Due();
  ASSERT_EQ(first.size(), 1u);
  ASSERT_TRUE(Serve(first[0]).ok());
  EXPECT_EQ(Get(1).state(), v1::Case::STATE_CLOSED);
  EXPECT_EQ(Get(2).state(), v1::Case::STATE_APPROVED_AWAITING_RETURN);
  clock_.Advance(kDay);
  ASSERT_TRUE(Serve(Due().at(0)).ok());
  EXPECT_EQ(Get(2).state(), v1::Case::STATE_CLOSED);
}

TEST_P(CaseDeadlineContract, KeysThatAreNoCasesAreNotTaken) {
  EXPECT_FALSE(CaseOfTimer("archive:c_1"));
  EXPECT_FALSE(CaseOfTimer("return:k_1"));
  EXPECT_EQ(CaseOfTimer(TimerKey(CaseId(order_, 3))), CaseId(order_, 3));
}

}  // namespace kefu::after_sales::storage
