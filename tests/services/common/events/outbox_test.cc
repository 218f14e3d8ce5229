#include "services/common/events/outbox.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "services/common/base/status.h"
#include "services/common/redis/aggregate_store.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace kefu::events {
namespace {

using redis::AggregateStore;
using redis::Change;
using redis::IndexChange;
using test::Await;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kNow = 1'700'000'000'000;
constexpr int64_t kHour = 3'600'000;
constexpr int64_t kWeek = 7 * 24 * kHour;

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() { server_.LoadFunctions("gateway"); }

  static server::CallScope Scope() {
    server::CallScope scope;
    scope.deadline_ms = MonotonicMs() + 3000;
    return scope;
  }
  static absl::StatusOr<std::vector<redis::NewEvent>> Show(const std::string& id,
                                                           const redis::Snapshot& snapshot) {
    std::vector<redis::NewEvent> events;
    if (snapshot.state != "hidden") events.push_back({"thing.changed", id, snapshot.state, 3});
    return events;
  }

  redis::Value Command(redis::Command command) {
    return Await(shards_->Of(shop_).Call(std::move(command))).value();
  }
  std::string Key(std::string_view name) { return store_.Key(shop_, name); }

  // Commits a state with one event, as the aggregate `id`, at `score` in the index.
  void Put(const std::string& id, const std::string& state, const std::string& score = "0",
           const std::string& type = "thing.changed") {
    const auto committed =
        Await(store_.Update({shop_, "thing", id}, {}, [&](const redis::Snapshot&) {
          return absl::StatusOr<Change>(
              Change{.state = state,
                     .indexes = {{IndexChange::Kind::kSortedAdd, "things", id, score}},
                     .events = {{type, id, state, 3}}});
        }));
    ASSERT_TRUE(committed.ok()) << committed.status();
  }
  void PutMany(int count) {
    for (int i = 1; i <= count; ++i) Put("t", std::to_string(i));
  }

  absl::StatusOr<v1::ReadResponse> Read(uint64_t after, uint64_t epoch = 0, uint32_t page_size = 0,
                                        std::vector<std::string> types = {}) {
    v1::ReadRequest request;
    request.set_after_seq(after);
    request.set_store_epoch(epoch);
    request.set_page_size(page_size);
    for (const std::string& type : types) request.add_types(type);
    return Await(outbox_->Read(Scope(), shop_, request));
  }
  static std::vector<uint64_t> Seqs(const v1::ReadResponse& response) {
    std::vector<uint64_t> seqs;
    for (const v1::Envelope& envelope : response.envelopes()) seqs.push_back(envelope.seq());
    return seqs;
  }
  absl::Status Report(const std::string& consumer, uint64_t seq, uint64_t epoch = 1) {
    v1::ReportCursorsRequest request;
    request.set_consumer(consumer);
    auto* const cursor = request.add_cursors();
    cursor->set_shop(shop_.str());
    cursor->set_store_epoch(epoch);
    cursor->set_seq(seq);
    return Await(outbox_->ReportCursors(Scope(), request));
  }
  uint64_t Trim() { return Await(outbox_->Trim(shop_)).value(); }
  int64_t Length() { return Command({"XLEN", Key("outbox")}).Int(); }
  int64_t CountedBytes() { return Command({"HGET", Key("meta"), "outbox_bytes"}).Int(); }
  int64_t RealBytes() {
    int64_t bytes = 0;
    const redis::Value all = Command({"XRANGE", Key("outbox"), "-", "+"});
    for (const redis::Value& element : all.array()) {
      bytes += 16;
      for (const redis::Value& text : element[1].array())
        bytes += static_cast<int64_t>(text.str().size());
    }
    return bytes;
  }
  absl::StatusOr<v1::SnapshotResponse> SnapshotPage(const std::string& token,
                                                    uint32_t page_size = 0) {
    v1::SnapshotRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Await(outbox_->Snapshot(Scope(), shop_, request));
  }

