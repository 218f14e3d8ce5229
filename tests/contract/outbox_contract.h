// What every Outbox (services/common/events/outbox.h) promises its readers. Include it in one file
// of a test program and say what is to be tested:
//
//   INSTANTIATE_TEST_SUITE_P(Redis, OutboxContract, testing::Values(OutboxSubject{"redis",
//   NewWorld}),
//                            OutboxSubjectName);
// Registration and trimming: outbox_trimming_contract.h; OutboxOfBigEventsContract is for those
// whose events may be big.
#pragma once

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/events/outbox.h"
#include "tests/support/await.h"

namespace kefu::contract {

// An outbox without anything in it, and what it stands on. It tells of things, called "t0", "t1"…,
// whose states are words of the world's own choice.
class OutboxWorld {
 public:
  virtual ~OutboxWorld() = default;
  virtual events::Outbox& outbox() = 0;
  virtual ManualClock& clock() = 0;
  // Commits a new state of a thing with one event that shows it, and answers the state; no two of a
  // thing are the same.
  virtual std::string Put(const ShopId& shop, const std::string& thing) = 0;
  // Whatever is about `thing` with `state` in an envelope; none if it shows no such thing.
  struct Shown {
    std::string thing, state;
  };
  virtual std::optional<Shown> Look(const events::v1::Envelope& envelope) = 0;
  // The type of those events, and their record version.
  virtual std::string type() = 0;
  virtual uint32_t record_version() { return 1; }
  // An event of another type, if there are any.
  virtual bool PutOther(const ShopId&) { return false; }
  // One event with 300,000 bytes, if there are such.
  virtual void PutBig(const ShopId&) { ADD_FAILURE() << "its events are small"; }
  // A reader that the process has itself, if it has one, has read everything.
  virtual void CatchUp(const ShopId&) {}
  // The events below `first` are gone, for whatever reason.
  virtual void DropBefore(const ShopId& shop, uint64_t first) = 0;
};

struct OutboxSubject {
  std::string name;
  std::function<std::unique_ptr<OutboxWorld>()> make;
};
inline void PrintTo(const OutboxSubject& subject, std::ostream* out) { *out << subject.name; }
inline std::string OutboxSubjectName(const testing::TestParamInfo<OutboxSubject>& info) {
  return info.param.name;
}

class OutboxContract : public testing::TestWithParam<OutboxSubject> {
 protected:
  static constexpr int64_t kHour = 3'600'000, kWeek = 7 * 24 * kHour;

  static server::CallScope Scope() {
    server::CallScope scope;
    scope.deadline_ms = MonotonicMs() + 3000;
    return scope;
  }
  events::Outbox& outbox() { return world_->outbox(); }
  ManualClock& clock() { return world_->clock(); }
  int64_t now_ms() { return clock().Now().ms; }
  std::string Put(const std::string& thing) { return world_->Put(shop_, thing); }
  void PutMany(int count) {
    for (int i = 1; i <= count; ++i) Put("t0");
  }
  using States = std::map<std::string, std::string>;
  // The last state of each thing that is shown.
  template <class Envelopes>
  void Note(const Envelopes& envelopes, States* states) {
    for (const events::v1::Envelope& envelope : envelopes) {
      if (const auto shown = world_->Look(envelope)) (*states)[shown->thing] = shown->state;
    }
  }
  // The id of the event that shows the thing in a snapshot.
  std::string IdInSnapshot(const std::string& thing) {
    std::string id;
    const auto page = SnapshotPage("");
    for (const events::v1::Envelope& envelope : page.value().envelopes()) {
      const auto shown = world_->Look(envelope);
      if (shown && shown->thing == thing) id = envelope.id();
    }
    return id;
  }

