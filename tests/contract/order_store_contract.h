// What the store of orders promises, on whatever aggregates it stands:
//
//   INSTANTIATE_TEST_SUITE_P(Orders, OrderStoreContract,
//                            testing::ValuesIn(kefu::test::BothAggregates()), kefu::test::NameOf);
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "proto/kefu/orders/v1/events.pb.h"
#include "services/common/base/status.h"
#include "tests/services/orders/storage/stack.h"

namespace kefu::orders::storage {
using domain::Outcome;
using domain::test::Input;
using domain::test::kNow;
using domain::test::Report;
using domain::test::SealedUnder;
using domain::test::Version;
using test::Await;
using testing::ElementsAre;
using testing::IsEmpty;

class OrderStoreContract : public testing::TestWithParam<kefu::test::AggregateSubject>,
                           protected test::Stack {
 protected:
  OrderStoreContract() : Stack(GetParam().make("orders")) {}

  domain::Upsert Numbered(const std::string& number, int64_t created_after_ms, int64_t version = 1,
                          domain::Said said = {}) {
    domain::OrderInput input = Input();
    input.number = number;
    input.buyer = buyer_;
    input.create_time = kNow + (created_after_ms - 1'000'000);
    return Version(version, said, input);
  }
  absl::StatusOr<OrderStore::Updated> Tell(test::Process& process, const std::string& number,
                                           domain::ReportParcel report) {
    return Await(process.orders.Update(
        shop_, OrderIdOf("native", number), {}, [report](const domain::Order& order, TimePoint) {
          return absl::StatusOr<domain::Decision>(Apply(order, report));
        }));
  }
  const std::string buyer_ = BuyerId::New().str();
  std::unique_ptr<test::Process> process_ = NewProcess();
};

TEST_P(OrderStoreContract, AnOrderIsReadAsItWasWritten) {
  domain::OrderInput input = Input();
  input.buyer = buyer_;
  input.source_status = {{"status", "paid"}};
  input.parcels = {{"shunfeng", "SF123456"}};
  domain::Upsert upsert = Version(3, {.payment = domain::Payment::kPaid}, input);
  upsert.contact = SealedUnder("k1");
  const auto put = Put(*process_, upsert);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->outcome, Outcome::kCreated);
  const domain::Order expected = Apply(domain::Order(), upsert, kNow)->next;
  EXPECT_EQ(put->stored.order, expected);
  const auto got = Await(process_->orders.Get(shop_, OrderIdOf("native", "A-1")));
  EXPECT_EQ(got->order, expected);
  EXPECT_EQ(got->version, 1u);
}

TEST_P(OrderStoreContract, WhatIsOnlyHeardOfIsKeptButInNoList) {
  ASSERT_TRUE(Tell(*process_, "A", Report({"h_1", "sf", "SF1234"}, "DELIVERED", 1)).ok());
  const auto got = Await(process_->orders.Get(shop_, OrderIdOf("native", "A")));
  EXPECT_FALSE(got->order.known);
  EXPECT_EQ(got->order.parcels.size(), 1u);
  EXPECT_THAT(Numbers(List(*process_, {})), IsEmpty());
  EXPECT_THAT(world_->Log(shop_), IsEmpty());
  ASSERT_TRUE(Put(*process_, Numbered("A", 1)).ok());
  EXPECT_THAT(Numbers(List(*process_, {.tracking_number = "SF1234"})), ElementsAre("A"));
}

TEST_P(OrderStoreContract, OrdersAreFoundByEverythingTheyAreIndexedBy) {
  domain::OrderInput input = Input();
  input.number = "B-2";
  input.buyer = buyer_;
  input.parcels = {{"shunfeng", "SF123456"}};
  domain::Upsert upsert = Version(1, {.state = domain::State::kOnHold}, input);
  upsert.contact = SealedUnder("k1");
  ASSERT_TRUE(Put(*process_, upsert).ok());
  ASSERT_TRUE(Put(*process_, Version(1)).ok());

  const std::vector<Filter> good = {
      {.number = "B-2"},
      {.phone_tail = "5678"},
      {.tracking_number = "SF123456"},
      {.buyer = buyer_},
      {.state = domain::State::kOnHold},
      {.number = "B-2", .buyer = buyer_, .state = domain::State::kOnHold}};
  for (const Filter& filter : good)
    EXPECT_THAT(Numbers(List(*process_, filter)), ElementsAre("B-2"));
  const std::vector<Filter> bad = {{.number = "B-3"},
                                   {.phone_tail = "0000"},
                                   {.tracking_number = "SF654321"},
                                   {.buyer = BuyerId::New().str()},
                                   {.state = domain::State::kCancelled},
                                   {.number = "B-2", .state = domain::State::kOpen},
                                   {.tracking_number = "SF123456", .buyer = BuyerId::New().str()}};
  for (const Filter& filter : bad) EXPECT_THAT(Numbers(List(*process_, filter)), IsEmpty());
}

