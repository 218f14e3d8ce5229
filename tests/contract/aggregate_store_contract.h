// What every aggregate store (services/common/redis/aggregate_store.h) promises. Include it in one
// file of a test program and say what is to be tested:
//
//   INSTANTIATE_TYPED_TEST_SUITE_P(Redis, AggregateStoreContract, RedisWorld);
//
// A World is a store without anything in it, of the service "gateway", and what it stands on:
//   store()              the store
//   clock()              the ManualClock it goes by
//   cursors()            the CursorStore whose cursors its commits move
//   IndexOf(shop, name)  what is in an index: members with their value or score, "" in a set
//   Log(shop)            the envelopes in the outbox, as far as their writer knows them
//   Due(shop)            the timers that are due now: names with the time they were set to
//   SetEpoch(shop, n)    the store's epoch is n from now on
//   empty()              whether nothing at all is stored
// Cursors and timers: aggregate_moves_contract.h.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "services/common/redis/aggregate_store.h"
#include "tests/support/await.h"

namespace kefu::contract {

// A decision that appends a letter to the state and answers it.
inline redis::AggregateStore::Decide Append(char letter) {
  return [letter](const redis::Snapshot& now) -> absl::StatusOr<redis::Change> {
    return redis::Change{.state = now.state + letter, .result = std::string(1, letter)};
  };
}

// One that writes just this.
inline redis::AggregateStore::Decide Write(redis::Change change) {
  return [change](const redis::Snapshot&) -> absl::StatusOr<redis::Change> { return change; };
}

inline redis::AggregateStore::Decide Refuse(std::string reason) {
  return [reason](const redis::Snapshot&) -> absl::StatusOr<redis::Change> {
    return Error(absl::StatusCode::kFailedPrecondition, reason, "Later.");
  };
}

// One that must not be asked.
inline redis::AggregateStore::Decide Never() {
  return [](const redis::Snapshot&) -> absl::StatusOr<redis::Change> {
    ADD_FAILURE() << "decided again";
    return redis::Change{};
  };
}

template <class World>
class AggregateWorldTest : public testing::Test {
 protected:
  using Decided = absl::StatusOr<redis::Committed>;

  auto& store() { return world_.store(); }
  Decided UpdateOf(redis::AggregateId id, redis::Request request,
                   redis::AggregateStore::Decide decide,
                   std::optional<redis::CursorMove> move = std::nullopt) {
    return test::Await(
        store().Update(std::move(id), std::move(request), std::move(decide), std::move(move)));
  }
  Decided Update(redis::Request request, redis::AggregateStore::Decide decide,
                 std::optional<redis::CursorMove> move = std::nullopt) {
    return UpdateOf(id_, std::move(request), std::move(decide), std::move(move));
  }
  redis::Snapshot Load() { return test::Await(store().Load(id_)).value(); }
  std::vector<std::string> Shops(std::string after = "", size_t limit = 0, std::string index = "") {
    std::vector<std::string> names;
    const auto shops = test::Await(store().ListShops(after, limit, index));
    for (const ShopId& shop : shops.value()) names.push_back(shop.str());
    return names;
  }
  std::vector<uint64_t> Seqs(const ShopId& shop) {
    std::vector<uint64_t> seqs;
    for (const events::v1::Envelope& envelope : world_.Log(shop)) seqs.push_back(envelope.seq());
    return seqs;
  }

