// What the store of cases and their lists promise of notes, on whatever aggregates they stand.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "proto/kefu/after_sales/v1/record.pb.h"
#include "services/after_sales/storage/records.h"
#include "services/common/base/status.h"
#include "tests/services/after_sales/support/stack.h"

namespace kefu::after_sales::storage {
using domain::Kind;
using domain::Role;
using test::Await;
using test::Process;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class CaseNotesContract : public test::StackContract {
 protected:
  static std::vector<std::string> NotesOf(const v1::Case& one) {
    std::vector<std::string> notes;
    for (const v1::Move& move : one.history()) notes.push_back(move.note());
    return notes;
  }
  std::vector<std::string> NotesSeenBy(Process& process) {
    const auto one =
        Await(process.cases.Get(shop_, CaseId(order_, 1), test::By(Role::kSupervisor)));
    EXPECT_TRUE(one.ok()) << one.status();
    return one.ok() ? NotesOf(*one) : std::vector<std::string>();
  }
  std::vector<std::string> NotesListedBy(Process& process, const CaseList::Filter& filter) {
    const auto page = Await(process.list.List(shop_, filter, 10, ""));
    EXPECT_TRUE(page.ok() && page->cases.size() == 1) << page.status();
    return page.ok() && page->cases.size() == 1 ? NotesOf(page->cases[0])
                                                : std::vector<std::string>();
  }
  std::string Stored() {
    return Await(process_->store.Load({shop_, std::string(kOrderType), order_.str()}))->state;
  }
  v1::OrderCasesRecord StoredRecord() {
    v1::OrderCasesRecord record;
    EXPECT_TRUE(record.ParseFromString(Stored()));
    return record;
  }
  absl::Status Erase(Process& process, const std::string& event = "event-0001") {
    return Await(process.cases.EraseBuyer(shop_, test::Buyer(), {event, "hash", ""}));
  }
  // As the release before wrote them: in the history, in clear.
  void MakeOld(const std::vector<std::string>& notes) {
    v1::OrderCasesRecord record = StoredRecord();
    record.set_record_version(1);
    v1::CaseRecord& one = *record.mutable_cases(0);
    one.clear_notes();
    for (size_t i = 0; i < notes.size(); ++i)
      one.mutable_case_()->mutable_history(static_cast<int>(i))->set_note(notes[i]);
    const std::string state = record.SerializeAsString();
    const redis::Aggregates::Decide decide = [&](const redis::Snapshot&) {
      redis::Change change;
      change.state = state;
      return absl::StatusOr<redis::Change>(std::move(change));
    };
    const auto written =
        Await(process_->store.Update({shop_, std::string(kOrderType), order_.str()}, {}, decide));
    ASSERT_TRUE(written.ok()) << written.status();
  }
};

TEST_P(CaseNotesContract, AreStoredSealedAndReadByEveryProcess) {
  const auto opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_THAT(NotesOf(*opened), ElementsAre("too small"));
  ASSERT_TRUE(Do(domain::Approve{}).ok());
  EXPECT_THAT(Stored(), Not(HasSubstr("too small")));
  EXPECT_THAT(Stored(), Not(HasSubstr("because")));
  EXPECT_EQ(StoredRecord().record_version(), 2u);
  const auto other = NewProcess();
  EXPECT_THAT(NotesSeenBy(*other), ElementsAre("too small", "because"));
  EXPECT_THAT(NotesListedBy(*other, {}), ElementsAre("too small", "because"));
  EXPECT_THAT(NotesListedBy(*other, {.order = order_}), ElementsAre("too small", "because"));
}

TEST_P(CaseNotesContract, OfAnErasedBuyerAreEmptyAndTheCaseGoesOn) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Do(domain::Approve{}).ok());
  const auto other = NewProcess();
  EXPECT_THAT(NotesSeenBy(*other), ElementsAre("too small", "because"));
  ASSERT_TRUE(Erase(*process_).ok());
  for (Process* process : {process_.get(), other.get()}) {
    EXPECT_THAT(NotesSeenBy(*process), ElementsAre("", ""));
    EXPECT_THAT(NotesListedBy(*process, {}), ElementsAre("", ""));
    EXPECT_THAT(NotesListedBy(*process, {.order = order_}), ElementsAre("", ""));
  }
  const auto moved = Do(domain::ReportReturn{});
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_THAT(NotesOf(*moved), ElementsAre("", "", "because"));
}

TEST_P(CaseNotesContract, ARepeatedErasureLeavesWhatWasNotedSince) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Erase(*process_).ok());
  ASSERT_TRUE(Do(domain::Approve{}).ok());
  ASSERT_TRUE(Erase(*process_).ok());
  EXPECT_THAT(NotesSeenBy(*process_), ElementsAre("", "because"));
  ASSERT_TRUE(Erase(*process_, "event-0002").ok());
  EXPECT_THAT(NotesSeenBy(*process_), ElementsAre("", ""));
}

