// What a consumer that has lost its position is shown.
#include <gmock/gmock.h>

#include <set>

#include "proto/kefu/inquiries/v1/events.pb.h"
#include "services/common/base/page_token.h"
#include "services/common/base/status.h"
#include "services/common/redis/function.h"
#include "services/inquiries/storage/calls.h"
#include "services/inquiries/storage/keys.h"
#include "tests/services/inquiries/support/stack.h"

namespace kefu::inquiries::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SnapshotTest : public StackTest {
 protected:
  absl::StatusOr<events::v1::SnapshotResponse> Page(const std::string& token, uint32_t size = 0) {
    events::v1::SnapshotRequest request;
    request.set_page_token(token);
    request.set_page_size(size);
    return Await(p_.log.Snapshot(Scope(), shop_, request));
  }
  std::vector<events::v1::Envelope> Everything(uint32_t page_size = 0) {
    std::vector<events::v1::Envelope> all;
    std::string token;
    do {
      const auto page = Page(token, page_size);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      if (page_size > 0) {
        EXPECT_LE(page->envelopes_size(), static_cast<int>(page_size) + 2);
      }
      for (const auto& envelope : page->envelopes()) all.push_back(envelope);
      token = page->next_page_token();
    } while (!token.empty());
    return all;
  }
  static std::vector<std::string> Types(const std::vector<events::v1::Envelope>& envelopes) {
    std::vector<std::string> types;
    for (const auto& envelope : envelopes) types.push_back(envelope.type());
    return types;
  }
  void OpenFor(const BuyerId& buyer, const std::string& id) {
    storage::NewEntry entry = FromBuyer(id, "hi");
    entry.sender.set_id(buyer.str());
    ASSERT_TRUE(Await(p_.writer.Open(Info(), shop_, buyer, entry, {})).ok());
  }

  void Erase(const BuyerId& buyer, const std::string& request_id) {
    ASSERT_TRUE(Await(p_.writer.EraseBuyer(Info(), shop_, buyer, request_id)).ok());
  }

  std::unique_ptr<Process> process_ = NewProcess();
  Process& p_ = *process_;
  const std::string kOpened = "com.kefu.inquiry.opened.v1", kClosed = "com.kefu.inquiry.closed.v1",
                    kReopened = "com.kefu.inquiry.reopened.v1", kFence = "com.kefu.fence.raised.v1",
                    kEntry = "com.kefu.entry.appended.v1", kErased = "com.kefu.buyer.erased.v1";
};

TEST_F(SnapshotTest, AShopWithoutConversationsIsEmpty) {
  const auto page = Page("");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->envelopes(), IsEmpty());
  EXPECT_EQ(page->next_page_token(), "");
  EXPECT_EQ(page->head_seq(), 0u);
  EXPECT_EQ(page->store_epoch(), 1u);
}

TEST_F(SnapshotTest, AConversationIsShownWithItsInquiriesOwnerAndEntries) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  Assign(p_, 4);
  ASSERT_TRUE(Append(p_, Note("note-0003", "n3"), 4).ok());
  const auto all = Everything();
  EXPECT_THAT(Types(all), ElementsAre(kOpened, kFence, kEntry, kEntry, kEntry));
  v1::InquiryChanged opened;
  ASSERT_TRUE(opened.ParseFromString(all[0].data()));
  EXPECT_EQ(opened.buyer(), buyer_.str());
  EXPECT_EQ(opened.inquiry().agent(), agent_.str());
  EXPECT_EQ(all[0].subject(), SessionId(conversation_, 1).str());
  v1::FenceRaised raised;
  ASSERT_TRUE(raised.ParseFromString(all[1].data()));
  EXPECT_EQ(raised.fence(), 4u);
  EXPECT_EQ(raised.agent(), agent_.str());
  EXPECT_EQ(Page("")->head_seq(), Events(p_).back().seq());
  for (const auto& envelope : all) {
    EXPECT_EQ(envelope.seq(), 0u);
    EXPECT_EQ(envelope.source(), "inquiries");
    EXPECT_EQ(envelope.shop(), "demo");
    EXPECT_TRUE(CheckRequestId(envelope.id()).ok());
  }
}

