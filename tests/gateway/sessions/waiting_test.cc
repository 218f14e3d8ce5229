// Sessions that are not served at once, from their arrival to their end, with the store's clock set
// by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/sessions/announcer.h"
#include "gateway/sessions/arrivals.h"
#include "gateway/sessions/buyer_states.h"
#include "gateway/sessions/routing_events.h"
#include "gateway/sessions/session_flow.h"
#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"
#include "tests/gateway/sessions/fake_inquiries.h"
#include "tests/support/await.h"

namespace kefu::gateway::sessions {
namespace {

using kefu::test::Await;
using ::testing::ElementsAre;

constexpr int64_t kHourMs = 3'600'000;

Task<absl::StatusOr<routing::KnownAgent>> Nobody(ShopId, AgentId) {
  co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_AGENT", "There is no such agent.");
}

// One group, "desk", in which a session waits two minutes at most.
class WaitingTest : public ::testing::Test {
 protected:
  WaitingTest() {
    world_.AddShop("demo");
    Configure([](v1::SkillGroup&) {});
  }

  void Configure(const std::function<void(v1::SkillGroup&)>& change) {
    v1::RoutingConfig config;
    config.add_languages("zh-CN");
    v1::SkillGroup& desk = *config.add_groups();
    desk.set_group("desk");
    desk.mutable_waiting_limit()->set_seconds(120);
    change(desk);
    v1::BusinessHours& past = *config.add_hours();
    past.set_hours("past");
    past.set_time_zone("Asia/Shanghai");
    past.add_exceptions()->set_date("2020-01-01");
    config.set_default_group("desk");
    ASSERT_TRUE(Await(configs_.Set(world_.Fresh(), shop_, config, std::nullopt, "")).ok());
    ASSERT_TRUE(Await(plans_.Read(shop_)).ok());
    ASSERT_TRUE(Await(router_.Configure(shop_)).ok());
  }
  static void CloseWithMessage(v1::SkillGroup& desk) {
    desk.set_hours("past");
    (*desk.mutable_fallback()->mutable_leave_message()->mutable_texts())["zh-CN"] = "休息中";
  }

  server::CallScope Scope() const {
    server::CallScope scope;
    scope.deadline_ms = MonotonicMs() + 5000;
    return scope;
  }
  Standing Admit(bool fresh = true) {
    auto admitted = Await(arrivals_.Admit(Scope(), shop_, inquiries_.inquiry(), fresh));
    EXPECT_TRUE(admitted.ok()) << admitted.status();
    return admitted.ok() ? *std::move(admitted) : Standing{};
  }
  // As the reader of the routing log does, from its beginning.
  void FollowAll() {
    auto events = Await(router_.ReadEvents(shop_, 0, 100));
    ASSERT_TRUE(events.ok());
    for (routing::Event& event : *events) {
      const absl::Status followed = Await(events_.Follow(Scope(), shop_, std::move(event)));
      EXPECT_TRUE(followed.ok()) << followed;
    }
  }
  void Pass(int64_t ms) {
    world_.clock.Advance(ms);
    EXPECT_TRUE(Await(router_.Sweep(shop_)).ok());
  }
  std::optional<TimePoint> ServeDue() {
    auto next = Await(arrivals_.ServeDue(Scope(), shop_));
    EXPECT_TRUE(next.ok()) << next.status();
    return next.ok() ? *next : std::nullopt;
  }
  std::string CauseNow() {
    auto routed = Await(router_.GetRouting(shop_, session_));
    return routed.ok() ? routed->cause : ErrorReason(routed.status());
  }
  v1::Session::State StateNow() {
    auto routed = Await(router_.GetRouting(shop_, session_));
    return routed.ok() ? routed->session.state() : v1::Session::STATE_UNSPECIFIED;
  }
  v1::BuyerSessionState Shown() { return Await(states_.Of(shop_, session_)).value().state; }
  std::optional<Parking> Parked() { return Await(lot_.Find(shop_, session_)).value(); }
  std::vector<std::string> Said() {
    std::vector<std::string> said;
    for (const auto& [id, what] : inquiries_.said()) said.push_back(what);
    return said;
  }
  AgentId Online() {
    const AgentId agent = AgentId::New();
    EXPECT_TRUE(Await(router_.ConnectAgent(shop_, {.agent = agent})).ok());
    EXPECT_TRUE(Await(router_.SetPresence(shop_, agent, v1::PRESENCE_ONLINE)).ok());
    return agent;
  }
  absl::Status Leave(const std::string& request, std::optional<TimePoint> due) {
    redis::Request once;
    once.id = request;
    return Await(arrivals_.LeaveMessage(Scope(), shop_, session_, once, due)).status();
  }

