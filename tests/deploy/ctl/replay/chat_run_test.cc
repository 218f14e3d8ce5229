#include "deploy/ctl/replay/chat_run.h"

#include <gtest/gtest.h>

#include "deploy/ctl/replay/history.h"
#include "deploy/ctl/replay/runner.h"

namespace kefu::ctl {
namespace {

using State = TurnRun::State;

const Chat& Example() {
  static const Chat chat = {
      "x",
      0,
      {{Party::kBuyer, 0, "q"}, {Party::kAgent, 10000, "one"}, {Party::kAgent, 20000, "two"}}};
  return chat;
}

TEST(ChatRun, AgentsTakeTheirTurnsOneAfterTheOther) {
  ChatRun run(Example(), 1, 0, 1);
  EXPECT_EQ(run.NextAgentTurn(), 1u);
  run.turns()[1].state = State::kUnderWay;
  EXPECT_EQ(run.NextAgentTurn(), std::nullopt);
  run.turns()[1].state = State::kDone;
  EXPECT_EQ(run.NextAgentTurn(), 2u);
  run.turns()[2].state = State::kGivenUp;
  EXPECT_EQ(run.NextAgentTurn(), std::nullopt);
}

TEST(ChatRun, ItIsFinishedWhenAllWasSaidAndEverySessionIsClosed) {
  ChatRun run(Example(), 1, 0, 1);
  run.opened = {"s1", "s2"};
  run.closed = {"s1"};
  for (TurnRun& turn : run.turns()) turn.state = State::kDone;
  EXPECT_TRUE(run.Settled());
  EXPECT_FALSE(run.Finished());
  run.closed.insert("s2");
  EXPECT_TRUE(run.Finished());
}

TEST(ChatRun, TurnsAreDueAtTheirRecordedTimesDividedBySpeed) {
  ChatRun run(Example(), 1, 1000, 10);
  EXPECT_EQ(run.DueMs(0), 1000);
  EXPECT_EQ(run.DueMs(1), 2000);
  EXPECT_EQ(ChatRun(Example(), 1, 1000, 0).DueMs(1), 0);
}

TEST(ChatRun, CuttingLeavesAloneWhatIsUnderWay) {
  ChatRun run(Example(), 1, 0, 1);
  run.turns()[0].state = State::kUnderWay;
  run.Cut();
  EXPECT_TRUE(run.cut());
  EXPECT_FALSE(run.Settled());
  EXPECT_EQ(run.turns()[1].state, State::kGivenUp);
  run.turns()[0].state = State::kDone;
  EXPECT_TRUE(run.Settled());
}

TEST(ChatRun, CuttingWhatIsCompleteCutsNothing) {
  ChatRun run(Example(), 1, 0, 1);
  for (TurnRun& turn : run.turns()) turn.state = State::kDone;
  run.Cut();
  EXPECT_FALSE(run.cut());
}

TEST(Logins, AreTwoWordsALine) {
  const auto logins = ParseLogins("ann secret1\n\nbob secret2\n");
  ASSERT_TRUE(logins.ok());
  ASSERT_EQ(logins->size(), 2u);
  EXPECT_EQ((*logins)[1].login, "bob");
  EXPECT_EQ((*logins)[1].password, "secret2");
  EXPECT_FALSE(ParseLogins("ann").ok());
  EXPECT_FALSE(ParseLogins("ann secret more").ok());
}

TEST(History, ALineHasWhatAppliesAndNothingElse) {
  HistoryRecord record;
  record.process = "buyer-1";
  record.op = "send";
  record.conversation = "c_x";
  record.client_id = "r-1";
  record.t_invoke_us = 5;
  record.t_return_us = 7;
  record.result = "ok";
  record.seq = 3;
  EXPECT_EQ(
      HistoryLine(record),
      R"({"process":"buyer-1","op":"send","conversation":"c_x","client_id":"r-1","t_invoke":5,"t_return":7,)"
      R"("result":"ok","seq":3})");
}

TEST(History, AnEmptyViewIsStillAView) {
  HistoryRecord record;
  record.op = "view";
  record.seqs.emplace();
  record.complete = true;
  EXPECT_EQ(HistoryLine(record),
            R"({"op":"view","t_invoke":0,"t_return":0,"seqs":[],"client_ids":[],"complete":true})");
}

}  // namespace
}  // namespace kefu::ctl
