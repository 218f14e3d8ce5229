// What all aggregates promise of indexes: they are written with the commit or not at all, read page
// by page, and shops are found in theirs.
#pragma once

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/contract/support/aggregates_test.h"

namespace kefu::contract {

class AggregateIndexesContract : public AggregatesTest {
 protected:
  using Kind = redis::IndexChange::Kind;
  using Places = std::vector<std::pair<int64_t, std::string>>;

  void Add(const std::string& member, int64_t score) {
    const redis::IndexChange change{Kind::kSortedAdd, "z", member, std::to_string(score)};
    ASSERT_TRUE(Update({}, Write({.state = "s", .indexes = {change}})).ok());
  }
  void Take(const std::string& member) {
    ASSERT_TRUE(
        Update({}, Write({.state = "s", .indexes = {{Kind::kSortedRemove, "z", member}}})).ok());
  }
  Places Page(std::optional<redis::IndexPlace> after, size_t count) {
    const auto places = test::Await(store().ReadIndex(shop_, "z", std::move(after), count));
    EXPECT_TRUE(places.ok()) << places.status();
    Places page;
    for (const redis::IndexPlace& place : places.value())
      page.emplace_back(place.score, place.member);
    return page;
  }
};

TEST_P(AggregateIndexesContract, WritesEveryKindOfIndexInTheSameCommit) {
  const std::string version(redis::IndexChange::kVersion);
  ASSERT_TRUE(Update({}, Append('a')).ok());
  ASSERT_TRUE(Update({}, Write({.state = "s",
                                .indexes = {{Kind::kHashSet, "h", "f", "old"},
                                            {Kind::kHashSet, "h", "gone", "v"},
                                            {Kind::kHashSetNew, "h", "new", version},
                                            {Kind::kSetAdd, "s", "m"},
                                            {Kind::kSetAdd, "s", "gone"},
                                            {Kind::kSortedAdd, "z", "m", "1"},
                                            {Kind::kSortedAdd, "z", "gone", "1"},
                                            {Kind::kSortedAdd, "z", "v", version}}}))
                  .ok());
  ASSERT_TRUE(Update({}, Write({.state = "s",
                                .indexes = {{Kind::kHashSet, "h", "f", "v"},
                                            {Kind::kHashDelete, "h", "gone"},
                                            {Kind::kHashDelete, "h", "never there"},
                                            {Kind::kSetAdd, "s", "m"},
                                            {Kind::kSetRemove, "s", "gone"},
                                            {Kind::kSortedAdd, "z", "m", "2.5"},
                                            {Kind::kSortedRemove, "z", "gone"}}}))
                  .ok());
  using testing::Pair;
  EXPECT_THAT(world_->IndexOf(shop_, "h"), testing::ElementsAre(Pair("f", "v"), Pair("new", "2")));
  EXPECT_THAT(world_->IndexOf(shop_, "s"), testing::ElementsAre(Pair("m", "")));
  EXPECT_THAT(world_->IndexOf(shop_, "z"), testing::ElementsAre(Pair("m", "2.5"), Pair("v", "2")));
}

TEST_P(AggregateIndexesContract, ATakenUniqueMemberRefusesTheWholeCommit) {
  auto claim = [](std::string owner) {
    return Write(
        {.state = owner,
         .indexes = {{Kind::kSetAdd, "s", owner},
                     {Kind::kHashSetNew, "names", "n", owner, "NAME_TAKEN", "Take another."}},
         .events = {{"type", "subject", "data"}}});
  };
  ASSERT_TRUE(Update({}, claim("first")).ok());
  const auto taken = UpdateOf(other_, {"request-1", "h"}, claim("second"));
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(taken.status()), "NAME_TAKEN");
  EXPECT_EQ(taken.status().message(), "Take another.");
  EXPECT_EQ(test::Await(store().Load(other_))->version, 0u);
  EXPECT_THAT(world_->IndexOf(shop_, "s"), testing::SizeIs(1));
  EXPECT_THAT(Seqs(shop_), testing::ElementsAre(1));
  // Its owner may claim it again, and others once it is free.
  EXPECT_TRUE(Update({}, claim("first")).ok());
  ASSERT_TRUE(
      Update({}, Write({.state = "s", .indexes = {{Kind::kHashDelete, "names", "n"}}})).ok());
  EXPECT_TRUE(UpdateOf(other_, {"request-1", "h"}, claim("second")).ok());
}

TEST_P(AggregateIndexesContract, EveryShopWithACommitIsListed) {
  EXPECT_THAT(Shops(), testing::IsEmpty());
  for (const char* name : {"shop-b", "shop-a", "shop-c"})
    ASSERT_TRUE(UpdateOf({ShopId::Parse(name).value(), "thing", "t"}, {}, Append('a')).ok());
  ASSERT_TRUE(UpdateOf({std::nullopt, "thing", "t"}, {}, Append('a')).ok());
  EXPECT_THAT(Shops(), testing::ElementsAre("shop-a", "shop-b", "shop-c"));
  EXPECT_THAT(Shops("shop-a", 1), testing::ElementsAre("shop-b"));
  EXPECT_THAT(Shops("shop-aa"), testing::ElementsAre("shop-b", "shop-c"));
  EXPECT_THAT(Shops("shop-c"), testing::IsEmpty());
}

