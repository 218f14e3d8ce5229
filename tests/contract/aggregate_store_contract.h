// What all aggregates (services/common/redis/aggregates.h) promise: versions, requests, races,
// events, time. Include it in one file of a test program and say what is to be tested:
//
//   INSTANTIATE_TEST_SUITE_P(Aggregates, AggregateStoreContract,
//                            testing::ValuesIn(test::BothAggregates()), test::NameOf);
//
// Indexes: aggregate_indexes_contract.h; cursors and timers: aggregate_moves_contract.h.
#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/async.h"
#include "tests/contract/support/aggregates_test.h"

namespace kefu::contract {

class AggregateStoreContract : public AggregatesTest {};

TEST_P(AggregateStoreContract, AnAbsentAggregateHasVersionZeroAndTheShopsTime) {
  const redis::Snapshot snapshot = Load();
  EXPECT_EQ(snapshot.version, 0u);
  EXPECT_EQ(snapshot.state, "");
  EXPECT_EQ(snapshot.time, world_->clock().Now());
}

TEST_P(AggregateStoreContract, EveryCommitRaisesTheVersionByOne) {
  EXPECT_EQ(Update({}, Append('a'))->version, 1u);
  const auto second = Update({}, Append('b'));
  EXPECT_EQ(second->version, 2u);
  EXPECT_EQ(second->state, "ab");
  EXPECT_EQ(second->result, "b");
  EXPECT_FALSE(second->replayed);
  EXPECT_EQ(Load().version, 2u);
  EXPECT_EQ(Load().state, "ab");
}

TEST_P(AggregateStoreContract, BytesOfAnyKindComeBackAsTheyWere) {
  const std::string bytes("\0\xff\r\n$5", 6);
  ASSERT_TRUE(Update({"request-1", bytes}, Write({.state = bytes, .result = bytes})).ok());
  EXPECT_EQ(Load().state, bytes);
  EXPECT_EQ(Update({"request-1", bytes}, Never())->result, bytes);
}

TEST_P(AggregateStoreContract, ADecisionThatRefusesWritesNothing) {
  EXPECT_EQ(ErrorReason(Update({"request-1", "h"}, Refuse("NOT_NOW")).status()), "NOT_NOW");
  EXPECT_TRUE(world_->empty());
  EXPECT_FALSE(Update({"request-1", "h"}, Append('a'))->replayed);
}

TEST_P(AggregateStoreContract, DecidesAgainWhenSomebodyCommittedInBetween) {
  int decided = 0;
  const auto committed = Update({}, [&](const redis::Snapshot& now) {
    if (decided++ == 0) {
      EXPECT_TRUE(Update({}, Append('x')).ok());
    }
    return Append('y')(now);
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(decided, 2);
  EXPECT_EQ(committed->version, 2u);
  EXPECT_EQ(Load().state, "xy");
}

TEST_P(AggregateStoreContract, GivesUpAfterEightLostRaces) {
  int decided = 0;
  const auto committed = Update({}, [&](const redis::Snapshot& now) {
    ++decided;
    EXPECT_TRUE(Update({}, Append('x')).ok());
    return Append('y')(now);
  });
  EXPECT_EQ(committed.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(committed.status()), "VERSION_CONFLICT");
  EXPECT_EQ(decided, 8);
  EXPECT_EQ(Load().state, "xxxxxxxx");
}

TEST_P(AggregateStoreContract, ARepeatedRequestAnswersItsFirstResultAndDecidesNothing) {
  const redis::NewEvent event{"type", "subject", "data"};
  ASSERT_TRUE(Update({"request-1", "h"}, Append('a')).ok());
  ASSERT_TRUE(
      Update({"request-2", "h"}, Write({.state = "ab", .result = "b", .events = {event}})).ok());
  for (const auto& [request, result] : {std::pair("request-1", "a"), std::pair("request-2", "b")}) {
    const auto again = Update({request, "h"}, Never());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again->replayed);
    EXPECT_EQ(again->result, result);
    EXPECT_EQ(again->state, "ab");
    EXPECT_EQ(again->version, 2u);
    EXPECT_THAT(again->events, testing::IsEmpty());
  }
  EXPECT_THAT(Seqs(shop_), testing::ElementsAre(1));
}

TEST_P(AggregateStoreContract, ARequestIdWithAnotherPayloadIsRefused) {
  ASSERT_TRUE(Update({"create", "h"}, Append('a')).ok());
  ASSERT_TRUE(Update({"change", "h"}, Append('b')).ok());
  for (const char* request : {"create", "change"}) {
    const auto reused = Update({request, "other"}, Never());
    EXPECT_EQ(reused.status().code(), absl::StatusCode::kAlreadyExists) << request;
    EXPECT_EQ(ErrorReason(reused.status()), "REQUEST_ID_REUSED") << request;
  }
  EXPECT_EQ(Load().state, "ab");
}

TEST_P(AggregateStoreContract, ARequestIdIsKnownToItsAggregateOnly) {
  ASSERT_TRUE(Update({"request-1", "h"}, Append('a')).ok());
  const auto other = UpdateOf(other_, {"request-1", "other"}, Append('b'));
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_FALSE(other->replayed);
}

TEST_P(AggregateStoreContract, WithoutAnIdEveryRequestIsANewOne) {
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(Update({"", "h"}, Append('a'))->replayed);
  EXPECT_EQ(Load().state, "aaa");
}

TEST_P(AggregateStoreContract, TwoAttemptsOfOneRequestAtOnceAreCarriedOutOnce) {
  const auto committed = Update({"request-1", "h"}, [&](const redis::Snapshot& now) {
    EXPECT_TRUE(Update({"request-1", "h"}, Append('x')).ok());
    return Append('y')(now);
  });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_TRUE(committed->replayed);
  EXPECT_EQ(committed->result, "x");
  EXPECT_EQ(committed->state, "x");
}

TEST_P(AggregateStoreContract, RemembersTheCreatingRequestAndTheLastSixteen) {
  ASSERT_TRUE(Update({"create", "h"}, Append('c')).ok());
  for (int i = 0; i < 17; ++i)
    ASSERT_TRUE(Update({"request-" + std::to_string(i), "h"}, Append('.')).ok());
  EXPECT_TRUE(Update({"create", "h"}, Append('!'))->replayed);
  EXPECT_TRUE(Update({"request-1", "h"}, Append('!'))->replayed);
  EXPECT_FALSE(Update({"request-0", "h"}, Append('!'))->replayed);
}

TEST_P(AggregateStoreContract, FindsWhatARequestDidWithoutDoingIt) {
  const redis::Request request{"request-1", "h"};
  EXPECT_FALSE(test::Await(store().FindReplay(id_, request))->has_value());
  ASSERT_TRUE(Update(request, Append('a')).ok());
  ASSERT_TRUE(Update({}, Append('b')).ok());
  const auto found = test::Await(store().FindReplay(id_, request));
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_TRUE((*found)->replayed);
  EXPECT_EQ((*found)->result, "a");
  EXPECT_EQ((*found)->state, "ab");
  EXPECT_EQ((*found)->version, 2u);
  const redis::Request reused{"request-1", "other"};
  EXPECT_EQ(ErrorReason(test::Await(store().FindReplay(id_, reused)).status()),
            "REQUEST_ID_REUSED");
}

TEST_P(AggregateStoreContract, EventsStandInTheOutboxAsTheyAreHandedOut) {
  ASSERT_TRUE(Update({}, Append('a')).ok());
  world_->SetEpoch(shop_, 3);
  const auto committed =
      Update({"request-1", "h", "00-trace"},
             Write({.state = "s", .events = {{"type.a", "one", "1"}, {"type.b", "two", "2", 7}}}));
  ASSERT_TRUE(committed.ok()) << committed.status();
  ASSERT_EQ(committed->events.size(), 2u);
  EXPECT_EQ(committed->events[0].seq(), 1u);
  const events::v1::Envelope& second = committed->events[1];
  EXPECT_TRUE(IsToken(second.id()));
  EXPECT_NE(second.id(), committed->events[0].id());
  EXPECT_EQ(second.seq(), 2u);
  EXPECT_EQ(second.store_epoch(), 3u);
  EXPECT_EQ(second.time().seconds(), world_->clock().Now().ms / 1000);
  EXPECT_EQ(second.source(), "gateway");
  EXPECT_EQ(second.type(), "type.b");
  EXPECT_EQ(second.subject(), "two");
  EXPECT_EQ(second.shop(), "demo");
  EXPECT_EQ(second.record_version(), 7u);
  EXPECT_EQ(second.traceparent(), "00-trace");
  EXPECT_EQ(second.data(), "2");
  const std::vector<events::v1::Envelope> log = world_->Log(shop_);
  ASSERT_EQ(log.size(), 2u);
  for (size_t i = 0; i < log.size(); ++i)
    EXPECT_EQ(log[i].SerializeAsString(), committed->events[i].SerializeAsString()) << i;
}

TEST_P(AggregateStoreContract, EventsOfAShopAreNumberedWithoutAGap) {
  const auto event = Write({.state = "s", .events = {{"type", "subject", "data"}}});
  ASSERT_TRUE(Update({"request-1", "h"}, event).ok());
  ASSERT_TRUE(Update({}, Append('a')).ok());
  ASSERT_TRUE(Update({"request-1", "h"}, Never()).ok());
  ASSERT_FALSE(Update({}, Refuse("NOT_NOW")).ok());
  int decided = 0;
  ASSERT_TRUE(Update({}, [&](const redis::Snapshot& now) {
                if (decided++ == 0) {
                  EXPECT_TRUE(UpdateOf(other_, {}, event).ok());
                  EXPECT_TRUE(Update({}, Append('b')).ok());
                }
                return event(now);
              }).ok());
  const ShopId elsewhere = ShopId::Parse("elsewhere").value();
  ASSERT_TRUE(UpdateOf({elsewhere, "thing", "t1"}, {}, event).ok());
  EXPECT_THAT(Seqs(shop_), testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(Seqs(elsewhere), testing::ElementsAre(1));
}

TEST_P(AggregateStoreContract, TheShopsTimeNeverGoesBack) {
  const TimePoint start = world_->clock().Now();
  ASSERT_TRUE(Update({}, Append('a')).ok());
  world_->clock().Advance(-3'600'000);
  EXPECT_EQ(Load().time, start);
  const auto late = Update({}, Write({.state = "s", .events = {{"type", "t", "d"}}}));
  EXPECT_EQ(late->events[0].time().seconds(), start.ms / 1000);
  world_->clock().Advance(3'600'000 - 1);
  EXPECT_EQ(Load().time, start);
  world_->clock().Advance(2);
  EXPECT_EQ(Load().time, start + 1);
}

TEST_P(AggregateStoreContract, LoadsManyInTheOrderAskedFor) {
  for (const char* id : {"a", "b"})
    ASSERT_TRUE(UpdateOf({shop_, "thing", id}, {}, Append(*id)).ok());
  ASSERT_TRUE(UpdateOf({shop_, "other", "none"}, {}, Append('o')).ok());
  const std::vector<std::string> ids = {"b", "none", "a", "b"};
  const auto snapshots = test::Await(store().LoadMany(shop_, "thing", ids));
  ASSERT_TRUE(snapshots.ok()) << snapshots.status();
  std::vector<std::string> states;
  for (const redis::Snapshot& snapshot : *snapshots) {
    states.push_back(std::to_string(snapshot.version) + snapshot.state);
    EXPECT_EQ(snapshot.time, world_->clock().Now());
  }
  EXPECT_THAT(states, testing::ElementsAre("1b", "0", "1a", "1b"));
}

TEST_P(AggregateStoreContract, WhatBelongsToNoShopIsKeptApart) {
  const redis::AggregateId system{std::nullopt, "thing", "t1"};
  const redis::NewEvent event{"type", "subject", "data"};
  const auto committed = UpdateOf(system, {}, Write({.state = "s", .events = {event}}));
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->events[0].shop(), "");
  EXPECT_EQ(test::Await(store().Load(system))->state, "s");
  EXPECT_EQ(Load().version, 0u);
  EXPECT_THAT(world_->Log(shop_), testing::IsEmpty());
  EXPECT_THAT(world_->Log(std::nullopt), testing::SizeIs(1));
}

TEST_P(AggregateStoreContract, ManyWritersLoseNothing) {
  using Store = std::remove_reference_t<decltype(store())>;
  boost::asio::io_context loop;
  constexpr int kWriters = 4, kEach = 50;
  for (int writer = 0; writer < kWriters; ++writer) {
    Spawn(loop.get_executor(),
          [](Store& store, redis::AggregateId id, redis::Aggregates::Decide decide) -> Task<> {
            const redis::Request anonymous;
            for (int i = 0; i < kEach; ++i) {
              absl::StatusOr<redis::Committed> committed;
              do {
                committed = co_await store.Update(id, anonymous, decide);
              } while (ErrorReason(committed.status()) == "VERSION_CONFLICT");
              EXPECT_TRUE(committed.ok()) << committed.status();
            }
          }(store(), id_, Append('.')));
  }
  loop.run();
  EXPECT_EQ(Load().version, static_cast<uint64_t>(kWriters * kEach));
  EXPECT_EQ(Load().state.size(), static_cast<size_t>(kWriters * kEach));
}

}  // namespace kefu::contract
