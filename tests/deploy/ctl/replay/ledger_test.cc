#include "deploy/ctl/replay/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kefu::ctl {
namespace {

using ::testing::HasSubstr;

constexpr const char* kConversation = "c_x";
constexpr const char* kSession = "s_x_1";

// A buyer says "a" (1), a line says that an agent joined (2), the agent says "b" (3): all as
// promised. Each test then breaks one thing.
class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() {
    a_ = Store(Party::kBuyer, "a", 1, 100);
    b_ = Store(Party::kAgent, "b", 3, 200);
    log_ = {{1, kSession, "a"}, {2, kSession, ""}, {3, kSession, "b"}};
    for (const LogEntry& entry : log_) {
      ShowBuyer({entry.seq, entry.seq - 1, entry.client_id});
      ShowAgent({entry.seq, entry.seq - 1, entry.client_id});
    }
    sight_.held_until[kSession] = 3;
  }

  size_t Store(Party party, const std::string& client_id, uint64_t seq, int64_t sent_us) {
    const size_t message = ledger_.Sent(party, kConversation, sent_us);
    ledger_.Requested(message, client_id);
    ledger_.Acknowledged(message, seq, sent_us + 10);
    return message;
  }
  void ShowBuyer(const ViewEntry& entry) {
    const Arrival arrival = buyer_.Apply(entry);
    ledger_.Arrived(Party::kBuyer, kConversation, entry.seq, arrival, 300);
  }
  void ShowAgent(const ViewEntry& entry) {
    if (sight_.views.empty()) sight_.views.emplace_back(false);
    const Arrival arrival = sight_.views.back().Apply(entry);
    ledger_.Arrived(Party::kAgent, kConversation, entry.seq, arrival, 400);
  }

  Report Judge() {
    ConversationFacts facts;
    facts.conversation = kConversation;
    facts.log = log_;
    facts.staff_log = staff_log_;
    facts.buyer_view = &buyer_;
    facts.agents = {&sight_};
    Report report;
    report.chats.selected = report.chats.finished = 1;
    ledger_.Judge({facts}, &report);
    return report;
  }

  Ledger ledger_;
  std::vector<LogEntry> log_, staff_log_;
  StreamView buyer_{true};
  AgentSight sight_;
  size_t a_ = 0, b_ = 0;
};

TEST_F(LedgerTest, WhatIsAsPromisedPasses) {
  staff_log_ = log_;
  const Report report = Judge();
  EXPECT_EQ(report.verdict(), Report::Verdict::kPassed);
  EXPECT_EQ(report.exit_code(), 0);
  EXPECT_EQ(report.messages.sent, 2u);
  EXPECT_EQ(report.messages.acknowledged, 2u);
  EXPECT_EQ(report.messages.delivered, 2u);
  EXPECT_EQ(report.messages.echoed, 2u);
  EXPECT_EQ(report.acknowledge.max_us, 10);
  // The agent saw "a" 300 µs after it was sent, the buyer "b" after 100.
  EXPECT_EQ(report.deliver.max_us, 300);
  EXPECT_EQ(report.deliver.p50_us, 100);
}

TEST_F(LedgerTest, AnAcknowledgedMessageMissingInTheLogIsLost) {
  Store(Party::kBuyer, "c", 4, 500);
  const Report report = Judge();
  EXPECT_EQ(report.broken.lost_from_log, 1u);
  EXPECT_EQ(report.exit_code(), 1);
  ASSERT_FALSE(report.findings.empty());
  EXPECT_THAT(report.findings.front(), HasSubstr("c"));
}

TEST_F(LedgerTest, AnAcknowledgedMessageStoredElsewhereIsLostFromItsPlace) {
  Store(Party::kBuyer, "c", 5, 500);
  log_.push_back({4, kSession, "c"});
  ShowBuyer({4, 3, "c"});
  EXPECT_EQ(Judge().broken.lost_from_log, 1u);
}

TEST_F(LedgerTest, ARefusedMessageNeedNotBeInTheLog) {
  const size_t message = ledger_.Sent(Party::kBuyer, kConversation, 500);
  ledger_.Requested(message, "c");
  ledger_.Ended(message, Message::State::kRefused);
  const Report report = Judge();
  EXPECT_EQ(report.verdict(), Report::Verdict::kPassed);
  EXPECT_EQ(report.messages.refused, 1u);
}

TEST_F(LedgerTest, AnEntryThatTheBuyersStreamNeverShowedIsLost) {
  log_.push_back({4, kSession, ""});
  const Report report = Judge();
  EXPECT_EQ(report.broken.lost_in_streams, 1u);
  EXPECT_EQ(report.exit_code(), 1);
}

TEST_F(LedgerTest, AnEntryThatTheAgentHadToSeeAndDidNotIsLost) {
  log_.push_back({4, kSession, ""});
  ShowBuyer({4, 3, ""});
  EXPECT_EQ(Judge().broken.lost(), 0u);
  sight_.held_until[kSession] = 4;
  EXPECT_EQ(Judge().broken.lost_in_streams, 1u);
}