TEST_P(OrderStoreContract, IndexesFollowTheOrder) {
  domain::OrderInput input = Input();
  input.buyer = buyer_;
  input.parcels = {{"shunfeng", "SF123456"}};
  domain::Upsert upsert = Version(1, {}, input);
  upsert.contact = SealedUnder("k1");
  ASSERT_TRUE(Put(*process_, upsert).ok());
  input.parcels.clear();
  input.buyer.clear();
  ASSERT_TRUE(Put(*process_, Version(2, {.state = domain::State::kCancelled}, input)).ok());
  const std::vector<Filter> left = {{.phone_tail = "5678"},
                                    {.tracking_number = "SF123456"},
                                    {.buyer = buyer_},
                                    {.state = domain::State::kOpen}};
  for (const Filter& filter : left) EXPECT_THAT(Numbers(List(*process_, filter)), IsEmpty());
  EXPECT_THAT(Numbers(List(*process_, {.state = domain::State::kCancelled})), ElementsAre("A-1"));
}

TEST_P(OrderStoreContract, ShopsDoNotSeeEachOther) {
  ASSERT_TRUE(Put(*process_, Version(1), {}, "other").ok());
  EXPECT_THAT(Numbers(List(*process_, {})), IsEmpty());
  EXPECT_FALSE(Await(process_->orders.Get(shop_, OrderIdOf("native", "A-1")))->order.known);
}

TEST_P(OrderStoreContract, ListsAreNewestFirstPageByPageWhileOrdersAreAdded) {
  for (int i = 1; i <= 25; ++i)
    ASSERT_TRUE(Put(*process_, Numbered("N" + std::to_string(i), i)).ok());
  std::vector<std::string> seen;
  std::string position;
  int added = 100;
  do {
    const auto page = List(*process_, {.buyer = buyer_}, position, 4);
    for (const std::string& number : Numbers(page)) seen.push_back(number);
    position = page.position;
    ASSERT_TRUE(Put(*process_, Numbered("N" + std::to_string(added), added)).ok());
    ++added;
  } while (!position.empty());
  std::vector<std::string> expected;
  for (int i = 25; i >= 1; --i) expected.push_back("N" + std::to_string(i));
  EXPECT_EQ(seen, expected);
}

TEST_P(OrderStoreContract, PagesGoOnThoughTheOrderTheyEndedAtIsGoneFromTheIndex) {
  // All made in the same moment.
  for (int i = 0; i < 12; ++i)
    ASSERT_TRUE(Put(*process_, Numbered("N" + std::to_string(i), 0)).ok());
  const Filter open{.state = domain::State::kOpen};
  const auto first = List(*process_, open, "", 5);
  const std::string last = first.orders.back().order.number;
  ASSERT_TRUE(Put(*process_, Numbered(last, 0, 2, {.state = domain::State::kCancelled})).ok());
  const auto rest = List(*process_, open, first.position, 100);
  std::set<std::string> all;
  for (const auto& page : {first, rest}) {
    for (const std::string& number : Numbers(page))
      EXPECT_TRUE(all.insert(number).second) << number;
  }
  EXPECT_EQ(all.size(), 12u);
}

TEST_P(OrderStoreContract, APageEndsEarlyRatherThanLookAtEverything) {
  for (int i = 0; i < 30; ++i) {
    const domain::Said said = {.state = i == 0 ? domain::State::kOnHold : domain::State::kOpen};
    ASSERT_TRUE(Put(*process_, Numbered("N" + std::to_string(i), i, 1, said)).ok());
  }
  // The one wanted is the last of the buyer's.
  const auto page = List(*process_, {.buyer = buyer_, .state = domain::State::kOnHold}, "", 1);
  EXPECT_THAT(Numbers(page), ElementsAre("N0"));
  EXPECT_EQ(page.position, "");
}

