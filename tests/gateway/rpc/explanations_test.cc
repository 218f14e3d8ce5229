#include "gateway/rpc/explanations.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace kefu::gateway {
namespace {

using Reason = v1::Explanation;

routing::ClassTable Classes() {
  routing::ClassSpec given{.name = "g.0"}, taken{.name = "m.0"};
  taken.strategy = routing::Strategy::kManualClaim;
  return routing::ClassTable({given, taken});
}

// Waits first in its class, of which one agent has room.
routing::Explanation AboutToBeTaken() {
  routing::Explanation explanation;
  explanation.session.session.set_state(v1::Session::STATE_WAITING);
  explanation.session.class_name = "g.0";
  explanation.eligible = 3;
  explanation.with_room = 1;
  explanation.next_agent = "a_x";
  return explanation;
}

struct Row {
  std::string why;
  std::function<void(routing::Explanation&)> change;
  v1::Explanation::Reason reason;
};

TEST(ExplanationsTest, EveryStateHasItsReason) {
  const std::vector<Row> rows = {
      {"somebody has room", [](auto&) {}, Reason::REASON_NEXT},
      {"it is served", [](auto& e) { e.session.session.set_state(v1::Session::STATE_ACTIVE); },
       Reason::REASON_UNSPECIFIED},
      {"it is offered", [](auto& e) { e.session.session.set_state(v1::Session::STATE_OFFERED); },
       Reason::REASON_UNSPECIFIED},
      {"the buyer is away", [](auto& e) { e.buyer_away_until = TimePoint{1}; },
       Reason::REASON_BUYER_AWAY},
      {"it waits for its last agent",
       [](auto& e) {
         e.session.class_name = "@a_y";
         e.sticky_until = TimePoint{1};
       },
       Reason::REASON_LAST_AGENT},
      {"nobody is online", [](auto& e) { e.eligible = e.with_room = 0; },
       Reason::REASON_NOBODY_ONLINE},
      {"agents choose",
       [](auto& e) {
         e.session.class_name = "m.0";
         e.with_room = 0;
       },
       Reason::REASON_MANUAL_CLAIM},
      {"agents choose, but nobody is online",
       [](auto& e) {
         e.session.class_name = "m.0";
         e.eligible = 0;
       },
       Reason::REASON_NOBODY_ONLINE},
      {"all are full", [](auto& e) { e.with_room = 0; }, Reason::REASON_NOBODY_HAS_ROOM},
      {"who has room declined it",
       [](auto& e) {
         e.next_agent.clear();
         e.excluded = {{"a_x", TimePoint{1}}};
       },
       Reason::REASON_EXCLUDED},
      {"away comes before everything",
       [](auto& e) {
         e.eligible = e.with_room = 0;
         e.buyer_away_until = TimePoint{1};
       },
       Reason::REASON_BUYER_AWAY},
  };
  for (const Row& row : rows) {
    routing::Explanation explanation = AboutToBeTaken();
    row.change(explanation);
    EXPECT_EQ(ReasonOf(explanation, Classes()), row.reason) << row.why;
  }
}

TEST(ExplanationsTest, WhatComesNextIsToldByGroupAndStep) {
  routing::Explanation explanation = AboutToBeTaken();
  explanation.session.class_name = "g.1";
  explanation.next_class = "g.2";
  explanation.next_at = TimePoint{5000};
  explanation.excluded = {{"a_y", TimePoint{7000}}};
  const v1::Explanation message = ToMessage(explanation, Classes());
  EXPECT_EQ(message.step(), 1u);
  EXPECT_EQ(message.next_group(), "g");
  EXPECT_EQ(message.next_step(), 2u);
  EXPECT_EQ(message.next_time().seconds(), 5);
  ASSERT_EQ(message.excluded_size(), 1);
  EXPECT_EQ(message.excluded(0).until().seconds(), 7);
  EXPECT_FALSE(message.has_waits_until());
}

}  // namespace
}  // namespace kefu::gateway
