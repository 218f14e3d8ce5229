#include "gateway/sessions/session_cursors.h"

#include <gtest/gtest.h>

#include "tests/gateway/routing/support/router_fixture.h"

namespace kefu::gateway::sessions {
namespace {

using redis::Cursor;

class SessionCursorsTest : public routing::test::RouterTest {
 protected:
  absl::Status Advance(Cursor expected, Cursor next) {
    return Wait(cursors_.Advance(shop_, SessionCursors::kSource, expected, next));
  }
  Cursor At() { return Ok(Wait(cursors_.Get(shop_, SessionCursors::kSource))); }
  bool Remembered(int n) {
    return ReasonOf(Wait(router_->GetSession(shop_, Session(n)))) != "NO_SUCH_SESSION";
  }

  SessionCursors cursors_{*shards_, *router_};
};

TEST_F(SessionCursorsTest, WhereAnEarlierReleaseGotIsTakenOver) {
  ASSERT_TRUE(Ok(Wait(router_->AdvanceCursor(shop_, "inquiries", {}, {2, 7}))));
  EXPECT_EQ(At(), (Cursor{2, 7}));
  EXPECT_EQ(Ok(Wait(cursors_.List(shop_))).at("inquiries"), (Cursor{2, 7}));
}

TEST_F(SessionCursorsTest, MovesOnlyFromWhereItIsExpected) {
  EXPECT_TRUE(Advance({}, {1, 5}).ok());
  EXPECT_EQ(ErrorReason(Advance({}, {1, 6})), "CURSOR_MOVED");
  EXPECT_EQ(At(), (Cursor{1, 5}));
}

TEST_F(SessionCursorsTest, TombstonesStayUntilTheirCloseWasPassed) {
  Arrive(1);
  Complete(1);
  clock_.Advance(3'600'000);
  EXPECT_TRUE(Advance({}, {1, 5}).ok());
  EXPECT_TRUE(Remembered(1));
  cursors_.Passed(shop_, {routing::test::kStart - 1});
  EXPECT_TRUE(Advance({1, 5}, {1, 6}).ok());
  EXPECT_TRUE(Remembered(1));
  cursors_.Passed(shop_, clock_.Now());
  EXPECT_TRUE(Advance({1, 6}, {1, 7}).ok());
  EXPECT_FALSE(Remembered(1));
}

TEST_F(SessionCursorsTest, AtTheHeadOldTombstonesGoThoughNothingHappensAnyMore) {
  Arrive(1);
  Complete(1);
  EXPECT_TRUE(Advance({}, {1, 5}).ok());
  clock_.Advance(3'600'000);
  EXPECT_TRUE(Wait(cursors_.UpToDate(shop_)).ok());
  EXPECT_FALSE(Remembered(1));
  EXPECT_EQ(At(), (Cursor{1, 5}));
}

TEST_F(SessionCursorsTest, ADeadLetterIsKeptAndPassed) {
  redis::DeadLetter letter;
  letter.source = SessionCursors::kSource;
  letter.event = "event-1";
  EXPECT_TRUE(Wait(cursors_.Bury(shop_, letter, {}, {1, 1})).ok());
  EXPECT_EQ(At(), (Cursor{1, 1}));
  EXPECT_EQ(Ok(Wait(cursors_.ListDead(shop_, {}))).size(), 1u);
  EXPECT_TRUE(Wait(cursors_.DropDead(shop_, SessionCursors::kSource, "event-1")).ok());
  EXPECT_EQ(Ok(Wait(cursors_.ListDead(shop_, {}))).size(), 0u);
}

}  // namespace
}  // namespace kefu::gateway::sessions