TEST_F(SnapshotTest, EntriesAreTheSameAsInTheLog) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  Assign(p_);
  ASSERT_TRUE(Append(p_, Note("note-0003", "n3"), 1).ok());
  ASSERT_TRUE(Append(p_, FromAgent("text-0004", "t4"), 1).ok());
  std::vector<std::string> logged, shown;
  for (const auto& event : Events(p_)) {
    if (event.type() == kEntry) logged.push_back(event.data());
  }
  for (const auto& event : Everything()) {
    if (event.type() == kEntry) shown.push_back(event.data());
  }
  EXPECT_EQ(shown, logged);
}

TEST_F(SnapshotTest, FormerInquiriesComeBeforeThePresentOne) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  ASSERT_TRUE(Close(p_, "close-001", 1).ok());
  ASSERT_TRUE(Open(p_, "request-2").ok());
  const auto all = Everything();
  EXPECT_THAT(Types(all), ElementsAre(kClosed, kOpened, kEntry, kEntry, kEntry));
  EXPECT_EQ(all[0].subject(), SessionId(conversation_, 1).str());
  EXPECT_EQ(all[1].subject(), SessionId(conversation_, 2).str());
}

TEST_F(SnapshotTest, TheSameStateIsTheSameEventsAndAnotherStateIsNot) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  std::set<std::string> first, second, changed;
  for (const auto& event : Everything()) first.insert(event.id());
  for (const auto& event : Everything(1)) second.insert(event.id());
  EXPECT_EQ(first.size(), 2u);
  EXPECT_EQ(second, first);
  ASSERT_TRUE(Close(p_, "close-001", 1).ok());
  for (const auto& event : Everything()) changed.insert(event.id());
  EXPECT_EQ(changed.size(), 3u);
  EXPECT_FALSE(changed.contains(Everything()[0].id()) && first.contains(Everything()[0].id()));
}

TEST_F(SnapshotTest, ArchivedConversationsAreShownAsBefore) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  ASSERT_TRUE(Close(p_, "close-001", 1).ok());
  std::vector<std::string> before, after;
  for (const auto& event : Everything()) before.push_back(event.data());
  clock_.Advance(kDay);
  ASSERT_TRUE(Await(p_.archiver.Sweep(shop_)).ok());
  redis::Command exists = {"EXISTS", storage::ConversationKeys(shop_, conversation_).Log()};
  ASSERT_EQ(Await(p_.shards->Of(shop_).Call(exists))->Int(), 0);
  for (const auto& event : Everything()) after.push_back(event.data());
  EXPECT_EQ(after, before);
}

TEST_F(SnapshotTest, AnErasedBuyerIsToldBeforeTheEntriesWhichAreEmpty) {
  ASSERT_TRUE(Open(p_, "request-1", "秘密").ok());
  ASSERT_TRUE(Await(p_.writer.EraseBuyer(Info(), shop_, buyer_, "erase-001")).ok());
  const auto all = Everything();
  EXPECT_THAT(Types(all), ElementsAre(kErased, kOpened, kEntry));
  v1::BuyerErased erased;
  ASSERT_TRUE(erased.ParseFromString(all[0].data()));
  EXPECT_EQ(erased.buyer(), buyer_.str());
  v1::EntryAppended appended;
  ASSERT_TRUE(appended.ParseFromString(all[2].data()));
  EXPECT_TRUE(appended.entry().redacted());
  for (const auto& event : all) EXPECT_EQ(event.data().find("秘密"), std::string::npos);
}