  test::RedisServer server_;
  ManualClock clock_{{kNow}};
  std::unique_ptr<redis::ShardMap> shards_ = redis::ShardMap::Single({server_.address(), "", ""});
  AggregateStore store_{*shards_, "gateway", &clock_};
  const std::unique_ptr<Outbox> outbox_ =
      NewAggregateOutbox(*shards_, store_, "gateway", "things",
                         {{"thing", "things", Show}, {"other", "others", Show}});
  const ShopId shop_ = ShopId::Parse("demo").value();
};

TEST_F(OutboxTest, AnEnvelopeComesWithItsPlaceTimeAndEpoch) {
  Put("t1", "state");
  const auto read = Read(0);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->envelopes_size(), 1);
  const v1::Envelope& envelope = read->envelopes(0);
  EXPECT_EQ(envelope.seq(), 1u);
  EXPECT_EQ(envelope.store_epoch(), 1u);
  EXPECT_EQ(google::protobuf::util::TimeUtil::TimestampToMilliseconds(envelope.time()), kNow);
  EXPECT_EQ(envelope.source(), "things");
  EXPECT_EQ(envelope.type(), "thing.changed");
  EXPECT_EQ(envelope.subject(), "t1");
  EXPECT_EQ(envelope.shop(), "demo");
  EXPECT_EQ(envelope.record_version(), 3u);
  EXPECT_EQ(envelope.data(), "state");
  EXPECT_TRUE(IsToken(envelope.id()));
  EXPECT_EQ(read->head_seq(), 1u);
  EXPECT_EQ(read->next_seq(), 1u);
  EXPECT_EQ(read->store_epoch(), 1u);
}

TEST_F(OutboxTest, AnEventKeepsTheEpochItWasWrittenIn) {
  Put("t1", "before");
  Command({"HSET", Key("meta"), "store_epoch", "4"});
  Put("t1", "after");
  const auto read = Read(0);
  EXPECT_EQ(read->envelopes(0).store_epoch(), 1u);
  EXPECT_EQ(read->envelopes(1).store_epoch(), 4u);
  EXPECT_EQ(read->store_epoch(), 4u);
}

TEST_F(OutboxTest, AnElementOfTheFormerReleaseGetsTheEpochInForce) {
  v1::Envelope envelope;
  envelope.set_type("old");
  Command({"XADD", Key("outbox"), "1-0", "t", "5", "e", envelope.SerializeAsString()});
  Command({"HSET", Key("meta"), "store_epoch", "7", "outbox", "1"});
  const auto read = Read(0);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->envelopes(0).store_epoch(), 7u);
  EXPECT_EQ(read->envelopes(0).seq(), 1u);
}

TEST_F(OutboxTest, PagesFollowEachOtherWithoutGapOrRepetition) {
  PutMany(250);
  std::vector<uint64_t> seen;
  uint64_t after = 0;
  do {
    const auto read = Read(after, 1, 70);
    ASSERT_TRUE(read.ok()) << read.status();
    for (const uint64_t seq : Seqs(*read)) seen.push_back(seq);
    after = read->next_seq();
    EXPECT_EQ(read->head_seq(), 250u);
  } while (after < 250);
  ASSERT_THAT(seen, SizeIs(250));
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], i + 1);
  EXPECT_THAT(Seqs(*Read(250, 1)), IsEmpty());
  EXPECT_EQ(Read(250, 1)->next_seq(), 250u);
}

TEST_F(OutboxTest, APageWithBigEventsIsShorter) {
  const std::string big(300'000, 'x');
  for (int i = 0; i < 20; ++i) Put("t", big);
  const auto read = Read(0);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_LT(read->ByteSizeLong(), 3u << 20);
  EXPECT_GT(read->envelopes_size(), 0);
  EXPECT_EQ(read->next_seq(), static_cast<uint64_t>(read->envelopes_size()));
}

TEST_F(OutboxTest, OnlyWantedTypesComeAndTheOthersArePassed) {
  Put("t", "1", "0", "a");
  Put("t", "2", "0", "b");
  Put("t", "3", "0", "b");
  const auto read = Read(0, 0, 0, {"a"});
  EXPECT_THAT(Seqs(*read), ElementsAre(1));
  EXPECT_EQ(read->next_seq(), 3u);
}

TEST_F(OutboxTest, AShopWithoutEventsIsAnEmptyLog) {
  const auto read = Read(0);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->head_seq(), 0u);
  EXPECT_EQ(read->store_epoch(), 1u);
  EXPECT_THAT(read->envelopes(), IsEmpty());
}

