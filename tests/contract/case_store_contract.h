// What the store of cases promises, on whatever aggregates it stands.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "proto/kefu/after_sales/v1/events.pb.h"
#include "services/common/base/status.h"
#include "tests/services/after_sales/support/stack.h"

namespace kefu::after_sales::storage {
using domain::Kind;
using domain::Role;
using test::Await;
using test::Process;
using testing::ElementsAre;
using testing::HasSubstr;

class CaseStoreContract : public test::StackContract {
 protected:
  v1::CaseChanged Told(size_t i) {
    v1::CaseChanged event;
    EXPECT_TRUE(event.ParseFromString(world_->Log(shop_).at(i).data()));
    return event;
  }
  std::vector<std::string> Members(const std::string& index) {
    std::vector<std::string> members;
    for (const auto& [member, score] : world_->IndexOf(shop_, index)) members.push_back(member);
    return members;
  }
  // `attempt` at once from as many replicas of the service; how often each reason came.
  template <class Attempt>
  std::map<std::string, int> Race(int replicas, Attempt attempt) {
    std::vector<std::unique_ptr<Process>> processes;
    for (int i = 0; i < replicas; ++i) processes.push_back(NewProcess());
    std::vector<std::string> reasons(processes.size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < processes.size(); ++i) {
      threads.emplace_back([&, i] {
        const redis::Request request{"racing-" + std::to_string(i), "hash", ""};
        reasons[i] = ErrorReason(attempt(*processes[i], request).status());
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::map<std::string, int> counts;
    for (const std::string& reason : reasons) ++counts[reason];
    return counts;
  }
};

TEST_P(CaseStoreContract, ACaseIsKeptAndFoundByItsBuyerAndTheStaffOnly) {
  const auto opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->case_(), CaseId(order_, 1).str());
  EXPECT_EQ(opened->state(), v1::Case::STATE_REQUESTED);
  EXPECT_EQ(Get().SerializeAsString(), opened->SerializeAsString());
  const auto get = [&](domain::Actor actor) {
    return ErrorReason(
        Await(process_->cases.Get(shop_, CaseId(order_, 1), std::move(actor))).status());
  };
  EXPECT_EQ(get({Role::kBuyer, test::Buyer()}), "");
  EXPECT_EQ(get({Role::kBuyer, "b_bbbbbbbbbbbbbbbbbbbbbbbbbb"}), "NO_SUCH_CASE");
  const ShopId another = *ShopId::Parse("another");
  EXPECT_EQ(ErrorReason(
                Await(process_->cases.Get(another, CaseId(order_, 1), test::By(Role::kSupervisor)))
                    .status()),
            "NO_SUCH_CASE");
  EXPECT_EQ(
      ErrorReason(Await(process_->cases.Get(shop_, CaseId(order_, 2), test::By(Role::kSupervisor)))
                      .status()),
      "NO_SUCH_CASE");
}

TEST_P(CaseStoreContract, EveryChangeIsAnEventWithoutNotesAndWithTheStateBefore) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Do(domain::Approve{}).ok());
  const std::vector<events::v1::Envelope> log = world_->Log(shop_);
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[0].type(), "com.kefu.case.opened.v1");
  EXPECT_EQ(log[1].type(), "com.kefu.case.changed.v1");
  EXPECT_EQ(log[1].subject(), CaseId(order_, 1).str());
  EXPECT_EQ(log[1].seq(), 2u);
  EXPECT_EQ(Told(0).previous_state(), v1::Case::STATE_UNSPECIFIED);
  EXPECT_EQ(Told(1).previous_state(), v1::Case::STATE_REQUESTED);
  EXPECT_EQ(Told(1).case_().state(), v1::Case::STATE_APPROVED_AWAITING_RETURN);
  EXPECT_EQ(Told(1).case_().etag(), "2");
  for (const events::v1::Envelope& envelope : log) {
    EXPECT_THAT(envelope.data(), testing::Not(HasSubstr("too small")));
    EXPECT_THAT(envelope.data(), testing::Not(HasSubstr("because")));
  }
}

TEST_P(CaseStoreContract, ARefusedCommandWritesNothing) {
  ASSERT_TRUE(Open().ok());
  const v1::Case before = Get();
  EXPECT_EQ(ErrorReason(Do(domain::ReceiveReturn{}).status()), "TRANSITION_FORBIDDEN");
  EXPECT_EQ(Get().SerializeAsString(), before.SerializeAsString());
  EXPECT_EQ(world_->Log(shop_).size(), 1u);
}

TEST_P(CaseStoreContract, ARepeatedRequestIsAnsweredAndDoesNothing) {
  const redis::Request open = Request();
  const auto opening = [&] {
    return Await(process_->cases.Open(shop_, order_, open, test::Opening(Kind::kReturnRefund),
                                      test::By(Role::kBuyer), ""));
  };
  ASSERT_TRUE(opening().ok());
  const auto again = opening();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->case_(), CaseId(order_, 1).str());

  const redis::Request approve = Request();
  for (int i = 0; i < 2; ++i) {
    const auto done = Await(process_->cases.Do(shop_, approve, CommandOf(domain::Approve{})));
    ASSERT_TRUE(done.ok()) << done.status();
    EXPECT_EQ(done->state(), v1::Case::STATE_APPROVED_AWAITING_RETURN);
  }
  EXPECT_EQ(Get().history_size(), 2);
  EXPECT_EQ(world_->Log(shop_).size(), 2u);

  redis::Request other = approve;
  other.payload_hash = "another";
  EXPECT_EQ(
      ErrorReason(Await(process_->cases.Do(shop_, other, CommandOf(domain::Approve{}))).status()),
      "REQUEST_ID_REUSED");
}

