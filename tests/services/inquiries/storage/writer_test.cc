// Writing through the store: acknowledgements, duplicates, personal data, notices.
#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>

#include "services/common/base/status.h"
#include "services/common/events/subscriber.h"
#include "services/inquiries/storage/keys.h"
#include "tests/services/inquiries/support/stack.h"

namespace kefu::inquiries::test {
namespace {

class WriterTest : public StackTest {
 protected:
  redis::Value Redis(Process& process, redis::Command command) {
    const auto reply = Await(process.shards->Of(shop_).Call(std::move(command)));
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *reply : redis::Value();
  }

  std::unique_ptr<Process> process_ = NewProcess();
  Process& p_ = *process_;
};

TEST_F(WriterTest, AnOpeningAnswersTheEntryAsTheBuyerSeesIt) {
  const auto opened = Open(p_, "request-1");
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(opened->committed.written.opened);
  EXPECT_EQ(opened->entry->seq(), 1u);
  EXPECT_EQ(opened->entry->prev_seq(), 0u);
  EXPECT_EQ(opened->entry->content().text().body(), "在吗？");
  EXPECT_EQ(opened->entry->session(), SessionId(conversation_, 1).str());
  EXPECT_EQ(opened->inquiry->state(), v1::Inquiry::STATE_OPEN);
  EXPECT_EQ(opened->inquiry->opening().page().url(), "https://shop.example/order/4711");
  EXPECT_EQ(opened->committed.written.store_epoch, 1u);
}

TEST_F(WriterTest, TwoProcessesThatRaceOpenOneInquiry) {
  const auto other = NewProcess();
  const auto one = Open(p_, "request-1");
  const auto two = Open(*other, "request-2", "hello?");
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_TRUE(one->committed.written.opened);
  EXPECT_FALSE(two->committed.written.opened);
  EXPECT_EQ(two->entry->session(), one->entry->session());
  EXPECT_EQ(two->entry->seq(), 2u);
}

TEST_F(WriterTest, ARepeatedWriteGivesTheFirstResultFromAnyProcess) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  const auto first = Append(p_, FromBuyer("request-2", "hello"));
  clock_.Advance(1000);
  const auto other = NewProcess();
  const auto again = Append(*other, FromBuyer("request-2", "hello"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->committed.written.duplicate);
  EXPECT_EQ(again->entry->SerializeAsString(), first->entry->SerializeAsString());
  const auto reopened = Open(*other, "request-1");
  EXPECT_TRUE(reopened->committed.written.duplicate);
  EXPECT_TRUE(reopened->committed.written.opened);
}

TEST_F(WriterTest, AReusedRequestIdIsRefused) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  ASSERT_TRUE(Append(p_, FromBuyer("request-2", "hello")).ok());
  EXPECT_EQ(ErrorReason(Append(p_, FromBuyer("request-2", "other")).status()), "REQUEST_ID_REUSED");
}

TEST_F(WriterTest, ACloseRepeatedAnswersTheInquiryAsItIs) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  const auto closed = Close(p_, "close-001", 1);
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->state(), v1::Inquiry::STATE_CLOSED);
  EXPECT_EQ(closed->last_seq(), 2u);
  EXPECT_EQ(Close(p_, "close-001", 1)->SerializeAsString(), closed->SerializeAsString());
  const auto reopened =
      Await(p_.writer.Reopen(Info(), shop_, SessionId(conversation_, 1), "reopen-1"));
  EXPECT_EQ(reopened->state(), v1::Inquiry::STATE_OPEN);
  EXPECT_EQ(Close(p_, "close-001", 1)->state(), v1::Inquiry::STATE_OPEN);
}

