// What lists of cases promise, on whatever aggregates they stand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "services/common/base/status.h"
#include "tests/services/after_sales/support/stack.h"

namespace kefu::after_sales::storage {
using domain::Kind;
using domain::State;
using test::Await;
using testing::ElementsAre;
using testing::IsEmpty;

inline constexpr char kAnother[] = "b_bbbbbbbbbbbbbbbbbbbbbbbbbb";

class CaseListContract : public test::StackContract {
 protected:
  // A case of an order of its own; its id.
  std::string OpenOf(const std::string& buyer) {
    const OrderId order = OrderIdOf("test", "O-" + std::to_string(++orders_));
    domain::Open open = test::Opening(Kind::kReturnRefund);
    open.order.buyer = buyer;
    const auto opened =
        Await(process_->cases.Open(shop_, order, Request(), open, {domain::Role::kAgent, "a"}, ""));
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened->case_();
  }
  std::string Buyer() const { return test::Buyer(); }
  void Move(const std::string& id, domain::Action action) {
    domain::Command command = CommandOf(std::move(action));
    command.target = *CaseId::Parse(id);
    ASSERT_TRUE(Await(process_->cases.Do(shop_, Request(), command)).ok());
  }
  absl::StatusOr<CaseList::Page> Page(const CaseList::Filter& filter, size_t size,
                                      const std::string& token = "") {
    return Await(process_->list.List(shop_, filter, size, token));
  }
  // All pages.
  std::vector<std::string> All(const CaseList::Filter& filter, size_t size) {
    std::vector<std::string> ids;
    std::string token;
    do {
      const auto page = Page(filter, size, token);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->cases.size(), size);
      for (const v1::Case& one : page->cases) ids.push_back(one.case_());
      token = page->next_page_token;
    } while (!token.empty());
    return ids;
  }

  int orders_ = 0;
};

TEST_P(CaseListContract, AnEmptyShopHasNoCases) {
  EXPECT_THAT(All({}, 10), IsEmpty());
  EXPECT_THAT(All({.order = order_}, 10), IsEmpty());
}

TEST_P(CaseListContract, WhatChangedLastComesFirst) {
  const std::string first = OpenOf(Buyer());
  clock_.Advance(1);
  const std::string second = OpenOf(Buyer());
  clock_.Advance(1);
  EXPECT_THAT(All({}, 10), ElementsAre(second, first));
  Move(first, domain::Approve{});
  EXPECT_THAT(All({}, 10), ElementsAre(first, second));
}

TEST_P(CaseListContract, PagesHoldEveryCaseOnceEvenOfOneMillisecond) {
  std::set<std::string> opened;
  for (int i = 0; i < 23; ++i) {
    opened.insert(OpenOf(Buyer()));
    if (i % 7 == 0) clock_.Advance(1);
  }
  for (const size_t size : {1u, 2u, 5u, 23u, 100u}) {
    const std::vector<std::string> ids = All({}, size);
    EXPECT_EQ(ids.size(), opened.size()) << size;
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()), opened);
  }
}

TEST_P(CaseListContract, APageThatHoldsTheRestIsTheLast) {
  for (int i = 0; i < 3; ++i) OpenOf(Buyer());
  EXPECT_EQ(Page({}, 3)->next_page_token, "");
  EXPECT_NE(Page({}, 2)->next_page_token, "");
}

TEST_P(CaseListContract, FiltersNarrowTogether) {
  const std::string mine = OpenOf(Buyer());
  const std::string foreign = OpenOf(kAnother);
  const std::string rejected = OpenOf(Buyer());
  const std::string over = OpenOf(Buyer());
  Move(rejected, domain::Reject{});
  Move(over, domain::Close{});

  EXPECT_EQ(All({.buyer = Buyer()}, 1).size(), 3u);
  EXPECT_THAT(All({.buyer = kAnother}, 1), ElementsAre(foreign));
  EXPECT_THAT(All({.state = State::kRejected}, 1), ElementsAre(rejected));
  EXPECT_THAT(All({.buyer = Buyer(), .state = State::kRequested}, 1), ElementsAre(mine));
  EXPECT_THAT(All({.buyer = kAnother, .state = State::kRejected}, 1), IsEmpty());
  EXPECT_EQ(All({.live_only = true}, 1).size(), 3u);
  EXPECT_EQ(All({.buyer = Buyer(), .live_only = true}, 1).size(), 2u);
  EXPECT_THAT(All({.state = State::kClosed, .live_only = true}, 1), IsEmpty());
}

TEST_P(CaseListContract, TheCasesOfAnOrderAreListedAndFiltered) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Open(test::Opening(Kind::kExchange, {{"l1", 1}}), order_).ok());
    clock_.Advance(1);
  }
  OpenOf(Buyer());
  ASSERT_TRUE(Do(domain::Close{}, 2).ok());
  const auto id = [&](uint32_t ordinal) { return CaseId(order_, ordinal).str(); };
  for (const size_t size : {1u, 2u, 3u, 10u}) {
    EXPECT_THAT(All({.order = order_}, size), ElementsAre(id(2), id(3), id(1)));
    EXPECT_THAT(All({.order = order_, .live_only = true}, size), ElementsAre(id(3), id(1)));
  }
  EXPECT_THAT(All({.buyer = kAnother, .order = order_}, 10), IsEmpty());
}

TEST_P(CaseListContract, ATokenIsGoodForItsQueryOnly) {
  for (int i = 0; i < 3; ++i) OpenOf(Buyer());
  const std::string token = Page({}, 1)->next_page_token;
  ASSERT_NE(token, "");
  EXPECT_TRUE(Page({}, 2, token).ok());
  const auto reason = [&](const CaseList::Filter& filter, const std::string& of) {
    return ErrorReason(Page(filter, 1, of).status());
  };
  EXPECT_EQ(reason({.live_only = true}, token), "BAD_PAGE_TOKEN");
  EXPECT_EQ(reason({.buyer = Buyer()}, token), "BAD_PAGE_TOKEN");
  EXPECT_EQ(reason({.order = order_}, token), "BAD_PAGE_TOKEN");
  EXPECT_EQ(reason({}, token + "x"), "BAD_PAGE_TOKEN");
  EXPECT_EQ(reason({}, "nonsense"), "BAD_PAGE_TOKEN");
}

TEST_P(CaseListContract, ARareMatchIsFoundThoughManyAreLookedAt) {
  const std::string rare = OpenOf(Buyer());
  Move(rare, domain::Reject{});
  for (int i = 0; i < 40; ++i) {
    clock_.Advance(1);
    OpenOf(Buyer());
  }
  EXPECT_THAT(All({.buyer = Buyer(), .state = State::kRejected}, 1), ElementsAre(rare));
}

}  // namespace kefu::after_sales::storage
