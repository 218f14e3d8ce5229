// Reading: both audiences, both directions, through to the archive; the event log.
#include <gmock/gmock.h>

#include "services/common/base/status.h"
#include "services/inquiries/storage/keys.h"
#include "tests/services/inquiries/support/stack.h"

namespace kefu::inquiries::test {
namespace {

using storage::ConversationReader;
using testing::ElementsAre;
using testing::IsEmpty;

class ReaderTest : public StackTest {
 protected:
  std::vector<uint64_t> Seqs(ConversationReader::Range range) {
    const v1::ListEntriesResponse list = List(p_, range);
    std::vector<uint64_t> seqs;
    for (const common::v1::Entry& entry : list.entries()) seqs.push_back(entry.seq());
    return seqs;
  }

  // 1 buyer, 2 line, 3 note, 4 note, 5 agent, 6 note, 7 buyer
  void WriteSeven() {
    ASSERT_TRUE(Open(p_, "request-1").ok());
    Assign(p_);
    ASSERT_TRUE(Append(p_, Note("note-0003", "n3"), 1).ok());
    ASSERT_TRUE(Append(p_, Note("note-0004", "n4"), 1).ok());
    ASSERT_TRUE(Append(p_, FromAgent("text-0005", "t5"), 1).ok());
    ASSERT_TRUE(Append(p_, Note("note-0006", "n6"), 1).ok());
    ASSERT_TRUE(Append(p_, FromBuyer("text-0007", "t7")).ok());
  }
  // Also 8, the line of the close.
  void Archive() {
    ASSERT_TRUE(Close(p_, "close-001", 7).ok());
    clock_.Advance(kDay);
    ASSERT_TRUE(Await(p_.archiver.Sweep(shop_)).ok());
  }
  int64_t Exists(const std::string& key) {
    redis::Command command = {"EXISTS", key};
    return Await(p_.shards->Of(shop_).Call(std::move(command)))->Int();
  }