TEST_F(SnapshotTest, AnErasedBuyerWithoutAConversationIsToldWithTheEventOfTheLog) {
  Erase(BuyerId::New(), "erase-001");
  const auto all = Everything();
  ASSERT_THAT(Types(all), ElementsAre(kErased));
  const events::v1::Envelope logged = Events(p_).at(0);
  EXPECT_EQ(all[0].id(), logged.id());
  EXPECT_EQ(all[0].subject(), logged.subject());
  EXPECT_EQ(all[0].data(), logged.data());
  EXPECT_EQ(all[0].time().seconds(), logged.time().seconds());
  EXPECT_EQ(all[0].store_epoch(), 1u);
  EXPECT_EQ(all[0].seq(), 0u);
}

TEST_F(SnapshotTest, AnErasedBuyerWhoCameBackIsToldBeforeWhatTheySaidSince) {
  ASSERT_TRUE(Open(p_, "request-1", "秘密").ok());
  Erase(buyer_, "erase-001");
  ASSERT_TRUE(Append(p_, FromBuyer("text-0002", "again")).ok());
  const auto all = Everything();
  ASSERT_THAT(Types(all), ElementsAre(kErased, kOpened, kEntry, kEntry));
  v1::EntryAppended since;
  ASSERT_TRUE(since.ParseFromString(all[3].data()));
  EXPECT_EQ(since.entry().content().text().body(), "again");
}

TEST_F(SnapshotTest, OfABuyerErasedTwiceTheLastTimeIsTold) {
  Erase(buyer_, "erase-001");
  Erase(buyer_, "erase-001");
  EXPECT_EQ(Everything().at(0).id(), Events(p_).at(0).id());
  Erase(buyer_, "erase-002");
  const auto all = Everything();
  ASSERT_THAT(Types(all), ElementsAre(kErased));
  EXPECT_EQ(all[0].id(), Events(p_).at(1).id());
}

TEST_F(SnapshotTest, ErasedBuyersArePagedBeforeTheConversations) {
  std::set<std::string> erased;
  for (int i = 0; i < 11; ++i) {
    const BuyerId buyer = BuyerId::New();
    erased.insert(buyer.str());
    Erase(buyer, "erase-" + std::to_string(100 + i));
  }
  ASSERT_TRUE(Open(p_, "request-1").ok());
  for (const uint32_t size : {1u, 2u, 3u, 11u, 40u}) {
    std::set<std::string> told;
    const auto all = Everything(size);
    EXPECT_EQ(all.size(), 13u) << size;
    for (const auto& event : all) {
      if (event.type() == kErased) told.insert(event.subject());
    }
    EXPECT_EQ(told, erased) << size;
    EXPECT_EQ(all.back().type(), kEntry);
  }
}

TEST_F(SnapshotTest, WhomTheFormerReleaseErasedIsToldWithTheConversationAsLongAsThereIsNoKey) {
  ASSERT_TRUE(Open(p_, "request-1", "秘密").ok());
  redis::FunctionCall former =
      storage::EraseCall(shop_, buyer_, {NewToken(), NewToken(), ""}, "e1");
  former.function = "inquiries_erase_v1";
  former.keys.pop_back();  // it knows of no index
  ASSERT_TRUE(Await(redis::CallFunction(p_.shards->Of(shop_), former)).ok());
  EXPECT_THAT(Types(Everything()), ElementsAre(kOpened, kErased, kEntry));
  Erase(buyer_, "erase-002");
  EXPECT_THAT(Types(Everything()), ElementsAre(kErased, kOpened, kEntry));
}

TEST_F(SnapshotTest, APageBegunByTheFormerReleaseGoesOnWithTheConversations) {
  Erase(BuyerId::New(), "erase-001");
  ASSERT_TRUE(Open(p_, "request-1").ok());
  const std::string query = page_token::Query({"snapshot", "inquiries", shop_.str()});
  const auto page = Page(page_token::Encode(query, "c_0"));
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(Types({page->envelopes().begin(), page->envelopes().end()}),
              ElementsAre(kOpened, kEntry));
}