TEST_P(CaseNotesContract, AreNotSealedUnderAKeyThatAnotherProcessErased) {
  const auto eraser = NewProcess();
  ASSERT_TRUE(Open().ok());
  const std::string erased = process_->keys.Cached(shop_, test::Buyer())->id;
  ASSERT_TRUE(Erase(*eraser).ok());
  // It still has the key in memory, and seals under another.
  ASSERT_NE(process_->keys.Cached(shop_, test::Buyer()), nullptr);
  ASSERT_TRUE(Do(domain::Approve{}).ok());
  EXPECT_THAT(NotesSeenBy(*process_), ElementsAre("", "because"));
  const v1::OrderCasesRecord record = StoredRecord();
  EXPECT_EQ(record.cases(0).notes(0).data_key(), erased);
  EXPECT_NE(record.cases(0).notes(1).data_key(), erased);
}

TEST_P(CaseNotesContract, OfAnOrderWithoutABuyerHaveAKeyOfItsOwn) {
  domain::Open open = test::Opening(Kind::kReturnRefund);
  open.order.buyer.clear();
  ASSERT_TRUE(Await(process_->cases.Open(shop_, order_, Request(), open,
                                         test::By(Role::kSupervisor), "by phone"))
                  .ok());
  ASSERT_TRUE(Erase(*process_).ok());
  EXPECT_THAT(NotesSeenBy(*NewProcess()), ElementsAre("by phone"));
  EXPECT_THAT(Stored(), Not(HasSubstr("by phone")));
  EXPECT_NE(*Await(process_->keys.Find(shop_, order_.str())), nullptr);
}

TEST_P(CaseNotesContract, OfAnOldRecordAreReadAndSealedAtTheNextCommit) {
  ASSERT_TRUE(Open().ok());
  MakeOld({"an old note"});
  ASSERT_THAT(Stored(), HasSubstr("an old note"));
  EXPECT_THAT(NotesSeenBy(*process_), ElementsAre("an old note"));
  const auto fresh = NewProcess();
  ASSERT_TRUE(Await(fresh->cases.Do(shop_, Request(), CommandOf(domain::Approve{}))).ok());
  EXPECT_THAT(Stored(), Not(HasSubstr("an old note")));
  EXPECT_EQ(StoredRecord().record_version(), 2u);
  EXPECT_THAT(NotesSeenBy(*fresh), ElementsAre("an old note", "because"));
}

TEST_P(CaseNotesContract, OfAnOldRecordAreErasedWithTheirBuyer) {
  ASSERT_TRUE(Open().ok());
  MakeOld({"an old note"});
  const auto fresh = NewProcess();
  ASSERT_TRUE(Erase(*fresh).ok());
  EXPECT_THAT(Stored(), Not(HasSubstr("an old note")));
  EXPECT_THAT(NotesSeenBy(*fresh), ElementsAre(""));
  EXPECT_EQ(world_->Log(shop_).size(), 1u);
}

TEST_P(CaseNotesContract, NoKeyComesBackWhileManyWriteAndTheBuyerIsErasedAgainAndAgain) {
  ASSERT_TRUE(Open().ok());
  std::atomic<int> writing{3};
  const auto write = [&](int writer) {
    const auto process = NewProcess();
    for (int i = 0; i < 25; ++i) {
      domain::Command command = CommandOf(domain::RequestInformation{});
      if (i % 2 == 1) command.action = domain::Amend{};
      const redis::Request request{fmt::format("writer-{}-{}", writer, i), "hash", ""};
      const auto moved = Await(process->cases.Do(shop_, request, command));
      // Another was there first, or it raced in vain with the erasures.
      EXPECT_TRUE(moved.ok() || absl::IsFailedPrecondition(moved.status()) ||
                  absl::IsAborted(moved.status()))
          << moved.status();
    }
    --writing;
  };
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 3; ++writer) threads.emplace_back(write, writer);
  const auto eraser = NewProcess();
  for (int i = 0; writing > 0; ++i) {
    const absl::Status erased = Erase(*eraser, fmt::format("event-{}", i));
    EXPECT_TRUE(erased.ok() || absl::IsAborted(erased)) << erased;
  }
  for (std::thread& thread : threads) thread.join();

  // Of the keys of the notes, in the order in which they were written, each is seen in one run.
  std::vector<std::string> runs;
  const v1::OrderCasesRecord record = StoredRecord();
  for (const v1::NoteRecord& note : record.cases(0).notes()) {
    if (runs.empty() || runs.back() != note.data_key()) runs.push_back(note.data_key());
  }
  EXPECT_GT(runs.size(), 1u);
  EXPECT_EQ(std::set<std::string>(runs.begin(), runs.end()).size(), runs.size());
  ASSERT_TRUE(Erase(*eraser, "event-last").ok());
  for (const std::string& note : NotesSeenBy(*process_)) EXPECT_EQ(note, "");
}

}  // namespace kefu::after_sales::storage