TEST_F(OutboxTest, AStaleEpochNamesTheOneInForceAndTheHead) {
  PutMany(3);
  ASSERT_EQ(Await(outbox_->RaiseEpoch(Scope(), shop_, 1)).value(), 2u);
  const auto read = Read(2, 1);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(read.status()), "STALE_EPOCH");
  EXPECT_EQ(ErrorMetadataOf(read.status()).at("epoch"), "2");
  EXPECT_EQ(ErrorMetadataOf(read.status()).at("head"), "3");
  EXPECT_TRUE(Read(2, 2).ok());
  EXPECT_TRUE(Read(2, 0).ok());
}

TEST_F(OutboxTest, AnEpochThatWasLeftBehindIsNotLeftTwice) {
  EXPECT_EQ(Await(outbox_->RaiseEpoch(Scope(), shop_, 3)).value(), 4u);
  EXPECT_EQ(Await(outbox_->RaiseEpoch(Scope(), shop_, 3)).value(), 4u);
  EXPECT_EQ(Await(outbox_->RaiseEpoch(Scope(), shop_, 4)).value(), 5u);
}

TEST_F(OutboxTest, ATrimmedPositionIsToldFromOneThatIsStillThere) {
  PutMany(5);
  Command({"XTRIM", Key("outbox"), "MINID", "=", "4-0"});
  const auto gone = Read(2, 1);
  EXPECT_EQ(gone.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(gone.status()), "LOG_TRIMMED");
  EXPECT_EQ(ErrorMetadataOf(gone.status()).at("first"), "4");
  EXPECT_THAT(Seqs(*Read(3, 1)), ElementsAre(4, 5));
  EXPECT_EQ(ErrorReason(Read(0, 1).status()), "LOG_TRIMMED");
  EXPECT_THAT(Seqs(*Read(0, 0)), ElementsAre(4, 5));
}

TEST_F(OutboxTest, ALogOfWhichNothingIsLeftIsTrimmedForThoseBehind) {
  PutMany(5);
  Command({"XTRIM", Key("outbox"), "MAXLEN", "0"});
  EXPECT_EQ(ErrorReason(Read(4, 1).status()), "LOG_TRIMMED");
  EXPECT_TRUE(Read(5, 1).ok());
  EXPECT_EQ(Read(0, 0)->next_seq(), 5u);
}