  absl::StatusOr<events::v1::ReadResponse> Read(uint64_t after, uint64_t epoch = 0,
                                                uint32_t page_size = 0,
                                                std::vector<std::string> types = {}) {
    events::v1::ReadRequest request;
    request.set_after_seq(after);
    request.set_store_epoch(epoch);
    request.set_page_size(page_size);
    for (const std::string& type : types) request.add_types(type);
    return test::Await(outbox().Read(Scope(), shop_, request));
  }
  static std::vector<uint64_t> Seqs(const absl::StatusOr<events::v1::ReadResponse>& response) {
    std::vector<uint64_t> seqs;
    for (const events::v1::Envelope& envelope : response.value().envelopes())
      seqs.push_back(envelope.seq());
    return seqs;
  }
  absl::StatusOr<uint64_t> RaiseEpoch(uint64_t observed) {
    return test::Await(outbox().RaiseEpoch(Scope(), shop_, observed));
  }
  absl::Status Report(const std::string& consumer, uint64_t seq, uint64_t epoch = 1) {
    events::v1::ReportCursorsRequest request;
    request.set_consumer(consumer);
    auto* const cursor = request.add_cursors();
    cursor->set_shop(shop_.str());
    cursor->set_store_epoch(epoch);
    cursor->set_seq(seq);
    world_->CatchUp(shop_);
    return test::Await(outbox().ReportCursors(Scope(), request));
  }
  uint64_t Trim() { return test::Await(outbox().Trim(shop_)).value(); }
  absl::StatusOr<events::v1::SnapshotResponse> SnapshotPage(const std::string& token,
                                                            uint32_t page_size = 0) {
    events::v1::SnapshotRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return test::Await(outbox().Snapshot(Scope(), shop_, request));
  }
  absl::StatusOr<events::v1::ListHeadsResponse> Heads(const std::string& token,
                                                      uint32_t page_size = 0) {
    events::v1::ListHeadsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return test::Await(outbox().ListHeads(Scope(), request));
  }

  const std::unique_ptr<OutboxWorld> world_ = GetParam().make();
  const ShopId shop_ = ShopId::Parse("demo").value();
};

TEST_P(OutboxContract, AnEnvelopeComesWithItsPlaceTimeAndEpoch) {
  const std::string state = Put("t1");
  const auto read = Read(0);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->envelopes_size(), 1);
  const events::v1::Envelope& envelope = read->envelopes(0);
  EXPECT_EQ(envelope.seq(), 1u);
  EXPECT_EQ(envelope.store_epoch(), 1u);
  EXPECT_EQ(google::protobuf::util::TimeUtil::TimestampToMilliseconds(envelope.time()), now_ms());
  EXPECT_EQ(envelope.source(), outbox().source());
  EXPECT_EQ(envelope.type(), world_->type());
  EXPECT_EQ(envelope.shop(), "demo");
  EXPECT_EQ(envelope.record_version(), world_->record_version());
  const auto shown = world_->Look(envelope);
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(shown->thing, "t1");
  EXPECT_EQ(shown->state, state);
  EXPECT_TRUE(IsToken(envelope.id()));
  EXPECT_EQ(read->head_seq(), 1u);
  EXPECT_EQ(read->next_seq(), 1u);
  EXPECT_EQ(read->store_epoch(), 1u);
}

TEST_P(OutboxContract, AnEventHasOneIdOfItsOwnWheneverItIsRead) {
  PutMany(20);
  std::vector<std::string> once, again;
  const auto whole = Read(0);
  ASSERT_TRUE(whole.ok()) << whole.status();
  for (const auto& envelope : whole->envelopes()) once.push_back(envelope.id());
  clock().Advance(5);
  for (uint64_t after = 0; after < 20; after += 5) {
    const auto page = Read(after, 1, 5);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& envelope : page->envelopes()) again.push_back(envelope.id());
  }
  EXPECT_EQ(again, once);
  std::sort(once.begin(), once.end());
  EXPECT_EQ(std::unique(once.begin(), once.end()), once.end());
}

TEST_P(OutboxContract, AnEventKeepsTheEpochItWasWrittenIn) {
  Put("t1");
  ASSERT_EQ(RaiseEpoch(3).value(), 4u);
  Put("t1");
  const auto read = Read(0);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->envelopes(0).store_epoch(), 1u);
  EXPECT_EQ(read->envelopes(1).store_epoch(), 4u);
  EXPECT_EQ(read->store_epoch(), 4u);
}

