#include "gateway/rpc/board_reader.h"

#include <gtest/gtest.h>

#include "gateway/routing/config/plan.h"

namespace kefu::gateway {
namespace {

TEST(BoardTest, EveryGroupOfThePlanIsShownInItsOrder) {
  v1::RoutingConfig config;
  for (const char* group : {"sales", "returns"}) {
    config.add_groups()->set_group(group);
    config.mutable_groups()->rbegin()->set_display_name(std::string("The ") + group);
  }
  config.set_default_group("returns");
  const routing::config::Plan plan(config, 1);
  routing::GroupFigures busy;
  busy.waiting = 2;
  busy.oldest = TimePoint{3000};
  busy.served_today = 7;
  const v1::Board board = ToBoard(plan, {{"returns", busy}, {"gone", busy}, {"empty", {}}});
  ASSERT_EQ(board.groups_size(), 3);
  EXPECT_EQ(board.groups(0).group(), "sales");
  EXPECT_EQ(board.groups(0).display_name(), "The sales");
  EXPECT_FALSE(board.groups(0).has_oldest_enqueue_time());
  EXPECT_EQ(board.groups(1).group(), "returns");
  EXPECT_EQ(board.groups(1).waiting(), 2u);
  EXPECT_EQ(board.groups(1).oldest_enqueue_time().seconds(), 3);
  EXPECT_EQ(board.groups(1).served_today(), 7u);
  // No group any more, but somebody still waits in it.
  EXPECT_EQ(board.groups(2).group(), "gone");
}

}  // namespace
}  // namespace kefu::gateway