TEST_F(WriterTest, TheSystemLinesOfALifeStandInTheLog) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  Assign(p_);
  ASSERT_TRUE(Close(p_, "close-001", 1).ok());
  ASSERT_TRUE(Await(p_.writer.Reopen(Info(), shop_, SessionId(conversation_, 1), "reopen-1")).ok());
  const v1::ListEntriesResponse list = List(p_, {.audience = v1::AUDIENCE_BUYER});
  ASSERT_EQ(list.entries_size(), 4);
  const auto& joined = list.entries(1).content().system();
  EXPECT_EQ(joined.kind(), common::v1::SystemLine::KIND_AGENT_JOINED);
  EXPECT_EQ(joined.parameters().at("agent"), agent_.str());
  EXPECT_EQ(joined.parameters().at("display_name"), "Ada");
  EXPECT_EQ(list.entries(2).content().system().kind(), common::v1::SystemLine::KIND_SESSION_CLOSED);
  EXPECT_EQ(list.entries(2).content().system().parameters().at("reason"), "solved");
  EXPECT_EQ(list.entries(3).content().system().kind(),
            common::v1::SystemLine::KIND_SESSION_REOPENED);
}

TEST_F(WriterTest, NothingPersonalLiesInTheStoreInClear) {
  ASSERT_TRUE(Open(p_, "request-1", "my phone is 13812345678").ok());
  std::string everything;
  const redis::Value keys = Redis(p_, {"KEYS", "*"});
  for (const redis::Value& key : keys.array()) everything += Redis(p_, {"DUMP", key.str()}).str();
  EXPECT_GT(everything.size(), 500u);
  for (const char* secret : {"13812345678", "小王", "order/4711"}) {
    EXPECT_EQ(everything.find(secret), std::string::npos) << secret;
  }
}

TEST_F(WriterTest, AnErasedBuyerIsUnreadableInEveryProcess) {
  const auto other = NewProcess();
  ASSERT_TRUE(Open(p_, "request-1").ok());
  ASSERT_EQ(List(*other, {}).entries(0).content().text().body(),
            "在吗？");  // its key is cached there now
  ASSERT_TRUE(Await(p_.writer.EraseBuyer(Info(), shop_, buyer_, "erase-001")).ok());
  for (Process* process : {process_.get(), other.get()}) {
    const v1::ListEntriesResponse list = List(*process, {});
    EXPECT_TRUE(list.entries(0).redacted());
    EXPECT_FALSE(list.entries(0).has_content());
    EXPECT_EQ(list.entries(0).sender().display_name(), "");
    const auto conversation = Await(process->reader.GetConversation(shop_, conversation_, Soon()));
    EXPECT_EQ(conversation->display_name(), "");
    EXPECT_FALSE(conversation->inquiry().opening().has_page());
    for (const events::v1::Envelope& event : Events(*process)) {
      EXPECT_EQ(event.data().find("在吗"), std::string::npos);
      EXPECT_EQ(event.data().find("4711"), std::string::npos);
    }
  }
}

TEST_F(WriterTest, WhatIsWrittenAfterAnErasureHasANewKey) {
  const auto other = NewProcess();
  ASSERT_TRUE(Open(p_, "request-1").ok());
  ASSERT_TRUE(Append(*other, FromBuyer("request-2", "two")).ok());
  ASSERT_TRUE(Await(p_.writer.EraseBuyer(Info(), shop_, buyer_, "erase-001")).ok());
  // The other process still holds the old key and is told by the function.
  ASSERT_TRUE(Append(*other, FromBuyer("request-3", "three")).ok());
  const v1::ListEntriesResponse list = List(p_, {});
  EXPECT_TRUE(list.entries(1).redacted());
  EXPECT_EQ(list.entries(2).content().text().body(), "three");
}

TEST_F(WriterTest, ARepeatedErasureDoesNotTouchWhatWasWrittenSince) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  ASSERT_TRUE(Await(p_.writer.EraseBuyer(Info(), shop_, buyer_, "erase-001")).ok());
  ASSERT_TRUE(Append(p_, FromBuyer("request-2", "two")).ok());
  ASSERT_TRUE(Await(p_.writer.EraseBuyer(Info(), shop_, buyer_, "erase-001")).ok());
  EXPECT_EQ(List(p_, {}).entries(1).content().text().body(), "two");
}

TEST_F(WriterTest, ARequestRepeatedAfterAnErasureIsStillADuplicate) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  ASSERT_TRUE(Await(p_.writer.EraseBuyer(Info(), shop_, buyer_, "erase-001")).ok());
  const auto again = Open(p_, "request-1");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->committed.written.duplicate);
  EXPECT_TRUE(again->entry->redacted());
}