TEST_P(OutboxContract, PagesFollowEachOtherWithoutGapOrRepetition) {
  PutMany(250);
  std::vector<uint64_t> seen;
  uint64_t after = 0;
  do {
    const auto read = Read(after, 1, 70);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_LE(read->envelopes_size(), 70);
    for (const uint64_t seq : Seqs(read)) seen.push_back(seq);
    after = read->next_seq();
    EXPECT_EQ(read->head_seq(), 250u);
  } while (after < 250);
  ASSERT_THAT(seen, testing::SizeIs(250));
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i + 1);
  EXPECT_THAT(Seqs(Read(250, 1)), testing::IsEmpty());
  EXPECT_EQ(Read(250, 1)->next_seq(), 250u);
}

TEST_P(OutboxContract, APageHoldsTwoHundredUnlessAskedForMoreAndAThousandAtMost) {
  PutMany(1001);
  EXPECT_THAT(Seqs(Read(0)), testing::SizeIs(200));
  EXPECT_THAT(Seqs(Read(0, 0, 300)), testing::SizeIs(300));
  EXPECT_THAT(Seqs(Read(0, 0, 5000)), testing::SizeIs(1000));
}

TEST_P(OutboxContract, OnlyWantedTypesComeAndTheOthersArePassed) {
  Put("t0");
  const bool others = world_->PutOther(shop_);
  if (!others) Put("t0");
  Put("t0");
  const auto read = Read(0, 0, 0, {"nobody.knows", world_->type()});
  const std::vector<uint64_t> wanted =
      others ? std::vector<uint64_t>{1, 3} : std::vector<uint64_t>{1, 2, 3};
  EXPECT_EQ(Seqs(read), wanted);
  EXPECT_EQ(read->next_seq(), 3u);
  EXPECT_THAT(Seqs(Read(0, 0, 0, {"nobody.knows"})), testing::IsEmpty());
  EXPECT_EQ(Read(0, 0, 0, {"nobody.knows"})->next_seq(), 3u);
  // Those left out count as part of the page.
  EXPECT_THAT(Seqs(Read(0, 0, 2, {"nobody.knows"})), testing::IsEmpty());
  EXPECT_EQ(Read(0, 0, 2, {"nobody.knows"})->next_seq(), 2u);
}

TEST_P(OutboxContract, AShopWithoutEventsIsAnEmptyLog) {
  const auto read = Read(0);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->head_seq(), 0u);
  EXPECT_EQ(read->next_seq(), 0u);
  EXPECT_EQ(read->store_epoch(), 1u);
  EXPECT_THAT(read->envelopes(), testing::IsEmpty());
  EXPECT_EQ(Trim(), 0u);
  EXPECT_THAT(SnapshotPage("")->envelopes(), testing::IsEmpty());
  EXPECT_THAT(Heads("")->heads(), testing::IsEmpty());
}

TEST_P(OutboxContract, AStaleEpochNamesTheOneInForceAndTheHead) {
  PutMany(3);
  ASSERT_EQ(RaiseEpoch(1).value(), 2u);
  const auto read = Read(2, 1);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(read.status()), "STALE_EPOCH");
  EXPECT_EQ(ErrorMetadataOf(read.status()).at("epoch"), "2");
  EXPECT_EQ(ErrorMetadataOf(read.status()).at("head"), "3");
  EXPECT_EQ(ErrorReason(Read(2, 3).status()), "STALE_EPOCH");
  EXPECT_TRUE(Read(2, 2).ok());
  EXPECT_TRUE(Read(2, 0).ok());
}

