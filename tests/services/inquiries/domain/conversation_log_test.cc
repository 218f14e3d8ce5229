#include "services/inquiries/domain/conversation_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/base/status.h"

namespace kefu::inquiries::domain {
namespace {

using testing::ElementsAre;

constexpr char kAda[] = "a_ada";
constexpr char kBob[] = "a_bob";
constexpr int64_t kHour = 3600 * 1000;

// A conversation that commands are applied to, one after another.
class ConversationLogTest : public testing::Test {
 protected:
  absl::StatusOr<Decision> Try(const Command& command) { return Apply(state_, command, now_); }

  Decision Do(const Command& command) {
    absl::StatusOr<Decision> decision = Try(command);
    EXPECT_TRUE(decision.ok()) << decision.status();
    if (!decision.ok()) return {};
    state_ = decision->next;
    return *decision;
  }

  std::string Refused(const Command& command) {
    const absl::StatusOr<Decision> decision = Try(command);
    return decision.ok() ? "accepted" : ErrorReason(decision.status());
  }

  static Open Opening(std::string id, std::string payload = "hello") {
    return {{std::move(id), std::move(payload)}};
  }
  static Append Says(std::string sender, std::string id, uint64_t fence = 0) {
    Append append;
    append.request = {sender + ":" + id, "text " + id};
    append.session = 1;
    append.sender = std::move(sender);
    append.fence = fence;
    return append;
  }
  static Append Note(std::string agent, std::string id, uint64_t fence) {
    Append append = Says(std::move(agent), std::move(id), fence);
    append.buyer_visible = false;
    return append;
  }
  static Append Takes(std::string sender, std::string id, uint64_t seq, uint64_t fence = 0) {
    Append append = Says(std::move(sender), std::move(id), fence);
    append.recalls = seq;
    return append;
  }
  static Close Closing(std::string id, uint64_t last_seen, uint64_t fence = 0,
                       std::string agent = "") {
    return {{"s:" + id, "close"}, 1, fence, std::move(agent), last_seen, "solved"};
  }

  // An open session that Ada owns under fence 1: entries 1 (buyer) and 2 (line).
  void Assigned() {
    Do(Opening("b:1"));
    Do(RaiseFence{1, 1, kAda});
  }