TEST_F(WriterTest, AMasterKeyIsReplacedStepByStep) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  const auto rotating = NewProcess(NewMaster() + OldMaster());
  EXPECT_EQ(List(*rotating, {}).entries(0).content().text().body(), "在吗？");
  const std::string key = storage::ShopKeys(shop_).DataKey(buyer_);
  const auto fresh = NewProcess(NewMaster() + OldMaster());
  ASSERT_TRUE(Append(*fresh, FromBuyer("request-2", "two")).ok());
  EXPECT_EQ(Redis(p_, {"HGET", key, "m"}).str(), "k2");
  const auto after = NewProcess(NewMaster());
  EXPECT_EQ(List(*after, {}).entries(0).content().text().body(), "在吗？");
}

TEST_F(WriterTest, WithoutTheMasterKeyTheAnswerSaysSo) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  const auto without = NewProcess(NewMaster());
  const auto found = Await(without->reader.ListEntries(shop_, conversation_, {}, Soon()));
  EXPECT_EQ(ErrorReason(found.status()), "MASTER_KEY_MISSING");
}

TEST_F(WriterTest, MarksRiseAndAreKept) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  storage::MarksArguments marks;
  marks.party = common::v1::Sender::KIND_AGENT;
  marks.participant = agent_.str();
  marks.read = 9;
  const auto moved = Await(p_.writer.MoveMarks(Info(), shop_, conversation_, marks));
  EXPECT_EQ(moved->read_seq(), 1u);
  const auto conversation = Await(p_.reader.GetConversation(shop_, conversation_, Soon()));
  ASSERT_EQ(conversation->marks_size(), 1);
  EXPECT_EQ(conversation->marks(0).SerializeAsString(), moved->SerializeAsString());
}

TEST_F(WriterTest, AFullConversationIsDescribedWhole) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  Assign(p_, 3);
  ASSERT_TRUE(Append(p_, Note("note-0001", "careful"), 3).ok());
  const auto conversation = Await(p_.reader.GetConversation(shop_, conversation_, Soon()));
  EXPECT_EQ(conversation->buyer(), buyer_.str());
  EXPECT_EQ(conversation->display_name(), "小王");
  EXPECT_EQ(conversation->head_seq(), 3u);
  EXPECT_EQ(conversation->buyer_head_seq(), 2u);
  EXPECT_EQ(conversation->inquiry().fence(), 3u);
  EXPECT_EQ(conversation->inquiry().agent(), agent_.str());
}

TEST_F(WriterTest, ACutConnectionLeavesNothingBehindThatAFreshOneWouldNotFind) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  redis_.Kill();
  EXPECT_EQ(Append(p_, FromBuyer("request-2", "two")).status().code(),
            absl::StatusCode::kUnavailable);
  redis_.Start();
  absl::StatusOr<Writer::Appended> again = Append(p_, FromBuyer("request-2", "two"));
  while (!again.ok() && again.status().code() == absl::StatusCode::kUnavailable) {
    again = Append(p_, FromBuyer("request-2", "two"));
  }
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->entry->seq(), 2u);
}

// Hears everything one process publishes.
class NoticesTest : public WriterTest {
 protected:
  NoticesTest()
      : subscriber_(*events::Subscriber::Connect(
            {p_.publisher->endpoint()}, [this](std::string_view topic, std::string_view envelope) {
              absl::MutexLock lock(&mutex_);
              heard_.emplace_back(topic, std::string(envelope));
            })) {
    subscriber_->Subscribe(events::Topic("demo", conversation_.str()));
    subscriber_->Subscribe(events::Topic("*", "log:inquiries"));
    subscriber_->Subscribe(events::Topic("demo", "probe"));
    // A subscription counts once something came through it.
    const auto probed = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !heard_.empty(); };
    absl::MutexLock lock(&mutex_);
    do {
      p_.publisher->Publish(events::Topic("demo", "probe"), "");
    } while (!mutex_.AwaitWithTimeout(absl::Condition(&probed), absl::Milliseconds(20)));
  }

  // The first `count` notices of a topic, as they came.
  std::vector<events::v1::Envelope> Await(const std::string& name, size_t count,
                                          const std::string& shop = "demo") {
    const std::string topic = events::Topic(shop, name);
    std::vector<events::v1::Envelope> found;
    const auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      found.clear();
      for (const auto& [heard_topic, bytes] : heard_) {
        if (heard_topic == topic) found.emplace_back().ParseFromString(bytes);
      }
      return found.size() >= count;
    };
    absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10)));
    return found;
  }

  absl::Mutex mutex_;
  std::vector<std::pair<std::string, std::string>> heard_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<events::Subscriber> subscriber_;
};