TEST_P(OrderStoreContract, ABuyersPageNeverEndsAtAStrangersOrder) {
  // More of them than one page looks at, with the buyer's own last four digits.
  for (int i = 0; i < 1001; ++i) {
    domain::Upsert stranger = Numbered("S" + std::to_string(i), i + 2);
    stranger.buyer = "b_stranger";
    stranger.contact = SealedUnder("k1");
    ASSERT_TRUE(Put(*process_, stranger).ok());
  }
  domain::Upsert own = Numbered("N", 1);
  own.contact = SealedUnder("k1");
  ASSERT_TRUE(Put(*process_, own).ok());
  const auto page = List(*process_, {.phone_tail = "5678", .buyer = buyer_});
  EXPECT_THAT(Numbers(page), ElementsAre("N"));
  EXPECT_EQ(page.position, "");
}

TEST_P(OrderStoreContract, PositionsThatNoPageEndedWithAreRefused) {
  for (const char* position : {"x", "12", ":", "1x:o_a", "9999999999999999999999:o_a"}) {
    const auto page = Await(process_->orders.List(shop_, {}, position, 10));
    EXPECT_EQ(ErrorReason(page.status()), "BAD_PAGE_TOKEN") << position;
  }
}

TEST_P(OrderStoreContract, EventsTellWhatMovedAndNeverTheContact) {
  domain::Upsert upsert = Version(1);
  upsert.contact = SealedUnder("k1");
  ASSERT_TRUE(Put(*process_, upsert).ok());
  ASSERT_TRUE(Put(*process_, Version(2, {.payment = domain::Payment::kPaid})).ok());
  ASSERT_TRUE(Put(*process_, Version(1)).ok());
  ASSERT_TRUE(Put(*process_, Version(2, {.payment = domain::Payment::kPaid})).ok());
  const auto events = world_->Log(shop_);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].type(), "com.kefu.order.created.v1");
  EXPECT_EQ(events[1].type(), "com.kefu.order.changed.v1");
  EXPECT_EQ(events[1].subject(), OrderIdOf("native", "A-1").str());
  v1::OrderChanged created, changed;
  ASSERT_TRUE(created.ParseFromString(events[0].data()));
  ASSERT_TRUE(changed.ParseFromString(events[1].data()));
  EXPECT_FALSE(created.order().has_contact());
  EXPECT_EQ(events[0].data().find("138"), std::string::npos);
  EXPECT_THAT(changed.moved(), ElementsAre("payment"));
  EXPECT_EQ(changed.order().etag(), "2");
  EXPECT_EQ(changed.order().payment(), v1::Order::PAYMENT_PAID);
}

TEST_P(OrderStoreContract, ADeliveryMovesTheCursorWithItsEffectOrNotAtAll) {
  ASSERT_TRUE(Put(*process_, Version(1)).ok());
  const redis::CursorMove move{"logistics", {0, 0}, {1, 1}};
  const auto report = [&](redis::CursorMove with) {
    return Await(process_->orders.Update(
        shop_, OrderIdOf("native", "A-1"), {"event-0001", "hash", ""},
        [](const domain::Order& order, TimePoint) {
          return absl::StatusOr<domain::Decision>(
              Apply(order, Report({"h_1", "sf", "SF1234"}, "DELIVERED", 1)));
        },
        with));
  };
  ASSERT_TRUE(report(move).ok());
  // Another process that believes the cursor to be where it was does nothing.
  const auto again = report(move);
  EXPECT_EQ(ErrorReason(again.status()), "CURSOR_MOVED");
  EXPECT_EQ(Await(process_->orders.Get(shop_, OrderIdOf("native", "A-1")))->version, 2u);
}

TEST_P(OrderStoreContract, RacingVersionsFromSeveralProcessesEndInTheNewest) {
  constexpr int kProcesses = 4, kVersions = 12;
  std::vector<std::thread> threads;
  for (int i = 0; i < kProcesses; ++i) {
    threads.emplace_back([this, i] {
      const auto process = NewProcess();
      for (int version = 1 + i; version <= kVersions; version += kProcesses) {
        for (;;) {
          const auto put = Put(*process, Numbered("R", 0, version));
          // Every race lost: once more.
          if (ErrorReason(put.status()) == "VERSION_CONFLICT") continue;
          EXPECT_TRUE(put.ok()) << put.status();
          break;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto got = Await(process_->orders.Get(shop_, OrderIdOf("native", "R")));
  EXPECT_EQ(got->order.source_version, kVersions);
}

}  // namespace kefu::orders::storage