TEST_P(AggregateIndexesContract, ShopsThatTheServiceListsItselfAreFoundInItsIndex) {
  ASSERT_TRUE(Update({}, Append('a')).ok());
  ASSERT_TRUE(UpdateOf({std::nullopt, "shops", "all"}, {},
                       Write({.state = "s",
                              .indexes = {{Kind::kSortedAdd, "shops", "one", "0"},
                                          {Kind::kSortedAdd, "shops", "two", "0"}}}))
                  .ok());
  EXPECT_THAT(Shops("", 0, "shops"), testing::ElementsAre("one", "two"));
  EXPECT_THAT(Shops("one", 5, "shops"), testing::ElementsAre("two"));
}

TEST_P(AggregateIndexesContract, AnIndexIsReadGreatestFirstPageByPage) {
  EXPECT_THAT(Page(std::nullopt, 10), testing::IsEmpty());
  Add("b", 1);
  Add("a", 2);
  Add("a_1", 1);
  Add("a1", 1);
  Add("old", -5);
  const Places all = {{2, "a"}, {1, "b"}, {1, "a_1"}, {1, "a1"}, {-5, "old"}};
  EXPECT_EQ(Page(std::nullopt, 10), all);
  EXPECT_EQ(Page(std::nullopt, 2), Places(all.begin(), all.begin() + 2));
  EXPECT_EQ(Page(redis::IndexPlace{1, "b"}, 2), Places(all.begin() + 2, all.begin() + 4));
  EXPECT_THAT(Page(redis::IndexPlace{-5, "old"}, 2), testing::IsEmpty());
  const ShopId other = ShopId::Parse("other").value();
  EXPECT_THAT(test::Await(store().ReadIndex(other, "z", std::nullopt, 10)).value(),
              testing::IsEmpty());
}

TEST_P(AggregateIndexesContract, APageGoesOnBehindAPlaceThatIsGoneOrHasMoved) {
  for (const char* member : {"a", "b", "c", "d", "e"}) Add(member, 7);
  Add("above", 8);
  Add("below", 6);
  Take("c");
  EXPECT_EQ(Page(redis::IndexPlace{7, "c"}, 9), (Places{{7, "b"}, {7, "a"}, {6, "below"}}));
  Add("b", 9);
  EXPECT_EQ(Page(redis::IndexPlace{7, "b"}, 9), (Places{{7, "a"}, {6, "below"}}));
  EXPECT_EQ(Page(redis::IndexPlace{100, "x"}, 1), (Places{{9, "b"}}));
  EXPECT_THAT(Page(redis::IndexPlace{0, "x"}, 9), testing::IsEmpty());
}

TEST_P(AggregateIndexesContract, PagesBehindAnyPlaceHoldWhatStandsBehindIt) {
  std::minstd_rand random(7);
  std::vector<redis::IndexPlace> all;
  redis::Change change{.state = "s"};
  for (int i = 0; i < 60; ++i) {
    const redis::IndexPlace place{static_cast<int64_t>(random() % 4), "m" + std::to_string(i)};
    change.indexes.push_back({Kind::kSortedAdd, "z", place.member, std::to_string(place.score)});
    all.push_back(place);
  }
  ASSERT_TRUE(Update({}, Write(change)).ok());
  std::sort(all.begin(), all.end(),
            [](const redis::IndexPlace& a, const redis::IndexPlace& b) { return Before(a, b); });
  for (int i = 0; i < 50; ++i) {
    const redis::IndexPlace after{static_cast<int64_t>(random() % 6) - 1,
                                  "m" + std::to_string(random() % 80)};
    Places expected;
    for (const redis::IndexPlace& place : all) {
      if (Before(after, place) && expected.size() < 9)
        expected.emplace_back(place.score, place.member);
    }
    EXPECT_EQ(Page(after, 9), expected) << after.score << " " << after.member;
  }
}

TEST_P(AggregateIndexesContract, WhatIsRemovedIsGoneWithItsPlaceAndItsRequests) {
  Add("t1", 1);
  Add("t2", 2);
  ASSERT_TRUE(Update({"request-1", "h"}, Append('a')).ok());
  ASSERT_TRUE(UpdateOf(other_, {}, Append('b')).ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(test::Await(store().Remove(id_, "z")).ok());
    EXPECT_EQ(Load().version, 0u);
    EXPECT_EQ(test::Await(store().Load(other_))->state, "b");
    EXPECT_EQ(Page(std::nullopt, 9), (Places{{2, "t2"}}));
  }
  EXPECT_FALSE(Update({"request-1", "other"}, Append('c'))->replayed);
  EXPECT_THAT(world_->Log(shop_), testing::IsEmpty());
}

}  // namespace kefu::contract