TEST_F(NoticesTest, WhatIsCommittedIsPublishedAsItStandsInTheOutbox) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  Assign(p_);
  ASSERT_TRUE(Append(p_, Note("note-0001", "careful"), 1).ok());
  const auto notices = Await(conversation_.str(), 3);
  std::vector<events::v1::Envelope> logged;
  for (const events::v1::Envelope& event : Events(p_)) {
    if (event.type() == "com.kefu.entry.appended.v1") logged.push_back(event);
  }
  ASSERT_EQ(notices.size(), 3u);
  ASSERT_EQ(logged.size(), 3u);
  for (size_t i = 0; i < 3; ++i)
    EXPECT_EQ(notices[i].SerializeAsString(), logged[i].SerializeAsString());
  v1::EntryAppended note;
  ASSERT_TRUE(note.ParseFromString(notices[2].data()));
  EXPECT_FALSE(note.buyer_visible());
  EXPECT_EQ(note.entry().content().note().body(), "careful");
  EXPECT_EQ(note.entry().prev_seq(), 2u);
  EXPECT_EQ(note.buyer_prev_seq(), 2u);
}

TEST_F(NoticesTest, TheLivesOfInquiriesPokeTheReadersOfTheLog) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  Assign(p_);
  ASSERT_TRUE(Close(p_, "close-001", 1).ok());
  const auto pokes = Await("log:inquiries", 3, "*");
  ASSERT_EQ(pokes.size(), 3u);
  EXPECT_EQ(pokes[2].shop(), "demo");
  EXPECT_EQ(pokes[2].seq(), Events(p_).back().seq());
  EXPECT_TRUE(pokes[2].data().empty());
}

TEST_F(NoticesTest, ReadersOfTheLogAreToldOnceOfAllEntriesSinceTheLastTime) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  for (const char* request : {"request-2", "request-3", "request-3"})
    ASSERT_TRUE(Append(p_, FromBuyer(request, "two")).ok());
  const uint64_t appended = Events(p_).back().seq();
  p_.notices.TellOfLogs();
  p_.notices.TellOfLogs();
  Assign(p_);
  const auto pokes = Await("log:inquiries", 3, "*");
  ASSERT_EQ(pokes.size(), 3u);
  EXPECT_EQ(pokes[1].shop(), "demo");
  EXPECT_EQ(pokes[1].seq(), appended);
  EXPECT_TRUE(pokes[1].data().empty());
  EXPECT_EQ(pokes[2].seq(), Events(p_).back().seq());
}

TEST_F(NoticesTest, MovedMarksAreANoticeOnlyAndStandingOnesAreNot) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  storage::MarksArguments marks;
  marks.party = common::v1::Sender::KIND_AGENT;
  marks.participant = agent_.str();
  marks.read = 1;
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(test::Await(p_.writer.MoveMarks(Info(), shop_, conversation_, marks)).ok());
  ASSERT_TRUE(Append(p_, FromBuyer("request-2", "two")).ok());
  const auto notices = Await(conversation_.str(), 3);
  ASSERT_EQ(notices.size(), 3u);
  EXPECT_EQ(notices[1].type(), "com.kefu.marks.moved.v1");
  EXPECT_EQ(notices[1].seq(), 0u);
  EXPECT_EQ(notices[2].type(), "com.kefu.entry.appended.v1");
}

TEST_F(NoticesTest, ADuplicateIsToldAgainLestItsFirstProcessDiedBefore) {
  ASSERT_TRUE(Open(p_, "request-1").ok());
  ASSERT_TRUE(Open(p_, "request-1").ok());
  const auto notices = Await(conversation_.str(), 2);
  EXPECT_EQ(notices[1].seq(), 0u);
  EXPECT_EQ(notices[1].data(), notices[0].data());
}

}  // namespace
}  // namespace kefu::inquiries::test