TEST_P(CaseStoreContract, WhatARequestOpenedIsFoundWithoutTheOrder) {
  const redis::Request request = Request();
  EXPECT_FALSE(Await(process_->cases.FindOpened(shop_, order_, request))->has_value());
  ASSERT_TRUE(Await(process_->cases.Open(shop_, order_, request, test::Opening(Kind::kReturnRefund),
                                         test::By(Role::kBuyer), ""))
                  .ok());
  const auto found = Await(process_->cases.FindOpened(shop_, order_, request));
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->case_(), CaseId(order_, 1).str());
}

TEST_P(CaseStoreContract, TheIndexesFollowTheState) {
  const std::string id = CaseId(order_, 1).str();
  ASSERT_TRUE(Open(Kind::kRefundOnly).ok());
  EXPECT_THAT(Members("orders"), ElementsAre(order_.str()));
  EXPECT_THAT(Members("cases:state:REQUESTED"), ElementsAre(id));
  ASSERT_TRUE(Do(domain::Approve{}).ok());
  EXPECT_THAT(Members("cases:state:REQUESTED"), ElementsAre());
  EXPECT_THAT(Members("cases:state:REFUND_PENDING"), ElementsAre(id));
  EXPECT_THAT(Members("cases:live"), ElementsAre(id));
  ASSERT_TRUE(Do(domain::SettleRefund{id + "_r1", true, "p-1"}).ok());
  EXPECT_THAT(Members("cases:live"), ElementsAre());
  EXPECT_THAT(Members("cases:state:COMPLETED"), ElementsAre(id));
  EXPECT_THAT(Members("cases"), ElementsAre(id));
  EXPECT_THAT(Members("cases:buyer:" + test::Buyer()), ElementsAre(id));
}

TEST_P(CaseStoreContract, ASnapshotShowsEveryCaseOfAnOrder) {
  ASSERT_TRUE(Open(test::Opening(Kind::kReturnRefund, {{"l1", 1}}), order_).ok());
  ASSERT_TRUE(Open(test::Opening(Kind::kExchange, {{"l1", 1}}), order_).ok());
  const events::SnapshotPart part = Shown();
  EXPECT_EQ(part.type, "order");
  EXPECT_EQ(part.index, "orders");
  const auto snapshot = Await(process_->store.Load({shop_, part.type, order_.str()}));
  const auto events = part.show(order_.str(), *snapshot);
  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[1].subject, CaseId(order_, 2).str());
  EXPECT_EQ((*events)[1].type, "com.kefu.case.changed.v1");
}

TEST_P(CaseStoreContract, MovesAreCountedByTheStateMovedTo) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Do(domain::Approve{}).ok());
  const std::string text = process_->metrics.Render();
  EXPECT_THAT(text, HasSubstr("kefu_after_sales_moves_total{to=\"REQUESTED\"} 1"));
  EXPECT_THAT(text, HasSubstr("kefu_after_sales_moves_total{to=\"APPROVED_AWAITING_RETURN\"} 1"));
  EXPECT_THAT(text, HasSubstr("kefu_after_sales_expired_total 0"));
}

TEST_P(CaseStoreContract, OfEightApprovalsAtOnceOneWins) {
  ASSERT_TRUE(Open(Kind::kRefundOnly).ok());
  const auto counts = Race(8, [&](Process& process, const redis::Request& request) {
    return Await(process.cases.Do(shop_, request, CommandOf(domain::Approve{})));
  });
  EXPECT_EQ(counts.at(""), 1);
  EXPECT_EQ(counts.at("TRANSITION_FORBIDDEN"), 7);
  EXPECT_EQ(Get().refunds_size(), 1);
}

TEST_P(CaseStoreContract, OfEightRefundsAtOnceOneMovesMoney) {
  ASSERT_TRUE(Open(Kind::kReturnRefund).ok());
  ASSERT_TRUE(Do(domain::Escalate{}).ok());
  const auto counts = Race(8, [&](Process& process, const redis::Request& request) {
    return Await(process.cases.Do(shop_, request, CommandOf(domain::OrderRefund{})));
  });
  EXPECT_EQ(counts.at(""), 1);
  EXPECT_EQ(counts.at("REFUND_EXISTS"), 7);
  EXPECT_EQ(Get().refunds_size(), 1);
}

TEST_P(CaseStoreContract, OfEightCasesForTheSameUnitsOneIsOpened) {
  const auto counts = Race(8, [&](Process& process, const redis::Request& request) {
    return Await(process.cases.Open(shop_, order_, request, test::Opening(Kind::kReturnRefund),
                                    test::By(Role::kBuyer), ""));
  });
  EXPECT_EQ(counts.at(""), 1);
  EXPECT_EQ(counts.at("TOO_MANY_UNITS"), 7);
}

TEST_P(CaseStoreContract, OneRequestSentEightTimesAtOnceIsCarriedOutOnce) {
  ASSERT_TRUE(Open(Kind::kRefundOnly).ok());
  const auto counts = Race(8, [&](Process& process, const redis::Request&) {
    return Await(
        process.cases.Do(shop_, {"the-same-one", "hash", ""}, CommandOf(domain::Approve{})));
  });
  EXPECT_EQ(counts.at(""), 8);
  EXPECT_EQ(Get().refunds_size(), 1);
  EXPECT_EQ(Get().history_size(), 2);
}

}  // namespace kefu::after_sales::storage