TEST_P(OutboxContract, AnEpochThatWasLeftBehindIsNotLeftTwice) {
  EXPECT_EQ(RaiseEpoch(3).value(), 4u);
  EXPECT_EQ(RaiseEpoch(3).value(), 4u);
  EXPECT_EQ(RaiseEpoch(2).value(), 4u);
  EXPECT_EQ(RaiseEpoch(4).value(), 5u);
  EXPECT_EQ(RaiseEpoch(~uint64_t{0}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(OutboxContract, ATrimmedPositionIsToldFromOneThatIsStillThere) {
  PutMany(5);
  world_->DropBefore(shop_, 4);
  const auto gone = Read(2, 1);
  EXPECT_EQ(gone.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(gone.status()), "LOG_TRIMMED");
  EXPECT_EQ(ErrorMetadataOf(gone.status()).at("first"), "4");
  EXPECT_EQ(ErrorMetadataOf(gone.status()).at("head"), "5");
  EXPECT_THAT(Seqs(Read(3, 1)), testing::ElementsAre(4, 5));
  EXPECT_EQ(ErrorReason(Read(0, 1).status()), "LOG_TRIMMED");
  EXPECT_THAT(Seqs(Read(0, 0)), testing::ElementsAre(4, 5));
}

TEST_P(OutboxContract, ALogOfWhichNothingIsLeftIsTrimmedForThoseBehind) {
  PutMany(5);
  world_->DropBefore(shop_, 6);
  EXPECT_EQ(ErrorReason(Read(4, 1).status()), "LOG_TRIMMED");
  EXPECT_TRUE(Read(5, 1).ok());
  EXPECT_EQ(Read(0, 0)->next_seq(), 5u);
  Put("t0");
  EXPECT_THAT(Seqs(Read(5, 1)), testing::ElementsAre(6));
}

TEST_P(OutboxContract, APositionBeyondReasonIsRefused) {
  EXPECT_EQ(Read(~uint64_t{0}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(OutboxContract, HeadsOfAllShopsComePageByPage) {
  std::map<std::string, uint64_t> expected;
  for (int i = 0; i < 25; ++i) {
    const ShopId shop = ShopId::Parse("shop-" + std::to_string(100 + i)).value();
    for (int n = 0; n <= i % 3; ++n) {
      world_->Put(shop, "t0");
      ++expected[shop.str()];
    }
  }
  std::map<std::string, uint64_t> heads;
  std::string token;
  do {
    const auto page = Heads(token, 10);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->heads_size(), 10);
    for (const auto& head : page->heads()) {
      EXPECT_TRUE(heads.emplace(head.shop(), head.head_seq()).second) << head.shop();
      EXPECT_EQ(head.store_epoch(), 1u);
    }
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_EQ(heads, expected);
  EXPECT_EQ(Heads("")->heads_size(), 25);
}

TEST_P(OutboxContract, ATokenOfAnotherListIsRefused) {
  // A page of one may hold several: Redis gives all that fell into one slot of its table. Not all
  // of these.
  for (int i = 0; i < 16; ++i) {
    world_->Put(ShopId::Parse("shop-" + std::to_string(i)).value(), "t0");
    Put("t" + std::to_string(i));
  }
  const std::string heads = Heads("", 1)->next_page_token();
  const std::string snapshot = SnapshotPage("", 1)->next_page_token();
  ASSERT_NE(heads, "");
  ASSERT_NE(snapshot, "");
  for (const std::string& token : {std::string("anything"), snapshot})
    EXPECT_EQ(ErrorReason(Heads(token).status()), "BAD_PAGE_TOKEN") << token;
  for (const std::string& token : {std::string("anything"), heads})
    EXPECT_EQ(ErrorReason(SnapshotPage(token).status()), "BAD_PAGE_TOKEN") << token;
}

TEST_P(OutboxContract, ASnapshotShowsThePresentStateOfEverything) {
  States truth;
  Put("t2");
  truth["t1"] = Put("t1");
  truth["t2"] = Put("t2");
  world_->DropBefore(shop_, 3);
  clock().Advance(5);
  const auto page = SnapshotPage("");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->head_seq(), 3u);
  EXPECT_EQ(page->store_epoch(), 1u);
  EXPECT_EQ(page->next_page_token(), "");
  for (const events::v1::Envelope& envelope : page->envelopes()) {
    EXPECT_EQ(envelope.source(), outbox().source());
    EXPECT_EQ(envelope.shop(), "demo");
    EXPECT_EQ(envelope.seq(), 0u);
    EXPECT_EQ(envelope.store_epoch(), 1u);
    EXPECT_EQ(envelope.record_version(), world_->record_version());
    EXPECT_EQ(google::protobuf::util::TimeUtil::TimestampToMilliseconds(envelope.time()), now_ms());
    if (world_->Look(envelope)) {
      EXPECT_EQ(envelope.type(), world_->type());
    }
  }
  States states;
  Note(page->envelopes(), &states);
  EXPECT_EQ(states, truth);
}

TEST_P(OutboxContract, TheSameStateIsTheSameEventInEverySnapshot) {
  Put("t1");
  const std::string first = IdInSnapshot("t1");
  clock().Advance(5);
  EXPECT_EQ(IdInSnapshot("t1"), first);
  // Consumers use it as the id of their request.
  EXPECT_TRUE(CheckRequestId(first).ok()) << first;
  Put("t1");
  const std::string second = IdInSnapshot("t1");
  EXPECT_NE(second, first);
  // After a loss the same version may stand for another state.
  ASSERT_TRUE(RaiseEpoch(1).ok());
  EXPECT_NE(IdInSnapshot("t1"), second);
}

TEST_P(OutboxContract, PagesOfASnapshotShowEverythingOnce) {
  States truth;
  for (int i = 0; i < 10; ++i) {
    const std::string thing = "t" + std::to_string(i);
    truth[thing] = Put(thing);
  }
  std::vector<std::string> things;
  States states;
  std::string token;
  int pages = 0;
  do {
    const auto page = SnapshotPage(token, 3);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& envelope : page->envelopes()) {
      if (const auto shown = world_->Look(envelope)) things.push_back(shown->thing);
    }
    Note(page->envelopes(), &states);
    token = page->next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(states, truth);
  EXPECT_THAT(things, testing::SizeIs(10));
  EXPECT_GE(pages, 2);  // some hold a few more than asked for
}

// Things are made and changed between the pages of a snapshot: the snapshot and the log after its
// first head show the last state of everything.
TEST_P(OutboxContract, ASnapshotAndTheLogAfterItMissNothingThatChangesMeanwhile) {
  States truth;
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    std::minstd_rand random(seed);
    auto change = [&] {
      const std::string thing = "t" + std::to_string(random() % 40);
      truth[thing] = Put(thing);
    };
    for (int i = 0; i < 60; ++i) change();
    States seen;
    std::string token;
    std::optional<uint64_t> from;
    do {
      const auto page = SnapshotPage(token, 1 + random() % 9);
      ASSERT_TRUE(page.ok()) << page.status();
      if (!from) from = page->head_seq();
      Note(page->envelopes(), &seen);
      token = page->next_page_token();
      for (uint32_t i = random() % 6; i > 0; --i) change();
    } while (!token.empty());
    uint64_t after = *from;
    while (true) {
      const auto read = Read(after, 1, 1 + random() % 20);
      ASSERT_TRUE(read.ok()) << read.status();
      Note(read->envelopes(), &seen);
      after = read->next_seq();
      if (after == read->head_seq()) break;
    }
    EXPECT_EQ(seen, truth) << "seed " << seed;
  }
}

class OutboxOfBigEventsContract : public OutboxContract {};

TEST_P(OutboxOfBigEventsContract, APageWithBigEventsIsShorter) {
  for (int i = 0; i < 20; ++i) world_->PutBig(shop_);
  uint64_t after = 0;
  do {
    const auto read = Read(after);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_LT(read->ByteSizeLong(), 3u << 20);
    EXPECT_EQ(read->next_seq(), after + static_cast<uint64_t>(read->envelopes_size()));
    ASSERT_GT(read->next_seq(), after);
    after = read->next_seq();
  } while (after < 20);
}

}  // namespace kefu::contract
