#include "services/inquiries/storage/records.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "services/inquiries/storage/archive.h"

namespace kefu::inquiries::storage {
namespace {

class RecordsTest : public testing::Test {
 protected:
  RecordsTest() {
    sent_.sender.set_kind(common::v1::Sender::KIND_BUYER);
    sent_.sender.set_id(BuyerOf(conversation_).str());
    sent_.sender.set_display_name("小王");
    sent_.channel = common::v1::CHANNEL_WIDGET;
    sent_.request_id = "request-1";
    sent_.content.mutable_text()->set_body("在吗？");
    stored_.seq = 5;
    stored_.time = {1'700'000'000'123};
    stored_.buyer_prev = 3;
    stored_.buyer_visible = true;
    stored_.session = 2;
    stored_.record = EncodeEntry(sent_, conversation_, key_);
  }

  const ConversationId conversation_ = ConversationId::New();
  const seal::DataKey key_ = seal::DataKey::Random();
  NewEntry sent_;
  StoredEntry stored_;
};

TEST_F(RecordsTest, AnEntryComesBackWhole) {
  const common::v1::Entry entry = *ToEntry(conversation_, stored_, &key_, v1::AUDIENCE_STAFF);
  EXPECT_EQ(entry.conversation(), conversation_.str());
  EXPECT_EQ(entry.session(), SessionId(conversation_, 2).str());
  EXPECT_EQ(entry.seq(), 5u);
  EXPECT_EQ(entry.prev_seq(), 4u);
  EXPECT_EQ(entry.create_time().seconds(), 1'700'000'000);
  EXPECT_EQ(entry.create_time().nanos(), 123'000'000);
  EXPECT_EQ(entry.sender().id(), sent_.sender.id());
  EXPECT_EQ(entry.sender().display_name(), "小王");
  EXPECT_EQ(entry.channel(), common::v1::CHANNEL_WIDGET);
  EXPECT_EQ(entry.request_id(), "request-1");
  EXPECT_EQ(entry.content().text().body(), "在吗？");
  EXPECT_FALSE(entry.redacted());
}

TEST_F(RecordsTest, WhatWasJustSentLooksLikeWhatIsReadLater) {
  EXPECT_EQ(ToEntry(conversation_, stored_, sent_, v1::AUDIENCE_STAFF).SerializeAsString(),
            ToEntry(conversation_, stored_, &key_, v1::AUDIENCE_STAFF)->SerializeAsString());
}

TEST_F(RecordsTest, TheBuyersCopyPointsToWhatTheBuyerSaw) {
  EXPECT_EQ(ToEntry(conversation_, stored_, &key_, v1::AUDIENCE_BUYER)->prev_seq(), 3u);
}

TEST_F(RecordsTest, NoPersonalDataStandsInTheRecord) {
  EXPECT_EQ(stored_.record.find("在吗"), std::string::npos);
  EXPECT_EQ(stored_.record.find("小王"), std::string::npos);
}

TEST_F(RecordsTest, WithoutTheKeyAnEntryIsRedacted) {
  const seal::DataKey later = seal::DataKey::Random();
  for (const seal::DataKey* key : {static_cast<const seal::DataKey*>(nullptr), &later}) {
    const common::v1::Entry entry = *ToEntry(conversation_, stored_, key, v1::AUDIENCE_STAFF);
    EXPECT_TRUE(entry.redacted());
    EXPECT_FALSE(entry.has_content());
    EXPECT_EQ(entry.sender().display_name(), "");
    EXPECT_EQ(entry.seq(), 5u);
  }
}

TEST_F(RecordsTest, ARecalledEntryLosesItsContentOnly) {
  stored_.recalled = true;
  const common::v1::Entry entry = *ToEntry(conversation_, stored_, &key_, v1::AUDIENCE_STAFF);
  EXPECT_TRUE(entry.redacted());
  EXPECT_FALSE(entry.has_content());
  EXPECT_EQ(entry.sender().display_name(), "小王");
}

TEST_F(RecordsTest, DamageUnderTheRightKeyIsAnErrorNotARedaction) {
  v1::EntryRecord record = *DecodeEntryRecord(stored_.record);
  record.mutable_sealed()->back() ^= 1;
  stored_.record = record.SerializeAsString();
  EXPECT_EQ(ToEntry(conversation_, stored_, &key_, v1::AUDIENCE_STAFF).status().code(),
            absl::StatusCode::kDataLoss);
  stored_.record = "\xFFgarbage";
  EXPECT_EQ(ErrorReason(ToEntry(conversation_, stored_, &key_, v1::AUDIENCE_STAFF).status()),
            "BAD_RECORD");
}

// As the first version wrote it: no data_key.
TEST_F(RecordsTest, AnOldRecordIsUpgradedWhenRead) {
  v1::EntryRecord old = *DecodeEntryRecord(stored_.record);
  old.set_version(1);
  old.clear_data_key();
  stored_.record = old.SerializeAsString();
  EXPECT_EQ(DecodeEntryRecord(stored_.record)->version(), kEntryRecordVersion);
  EXPECT_EQ(ToEntry(conversation_, stored_, &key_, v1::AUDIENCE_STAFF)->content().text().body(),
            "在吗？");
  const seal::DataKey later = seal::DataKey::Random();
  EXPECT_TRUE(ToEntry(conversation_, stored_, &later, v1::AUDIENCE_STAFF)->redacted());
}

TEST_F(RecordsTest, ARecordOfTheNextReleaseIsReadAsFarAsItIsKnown) {
  v1::EntryRecord next = *DecodeEntryRecord(stored_.record);
  next.set_version(kEntryRecordVersion + 1);
  next.GetReflection()->MutableUnknownFields(&next)->AddVarint(99, 7);
  stored_.record = next.SerializeAsString();
  EXPECT_EQ(ToEntry(conversation_, stored_, &key_, v1::AUDIENCE_STAFF)->content().text().body(),
            "在吗？");
}

TEST_F(RecordsTest, ARecordWithoutAVersionIsDamaged) {
  EXPECT_EQ(ErrorReason(DecodeEntryRecord("").status()), "BAD_RECORD");
}

TEST_F(RecordsTest, TheOpeningsPageIsSealed) {
  common::v1::Opening opening;
  opening.set_category(common::v1::CATEGORY_LOGISTICS);
  opening.mutable_page()->set_url("https://shop.example/order/4711");
  const std::string bytes = EncodeOpening(opening, conversation_, key_);
  EXPECT_EQ(bytes.find("4711"), std::string::npos);
  EXPECT_EQ(DecodeOpening(bytes, conversation_, &key_)->page().url(),
            "https://shop.example/order/4711");
  const common::v1::Opening erased = *DecodeOpening(bytes, conversation_, nullptr);
  EXPECT_FALSE(erased.has_page());
  EXPECT_EQ(erased.category(), common::v1::CATEGORY_LOGISTICS);
}

TEST_F(RecordsTest, EqualMessagesHaveEqualBytes) {
  common::v1::SystemLine one, two;
  for (const char* name : {"a", "b", "c", "d"}) (*one.mutable_parameters())[name] = name;
  for (const char* name : {"d", "c", "b", "a"}) (*two.mutable_parameters())[name] = name;
  EXPECT_EQ(DeterministicBytes(one), DeterministicBytes(two));
}

TEST_F(RecordsTest, ASegmentComesBackWhole) {
  StoredEntry second = stored_;
  second.seq = 6;
  second.buyer_visible = false;
  second.recalled = true;
  const std::vector<StoredEntry> entries =
      *DecodeSegment(EncodeSegment(conversation_, {stored_, second}), conversation_);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].record, stored_.record);
  EXPECT_EQ(entries[0].buyer_prev, 3u);
  EXPECT_EQ(entries[0].time, stored_.time);
  EXPECT_EQ(entries[1].seq, 6u);
  EXPECT_TRUE(entries[1].recalled);
  EXPECT_FALSE(entries[1].buyer_visible);
  EXPECT_EQ(entries[1].session, 2u);
}

TEST_F(RecordsTest, ASegmentOfAnotherConversationOrADamagedOneIsRefused) {
  const std::string bytes = EncodeSegment(conversation_, {stored_});
  EXPECT_FALSE(DecodeSegment(bytes, ConversationId::New()).ok());
  EXPECT_FALSE(DecodeSegment(bytes.substr(0, bytes.size() - 3), conversation_).ok());
  EXPECT_FALSE(DecodeSegment("", conversation_).ok());
  EXPECT_FALSE(DecodeSegment("not a frame at all", conversation_).ok());
}

}  // namespace
}  // namespace kefu::inquiries::storage