  Conversation state_;
  TimePoint now_{1'000'000'000'000};
};

TEST_F(ConversationLogTest, TheFirstMessageOpensAnInquiry) {
  const Decision decision = Do(Opening("b:1"));
  EXPECT_TRUE(decision.opened);
  EXPECT_EQ(decision.seq, 1u);
  EXPECT_EQ(decision.session, 1u);
  EXPECT_THAT(decision.events,
              ElementsAre(Event{Event::Kind::kOpened, 0, 1}, Event{Event::Kind::kEntry, 1, 1}));
  EXPECT_EQ(state_.inquiries.back().first_seq, 1u);
  EXPECT_EQ(state_.inquiries.back().open_time, now_);
}

TEST_F(ConversationLogTest, ASecondFirstMessageGoesIntoTheSameInquiry) {
  Do(Opening("b:1"));
  const Decision decision = Do(Opening("b:2"));
  EXPECT_FALSE(decision.opened);
  EXPECT_EQ(decision.seq, 2u);
  EXPECT_EQ(state_.inquiries.size(), 1u);
}

TEST_F(ConversationLogTest, ARepeatedOpeningGivesTheFirstResult) {
  Do(Opening("b:1"));
  Do(Opening("b:2"));
  const Decision decision = Do(Opening("b:1"));
  EXPECT_TRUE(decision.duplicate);
  EXPECT_TRUE(decision.opened);
  EXPECT_EQ(decision.seq, 1u);
  EXPECT_TRUE(decision.events.empty());
  EXPECT_EQ(state_.head(), 2u);
}

TEST_F(ConversationLogTest, TheSameRequestIdWithAnotherPayloadIsRefused) {
  Do(Opening("b:1"));
  EXPECT_EQ(Refused(Opening("b:1", "something else")), "REQUEST_ID_REUSED");
  EXPECT_EQ(Try(Opening("b:1", "x")).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(ConversationLogTest, TheSameRequestIdOfAnotherSenderIsAnotherRequest) {
  Assigned();
  Do(Says("b", "9"));
  EXPECT_FALSE(Do(Says(kAda, "9", 1)).duplicate);
}

TEST_F(ConversationLogTest, ARequestIsRememberedForAtLeastSevenDays) {
  Assigned();
  Do(Says("b", "9"));
  now_ = now_ + kDedupPeriodMs;
  EXPECT_TRUE(Do(Says("b", "9")).duplicate);
}

TEST_F(ConversationLogTest, ARequestIsForgottenInTheEnd) {
  Assigned();
  Do(Says("b", "9"));
  now_ = now_ + 2 * kDedupPeriodMs;
  EXPECT_FALSE(Do(Says("b", "9")).duplicate);
}

TEST_F(ConversationLogTest, DuplicatesAreRecognisedAfterTheClose) {
  Assigned();
  Do(Says("b", "9"));
  Do(Closing("c", 3));
  EXPECT_TRUE(Do(Says("b", "9")).duplicate);
}

TEST_F(ConversationLogTest, AppendsNeedAConversationASessionAndThatItIsOpen) {
  EXPECT_EQ(Refused(Says("b", "1")), "NO_SUCH_CONVERSATION");
  Do(Opening("b:1"));
  Append wrong = Says("b", "2");
  wrong.session = 2;
  EXPECT_EQ(Refused(wrong), "NO_SUCH_SESSION");
  wrong.session = 0;
  EXPECT_EQ(Refused(wrong), "NO_SUCH_SESSION");
  Do(Closing("c", 1));
  EXPECT_EQ(Refused(Says("b", "2")), "SESSION_CLOSED");
  EXPECT_EQ(Try(Says("b", "2")).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ConversationLogTest, AnEarlierSessionStaysClosedWhileALaterOneIsOpen) {
  Do(Opening("b:1"));
  Do(Closing("c", 1));
  Do(Opening("b:2"));
  EXPECT_EQ(state_.inquiries.size(), 2u);
  EXPECT_EQ(Refused(Says("b", "3")), "SESSION_CLOSED");
}

TEST_F(ConversationLogTest, OnlyTheOwnerUnderTheFenceInForceMayWrite) {
  Do(Opening("b:1"));
  EXPECT_EQ(Refused(Says(kAda, "1", 1)), "FENCE_AHEAD");
  EXPECT_EQ(Refused(Says(kAda, "1", 0)), "STALE_FENCE");
  Do(RaiseFence{1, 2, kAda});
  EXPECT_EQ(Refused(Says(kAda, "1", 1)), "STALE_FENCE");
  EXPECT_EQ(Refused(Says(kBob, "1", 2)), "STALE_FENCE");
  EXPECT_EQ(Refused(Says(kAda, "1", 3)), "FENCE_AHEAD");
  EXPECT_EQ(ErrorMetadataOf(Try(Says(kAda, "1", 1)).status())["fence"], "2");
  EXPECT_EQ(Do(Says(kAda, "1", 2)).seq, 3u);
}

TEST_F(ConversationLogTest, NotesFollowTheFenceToo) {
  Assigned();
  EXPECT_EQ(Refused(Note(kBob, "n", 1)), "STALE_FENCE");
}

TEST_F(ConversationLogTest, TheSystemNeedsNoFence) {
  Do(Opening("b:1"));
  EXPECT_EQ(Do(Says("s", "line")).seq, 2u);
}

TEST_F(ConversationLogTest, ANewOwnerShutsTheFormerOut) {
  Assigned();
  Do(RaiseFence{1, 2, kBob});
  EXPECT_EQ(Refused(Says(kAda, "1", 1)), "STALE_FENCE");
  EXPECT_EQ(Do(Says(kBob, "1", 2)).duplicate, false);
}

TEST_F(ConversationLogTest, RaisingAFenceTellsOfItInTheLog) {
  Do(Opening("b:1"));
  const Decision decision = Do(RaiseFence{1, 1, kAda});
  EXPECT_EQ(decision.seq, 2u);
  EXPECT_EQ(state_.log.back().sender, kSystem);
  EXPECT_THAT(decision.events,
              ElementsAre(Event{Event::Kind::kFence, 0, 1}, Event{Event::Kind::kEntry, 2, 1}));
}

TEST_F(ConversationLogTest, RaisingTheSameFenceForTheSameAgentChangesNothing) {
  Assigned();
  const Decision decision = Do(RaiseFence{1, 1, kAda});
  EXPECT_TRUE(decision.events.empty());
  EXPECT_EQ(decision.seq, 0u);
  EXPECT_EQ(state_.head(), 2u);
}

TEST_F(ConversationLogTest, AFenceNeverFallsAndNeverHasTwoOwners) {
  Assigned();
  EXPECT_EQ(Refused(RaiseFence{1, 1, kBob}), "STALE_FENCE");
  EXPECT_EQ(Refused(RaiseFence{1, 0, kBob}), "STALE_FENCE");
  EXPECT_EQ(Refused(RaiseFence{2, 5, kBob}), "NO_SUCH_SESSION");
}

TEST_F(ConversationLogTest, AFenceWithoutAnOwnerShutsEverybodyOut) {
  Assigned();
  Do(RaiseFence{1, 2, ""});
  EXPECT_EQ(Refused(Says(kAda, "1", 1)), "STALE_FENCE");
  EXPECT_EQ(Refused(Says(kAda, "1", 2)), "STALE_FENCE");
}

TEST_F(ConversationLogTest, WhoAcceptsWhatWasOfferedOwnsItUnderTheSameFence) {
  Assigned();
  Do(RaiseFence{1, 2, ""});
  EXPECT_EQ(Refused(Says(kBob, "1", 2)), "STALE_FENCE");
  Do(RaiseFence{1, 2, kBob});
  EXPECT_EQ(Do(Says(kBob, "1", 2)).duplicate, false);
  EXPECT_EQ(Refused(RaiseFence{1, 2, ""}), "STALE_FENCE");
  EXPECT_EQ(Refused(RaiseFence{1, 2, kAda}), "STALE_FENCE");
}

TEST_F(ConversationLogTest, AFenceThatPassesFromNobodyToNobodyIsNotTold) {
  Do(Opening("b:1"));
  const Decision decision = Do(RaiseFence{1, 2, ""});
  EXPECT_EQ(decision.seq, 0u);
  EXPECT_TRUE(decision.events.empty());
  EXPECT_EQ(state_.inquiries.back().fence, 2u);
  EXPECT_EQ(Refused(RaiseFence{1, 1, kAda}), "STALE_FENCE");
}

TEST_F(ConversationLogTest, AnAsideNeedsNoFenceAndMayFollowTheClose) {
  Assigned();
  Append aside = Note(kBob, "n", 0);
  EXPECT_EQ(Refused(aside), "STALE_FENCE");
  aside.aside = true;
  EXPECT_EQ(Do(aside).seq, 3u);
  Do(Closing("c", 2));
  Append late = Note(kBob, "late", 0);
  late.aside = true;
  EXPECT_EQ(Do(late).seq, 5u);
  EXPECT_FALSE(state_.log.back().buyer_visible);
  EXPECT_TRUE(Do(late).duplicate);
}

TEST_F(ConversationLogTest, AnAsideIntoAFormerSessionIsRefused) {
  Assigned();
  Do(Closing("c", 1));
  Do(Opening("b:2"));
  Append aside = Note(kBob, "n", 0);
  aside.aside = true;
  EXPECT_EQ(Refused(aside), "SESSION_CLOSED");
}

TEST_F(ConversationLogTest, NoFenceIsRaisedOnAClosedSession) {
  Do(Opening("b:1"));
  Do(Closing("c", 1));
  EXPECT_EQ(Refused(RaiseFence{1, 1, kAda}), "SESSION_CLOSED");
}

TEST_F(ConversationLogTest, BuyersSeeAGapFreeChainAroundNotes) {
  Assigned();
  Do(Note(kAda, "n", 1));
  Do(Note(kAda, "n2", 1));
  Do(Says(kAda, "x", 1));
  EXPECT_EQ(state_.log[2].buyer_prev, 2u);
  EXPECT_EQ(state_.log[3].buyer_prev, 2u);
  EXPECT_EQ(state_.log[4].buyer_prev, 2u);
  EXPECT_EQ(state_.buyer_head, 5u);
  Do(Says("b", "y"));
  EXPECT_EQ(state_.log[5].buyer_prev, 5u);
}

TEST_F(ConversationLogTest, QuotesPointBackwards) {
  Do(Opening("b:1"));
  Append append = Says("b", "2");
  append.quoted = 2;
  EXPECT_EQ(Refused(append), "NO_SUCH_ENTRY");
  append.quoted = 1;
  EXPECT_EQ(Do(append).seq, 2u);
  Open opening = Opening("b:3");
  opening.quoted = 3;
  EXPECT_EQ(Refused(opening), "NO_SUCH_ENTRY");
}

TEST_F(ConversationLogTest, WhatBuyersSeeCannotQuoteANote) {
  Assigned();
  Do(Note(kAda, "n", 1));
  Append visible = Says("b", "2");
  visible.quoted = 3;
  EXPECT_EQ(Refused(visible), "NO_SUCH_ENTRY");
  Append note = Note(kAda, "m", 1);
  note.quoted = 3;
  EXPECT_EQ(Do(note).seq, 4u);
}

TEST_F(ConversationLogTest, TheSenderMayRecallWithinTwoMinutesOnce) {
  Do(Opening("b:1"));
  now_ = now_ + kRecallMs;
  EXPECT_EQ(Do(Takes("b", "r", 1)).seq, 2u);
  EXPECT_TRUE(state_.recalled.contains(1));
  EXPECT_EQ(Refused(Takes("b", "r2", 1)), "NOTHING_TO_RECALL");
  EXPECT_EQ(Refused(Takes("b", "r3", 2)), "NOTHING_TO_RECALL");
}

TEST_F(ConversationLogTest, ALateOrForeignRecallIsRefused) {
  Assigned();
  EXPECT_EQ(Refused(Takes(kAda, "r", 1, 1)), "NOT_YOUR_ENTRY");
  EXPECT_EQ(Refused(Takes("b", "r", 2)), "NOT_YOUR_ENTRY");
  EXPECT_EQ(Refused(Takes("b", "r", 3)), "NO_SUCH_ENTRY");
  now_ = now_ + kRecallMs + 1;
  EXPECT_EQ(Refused(Takes("b", "r", 1)), "RECALL_TOO_LATE");
}

TEST_F(ConversationLogTest, TheRecallOfANoteIsHiddenAsTheNoteIs) {
  Assigned();
  Do(Note(kAda, "n", 1));
  Do(Takes(kAda, "r", 3, 1));
  EXPECT_FALSE(state_.log[3].buyer_visible);
  EXPECT_EQ(state_.buyer_head, 2u);
}

TEST_F(ConversationLogTest, TheCloseIsAnEntryAndEndsTheSession) {
  Assigned();
  const Decision decision = Do(Closing("c", 1, 1, kAda));
  EXPECT_EQ(decision.seq, 3u);
  EXPECT_THAT(decision.events,
              ElementsAre(Event{Event::Kind::kEntry, 3, 1}, Event{Event::Kind::kClosed, 0, 1}));
  const Inquiry& inquiry = state_.inquiries.back();
  EXPECT_FALSE(inquiry.open);
  EXPECT_EQ(inquiry.last_seq, 3u);
  EXPECT_EQ(inquiry.reason, "solved");
  EXPECT_EQ(inquiry.close_time, now_);
}

TEST_F(ConversationLogTest, ACloseIsRefusedIfTheBuyerWroteSince) {
  Assigned();
  Do(Says("b", "2"));
  EXPECT_EQ(Refused(Closing("c", 2, 1, kAda)), "NEWER_BUYER_ENTRY");
  EXPECT_EQ(Try(Closing("c", 2, 1, kAda)).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Do(Closing("c", 3, 1, kAda)).seq, 4u);
}

TEST_F(ConversationLogTest, AnAgentClosesUnderItsFenceOnlyTheSystemWhateverItIs) {
  Assigned();
  EXPECT_EQ(Refused(Closing("c", 1, 2, kAda)), "FENCE_AHEAD");
  EXPECT_EQ(Refused(Closing("c", 1, 1, kBob)), "STALE_FENCE");
  EXPECT_EQ(Do(Closing("c", 1)).seq, 3u);
}

TEST_F(ConversationLogTest, ARepeatedCloseIsADuplicateAndAnotherOneTooLate) {
  Do(Opening("b:1"));
  Do(Closing("c", 1));
  const Decision decision = Do(Closing("c", 1));
  EXPECT_TRUE(decision.duplicate);
  EXPECT_EQ(decision.seq, 2u);
  EXPECT_EQ(Refused(Closing("d", 2)), "SESSION_CLOSED");
}

TEST_F(ConversationLogTest, AReopenedSessionGoesOnWithItsFence) {
  Assigned();
  Do(Closing("c", 1));
  now_ = now_ + kHour;
  const Decision decision = Do(Reopen{{"s:r", "reopen"}, 1, kHour});
  EXPECT_EQ(decision.seq, 4u);
  EXPECT_THAT(decision.events,
              ElementsAre(Event{Event::Kind::kEntry, 4, 1}, Event{Event::Kind::kReopened, 0, 1}));
  const Inquiry& inquiry = state_.inquiries.back();
  EXPECT_TRUE(inquiry.open);
  EXPECT_EQ(inquiry.fence, 1u);
  EXPECT_EQ(inquiry.reopened, 1u);
  EXPECT_EQ(inquiry.last_seq, 0u);
  EXPECT_TRUE(Do(Reopen{{"s:r", "reopen"}, 1, kHour}).duplicate);
}

TEST_F(ConversationLogTest, ReopeningAnOpenSessionChangesNothing) {
  Do(Opening("b:1"));
  const Decision decision = Do(Reopen{{"s:r", "reopen"}, 1, kHour});
  EXPECT_TRUE(decision.events.empty());
  EXPECT_EQ(state_.head(), 1u);
}

TEST_F(ConversationLogTest, ASessionReopensWithinTheWindowAndIfItIsTheLast) {
  EXPECT_EQ(Refused(Reopen{{"s:r", "reopen"}, 1, kHour}), "NO_SUCH_CONVERSATION");
  Do(Opening("b:1"));
  Do(Closing("c", 1));
  EXPECT_EQ(Refused(Reopen{{"s:r", "reopen"}, 2, kHour}), "NO_SUCH_SESSION");
  now_ = now_ + kHour + 1;
  EXPECT_EQ(Refused(Reopen{{"s:r", "reopen"}, 1, kHour}), "REOPEN_TOO_LATE");
  Do(Opening("b:2"));
  EXPECT_EQ(Refused(Reopen{{"s:r", "reopen"}, 1, 2 * kHour}), "REOPEN_TOO_LATE");
}

TEST_F(ConversationLogTest, MarksOnlyRiseAndStayWithinWhatTheParticipantSaw) {
  EXPECT_EQ(Refused(MoveMarks{"1:b", true, 1, 0}), "NO_SUCH_CONVERSATION");
  Assigned();
  Do(Note(kAda, "n", 1));
  Do(MoveMarks{"1:b", true, 100, 1});
  EXPECT_EQ(state_.marks["1:b"], (MarkPair{2, 1}));
  Do(MoveMarks{"1:b", true, 1, 0});
  EXPECT_EQ(state_.marks["1:b"], (MarkPair{2, 1}));
  Do(MoveMarks{"2:a", false, 0, 3});
  EXPECT_EQ(state_.marks["2:a"], (MarkPair{3, 3}));
}

TEST_F(ConversationLogTest, TheFirstLinkStays) {
  EXPECT_EQ(Refused(Link{"c_1", "c_2", ""}), "NO_SUCH_CONVERSATION");
  Do(Opening("b:1"));
  EXPECT_EQ(Refused(Link{"c_1", "c_2", "c_1"}), "LINK_CYCLE");
  Do(Link{"c_1", "c_2", ""});
  Do(Link{"c_1", "c_2", ""});
  EXPECT_EQ(Refused(Link{"c_1", "c_3", ""}), "ALREADY_LINKED");
}

TEST_F(ConversationLogTest, OnlyAnUnchangedClosedLogIsArchived) {
  EXPECT_EQ(Refused(Archive{1, 0, 0, 0}), "CONVERSATION_CHANGED");
  Do(Opening("b:1"));
  EXPECT_EQ(Refused(Archive{1, 0, 1, 0}), "CONVERSATION_CHANGED");
  Do(Closing("c", 1));
  EXPECT_EQ(Refused(Archive{1, 0, 2, 1}), "CONVERSATION_CHANGED");
  EXPECT_EQ(Refused(Archive{1, 0, 1, 0}), "CONVERSATION_CHANGED");
  EXPECT_EQ(Refused(Archive{2, 0, 2, 0}), "CONVERSATION_CHANGED");
  Do(Archive{1, 0, 2, 0});
  EXPECT_EQ(state_.archived, 2u);
  EXPECT_EQ(Refused(Archive{1, 0, 2, 0}), "CONVERSATION_CHANGED");
}

TEST_F(ConversationLogTest, TheSequenceGoesOnAfterAnArchiving) {
  Do(Opening("b:1"));
  Do(Closing("c", 1));
  Do(Archive{1, 0, 2, 0});
  EXPECT_EQ(Do(Opening("b:2")).seq, 3u);
  EXPECT_EQ(state_.log.back().buyer_prev, 2u);
  Append late = Takes("b", "r", 1);
  late.session = 2;
  EXPECT_EQ(Refused(late), "RECALL_TOO_LATE");
  EXPECT_TRUE(Do(Opening("b:1")).duplicate);
}

}  // namespace
}  // namespace kefu::inquiries::domain
