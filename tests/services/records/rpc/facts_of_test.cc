#include "services/records/rpc/facts_of.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <limits>

#include "proto/kefu/after_sales/v1/events.pb.h"
#include "proto/kefu/gateway/v1/events.pb.h"
#include "proto/kefu/inquiries/v1/events.pb.h"
#include "proto/kefu/logistics/v1/events.pb.h"
#include "proto/kefu/orders/v1/events.pb.h"
#include "services/common/base/status.h"

namespace kefu::records::rpc {
namespace {

using storage::Fact;

const BuyerId kBuyer = BuyerId::New();
const SessionId kSession(ConversationOf(kBuyer), 1);

events::v1::Envelope Event(const std::string& source, const std::string& type,
                           const google::protobuf::Message& data, uint64_t store_epoch = 1) {
  events::v1::Envelope envelope;
  envelope.set_source(source);
  envelope.set_type(type);
  envelope.set_store_epoch(store_epoch);
  envelope.set_data(data.SerializeAsString());
  return envelope;
}

google::protobuf::Timestamp At(int64_t ms) {
  return google::protobuf::util::TimeUtil::MillisecondsToTimestamp(ms);
}

inquiries::v1::EntryAppended Appended(common::v1::Sender::Kind sender) {
  inquiries::v1::EntryAppended appended;
  common::v1::Entry& entry = *appended.mutable_entry();
  entry.set_conversation(kSession.conversation().str());
  entry.set_session(kSession.str());
  entry.set_seq(4);
  *entry.mutable_create_time() = At(1234567);
  entry.mutable_sender()->set_kind(sender);
  appended.set_buyer_visible(true);
  return appended;
}

template <class T>
T One(const events::v1::Envelope& envelope) {
  const auto facts = FactsOf(envelope);
  EXPECT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->size(), 1u);
  return std::get<T>(facts->at(0));
}

storage::EntryFact EntryOf(const inquiries::v1::EntryAppended& appended) {
  return One<storage::EntryFact>(Event("inquiries", "com.kefu.entry.appended.v1", appended, 3));
}

TEST(FactsOf, AnEntryIsWhoSaidWhatAndWhen) {
  auto appended = Appended(common::v1::Sender::KIND_AGENT);
  appended.mutable_entry()->mutable_sender()->set_id("a_someone");
  appended.mutable_entry()->mutable_content()->mutable_text()->set_body("hello");
  const storage::EntryFact fact = EntryOf(appended);
  EXPECT_EQ(fact.session, kSession);
  EXPECT_EQ(fact.seq, 4u);
  EXPECT_EQ(fact.store_epoch, 3u);
  EXPECT_EQ(fact.time.ms, 1234567);
  EXPECT_EQ(fact.agent, "a_someone");
  EXPECT_EQ(fact.text, "hello");
  EXPECT_TRUE(fact.is_message);
}

TEST(FactsOf, ABuyersIdIsNotKeptWithTheEntry) {
  auto appended = Appended(common::v1::Sender::KIND_BUYER);
  appended.mutable_entry()->mutable_sender()->set_id(kBuyer.str());
  appended.mutable_entry()->mutable_sender()->set_display_name("小王");
  EXPECT_EQ(EntryOf(appended).agent, "");
}

TEST(FactsOf, NotesRecallsAndLinesOfTheSystemAreNoMessages) {
  auto note = Appended(common::v1::Sender::KIND_AGENT);
  note.mutable_entry()->mutable_content()->mutable_note()->set_body("careful");
  note.set_buyer_visible(false);
  EXPECT_FALSE(EntryOf(note).is_message);
  EXPECT_EQ(EntryOf(note).text, "careful");
  auto recall = Appended(common::v1::Sender::KIND_BUYER);
  recall.mutable_entry()->mutable_content()->mutable_recall()->set_recalled_seq(3);
  EXPECT_FALSE(EntryOf(recall).is_message);
  EXPECT_EQ(EntryOf(recall).recalls, 3u);
  auto line = Appended(common::v1::Sender::KIND_SYSTEM);
  line.mutable_entry()->mutable_content()->mutable_system()->set_kind(
      common::v1::SystemLine::KIND_WAITING_AGAIN);
  EXPECT_FALSE(EntryOf(line).is_message);
}

TEST(FactsOf, WhatIsRedactedStillCountsAndSaysNothing) {
  auto appended = Appended(common::v1::Sender::KIND_BUYER);
  appended.mutable_entry()->set_redacted(true);
  EXPECT_TRUE(EntryOf(appended).is_message);
  EXPECT_TRUE(EntryOf(appended).redacted);
  EXPECT_EQ(EntryOf(appended).text, "");
}

TEST(FactsOf, AnInquiryIsItsStateAndItsOwner) {
  inquiries::v1::InquiryChanged changed;
  auto& inquiry = *changed.mutable_inquiry();
  inquiry.set_session(kSession.str());
  inquiry.set_state(inquiries::v1::Inquiry::STATE_CLOSED);
  *inquiry.mutable_open_time() = At(1000);
  *inquiry.mutable_close_time() = At(2000);
  inquiry.set_close_reason("solved");
  inquiry.set_fence(2);
  inquiry.set_agent("a_someone");
  const auto facts = FactsOf(Event("inquiries", "com.kefu.inquiry.closed.v1", changed));
  ASSERT_TRUE(facts.ok());
  ASSERT_EQ(facts->size(), 2u);
  const auto& session = std::get<storage::SessionFact>((*facts)[0]);
  EXPECT_EQ(session.state, 2);
  EXPECT_EQ(session.open_time.ms, 1000);
  EXPECT_EQ(session.close_time.ms, 2000);
  EXPECT_EQ(session.close_reason, "solved");
  EXPECT_EQ(std::get<storage::OwnerFact>((*facts)[1]).fence, 2u);
}

TEST(FactsOf, AnOrderIsItsAxesAndItsMoney) {
  orders::v1::OrderChanged changed;
  auto& order = *changed.mutable_order();
  order.set_order(OrderIdOf("native", "A-1").str());
  order.set_state(orders::v1::Order::STATE_OPEN);
  order.set_etag("17");
  order.add_lines()->set_quantity(2);
  order.add_lines()->set_quantity(3);
  order.mutable_totals()->mutable_total()->set_currency("CNY");
  order.mutable_totals()->mutable_total()->set_minor_units(1999);
  order.mutable_totals()->mutable_paid()->set_minor_units(1000);
  const auto fact = One<storage::OrderFact>(Event("orders", "com.kefu.order.changed.v1", changed));
  EXPECT_EQ(fact.version, 17u);
  EXPECT_EQ(fact.units, 5u);
  EXPECT_EQ(fact.amounts.currency, "CNY");
  EXPECT_EQ(fact.amounts.total, 1999);
  EXPECT_EQ(fact.amounts.paid, 1000);
}

// A store that lost its tail counts on from a lower version: what it says then is the later word.
TEST(FactsOf, ALaterEpochComesAfterEveryVersionOfAnEarlierOne) {
  const auto order = [](const std::string& etag, uint64_t store_epoch) {
    orders::v1::OrderChanged changed;
    changed.mutable_order()->set_order(OrderIdOf("native", "A-1").str());
    changed.mutable_order()->set_etag(etag);
    return One<storage::OrderFact>(
               Event("orders", "com.kefu.order.changed.v1", changed, store_epoch))
        .version;
  };
  EXPECT_GT(order("4", 2), order("900", 1));
  EXPECT_GT(order("5", 2), order("4", 2));
  EXPECT_GT(order("1", 7), order("5", 2));
  // Whatever a publisher may send, it is a number that SQL can hold.
  EXPECT_LE(order("18446744073709551615", 18446744073709551615u),
            uint64_t{std::numeric_limits<int64_t>::max()});

  const auto fence = [](uint64_t value, uint64_t store_epoch) {
    inquiries::v1::FenceRaised raised;
    raised.set_session(kSession.str());
    raised.set_fence(value);
    raised.set_agent("a_someone");
    return One<storage::OwnerFact>(
               Event("inquiries", "com.kefu.fence.raised.v1", raised, store_epoch))
        .fence;
  };
  EXPECT_GT(fence(2, 2), fence(9, 1));
}

TEST(FactsOf, ACaseHasTheRefundsThatWentThrough) {
  after_sales::v1::CaseChanged changed;
  auto& one = *changed.mutable_case_();
  one.set_case_(CaseId(OrderIdOf("native", "A-1"), 1).str());
  for (const auto state :
       {after_sales::v1::Refund::STATE_FAILED, after_sales::v1::Refund::STATE_SUCCEEDED}) {
    auto& refund = *one.add_refunds();
    refund.set_state(state);
    refund.mutable_amount()->set_minor_units(500);
  }
  const auto fact =
      One<storage::CaseFact>(Event("after_sales", "com.kefu.case.changed.v1", changed));
  EXPECT_EQ(fact.refunded, 500);
}

TEST(FactsOf, AShipmentAnAgentAndAnAssignmentAreKept) {
  logistics::v1::ShipmentChanged shipment;
  shipment.mutable_shipment()->set_shipment(ShipmentIdOf("shunfeng", "SF1").str());
  shipment.mutable_shipment()->set_status(logistics::v1::Shipment::STATUS_DELIVERED);
  EXPECT_EQ(One<storage::ShipmentFact>(Event("logistics", "com.kefu.shipment.changed.v1", shipment))
                .status,
            8);
  gateway::v1::AgentUpdated agent;
  agent.set_agent(AgentId::New().str());
  agent.set_display_name("Ada");
  agent.set_version(4);
  EXPECT_EQ(One<storage::AgentFact>(Event("directory", "com.kefu.agent.updated.v1", agent)).version,
            4u);
  gateway::v1::SessionRouted routed;
  routed.mutable_session()->set_session(kSession.str());
  const std::string type = "com.kefu.session.routed.v1";
  EXPECT_TRUE(FactsOf(Event("routing", type, routed))->empty());  // nobody has it
  routed.mutable_session()->set_agent("a_someone");
  *routed.mutable_session()->mutable_assign_time() = At(777);
  EXPECT_EQ(One<storage::AssignmentFact>(Event("routing", type, routed)).time.ms, 777);
}

TEST(FactsOf, EveryKnownEventRefusesDataThatIsNotItsOwn) {
  for (const EventKind& kind : KnownEvents()) {
    events::v1::Envelope envelope;
    envelope.set_source(std::string(kind.source));
    envelope.set_type(std::string(kind.type));
    envelope.set_data("\xFF not a message");
    const auto facts = FactsOf(envelope);
    EXPECT_EQ(facts.status().code(), absl::StatusCode::kInvalidArgument) << kind.type;
    EXPECT_EQ(ErrorReason(facts.status()), "BAD_EVENT") << kind.type;
  }
}

TEST(FactsOf, AnIdThatIsNoneIsRefused) {
  auto appended = Appended(common::v1::Sender::KIND_BUYER);
  appended.mutable_entry()->set_session("s_x");
  EXPECT_EQ(FactsOf(Event("inquiries", "com.kefu.entry.appended.v1", appended)).status().code(),
            absl::StatusCode::kInvalidArgument);
  appended = Appended(common::v1::Sender::KIND_BUYER);
  appended.mutable_entry()->set_conversation(ConversationOf(BuyerId::New()).str());
  EXPECT_FALSE(FactsOf(Event("inquiries", "com.kefu.entry.appended.v1", appended)).ok());
}

TEST(FactsOf, AnEventOfAnotherSourceLeavesNothing) {
  orders::v1::OrderChanged changed;
  EXPECT_TRUE(FactsOf(Event("elsewhere", "com.kefu.order.changed.v1", changed))->empty());
}

TEST(TextOf, CardsAreFoundByTheirNumbersAndTitles) {
  common::v1::Content content;
  content.mutable_order()->set_order_number("A-1");
  content.mutable_order()->set_title("无线耳机");
  EXPECT_EQ(TextOf(content), "A-1 无线耳机");
  content.mutable_parcel()->set_carrier("shunfeng");
  content.mutable_parcel()->set_tracking_number("SF123");
  EXPECT_EQ(TextOf(content), "shunfeng SF123");
  content.mutable_product()->set_title("Blue socks");
  EXPECT_EQ(TextOf(content), "Blue socks");
  content.mutable_case_()->set_order_number("A-2");
  EXPECT_EQ(TextOf(content), "A-2");
  (*content.mutable_system()->mutable_parameters())["text"] = "We are closed today";
  EXPECT_EQ(TextOf(content), "We are closed today");
  content.mutable_system()->clear_parameters();
  EXPECT_EQ(TextOf(content), "");
}

}  // namespace
}  // namespace kefu::records::rpc