TEST_F(LedgerTest, AnAgentNeedNotSeeOtherAgentsSessions) {
  log_.push_back({4, "s_x_2", ""});
  ShowBuyer({4, 3, ""});
  sight_.held_until[kSession] = 4;
  EXPECT_EQ(Judge().verdict(), Report::Verdict::kPassed);
}

TEST_F(LedgerTest, ARequestStoredTwiceIsADuplicate) {
  log_.push_back({4, kSession, "b"});
  ShowBuyer({4, 3, "b"});
  const Report report = Judge();
  EXPECT_EQ(report.broken.duplicated_in_log, 1u);
  EXPECT_EQ(report.exit_code(), 1);
}

TEST_F(LedgerTest, AMessageStoredUnderTwoRequestsIsADuplicate) {
  ledger_.Requested(a_, "a2");
  log_.push_back({4, kSession, "a2"});
  ShowBuyer({4, 3, "a2"});
  EXPECT_EQ(Judge().broken.duplicated_in_log, 1u);
}

TEST_F(LedgerTest, AnEntryDeliveredTwiceIsADuplicate) {
  ShowBuyer({3, 2, "b"});
  const Report report = Judge();
  EXPECT_EQ(report.broken.duplicated_in_streams, 1u);
  EXPECT_EQ(report.exit_code(), 1);
}

TEST_F(LedgerTest, AnEntryDeliveredLateIsReordered) {
  log_.push_back({4, kSession, ""});
  log_.push_back({5, kSession, ""});
  ShowBuyer({5, 4, ""});
  ShowBuyer({4, 3, ""});
  const Report report = Judge();
  EXPECT_EQ(report.broken.reordered_in_streams, 1u);
  EXPECT_EQ(report.effort.gaps, 1u);
  EXPECT_EQ(report.broken.lost(), 0u);
  EXPECT_EQ(report.exit_code(), 1);
}

TEST_F(LedgerTest, AMessageThatWasSentAfterAnotherAcknowledgementHasALaterPlace) {
  Store(Party::kBuyer, "late", 5, 500);
  Store(Party::kBuyer, "later", 4, 600);
  log_.push_back({4, kSession, "later"});
  log_.push_back({5, kSession, "late"});
  ShowBuyer({4, 3, "later"});
  ShowBuyer({5, 4, "late"});
  EXPECT_EQ(Judge().broken.reordered_in_log, 1u);
}

TEST_F(LedgerTest, MessagesUnderWayTogetherMayHaveEitherOrder) {
  Store(Party::kBuyer, "x", 5, 500);
  Store(Party::kAgent, "y", 4, 505);
  log_.push_back({4, kSession, "y"});
  log_.push_back({5, kSession, "x"});
  ShowBuyer({4, 3, "y"});
  ShowBuyer({5, 4, "x"});
  EXPECT_EQ(Judge().broken.reordered(), 0u);
}

TEST_F(LedgerTest, AViewThatShowsWhatTheLogDoesNotHaveIsUnlikeIt) {
  ShowBuyer({4, 3, "ghost"});
  const Report report = Judge();
  EXPECT_EQ(report.broken.views_unlike_log, 1u);
  EXPECT_EQ(report.exit_code(), 1);
}

TEST_F(LedgerTest, AnAgentsViewIsComparedWithTheStaffsLog) {
  staff_log_ = log_;
  staff_log_[1].client_id = "note";
  EXPECT_EQ(Judge().broken.views_unlike_log, 1u);
}

TEST_F(LedgerTest, WhatCouldNotBeReadBackIsInconclusive) {
  Report report = Judge();
  report.chats.unverified = 1;
  EXPECT_EQ(report.verdict(), Report::Verdict::kInconclusive);
  EXPECT_EQ(report.exit_code(), 3);
}

TEST(Report, ARunThatAcknowledgedNothingIsInconclusive) {
  Report report;
  EXPECT_EQ(report.verdict(), Report::Verdict::kInconclusive);
}

TEST(Report, BothFormsNameTheVerdictAndTheFindings) {
  Report report;
  report.broken.lost_from_log = 2;
  report.Find("c_x: something is gone");
  report.Trouble("buyer-1: no answer");
  EXPECT_THAT(ReportText(report), HasSubstr("broken"));
  EXPECT_THAT(ReportText(report), HasSubstr("broken: c_x: something is gone"));
  EXPECT_THAT(ReportText(report), HasSubstr("trouble: buyer-1: no answer"));
  const auto json = nlohmann::json::parse(ReportJson(report));
  EXPECT_EQ(json.at("verdict"), "broken");
  EXPECT_EQ(json.at("lost"), 2);
  EXPECT_EQ(json.at("findings").at(0), "c_x: something is gone");
}

TEST(Report, FindingsAreBounded) {
  Report report;
  for (int i = 0; i < 1000; ++i) {
    report.Trouble("y");
    report.Find("x");
  }
  EXPECT_EQ(report.findings.size(), Report::kMostFindings);
  EXPECT_EQ(report.troubles.size(), Report::kMostFindings);
}

}  // namespace
}  // namespace kefu::ctl