TEST_F(SnapshotTest, ADamagedArchiveHidesItsEntriesAndNothingElse) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  ASSERT_TRUE(Close(p_, "close-001", 1).ok());
  clock_.Advance(kDay);
  ASSERT_TRUE(Await(p_.archiver.Sweep(shop_)).ok());
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder_.path)) {
    if (file.is_regular_file()) std::filesystem::resize_file(file.path(), file.file_size() - 1);
  }
  OpenFor(BuyerId::New(), "request-2");
  auto types = Types(Everything());
  std::sort(types.begin(), types.end());
  EXPECT_THAT(types, ElementsAre(kEntry, kClosed, kOpened));
}

TEST_F(SnapshotTest, PagesOfAnySizeShowTheSame) {
  for (int i = 0; i < 12; ++i) OpenFor(BuyerId::New(), "request-" + std::to_string(100 + i));
  ASSERT_TRUE(Open(p_, "request-1").ok());
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(Append(p_, FromBuyer("text-" + std::to_string(1000 + i), "t")).ok());
  std::vector<std::string> whole;
  for (const auto& event : Everything(500)) whole.push_back(event.id());
  EXPECT_EQ(whole.size(), 12u * 2 + 1 + 31);
  for (const uint32_t size : {1u, 2u, 3u, 7u, 40u}) {
    std::vector<std::string> paged;
    for (const auto& event : Everything(size)) paged.push_back(event.id());
    EXPECT_EQ(paged, whole) << size;
  }
}

TEST_F(SnapshotTest, WhatIsWrittenBetweenThePagesIsInTheLogAfterTheFirst) {
  for (int i = 0; i < 6; ++i) OpenFor(BuyerId::New(), "request-" + std::to_string(100 + i));
  std::set<std::string> seen;
  std::string token;
  uint64_t from = 0;
  int opened = 6;
  do {
    const auto page = Page(token, 3);
    ASSERT_TRUE(page.ok()) << page.status();
    if (token.empty()) from = page->head_seq();
    for (const auto& event : page->envelopes()) {
      if (event.type() == kOpened) seen.insert(event.subject());
    }
    token = page->next_page_token();
    if (opened < 9) OpenFor(BuyerId::New(), "request-" + std::to_string(100 + opened++));
  } while (!token.empty());
  events::v1::ReadRequest request;
  request.set_after_seq(from);
  request.set_store_epoch(1);
  const auto read = Await(p_.log.Read(Scope(), shop_, request));
  ASSERT_TRUE(read.ok()) << read.status();
  for (const auto& event : read->envelopes()) {
    if (event.type() == kOpened) seen.insert(event.subject());
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(opened));
}

TEST_F(SnapshotTest, WhatTheFormerReleaseBeganIsShownFromItsNextSessionOn) {
  const storage::DataKeyPtr key = *Await(p_.keys.Ensure(shop_, buyer_, Soon()));
  storage::OpenArguments arguments;
  arguments.origin = {NewToken(), NewToken(), ""};
  arguments.identity = {"b:request-0", std::string(16, 'h'), key->id};
  arguments.record = storage::EncodeEntry(FromBuyer("request-0", "hi"), conversation_, *key);
  arguments.opening = storage::EncodeOpening({}, conversation_, *key);
  redis::FunctionCall former = storage::OpenCall(shop_, conversation_, std::move(arguments));
  former.keys.pop_back();  // it knows of no index
  former.now_ms = std::to_string(clock_.Now().ms);
  ASSERT_TRUE(Await(redis::CallFunction(p_.shards->Of(shop_), former)).ok());
  EXPECT_THAT(Everything(), IsEmpty());
  ASSERT_TRUE(Close(p_, "close-001", 1).ok());
  ASSERT_TRUE(Open(p_, "request-1").ok());
  EXPECT_THAT(Types(Everything()), ElementsAre(kClosed, kOpened, kEntry, kEntry, kEntry));
}

TEST_F(SnapshotTest, AForeignTokenIsRefused) {
  EXPECT_EQ(ErrorReason(Page("nonsense").status()), "BAD_PAGE_TOKEN");
}

}  // namespace
}  // namespace kefu::inquiries::test