  World world_;
  const ShopId shop_ = ShopId::Parse("demo").value();
  const redis::AggregateId id_{shop_, "thing", "t1"};
  const redis::AggregateId other_{shop_, "thing", "t2"};
};

template <class World>
class AggregateStoreContract : public AggregateWorldTest<World> {};
TYPED_TEST_SUITE_P(AggregateStoreContract);

TYPED_TEST_P(AggregateStoreContract, AnAbsentAggregateHasVersionZeroAndTheShopsTime) {
  const redis::Snapshot snapshot = this->Load();
  EXPECT_EQ(snapshot.version, 0u);
  EXPECT_EQ(snapshot.state, "");
  EXPECT_EQ(snapshot.time, this->world_.clock().Now());
}

TYPED_TEST_P(AggregateStoreContract, EveryCommitRaisesTheVersionByOne) {
  EXPECT_EQ(this->Update({}, Append('a'))->version, 1u);
  const auto second = this->Update({}, Append('b'));
  EXPECT_EQ(second->version, 2u);
  EXPECT_EQ(second->state, "ab");
  EXPECT_EQ(second->result, "b");
  EXPECT_FALSE(second->replayed);
  EXPECT_EQ(this->Load().version, 2u);
  EXPECT_EQ(this->Load().state, "ab");
}

TYPED_TEST_P(AggregateStoreContract, BytesOfAnyKindComeBackAsTheyWere) {
  const std::string bytes("\0\xff\r\n$5", 6);
  ASSERT_TRUE(this->Update({"request-1", bytes}, Write({.state = bytes, .result = bytes})).ok());
  EXPECT_EQ(this->Load().state, bytes);
  EXPECT_EQ(this->Update({"request-1", bytes}, Never())->result, bytes);
}

TYPED_TEST_P(AggregateStoreContract, ADecisionThatRefusesWritesNothing) {
  EXPECT_EQ(ErrorReason(this->Update({"request-1", "h"}, Refuse("NOT_NOW")).status()), "NOT_NOW");
  EXPECT_TRUE(this->world_.empty());
  EXPECT_FALSE(this->Update({"request-1", "h"}, Append('a'))->replayed);
}

TYPED_TEST_P(AggregateStoreContract, DecidesAgainWhenSomebodyCommittedInBetween) {
  int decided = 0;
  const auto committed = this->Update({}, [&](const redis::Snapshot& now) {
    if (decided++ == 0) {
      EXPECT_TRUE(this->Update({}, Append('x')).ok());
    }
    return Append('y')(now);
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(decided, 2);
  EXPECT_EQ(committed->version, 2u);
  EXPECT_EQ(this->Load().state, "xy");
}

TYPED_TEST_P(AggregateStoreContract, GivesUpAfterEightLostRaces) {
  int decided = 0;
  const auto committed = this->Update({}, [&](const redis::Snapshot& now) {
    ++decided;
    EXPECT_TRUE(this->Update({}, Append('x')).ok());
    return Append('y')(now);
  });
  EXPECT_EQ(committed.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(committed.status()), "VERSION_CONFLICT");
  EXPECT_EQ(decided, 8);
  EXPECT_EQ(this->Load().state, "xxxxxxxx");
}

TYPED_TEST_P(AggregateStoreContract, ARepeatedRequestAnswersItsFirstResultAndDecidesNothing) {
  const redis::NewEvent event{"type", "subject", "data"};
  ASSERT_TRUE(this->Update({"request-1", "h"}, Append('a')).ok());
  ASSERT_TRUE(
      this->Update({"request-2", "h"}, Write({.state = "ab", .result = "b", .events = {event}}))
          .ok());
  for (const auto& [request, result] : {std::pair("request-1", "a"), std::pair("request-2", "b")}) {
    const auto again = this->Update({request, "h"}, Never());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->replayed);
    EXPECT_EQ(again->result, result);
    EXPECT_EQ(again->state, "ab");
    EXPECT_EQ(again->version, 2u);
    EXPECT_THAT(again->events, testing::IsEmpty());
  }
  EXPECT_THAT(this->Seqs(this->shop_), testing::ElementsAre(1));
}

TYPED_TEST_P(AggregateStoreContract, ARequestIdWithAnotherPayloadIsRefused) {
  ASSERT_TRUE(this->Update({"create", "h"}, Append('a')).ok());
  ASSERT_TRUE(this->Update({"change", "h"}, Append('b')).ok());
  for (const char* request : {"create", "change"}) {
    const auto reused = this->Update({request, "other"}, Never());
    EXPECT_EQ(reused.status().code(), absl::StatusCode::kAlreadyExists) << request;
    EXPECT_EQ(ErrorReason(reused.status()), "REQUEST_ID_REUSED") << request;
  }
  EXPECT_EQ(this->Load().state, "ab");
}

TYPED_TEST_P(AggregateStoreContract, ARequestIdIsKnownToItsAggregateOnly) {
  ASSERT_TRUE(this->Update({"request-1", "h"}, Append('a')).ok());
  const auto other = this->UpdateOf(this->other_, {"request-1", "other"}, Append('b'));
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_FALSE(other->replayed);
}

TYPED_TEST_P(AggregateStoreContract, WithoutAnIdEveryRequestIsANewOne) {
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(this->Update({"", "h"}, Append('a'))->replayed);
  EXPECT_EQ(this->Load().state, "aaa");
}

TYPED_TEST_P(AggregateStoreContract, TwoAttemptsOfOneRequestAtOnceAreCarriedOutOnce) {
  const auto committed = this->Update({"request-1", "h"}, [&](const redis::Snapshot& now) {
    EXPECT_TRUE(this->Update({"request-1", "h"}, Append('x')).ok());
    return Append('y')(now);
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_TRUE(committed->replayed);
  EXPECT_EQ(committed->result, "x");
  EXPECT_EQ(committed->state, "x");
}

TYPED_TEST_P(AggregateStoreContract, RemembersTheCreatingRequestAndTheLastSixteen) {
  ASSERT_TRUE(this->Update({"create", "h"}, Append('c')).ok());
  for (int i = 0; i < 17; ++i)
    ASSERT_TRUE(this->Update({"request-" + std::to_string(i), "h"}, Append('.')).ok());
  EXPECT_TRUE(this->Update({"create", "h"}, Append('!'))->replayed);
  EXPECT_TRUE(this->Update({"request-1", "h"}, Append('!'))->replayed);
  EXPECT_FALSE(this->Update({"request-0", "h"}, Append('!'))->replayed);
}

TYPED_TEST_P(AggregateStoreContract, FindsWhatARequestDidWithoutDoingIt) {
  const redis::Request request{"request-1", "h"};
  EXPECT_FALSE(test::Await(this->store().FindReplay(this->id_, request))->has_value());
  ASSERT_TRUE(this->Update(request, Append('a')).ok());
  ASSERT_TRUE(this->Update({}, Append('b')).ok());
  const auto found = test::Await(this->store().FindReplay(this->id_, request));
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_TRUE((*found)->replayed);
  EXPECT_EQ((*found)->result, "a");
  EXPECT_EQ((*found)->state, "ab");
  EXPECT_EQ((*found)->version, 2u);
  const redis::Request reused{"request-1", "other"};
  EXPECT_EQ(ErrorReason(test::Await(this->store().FindReplay(this->id_, reused)).status()),
            "REQUEST_ID_REUSED");
}

TYPED_TEST_P(AggregateStoreContract, WritesEveryKindOfIndexInTheSameCommit) {
  using Kind = redis::IndexChange::Kind;
  const std::string version(redis::IndexChange::kVersion);
  ASSERT_TRUE(this->Update({}, Append('a')).ok());
  ASSERT_TRUE(this->Update({}, Write({.state = "s",
                                      .indexes = {{Kind::kHashSet, "h", "f", "old"},
                                                  {Kind::kHashSet, "h", "gone", "v"},
                                                  {Kind::kHashSetNew, "h", "new", version},
                                                  {Kind::kSetAdd, "s", "m"},
                                                  {Kind::kSetAdd, "s", "gone"},
                                                  {Kind::kSortedAdd, "z", "m", "1"},
                                                  {Kind::kSortedAdd, "z", "gone", "1"},
                                                  {Kind::kSortedAdd, "z", "v", version}}}))
                  .ok());
  ASSERT_TRUE(this->Update({}, Write({.state = "s",
                                      .indexes = {{Kind::kHashSet, "h", "f", "v"},
                                                  {Kind::kHashDelete, "h", "gone"},
                                                  {Kind::kHashDelete, "h", "never there"},
                                                  {Kind::kSetAdd, "s", "m"},
                                                  {Kind::kSetRemove, "s", "gone"},
                                                  {Kind::kSortedAdd, "z", "m", "2.5"},
                                                  {Kind::kSortedRemove, "z", "gone"}}}))
                  .ok());
  using testing::Pair;
  EXPECT_THAT(this->world_.IndexOf(this->shop_, "h"),
              testing::ElementsAre(Pair("f", "v"), Pair("new", "2")));
  EXPECT_THAT(this->world_.IndexOf(this->shop_, "s"), testing::ElementsAre(Pair("m", "")));
  EXPECT_THAT(this->world_.IndexOf(this->shop_, "z"),
              testing::ElementsAre(Pair("m", "2.5"), Pair("v", "2")));
}

TYPED_TEST_P(AggregateStoreContract, ATakenUniqueMemberRefusesTheWholeCommit) {
  using Kind = redis::IndexChange::Kind;
  auto claim = [](std::string owner) {
    return Write(
        {.state = owner,
         .indexes = {{Kind::kSetAdd, "s", owner},
                     {Kind::kHashSetNew, "names", "n", owner, "NAME_TAKEN", "Take another."}},
         .events = {{"type", "subject", "data"}}});
  };
  ASSERT_TRUE(this->Update({}, claim("first")).ok());
  const auto taken = this->UpdateOf(this->other_, {"request-1", "h"}, claim("second"));
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(taken.status()), "NAME_TAKEN");
  EXPECT_EQ(taken.status().message(), "Take another.");
  EXPECT_EQ(test::Await(this->store().Load(this->other_))->version, 0u);
  EXPECT_THAT(this->world_.IndexOf(this->shop_, "s"), testing::SizeIs(1));
  EXPECT_THAT(this->Seqs(this->shop_), testing::ElementsAre(1));
  // Its owner may claim it again, and others once it is free.
  EXPECT_TRUE(this->Update({}, claim("first")).ok());
  ASSERT_TRUE(
      this->Update({}, Write({.state = "s", .indexes = {{Kind::kHashDelete, "names", "n"}}})).ok());
  EXPECT_TRUE(this->UpdateOf(this->other_, {"request-1", "h"}, claim("second")).ok());
}

TYPED_TEST_P(AggregateStoreContract, EventsStandInTheOutboxAsTheyAreHandedOut) {
  ASSERT_TRUE(this->Update({}, Append('a')).ok());
  this->world_.SetEpoch(this->shop_, 3);
  const auto committed = this->Update(
      {"request-1", "h", "00-trace"},
      Write({.state = "s", .events = {{"type.a", "one", "1"}, {"type.b", "two", "2", 7}}}));
  ASSERT_TRUE(committed.ok()) << committed.status();
  ASSERT_EQ(committed->events.size(), 2u);
  EXPECT_EQ(committed->events[0].seq(), 1u);
  const events::v1::Envelope& second = committed->events[1];
  EXPECT_TRUE(IsToken(second.id()));
  EXPECT_NE(second.id(), committed->events[0].id());
  EXPECT_EQ(second.seq(), 2u);
  EXPECT_EQ(second.store_epoch(), 3u);
  EXPECT_EQ(second.time().seconds(), this->world_.clock().Now().ms / 1000);
  EXPECT_EQ(second.source(), "gateway");
  EXPECT_EQ(second.type(), "type.b");
  EXPECT_EQ(second.subject(), "two");
  EXPECT_EQ(second.shop(), "demo");
  EXPECT_EQ(second.record_version(), 7u);
  EXPECT_EQ(second.traceparent(), "00-trace");
  EXPECT_EQ(second.data(), "2");
  const std::vector<events::v1::Envelope> log = this->world_.Log(this->shop_);
  ASSERT_EQ(log.size(), 2u);
  for (size_t i = 0; i < log.size(); ++i)
    EXPECT_EQ(log[i].SerializeAsString(), committed->events[i].SerializeAsString()) << i;
}

TYPED_TEST_P(AggregateStoreContract, EventsOfAShopAreNumberedWithoutAGap) {
  const auto event = Write({.state = "s", .events = {{"type", "subject", "data"}}});
  ASSERT_TRUE(this->Update({"request-1", "h"}, event).ok());
  ASSERT_TRUE(this->Update({}, Append('a')).ok());
  ASSERT_TRUE(this->Update({"request-1", "h"}, Never()).ok());
  ASSERT_FALSE(this->Update({}, Refuse("NOT_NOW")).ok());
  int decided = 0;
  ASSERT_TRUE(this->Update({},
                           [&](const redis::Snapshot& now) {
                             if (decided++ == 0) {
                               EXPECT_TRUE(this->UpdateOf(this->other_, {}, event).ok());
                               EXPECT_TRUE(this->Update({}, Append('b')).ok());
                             }
                             return event(now);
                           })
                  .ok());
  const ShopId elsewhere = ShopId::Parse("elsewhere").value();
  ASSERT_TRUE(this->UpdateOf({elsewhere, "thing", "t1"}, {}, event).ok());
  EXPECT_THAT(this->Seqs(this->shop_), testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(this->Seqs(elsewhere), testing::ElementsAre(1));
}

TYPED_TEST_P(AggregateStoreContract, TheShopsTimeNeverGoesBack) {
  const TimePoint start = this->world_.clock().Now();
  ASSERT_TRUE(this->Update({}, Append('a')).ok());
  this->world_.clock().Advance(-3'600'000);
  EXPECT_EQ(this->Load().time, start);
  const auto late = this->Update({}, Write({.state = "s", .events = {{"type", "t", "d"}}}));
  EXPECT_EQ(late->events[0].time().seconds(), start.ms / 1000);
  this->world_.clock().Advance(3'600'000 - 1);
  EXPECT_EQ(this->Load().time, start);
  this->world_.clock().Advance(2);
  EXPECT_EQ(this->Load().time, start + 1);
}

TYPED_TEST_P(AggregateStoreContract, LoadsManyInTheOrderAskedFor) {
  for (const char* id : {"a", "b"})
    ASSERT_TRUE(this->UpdateOf({this->shop_, "thing", id}, {}, Append(*id)).ok());
  ASSERT_TRUE(this->UpdateOf({this->shop_, "other", "none"}, {}, Append('o')).ok());
  const std::vector<std::string> ids = {"b", "none", "a", "b"};
  const auto snapshots = test::Await(this->store().LoadMany(this->shop_, "thing", ids));
  ASSERT_TRUE(snapshots.ok()) << snapshots.status();
  std::vector<std::string> states;
  for (const redis::Snapshot& snapshot : *snapshots) {
    states.push_back(std::to_string(snapshot.version) + snapshot.state);
    EXPECT_EQ(snapshot.time, this->world_.clock().Now());
  }
  EXPECT_THAT(states, testing::ElementsAre("1b", "0", "1a", "1b"));
}

TYPED_TEST_P(AggregateStoreContract, WhatBelongsToNoShopIsKeptApart) {
  const redis::AggregateId system{std::nullopt, "thing", "t1"};
  const redis::NewEvent event{"type", "subject", "data"};
  const auto committed = this->UpdateOf(system, {}, Write({.state = "s", .events = {event}}));
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->events[0].shop(), "");
  EXPECT_EQ(test::Await(this->store().Load(system))->state, "s");
  EXPECT_EQ(this->Load().version, 0u);
  EXPECT_THAT(this->world_.Log(this->shop_), testing::IsEmpty());
  EXPECT_THAT(this->world_.Log(std::nullopt), testing::SizeIs(1));
}

TYPED_TEST_P(AggregateStoreContract, EveryShopWithACommitIsListed) {
  EXPECT_THAT(this->Shops(), testing::IsEmpty());
  for (const char* name : {"shop-b", "shop-a", "shop-c"})
    ASSERT_TRUE(this->UpdateOf({ShopId::Parse(name).value(), "thing", "t"}, {}, Append('a')).ok());
  ASSERT_TRUE(this->UpdateOf({std::nullopt, "thing", "t"}, {}, Append('a')).ok());
  EXPECT_THAT(this->Shops(), testing::ElementsAre("shop-a", "shop-b", "shop-c"));
  EXPECT_THAT(this->Shops("shop-a", 1), testing::ElementsAre("shop-b"));
  EXPECT_THAT(this->Shops("shop-aa"), testing::ElementsAre("shop-b", "shop-c"));
  EXPECT_THAT(this->Shops("shop-c"), testing::IsEmpty());
}

TYPED_TEST_P(AggregateStoreContract, ShopsThatTheServiceListsItselfAreFoundInItsIndex) {
  using Kind = redis::IndexChange::Kind;
  ASSERT_TRUE(this->Update({}, Append('a')).ok());
  ASSERT_TRUE(this->UpdateOf({std::nullopt, "shops", "all"}, {},
                             Write({.state = "s",
                                    .indexes = {{Kind::kSortedAdd, "shops", "one", "0"},
                                                {Kind::kSortedAdd, "shops", "two", "0"}}}))
                  .ok());
  EXPECT_THAT(this->Shops("", 0, "shops"), testing::ElementsAre("one", "two"));
  EXPECT_THAT(this->Shops("one", 5, "shops"), testing::ElementsAre("two"));
}

TYPED_TEST_P(AggregateStoreContract, ManyWritersLoseNothing) {
  using Store = std::remove_reference_t<decltype(this->store())>;
  boost::asio::io_context loop;
  constexpr int kWriters = 4, kEach = 50;
  for (int writer = 0; writer < kWriters; ++writer) {
    Spawn(loop.get_executor(),
          [](Store& store, redis::AggregateId id, redis::AggregateStore::Decide decide) -> Task<> {
            const redis::Request anonymous;
            for (int i = 0; i < kEach; ++i) {
              absl::StatusOr<redis::Committed> committed;
              do {
                committed = co_await store.Update(id, anonymous, decide);
              } while (ErrorReason(committed.status()) == "VERSION_CONFLICT");
              EXPECT_TRUE(committed.ok()) << committed.status();
            }
          }(this->store(), this->id_, Append('.')));
  }
  loop.run();
  EXPECT_EQ(this->Load().version, static_cast<uint64_t>(kWriters * kEach));
  EXPECT_EQ(this->Load().state.size(), static_cast<size_t>(kWriters * kEach));
}

REGISTER_TYPED_TEST_SUITE_P(
    AggregateStoreContract, AnAbsentAggregateHasVersionZeroAndTheShopsTime,
    EveryCommitRaisesTheVersionByOne, BytesOfAnyKindComeBackAsTheyWere,
    ADecisionThatRefusesWritesNothing, DecidesAgainWhenSomebodyCommittedInBetween,
    GivesUpAfterEightLostRaces, ARepeatedRequestAnswersItsFirstResultAndDecidesNothing,
    ARequestIdWithAnotherPayloadIsRefused, ARequestIdIsKnownToItsAggregateOnly,
    WithoutAnIdEveryRequestIsANewOne, TwoAttemptsOfOneRequestAtOnceAreCarriedOutOnce,
    RemembersTheCreatingRequestAndTheLastSixteen, FindsWhatARequestDidWithoutDoingIt,
    WritesEveryKindOfIndexInTheSameCommit, ATakenUniqueMemberRefusesTheWholeCommit,
    EventsStandInTheOutboxAsTheyAreHandedOut, EventsOfAShopAreNumberedWithoutAGap,
    TheShopsTimeNeverGoesBack, LoadsManyInTheOrderAskedFor, WhatBelongsToNoShopIsKeptApart,
    EveryShopWithACommitIsListed, ShopsThatTheServiceListsItselfAreFoundInItsIndex,
    ManyWritersLoseNothing);

}  // namespace kefu::contract
