#include "gateway/sessions/arrival_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace kefu::gateway::sessions {
namespace {

constexpr TimePoint kNow{1'700'000'000'000};
constexpr int64_t kHourMs = 3'600'000;

const ConversationId kConversation = ConversationId::New();

inquiries::v1::Inquiry Earlier(uint32_t ordinal, const std::string& agent, int64_t closed_ms_ago) {
  inquiries::v1::Inquiry inquiry;
  inquiry.set_session(SessionId(kConversation, ordinal).str());
  inquiry.set_state(inquiries::v1::Inquiry::STATE_CLOSED);
  inquiry.set_agent(agent);
  inquiry.mutable_close_time()->set_seconds((kNow.ms - closed_ms_ago) / 1000);
  return inquiry;
}

TEST(ToArrival, KnowsWhatThePlanGoesBy) {
  inquiries::v1::Inquiry inquiry;
  inquiry.set_session(SessionId(kConversation, 3).str());
  inquiry.set_fence(7);
  inquiry.set_reopened(2);
  common::v1::Opening& opening = *inquiry.mutable_opening();
  opening.set_category(common::v1::CATEGORY_LOGISTICS);
  opening.set_language("en");
  opening.set_channel(common::v1::CHANNEL_PLATFORM);
  opening.set_priority(common::v1::PRIORITY_VIP);
  opening.mutable_page()->set_url("https://shop.example/orders/1");
  const routing::Arrival arrival = ToArrival(inquiry).value();
  const routing::SessionTraits traits = TraitsOf(arrival);
  EXPECT_EQ(traits.category, common::v1::CATEGORY_LOGISTICS);
  EXPECT_EQ(traits.language, "en");
  EXPECT_EQ(traits.channel, "platform");
  EXPECT_EQ(traits.priority, "vip");
  EXPECT_EQ(traits.page, "https://shop.example/orders/1");
  EXPECT_EQ(arrival.fence, 7u);
  EXPECT_EQ(arrival.reopened, 2u);
  EXPECT_EQ(arrival.buyer, BuyerOf(kConversation));
}

TEST(ToArrival, WhatIsNotSaidIsEmpty) {
  inquiries::v1::Inquiry inquiry;
  inquiry.set_session(SessionId(kConversation, 1).str());
  inquiry.mutable_opening()->set_priority(common::v1::PRIORITY_NORMAL);
  const routing::Arrival arrival = ToArrival(inquiry).value();
  EXPECT_EQ(arrival.channel, "");
  EXPECT_EQ(arrival.priority, "");
  EXPECT_FALSE(ToArrival({}).ok());
}

TEST(LastAgent, IsTheNewestWhoServedTheBuyerLately) {
  const AgentId one = AgentId::New();
  const AgentId two = AgentId::New();
  const SessionId now(kConversation, 4);
  Inquiries inquiries;
  *inquiries.Add() = Earlier(4, one.str(), 0);
  inquiries.Mutable(0)->set_state(inquiries::v1::Inquiry::STATE_OPEN);
  *inquiries.Add() = Earlier(3, "", kHourMs);  // left before anybody served it
  *inquiries.Add() = Earlier(2, two.str(), 2 * kHourMs);
  *inquiries.Add() = Earlier(1, one.str(), 3 * kHourMs);
  EXPECT_EQ(LastAgent(inquiries, now, kNow, 24 * kHourMs), two);
  EXPECT_EQ(LastAgent(inquiries, now, kNow, 2 * kHourMs), two);
  EXPECT_EQ(LastAgent(inquiries, now, kNow, kHourMs), std::nullopt);
  EXPECT_EQ(LastAgent({}, now, kNow, kHourMs), std::nullopt);
}

TEST(RememberMs, IsADayUnlessTheShopSaysElse) {
  v1::RoutingConfig config;
  config.add_groups()->set_group("desk");
  config.set_default_group("desk");
  EXPECT_EQ(RememberMs(routing::config::Plan(config, 1)), 24 * kHourMs);
  config.mutable_sticky()->mutable_remember()->set_seconds(60);
  EXPECT_EQ(RememberMs(routing::config::Plan(config, 1)), 60'000);
  config.mutable_sticky()->set_disabled(true);
  EXPECT_EQ(RememberMs(routing::config::Plan(config, 1)), 0);
}

TEST(DueOf, IsTheOpeningElseAnHour) {
  routing::config::Placement placement;
  EXPECT_EQ(DueOf(placement, kNow), kNow + kHourMs);
  placement.closed = true;
  EXPECT_EQ(DueOf(placement, kNow), kNow + kHourMs);
  placement.opens = kNow + 5;
  EXPECT_EQ(DueOf(placement, kNow), kNow + 5);
}

}  // namespace
}  // namespace kefu::gateway::sessions