TEST_F(OutboxTest, APositionBeyondReasonIsRefused) {
  EXPECT_EQ(Read(~uint64_t{0}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(OutboxTest, HeadsOfAllShopsComePageByPage) {
  std::map<std::string, uint64_t> expected;
  for (int i = 0; i < 25; ++i) {
    const ShopId shop = ShopId::Parse("shop-" + std::to_string(100 + i)).value();
    for (int n = 0; n <= i % 3; ++n) {
      ASSERT_TRUE(
          Await(store_.Update({shop, "thing", "t"}, {}, [](const redis::Snapshot&) {
            return absl::StatusOr<Change>(Change{.state = "s", .events = {{"type", "t", "d"}}});
          })).ok());
      ++expected[shop.str()];
    }
  }
  std::map<std::string, uint64_t> heads;
  v1::ListHeadsRequest request;
  request.set_page_size(10);
  do {
    const auto page = Await(outbox_->ListHeads(Scope(), request));
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->heads_size(), 10);
    for (const auto& head : page->heads()) {
      heads[head.shop()] = head.head_seq();
      EXPECT_EQ(head.store_epoch(), 1u);
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(heads, expected);
}

TEST_F(OutboxTest, ATokenOfAnotherListIsRefused) {
  v1::ListHeadsRequest request;
  request.set_page_token("anything");
  EXPECT_EQ(ErrorReason(Await(outbox_->ListHeads(Scope(), request)).status()), "BAD_PAGE_TOKEN");
  EXPECT_EQ(ErrorReason(SnapshotPage("anything").status()), "BAD_PAGE_TOKEN");
}

TEST_F(OutboxTest, AConsumerIsRegisteredWithWhatItReports) {
  ASSERT_TRUE(Report("records", 4).ok());
  EXPECT_EQ(Command({"HGET", Key("consumers"), "records"}).str(), "1:4:" + std::to_string(kNow));
  ASSERT_TRUE(Report("records", 6, 2).ok());
  EXPECT_EQ(Command({"HGET", Key("consumers"), "records"}).str(), "2:6:" + std::to_string(kNow));
}

TEST_F(OutboxTest, AConsumerThatStandsStillIsWrittenDownOnceAnHour) {
  ASSERT_TRUE(Report("records", 4).ok());
  clock_.Advance(kHour - 1);
  ASSERT_TRUE(Report("records", 4).ok());
  EXPECT_EQ(Command({"HGET", Key("consumers"), "records"}).str(), "1:4:" + std::to_string(kNow));
  clock_.Advance(1);
  ASSERT_TRUE(Report("records", 4).ok());
  EXPECT_EQ(Command({"HGET", Key("consumers"), "records"}).str(),
            "1:4:" + std::to_string(kNow + kHour));
}

TEST_F(OutboxTest, ReportsWithoutSenseAreRefused) {
  for (const char* consumer : {"", "Bad Name", "a:b"})
    EXPECT_EQ(Report(consumer, 4).code(), absl::StatusCode::kInvalidArgument) << consumer;
  EXPECT_EQ(Report("records", ~uint64_t{0}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Command({"EXISTS", Key("consumers")}).Int(), 0);
}

TEST_F(OutboxTest, ManyShopsAreReportedAtOnce) {
  v1::ReportCursorsRequest request;
  request.set_consumer("records");
  for (int i = 0; i < 1000; ++i) {
    auto* const cursor = request.add_cursors();
    cursor->set_shop("shop-" + std::to_string(i));
    cursor->set_store_epoch(1);
    cursor->set_seq(static_cast<uint64_t>(i));
  }
  ASSERT_TRUE(Await(outbox_->ReportCursors(Scope(), request)).ok());
  EXPECT_EQ(Command({"HGET", "kf:gateway:{shop-999}:consumers", "records"}).str(),
            "1:999:" + std::to_string(kNow));
  request.add_cursors()->set_shop("one-more");
  EXPECT_EQ(Await(outbox_->ReportCursors(Scope(), request)).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(OutboxTest, NothingIsTrimmedThatSomeConsumerHasYetToRead) {
  PutMany(10);
  ASSERT_TRUE(Report("records", 7).ok());
  ASSERT_TRUE(Report("orders", 4).ok());
  clock_.Advance(2 * kHour);
  EXPECT_EQ(Trim(), 4u);
  EXPECT_THAT(Seqs(*Read(4, 1)), ElementsAre(5, 6, 7, 8, 9, 10));
  EXPECT_EQ(Trim(), 0u);
  EXPECT_EQ(CountedBytes(), RealBytes());
}

TEST_F(OutboxTest, APositionOfAnEpochLeftBehindHoldsEverythingBack) {
  PutMany(10);
  ASSERT_TRUE(Report("records", 10).ok());
  ASSERT_TRUE(Report("orders", 8).ok());
  ASSERT_EQ(*Await(outbox_->RaiseEpoch(Scope(), shop_, 1)), 2u);
  clock_.Advance(2 * kHour);
  ASSERT_TRUE(Report("records", 10, 2).ok());
  // "orders" has not seen yet which of the eight were written anew.
  EXPECT_EQ(Trim(), 0u);
  ASSERT_TRUE(Report("orders", 5, 2).ok());
  EXPECT_EQ(Trim(), 5u);
}

TEST_F(OutboxTest, WhatIsYoungIsKeptThoughAllHaveReadIt) {
  PutMany(5);
  ASSERT_TRUE(Report("records", 5).ok());
  EXPECT_EQ(Trim(), 0u);
  clock_.Advance(kHour + 1);
  Put("t", "6");
  EXPECT_EQ(Trim(), 5u);
  EXPECT_EQ(Length(), 1);
}

TEST_F(OutboxTest, WithoutConsumersAllIsKeptForAWeek) {
  PutMany(5);
  clock_.Advance(kWeek);
  Put("t", "6");
  EXPECT_EQ(Trim(), 0u);
  clock_.Advance(1);
  EXPECT_EQ(Trim(), 5u);
  EXPECT_EQ(Length(), 1);
}

TEST_F(OutboxTest, AConsumerNotHeardOfForAWeekHoldsNothingBack) {
  ASSERT_TRUE(Report("gone", 0).ok());
  clock_.Advance(kWeek - 2 * kHour);
  PutMany(5);
  ASSERT_TRUE(Report("records", 5).ok());
  clock_.Advance(2 * kHour);
  EXPECT_EQ(Trim(), 0u);
  clock_.Advance(1);
  EXPECT_EQ(Trim(), 5u);
  EXPECT_EQ(Command({"HEXISTS", Key("consumers"), "gone"}).Int(), 0);
}

TEST_F(OutboxTest, NoConsumerHoldsAnEventForMoreThanAWeek) {
  PutMany(3);
  clock_.Advance(kWeek + 1);
  ASSERT_TRUE(Report("slow", 0).ok());
  EXPECT_EQ(Trim(), 3u);
  EXPECT_EQ(ErrorReason(Read(1, 1).status()), "LOG_TRIMMED");
}

TEST_F(OutboxTest, TooManyBytesAreTrimmedWhoeverStillWantsThem) {
  PutMany(10);
  ASSERT_TRUE(Report("slow", 0).ok());
  const int64_t each = CountedBytes() / 10;
  // As if 512 MiB had been reached: five events too much.
  Command(
      {"HSET", Key("meta"), "outbox_bytes", std::to_string((int64_t{512} << 20) + 4 * each + 1)});
  EXPECT_EQ(Trim(), 5u);
}

TEST_F(OutboxTest, TrimmingGoesInBoundedSteps) {
  PutMany(1100);
  clock_.Advance(kWeek + 1);
  EXPECT_EQ(Trim(), 1000u);
  EXPECT_EQ(Trim(), 100u);
  EXPECT_EQ(Trim(), 0u);
  EXPECT_EQ(CountedBytes(), 0);
}

TEST_F(OutboxTest, EventsOfTheFormerReleaseDoNotDisturbTheCount) {
  for (int i = 1; i <= 3; ++i) {
    Command({"XADD", Key("outbox"), std::to_string(i) + "-0", "t", std::to_string(kNow), "e",
             std::string(1000, 'x')});
  }
  Command({"HSET", Key("meta"), "outbox", "3"});
  clock_.Advance(1000);
  Put("t", "4");
  const int64_t counted = CountedBytes();
  clock_.Advance(kWeek - 999);
  EXPECT_EQ(Trim(), 3u);
  EXPECT_EQ(CountedBytes(), counted);
  EXPECT_EQ(CountedBytes(), RealBytes());
}

TEST_F(OutboxTest, ASnapshotShowsThePresentStateOfEverything) {
  Put("b", "1");
  Put("a", "2");
  Put("b", "3");
  const auto page = SnapshotPage("");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->head_seq(), 3u);
  EXPECT_EQ(page->store_epoch(), 1u);
  EXPECT_EQ(page->next_page_token(), "");
  ASSERT_EQ(page->envelopes_size(), 2);
  const v1::Envelope& envelope = page->envelopes(1);
  EXPECT_EQ(envelope.subject(), "b");
  EXPECT_EQ(envelope.data(), "3");
  EXPECT_EQ(envelope.type(), "thing.changed");
  EXPECT_EQ(envelope.source(), "things");
  EXPECT_EQ(envelope.shop(), "demo");
  EXPECT_EQ(envelope.seq(), 0u);
  EXPECT_EQ(envelope.store_epoch(), 1u);
  EXPECT_EQ(envelope.record_version(), 3u);
  EXPECT_EQ(google::protobuf::util::TimeUtil::TimestampToMilliseconds(envelope.time()), kNow);
}

TEST_F(OutboxTest, TheSameStateIsTheSameEventInEverySnapshot) {
  Put("a", "1");
  const std::string first = SnapshotPage("")->envelopes(0).id();
  clock_.Advance(5);
  EXPECT_EQ(SnapshotPage("")->envelopes(0).id(), first);
  EXPECT_TRUE(CheckRequestId(first).ok());
  Put("a", "1");
  EXPECT_NE(SnapshotPage("")->envelopes(0).id(), first);
}

TEST_F(OutboxTest, WhatShowsNothingIsLeftOut) {
  Put("a", "hidden");
  Put("b", "1");
  // In the index, but gone.
  Command({"ZADD", Key("things"), "0", "c"});
  EXPECT_THAT(SnapshotPage("")->envelopes(), SizeIs(1));
}

TEST_F(OutboxTest, AllPartsAreShownOneAfterTheOther) {
  Put("a", "1");
  Put("b", "1");
  ASSERT_TRUE(
      Await(store_.Update({shop_, "other", "o"}, {}, [](const redis::Snapshot&) {
        return absl::StatusOr<Change>(
            Change{.state = "x", .indexes = {{IndexChange::Kind::kSortedAdd, "others", "o", "1"}}});
      })).ok());
  std::vector<std::string> subjects;
  std::string token;
  do {
    const auto page = SnapshotPage(token, 1);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Envelope& envelope : page->envelopes()) subjects.push_back(envelope.subject());
    token = page->next_page_token();
  } while (!token.empty());
  EXPECT_THAT(subjects, ElementsAre("a", "b", "o"));
}

// Things are made, changed, moved in the index and removed from it between the pages of a snapshot:
// the snapshot and the log after its first head show the last state of everything.
TEST_F(OutboxTest, ASnapshotAndTheLogAfterItMissNothingThatChangesMeanwhile) {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    std::minstd_rand random(seed);
    std::map<std::string, std::string> truth;
    auto change = [&] {
      const std::string id = "t" + std::to_string(random() % 40);
      const std::string state = std::to_string(random());
      Put(id, state, std::to_string(random() % 5));
      truth[id] = state;
    };
    for (int i = 0; i < 60; ++i) change();
    std::map<std::string, std::string> seen;
    std::string token;
    std::optional<uint64_t> from;
    do {
      const auto page = SnapshotPage(token, 1 + random() % 9);
      ASSERT_TRUE(page.ok()) << page.status();
      if (!from) from = page->head_seq();
      for (const v1::Envelope& envelope : page->envelopes())
        seen[envelope.subject()] = envelope.data();
      token = page->next_page_token();
      for (uint32_t i = random() % 6; i > 0; --i) change();
    } while (!token.empty());
    uint64_t after = *from;
    while (true) {
      const auto read = Read(after, 1, 1 + random() % 20);
      ASSERT_TRUE(read.ok()) << read.status();
      for (const v1::Envelope& envelope : read->envelopes())
        seen[envelope.subject()] = envelope.data();
      after = read->next_seq();
      if (after == read->head_seq()) break;
    }
    for (const auto& [id, state] : truth) EXPECT_EQ(seen[id], state) << id << ", seed " << seed;
  }
}

}  // namespace
}  // namespace kefu::events