  gateway::test::World world_;
  const ShopId shop_ = world_.demo;
  const SessionId session_{ConversationId::New(), 2};
  test::FakeInquiries inquiries_{session_};
  directory::RoutingConfigs configs_{world_.store, world_.here.notices,
                                     gateway::test::ManualMonotonicMs};
  RoutingPlans plans_{configs_};
  routing::Router router_{world_.shards(), {.plans = &plans_, .test_clock = &world_.clock}};
  std::unique_ptr<events::Publisher> publisher_ = *events::Publisher::Bind("tcp://127.0.0.1:0");
  Announcer announcer_{inquiries_.client(), *publisher_, Nobody, world_.clock};
  timers::DueQueue timers_{world_.shards(), "gateway", &world_.clock};
  ParkingLot lot_{world_.store, timers_};
  SystemVoice voice_{inquiries_.client()};
  Arrivals arrivals_{
      {inquiries_.client(), router_, announcer_, plans_, lot_, voice_, world_.clock}};
  SessionFlow flow_{inquiries_.client(), router_, announcer_, arrivals_};
  RoutingEvents events_{
      {inquiries_.client(), router_, announcer_, flow_, arrivals_, plans_, voice_, world_.clock}};
  WaitEstimates waits_{router_, world_.clock};
  BuyerStates states_{{router_, lot_, waits_, Nobody}};
};

TEST_F(WaitingTest, WhoWaitedTooLongIsKeptForAnHourAndThenWaitsAgain) {
  Admit();
  Pass(120'000);
  EXPECT_EQ(CauseNow(), "gave_up");
  EXPECT_EQ(Shown().state(), v1::Session::STATE_WAITING);
  FollowAll();
  FollowAll();
  ASSERT_TRUE(Parked());
  EXPECT_EQ(Parked()->reason, v1::Parked::REASON_WAITED_TOO_LONG);
  EXPECT_EQ(Shown().parked().reason(), v1::Parked::REASON_WAITED_TOO_LONG);
  EXPECT_THAT(Said(), ElementsAre("WAITED_TOO_LONG"));
  EXPECT_EQ(ServeDue(), world_.clock.Now() + kHourMs);
  Pass(kHourMs);
  EXPECT_EQ(ServeDue(), std::nullopt);
  EXPECT_EQ(StateNow(), v1::Session::STATE_WAITING);
  EXPECT_FALSE(Parked());
  // The entry that it gave up is read once more, late.
  FollowAll();
  EXPECT_FALSE(Parked());
  // Its close is its close, however often it waited.
  inquiries_.Change([](auto& inquiry) { inquiry.set_state(inquiries::v1::Inquiry::STATE_CLOSED); });
  ASSERT_TRUE(Await(flow_.Complete(Scope(), shop_, inquiries_.inquiry())).ok());
  EXPECT_EQ(StateNow(), v1::Session::STATE_CLOSED);
}

TEST_F(WaitingTest, WhoComesOutsideTheHoursIsKeptUntilItIsOpen) {
  Configure(CloseWithMessage);
  const Standing standing = Admit();
  ASSERT_TRUE(standing.parked);
  EXPECT_EQ(standing.parked->reason, v1::Parked::REASON_CLOSED);
  EXPECT_EQ(standing.parked->text, "休息中");
  EXPECT_EQ(CauseNow(), "NO_SUCH_SESSION");
  // The same once more, from the log of inquiries.
  EXPECT_TRUE(Admit(/*fresh=*/false).parked);
  EXPECT_THAT(Said(), ElementsAre("CLOSED", "closed"));
  Pass(kHourMs);
  EXPECT_EQ(ServeDue(), world_.clock.Now() + kHourMs);
  EXPECT_EQ(Parked()->times, 2u);
  Configure([](v1::SkillGroup&) {});
  Pass(kHourMs);
  ServeDue();
  EXPECT_EQ(StateNow(), v1::Session::STATE_WAITING);
}

TEST_F(WaitingTest, AFullQueueKeepsWhoComesAndLetsItInLaterHoweverFullItIsThen) {
  Configure([](v1::SkillGroup& desk) { desk.set_queue_cap(1); });
  const ConversationId other = ConversationId::New();
  routing::Arrival first{.session = SessionId(other, 1), .buyer = BuyerOf(other)};
  ASSERT_TRUE(Await(router_.Arrive(shop_, first)).ok());
  const Standing standing = Admit();
  ASSERT_TRUE(standing.parked);
  EXPECT_EQ(standing.parked->reason, v1::Parked::REASON_QUEUE_FULL);
  // The log of inquiries goes on.
  EXPECT_TRUE(Admit(/*fresh=*/false).parked);
  world_.clock.Advance(kHourMs);
  ServeDue();
  EXPECT_EQ(StateNow(), v1::Session::STATE_WAITING);
  EXPECT_EQ(Shown().place().ahead(), 1u);
}

TEST_F(WaitingTest, AMessageIsLeftOnceAndTheSessionComesBackWhenTheBuyerWishes) {
  Admit();
  const TimePoint wish = world_.clock.Now() + 10'000;
  ASSERT_TRUE(Leave("request-1", wish).ok());
  EXPECT_EQ(CauseNow(), "parked");
  ASSERT_TRUE(Leave("request-1", wish).ok());
  EXPECT_EQ(Parked()->times, 1u);
  EXPECT_EQ(Shown().parked().due_time().seconds(), wish.ms / 1000);
  FollowAll();
  EXPECT_THAT(Said(), ElementsAre("BUYER_CHOSE"));
  EXPECT_EQ(inquiries_.inquiry().state(), inquiries::v1::Inquiry::STATE_OPEN);
  Pass(10'000);
  ServeDue();
  EXPECT_EQ(StateNow(), v1::Session::STATE_WAITING);
  // A late repetition does not send it away again.
  ASSERT_TRUE(Leave("request-1", wish).ok());
  EXPECT_EQ(StateNow(), v1::Session::STATE_WAITING);
}

TEST_F(WaitingTest, WhoIsServedLeavesNoMessageAndNoQueue) {
  Online();
  Admit();
  EXPECT_EQ(StateNow(), v1::Session::STATE_ACTIVE);
  EXPECT_EQ(ErrorReason(Leave("request-1", std::nullopt)), "NOT_WAITING");
  EXPECT_EQ(ErrorReason(Await(events_.LeaveQueue(Scope(), shop_, session_))), "NOT_WAITING");
  EXPECT_FALSE(Parked());
}

TEST_F(WaitingTest, AParkedSessionThatIsClosedDoesNotComeBack) {
  Admit();
  ASSERT_TRUE(Leave("request-1", std::nullopt).ok());
  inquiries_.Change([](auto& inquiry) { inquiry.set_state(inquiries::v1::Inquiry::STATE_CLOSED); });
  ASSERT_TRUE(Await(flow_.Complete(Scope(), shop_, inquiries_.inquiry())).ok());
  EXPECT_EQ(CauseNow(), "closed");
  Pass(kHourMs);
  EXPECT_EQ(ServeDue(), std::nullopt);
  EXPECT_EQ(StateNow(), v1::Session::STATE_CLOSED);
  // Nor when whoever brought it back had seen it open still.
  inquiries_.Change([](auto& inquiry) { inquiry.set_state(inquiries::v1::Inquiry::STATE_OPEN); });
  ASSERT_TRUE(Await(arrivals_.GoOn(Scope(), shop_, inquiries_.inquiry())).ok());
  EXPECT_EQ(StateNow(), v1::Session::STATE_CLOSED);
}

TEST_F(WaitingTest, WhoStaysAwayIsClosedAsAbandoned) {
  Admit();
  ASSERT_TRUE(Await(router_.SetBuyerPresent(shop_, session_, false)).ok());
  EXPECT_TRUE(Await(states_.Of(shop_, session_)).value().away);
  Pass(60'000);
  EXPECT_EQ(CauseNow(), "abandoned");
  FollowAll();
  EXPECT_EQ(inquiries_.inquiry().state(), inquiries::v1::Inquiry::STATE_CLOSED);
  EXPECT_EQ(inquiries_.inquiry().close_reason(), "abandoned");
  EXPECT_EQ(Shown().state(), v1::Session::STATE_CLOSED);
}

TEST_F(WaitingTest, WhoWritesAfterAllIsNotClosedButWaits) {
  Admit();
  ASSERT_TRUE(Await(router_.SetBuyerPresent(shop_, session_, false)).ok());
  Pass(60'000);
  inquiries_.BuyerWrites(world_.clock.Now() + 1);
  FollowAll();
  EXPECT_EQ(inquiries_.inquiry().state(), inquiries::v1::Inquiry::STATE_OPEN);
  EXPECT_EQ(StateNow(), v1::Session::STATE_WAITING);
}

TEST_F(WaitingTest, LeavingTheQueueClosesTheSessionOnce) {
  Admit();
  ASSERT_TRUE(Await(events_.LeaveQueue(Scope(), shop_, session_)).ok());
  ASSERT_TRUE(Await(events_.LeaveQueue(Scope(), shop_, session_)).ok());
  EXPECT_EQ(inquiries_.inquiry().close_reason(), "abandoned");
  EXPECT_EQ(StateNow(), v1::Session::STATE_CLOSED);
}

TEST_F(WaitingTest, TheAgentOfLastTimeIsAskedForAndOthersAreNot) {
  const AgentId idle = Online();
  const AgentId last = Online();
  inquiries::v1::Inquiry earlier;
  earlier.set_session(SessionId(session_.conversation(), 1).str());
  earlier.set_state(inquiries::v1::Inquiry::STATE_CLOSED);
  earlier.set_agent(last.str());
  earlier.mutable_close_time()->set_seconds(world_.clock.Now().ms / 1000 - 60);
  inquiries_.SetEarlier({earlier});
  const Standing standing = Admit();
  ASSERT_TRUE(standing.routed);
  EXPECT_EQ(standing.routed->session.agent(), last.str());
  EXPECT_EQ(inquiries_.lists(), 1);
  // What is in routing already asks nobody anything.
  Admit(/*fresh=*/false);
  EXPECT_EQ(inquiries_.lists(), 1);
}

}  // namespace
}  // namespace kefu::gateway::sessions
