#include "gateway/sessions/wait_range.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kefu::gateway::sessions {
namespace {

constexpr TimePoint kNow{1'700'000'000'000};

routing::Event Entry(const std::string& cause, int64_t at_ms_ago, int64_t assigned_ms_ago) {
  routing::Event event;
  event.time = kNow + -at_ms_ago;
  event.change.cause = cause;
  event.change.group = "desk";
  event.change.previous_agent = "a_x";
  const int64_t assigned_ms = kNow.ms - assigned_ms_ago;
  event.change.session.mutable_assign_time()->set_seconds(assigned_ms / 1000);
  event.change.session.mutable_assign_time()->set_nanos(static_cast<int32_t>(assigned_ms % 1000) *
                                                        1'000'000);
  return event;
}

routing::Event Assigned(int64_t at_ms_ago, int64_t waited_ms) {
  routing::Event event = Entry("assigned", at_ms_ago, at_ms_ago);
  event.change.assignment.how = "agent";
  event.change.assignment.waited_ms = waited_ms;
  return event;
}

TEST(ServiceTimesOf, CountsWhatWasServedAndClosedAndTheLastWait) {
  routing::Event never_served = Entry("closed", 10, 0);
  never_served.change.session.clear_assign_time();
  never_served.change.previous_agent.clear();
  const auto times = ServiceTimesOf({Assigned(9000, 500), Entry("closed", 1000, 61'000),
                                     Entry("transferred", 900, 5000), Assigned(800, 7000),
                                     Entry("closed", 0, 120'000), never_served});
  const ServiceTimes& desk = times.at("desk");
  EXPECT_EQ(desk.closed, 2u);
  EXPECT_EQ(desk.served_ms, 180'000);
  EXPECT_EQ(desk.last_wait_ms, 7000);
  EXPECT_EQ(desk.last_assigned, kNow + -800);
}

TEST(PredictRange, IsNoneIfNothingIsKnownOrNobodyIsThere) {
  EXPECT_EQ(PredictRange({.online = 1}, {}, 0, kNow), std::nullopt);
  EXPECT_EQ(PredictRange({.online = 0}, {.closed = 1, .served_ms = 1000}, 0, kNow), std::nullopt);
}

TEST(PredictRange, GrowsWithTheQueueAndShrinksWithTheHelpers) {
  const ServiceTimes times{.closed = 10, .served_ms = 10 * 300'000};
  const routing::GroupFigures figures{.active = 50, .online = 10};
  // Ten departures from fifty chats of 300 s each: 60 s on average, 19 s more or less.
  EXPECT_EQ(PredictRange(figures, times, 9, kNow), (WaitRange{40, 80}));
  const auto first = PredictRange(figures, times, 0, kNow);
  EXPECT_EQ(first, (WaitRange{0, 20}));
  const auto far = PredictRange(figures, times, 99, kNow);
  EXPECT_GT(far->low_s, 480);
  EXPECT_EQ(far->low_s % 60, 0);
  const auto fewer = PredictRange({.active = 5, .online = 1}, times, 9, kNow);
  EXPECT_GT(fewer->low_s, 120);
  EXPECT_LT(fewer->low_s, fewer->high_s);
}

TEST(PredictRange, TakesTheLastWaitInUnlessItIsLongAgo) {
  ServiceTimes times{.closed = 10, .served_ms = 10 * 300'000};
  times.last_wait_ms = 600'000;
  times.last_assigned = kNow;
  const routing::GroupFigures figures{.active = 50, .online = 10};
  EXPECT_GE(PredictRange(figures, times, 9, kNow)->high_s, 600);
  times.last_assigned = kNow + -3'600'000;
  EXPECT_EQ(PredictRange(figures, times, 9, kNow), (WaitRange{40, 80}));
}

}  // namespace
}  // namespace kefu::gateway::sessions