  std::unique_ptr<Process> process_ = NewProcess();
  Process& p_ = *process_;
  const v1::Audience kBuyer = v1::AUDIENCE_BUYER;
};

TEST_F(ReaderTest, TheStaffReadsAllAndTheBuyerWhatIsMeantForBuyers) {
  WriteSeven();
  EXPECT_THAT(Seqs({}), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(Seqs({.audience = kBuyer}), ElementsAre(1, 2, 5, 7));
  const v1::ListEntriesResponse list = List(p_, {.audience = kBuyer});
  EXPECT_EQ(list.head_seq(), 7u);
  EXPECT_EQ(list.audience_head_seq(), 7u);
  uint64_t previous = 0;
  for (const common::v1::Entry& entry : list.entries()) {
    EXPECT_EQ(entry.prev_seq(), previous);
    previous = entry.seq();
  }
}

TEST_F(ReaderTest, PagesForward) {
  WriteSeven();
  EXPECT_THAT(Seqs({.after_seq = 2, .limit = 3}), ElementsAre(3, 4, 5));
  EXPECT_THAT(Seqs({.audience = kBuyer, .after_seq = 2, .limit = 2}), ElementsAre(5, 7));
  EXPECT_THAT(Seqs({.audience = kBuyer, .after_seq = 2, .limit = 1}), ElementsAre(5));
  EXPECT_THAT(Seqs({.after_seq = 7}), IsEmpty());
  EXPECT_THAT(Seqs({.after_seq = 700}), IsEmpty());
}

TEST_F(ReaderTest, PagesBackwardOldestFirst) {
  WriteSeven();
  EXPECT_THAT(Seqs({.before_seq = 7, .limit = 2}), ElementsAre(5, 6));
  EXPECT_THAT(Seqs({.audience = kBuyer, .before_seq = 7, .limit = 2}), ElementsAre(2, 5));
  EXPECT_THAT(Seqs({.audience = kBuyer, .before_seq = 5, .limit = 1}), ElementsAre(2));
  EXPECT_THAT(Seqs({.before_seq = 1}), IsEmpty());
  EXPECT_THAT(Seqs({.before_seq = 1000, .limit = 2}), ElementsAre(6, 7));
  EXPECT_THAT(Seqs({.after_seq = 4, .before_seq = 7, .limit = 5}), ElementsAre(5, 6));
}

TEST_F(ReaderTest, ARecalledEntryIsRedactedForBothAudiences) {
  ASSERT_TRUE(Open(p_, "request-1", "secret").ok());
  ASSERT_TRUE(Append(p_, Recall(FromBuyer("recall-1", ""), 1)).ok());
  for (const v1::Audience audience : {v1::AUDIENCE_BUYER, v1::AUDIENCE_STAFF}) {
    const v1::ListEntriesResponse list = List(p_, {.audience = audience});
    ASSERT_EQ(list.entries_size(), 2);
    EXPECT_TRUE(list.entries(0).redacted());
    EXPECT_FALSE(list.entries(0).has_content());
    EXPECT_EQ(list.entries(1).content().recall().recalled_seq(), 1u);
  }
}

TEST_F(ReaderTest, AnAbsentConversationIsNotFoundWhateverTheQuestion) {
  EXPECT_EQ(ErrorReason(Await(p_.reader.ListEntries(shop_, conversation_, {}, Soon())).status()),
            "NO_SUCH_CONVERSATION");
  EXPECT_EQ(ErrorReason(Await(p_.reader.GetConversation(shop_, conversation_, Soon())).status()),
            "NO_SUCH_CONVERSATION");
  EXPECT_EQ(ErrorReason(Await(p_.reader.ListInquiries(shop_, conversation_, Soon())).status()),
            "NO_SUCH_CONVERSATION");
}

TEST_F(ReaderTest, AnotherShopSeesNothing) {
  WriteSeven();
  const ShopId other = *ShopId::Parse("other");
  EXPECT_EQ(ErrorReason(Await(p_.reader.ListEntries(other, conversation_, {}, Soon())).status()),
            "NO_SUCH_CONVERSATION");
  EXPECT_EQ(Await(p_.reader.GetHeads(other, {conversation_.str()}, Soon()))->heads(0).head_seq(),
            0u);
}

TEST_F(ReaderTest, HeadsComeInTheOrderAskedForAndAreZeroForWhatIsAbsent) {
  WriteSeven();
  const std::string absent = ConversationId::New().str();
  const auto heads = Await(p_.reader.GetHeads(shop_, {absent, conversation_.str()}, Soon()));
  ASSERT_TRUE(heads.ok()) << heads.status();
  EXPECT_EQ(heads->heads(0).conversation(), absent);
  EXPECT_EQ(heads->heads(0).head_seq(), 0u);
  EXPECT_EQ(heads->heads(1).head_seq(), 7u);
  EXPECT_EQ(heads->store_epoch(), 1u);
}

TEST_F(ReaderTest, AnArchivedConversationReadsAsBefore) {
  WriteSeven();
  ASSERT_TRUE(Append(p_, Recall(FromBuyer("recall-8", ""), 7)).ok());
  ASSERT_TRUE(Close(p_, "close-001", 8).ok());
  const std::string staff = storage::DeterministicBytes(List(p_, {}));
  const std::string buyer = storage::DeterministicBytes(List(p_, {.audience = kBuyer}));
  clock_.Advance(kDay);
  ASSERT_TRUE(Await(p_.archiver.Sweep(shop_)).ok());
  EXPECT_EQ(Exists(storage::ConversationKeys(shop_, conversation_).Log()), 0);
  EXPECT_EQ(Exists(storage::ConversationKeys(shop_, conversation_).Recalled()), 0);
  EXPECT_EQ(storage::DeterministicBytes(List(p_, {})), staff);
  EXPECT_EQ(storage::DeterministicBytes(List(p_, {.audience = kBuyer})), buyer);
  EXPECT_THAT(Seqs({.audience = kBuyer, .after_seq = 2, .limit = 2}), ElementsAre(5, 7));
  EXPECT_THAT(Seqs({.before_seq = 7, .limit = 2}), ElementsAre(5, 6));
}

TEST_F(ReaderTest, NothingIsArchivedBeforeItsTime) {
  WriteSeven();
  ASSERT_TRUE(Close(p_, "close-001", 7).ok());
  clock_.Advance(kDay - 1);
  ASSERT_TRUE(Await(p_.archiver.Sweep(shop_)).ok());
  EXPECT_EQ(Exists(storage::ConversationKeys(shop_, conversation_).Log()), 1);
}

TEST_F(ReaderTest, ANewInquiryGoesOnBehindTheArchivedPart) {
  WriteSeven();
  Archive();
  const auto opened = Open(p_, "request-9", "me again");
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->entry->seq(), 9u);
  EXPECT_EQ(opened->entry->prev_seq(), 8u);
  EXPECT_EQ(opened->inquiry->session(), SessionId(conversation_, 2).str());
  ASSERT_TRUE(Append(p_, FromBuyer("text-0010", "t10"), 0, 2).ok());
  EXPECT_THAT(Seqs({}), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(Seqs({.after_seq = 6, .limit = 3}), ElementsAre(7, 8, 9));
  EXPECT_THAT(Seqs({.audience = kBuyer, .before_seq = 10, .limit = 4}), ElementsAre(5, 7, 8, 9));
  const auto inquiries = Await(p_.reader.ListInquiries(shop_, conversation_, Soon()));
  ASSERT_EQ(inquiries->inquiries_size(), 2);
  EXPECT_EQ(inquiries->inquiries(0).state(), v1::Inquiry::STATE_OPEN);
  EXPECT_EQ(inquiries->inquiries(1).last_seq(), 8u);
}

TEST_F(ReaderTest, AConversationIsArchivedAgainAsANewSegment) {
  WriteSeven();
  Archive();
  ASSERT_TRUE(Open(p_, "request-9", "me again").ok());
  ASSERT_TRUE(Close(p_, "close-002", 9, 2).ok());
  clock_.Advance(kDay);
  ASSERT_TRUE(Await(p_.archiver.Sweep(shop_)).ok());
  EXPECT_EQ(Exists(storage::ConversationKeys(shop_, conversation_).Log()), 0);
  EXPECT_THAT(Seqs({}), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(Seqs({.before_seq = 10, .limit = 3}), ElementsAre(7, 8, 9));
}

TEST_F(ReaderTest, ARequestRepeatedAfterTheArchivingIsRecognised) {
  WriteSeven();
  Archive();
  const auto again = Append(p_, FromBuyer("text-0007", "t7"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->committed.written.duplicate);
  EXPECT_FALSE(again->entry.has_value());
  const auto entry = Await(p_.reader.GetEntry(
      shop_, conversation_, again->committed.written.entry->stored.seq, kBuyer, Soon()));
  EXPECT_EQ(entry->content().text().body(), "t7");
}

TEST_F(ReaderTest, AnErasedBuyerIsUnreadableInTheArchiveToo) {
  WriteSeven();
  Archive();
  ASSERT_TRUE(Await(p_.writer.EraseBuyer(Info(), shop_, buyer_, "erase-001")).ok());
  const v1::ListEntriesResponse list = List(p_, {});
  EXPECT_EQ(list.entries_size(), 8);
  for (const common::v1::Entry& entry : list.entries()) EXPECT_TRUE(entry.redacted());
}

TEST_F(ReaderTest, ACrashBetweenBlobAndPointerIsRepairedByTheNextSweep) {
  WriteSeven();
  ASSERT_TRUE(Close(p_, "close-001", 7).ok());
  clock_.Advance(kDay);
  // As a sweeper that dies after writing the blob leaves it: the segment is there, the pointer is
  // not.
  auto stored = Await(p_.reader.ReadStored(shop_, conversation_,
                                           {.from_seq = 1, .to_seq = 8, .limit = 100}, Soon()));
  ASSERT_TRUE(Await(p_.archive.Put(shop_, conversation_, stored->entries)).ok());
  ASSERT_TRUE(Await(p_.archiver.Sweep(shop_)).ok());
  EXPECT_EQ(Exists(storage::ConversationKeys(shop_, conversation_).Log()), 0);
  EXPECT_THAT(Seqs({}), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST_F(ReaderTest, ADamagedSegmentIsReportedNotServed) {
  WriteSeven();
  Archive();
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder_.path)) {
    if (file.is_regular_file()) std::filesystem::resize_file(file.path(), file.file_size() - 1);
  }
  EXPECT_EQ(Await(p_.reader.ListEntries(shop_, conversation_, {}, Soon())).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(ReaderTest, EventsComeInOrderAndCompleteFromTheLog) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  Assign(p_, 4);
  ASSERT_TRUE(Close(p_, "close-001", 1).ok());
  const auto events = Events(p_);
  std::vector<std::string> types;
  for (size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].seq(), i + 1);
    EXPECT_EQ(events[i].source(), "inquiries");
    EXPECT_EQ(events[i].shop(), "demo");
    EXPECT_EQ(events[i].store_epoch(), 1u);
    EXPECT_EQ(events[i].traceparent(), Info().traceparent);
    types.push_back(events[i].type());
  }
  EXPECT_THAT(types, ElementsAre("com.kefu.inquiry.opened.v1", "com.kefu.entry.appended.v1",
                                 "com.kefu.fence.raised.v1", "com.kefu.entry.appended.v1",
                                 "com.kefu.entry.appended.v1", "com.kefu.inquiry.closed.v1"));
  v1::InquiryChanged opened;
  ASSERT_TRUE(opened.ParseFromString(events[0].data()));
  EXPECT_EQ(opened.buyer(), buyer_.str());
  EXPECT_EQ(opened.inquiry().opening().page().url(), "https://shop.example/order/4711");
  EXPECT_EQ(events[0].subject(), SessionId(conversation_, 1).str());
  v1::FenceRaised raised;
  ASSERT_TRUE(raised.ParseFromString(events[2].data()));
  EXPECT_EQ(raised.fence(), 4u);
  EXPECT_EQ(raised.agent(), agent_.str());
}

TEST_F(ReaderTest, FilteredEventsAreStillPassed) {
  WriteSeven();
  events::v1::ReadRequest request;
  request.add_types("com.kefu.inquiry.opened.v1");
  const auto read = Await(p_.log.Read(Scope(), shop_, request));
  EXPECT_EQ(read->envelopes_size(), 1);
  EXPECT_EQ(read->next_seq(), read->head_seq());
  request.set_after_seq(read->next_seq());
  EXPECT_EQ(Await(p_.log.Read(Scope(), shop_, request))->envelopes_size(), 0);
}

TEST_F(ReaderTest, AStaleEpochIsToldWithTheNewOneAndTheHead) {
  WriteSeven();
  EXPECT_EQ(*Await(p_.log.RaiseEpoch(Scope(), shop_, 1)), 2u);
  EXPECT_EQ(*Await(p_.log.RaiseEpoch(Scope(), shop_, 1)), 2u);
  events::v1::ReadRequest request;
  request.set_store_epoch(1);
  const absl::Status stale = Await(p_.log.Read(Scope(), shop_, request)).status();
  EXPECT_EQ(stale.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(stale), "STALE_EPOCH");
  EXPECT_EQ(ErrorMetadataOf(stale)["epoch"], "2");
  EXPECT_EQ(ErrorMetadataOf(stale)["head"], "9");
  EXPECT_EQ(List(p_, {}).store_epoch(), 2u);
}

TEST_F(ReaderTest, WhatAllHaveReadIsTrimmedAndALaggardIsTold) {
  WriteSeven();
  events::v1::ReportCursorsRequest report;
  report.set_consumer("gateway");
  auto* const cursor = report.add_cursors();
  cursor->set_shop(shop_.str());
  cursor->set_store_epoch(1);
  cursor->set_seq(5);
  ASSERT_TRUE(Await(p_.log.ReportCursors(Scope(), report)).ok());
  clock_.Advance(2 * kHour);
  ASSERT_EQ(*Await(p_.log.Trim(shop_)), 5u);
  events::v1::ReadRequest request;
  request.set_after_seq(2);
  const absl::Status gone = Await(p_.log.Read(Scope(), shop_, request)).status();
  EXPECT_EQ(ErrorReason(gone), "LOG_TRIMMED");
  EXPECT_EQ(ErrorMetadataOf(gone)["first"], "6");
  request.set_after_seq(5);
  EXPECT_EQ(Await(p_.log.Read(Scope(), shop_, request))->envelopes(0).seq(), 6u);
  clock_.Advance(7 * kDay);
  ASSERT_EQ(*Await(p_.log.Trim(shop_)), 4u);
  EXPECT_EQ(Await(p_.log.Read(Scope(), shop_, {}))->next_seq(), 9u);
}

TEST_F(ReaderTest, HeadsOfAllShopsAreListed) {
  WriteSeven();
  const auto heads = Await(p_.log.ListHeads(Scope(), {}));
  ASSERT_TRUE(heads.ok()) << heads.status();
  ASSERT_EQ(heads->heads_size(), 1);
  EXPECT_EQ(heads->heads(0).shop(), "demo");
  EXPECT_EQ(heads->heads(0).head_seq(), 9u);
  EXPECT_EQ(heads->heads(0).store_epoch(), 1u);
}

TEST_F(ReaderTest, TheFormerReleasesFunctionsWorkOnTheSameOutbox) {
  WriteSeven();
  const storage::ShopKeys keys(shop_);
  auto call = [&](std::string function, std::vector<std::string> arguments) {
    redis::FunctionCall former{.function = std::move(function),
                               .keys = {keys.Meta(), keys.Outbox()},
                               .arguments = std::move(arguments),
                               .now_ms = std::to_string(clock_.Now().ms)};
    return *Await(redis::CallFunction(p_.shards->Of(shop_), std::move(former)));
  };
  const redis::Value::Array page = call("inquiries_events_v1", {"2", "3"});
  EXPECT_EQ(page[0].str(), "1");
  EXPECT_EQ(page[1].str(), "9");
  EXPECT_EQ(page[2].str(), "1");
  EXPECT_EQ(page[3].size(), 3u);
  EXPECT_EQ(page[3][0][0].str(), "3-0");
  EXPECT_EQ(call("inquiries_trim_v1", {std::to_string(7 * kDay), "4"})[0].str(), "5");
  EXPECT_EQ(call("inquiries_raise_epoch_v1", {"1"})[0].str(), "2");
  redis::Command bytes = {"HGET", keys.Meta(), "outbox_bytes"};
  EXPECT_GT(Await(p_.shards->Of(shop_).Call(bytes))->Int(), 0);
  clock_.Advance(8 * kDay);
  EXPECT_EQ(*Await(p_.log.Trim(shop_)), 4u);
  EXPECT_EQ(Await(p_.shards->Of(shop_).Call(bytes))->Int(), 0);
}

}  // namespace
}  // namespace kefu::inquiries::test
