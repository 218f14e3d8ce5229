#include "gateway/sessions/consult_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kefu::gateway::sessions {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

routing::SessionChange Change(v1::Session::State state, const std::string& agent,
                              const std::string& previous, uint64_t fence = 2) {
  routing::SessionChange change;
  change.session.set_session("s_1");
  change.session.set_state(state);
  change.session.set_agent(agent);
  change.session.set_fence(fence);
  change.previous_agent = previous;
  return change;
}

TEST(OwnersAfterTest, NobodyOwnsWhatWaitsIsOfferedOrIsOver) {
  for (const auto state : {v1::Session::STATE_WAITING, v1::Session::STATE_OFFERED,
                           v1::Session::STATE_WRAP, v1::Session::STATE_CLOSED}) {
    EXPECT_THAT(OwnersAfter({Change(state, "a_x", "a_x")}), ElementsAre(Pair("s_1", "")));
  }
}

TEST(OwnersAfterTest, TheLastChangeCounts) {
  EXPECT_THAT(OwnersAfter({Change(v1::Session::STATE_WAITING, "", "a_x"),
                           Change(v1::Session::STATE_ACTIVE, "a_y", "a_x")}),
              ElementsAre(Pair("s_1", "a_y")));
}

TEST(OwnersAfterTest, AFirstOwnerAndAnArrivalEndNothing) {
  EXPECT_THAT(OwnersAfter({Change(v1::Session::STATE_ACTIVE, "a_x", "", 1),
                           Change(v1::Session::STATE_WAITING, "", "", 0)}),
              IsEmpty());
}

}  // namespace
}  // namespace kefu::gateway::sessions
