#include "services/inquiries/rpc/event_handlers.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include "proto/kefu/after_sales/v1/events.pb.h"
#include "proto/kefu/logistics/v1/events.pb.h"
#include "tests/services/common/events/support/consuming.h"
#include "tests/services/inquiries/support/stack.h"

namespace kefu::inquiries {
namespace {

using after_sales::v1::Case;
using common::v1::Entry;
using common::v1::SystemLine;
using kefu::test::Await;
using kefu::test::Eventually;
using logistics::v1::Shipment;

constexpr char kShipmentChanged[] = "com.kefu.shipment.changed.v1";
constexpr char kCaseChanged[] = "com.kefu.case.changed.v1";

// Real events of real logs, taken by a real consumer; only the publishers are in memory.
class EventHandlersTest : public test::StackTest {
 protected:
  EventHandlersTest() { handlers_.Register(consuming_.consumer()); }

  void Begin() { consuming_.Start(); }

  logistics::v1::ShipmentChanged Delivered() const {
    logistics::v1::ShipmentChanged changed;
    Shipment& shipment = *changed.mutable_shipment();
    shipment.set_shipment(ShipmentIdOf("shunfeng", "SF1").str());
    shipment.set_carrier("shunfeng");
    shipment.set_tracking_number("SF1");
    shipment.set_direction(Shipment::DIRECTION_OUTBOUND);
    shipment.set_status(Shipment::STATUS_DELIVERED);
    shipment.set_order_number("4711");
    shipment.set_buyer(buyer_.str());
    *shipment.mutable_delivered_time() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(SystemClock().Now().ms);
    changed.set_previous_status(Shipment::STATUS_OUT_FOR_DELIVERY);
    return changed;
  }
  after_sales::v1::CaseChanged Moved(Case::State from, Case::State to) const {
    after_sales::v1::CaseChanged changed;
    changed.mutable_case_()->set_case_(CaseId(OrderIdOf("shop", "4711"), 1).str());
    changed.mutable_case_()->set_order_number("4711");
    changed.mutable_case_()->set_buyer(buyer_.str());
    changed.mutable_case_()->set_kind(Case::KIND_RETURN_REFUND);
    changed.mutable_case_()->set_state(to);
    changed.mutable_case_()->mutable_requested()->set_currency("CNY");
    changed.mutable_case_()->mutable_requested()->set_minor_units(1990);
    changed.set_previous_state(from);
    return changed;
  }
  // Puts it into the log, and waits until it was taken.
  void Take(kefu::test::Publishing& source, const std::string& type,
            const google::protobuf::Message& data) {
    source.log.Append(shop_, type, "thing", data.SerializeAsString());
    const std::string name = &source == &logistics_ ? "logistics" : "after_sales";
    ASSERT_TRUE(
        Eventually([&] { return *Await(cursors_.Get(shop_, name)) == source.log.head(shop_); }));
    ASSERT_TRUE(Await(cursors_.ListDead(shop_, {}))->empty());
  }
  // Parcels and cases; not the lines of the session itself.
  std::vector<Entry> SaidBySystem(const ConversationId& conversation) {
    storage::ConversationReader::Range range;
    const auto found =
        Await(process_->reader.ListEntries(shop_, conversation, range, test::Soon()));
    std::vector<Entry> said;
    if (!found.ok()) return said;
    for (const Entry& entry : found->entries()) {
      const bool parcel = entry.content().system().kind() == SystemLine::KIND_PARCEL_DELIVERED;
      if (entry.sender().kind() == common::v1::Sender::KIND_SYSTEM &&
          (parcel || entry.content().has_case_())) {
        said.push_back(entry);
      }
    }
    return said;
  }
  std::vector<Entry> SaidBySystem() { return SaidBySystem(conversation_); }

  const SystemClock real_clock_;
  const std::unique_ptr<test::Process> process_ = NewProcess();
  kefu::test::MemoryCursors cursors_{real_clock_};
  kefu::test::Publishing logistics_{"logistics"};
  kefu::test::Publishing after_sales_{"after_sales"};
  rpc::EventHandlers handlers_{process_->writer, process_->reader};
  kefu::test::Consuming consuming_{cursors_, {&logistics_, &after_sales_}};
};

TEST_F(EventHandlersTest, ADeliveredParcelIsToldOnceInTheOpenSession) {
  ASSERT_TRUE(Open(*process_, "request-1").ok());
  Begin();
  Take(logistics_, kShipmentChanged, Delivered());
  auto again = Delivered();
  again.set_previous_status(Shipment::STATUS_DELIVERED);
  Take(logistics_, kShipmentChanged, again);
  const auto said = SaidBySystem();
  ASSERT_EQ(said.size(), 1u);
  const SystemLine& line = said[0].content().system();
  EXPECT_EQ(line.kind(), SystemLine::KIND_PARCEL_DELIVERED);
  EXPECT_EQ(line.parameters().at("tracking_number"), "SF1");
  EXPECT_EQ(line.parameters().at("order_number"), "4711");
  EXPECT_FALSE(line.staff_only());
}

TEST_F(EventHandlersTest, WithoutAnOpenSessionNothingIsSaid) {
  Begin();
  Take(logistics_, kShipmentChanged, Delivered());
  EXPECT_TRUE(SaidBySystem().empty());
  ASSERT_TRUE(Open(*process_, "request-1").ok());
  Assign(*process_);
  ASSERT_TRUE(Close(*process_, "request-2", 1).ok());
  Take(after_sales_, kCaseChanged, Moved(Case::STATE_REQUESTED, Case::STATE_REJECTED));
  EXPECT_TRUE(SaidBySystem().empty());
}

TEST_F(EventHandlersTest, ParcelsOnTheirWayOrBackAndParcelsOfNobodyAreNoNews) {
  ASSERT_TRUE(Open(*process_, "request-1").ok());
  Begin();
  auto on_its_way = Delivered();
  on_its_way.mutable_shipment()->set_status(Shipment::STATUS_IN_TRANSIT);
  auto back = Delivered();
  back.mutable_shipment()->set_direction(Shipment::DIRECTION_RETURN);
  auto of_nobody = Delivered();
  of_nobody.mutable_shipment()->clear_buyer();
  auto long_ago = Delivered();
  long_ago.set_previous_status(Shipment::STATUS_DELIVERED);
  long_ago.mutable_shipment()->mutable_delivered_time()->set_seconds(1'600'000'000);
  for (const auto& changed : {on_its_way, back, of_nobody, long_ago}) {
    Take(logistics_, kShipmentChanged, changed);
  }
  EXPECT_TRUE(SaidBySystem().empty());
}

TEST_F(EventHandlersTest, EveryMoveOfACaseIsACardAndOtherChangesAreNot) {
  ASSERT_TRUE(Open(*process_, "request-1").ok());
  Begin();
  Take(after_sales_, "com.kefu.case.opened.v1",
       Moved(Case::STATE_UNSPECIFIED, Case::STATE_REQUESTED));
  Take(after_sales_, kCaseChanged, Moved(Case::STATE_REQUESTED, Case::STATE_REQUESTED));
  auto refunded = Moved(Case::STATE_REQUESTED, Case::STATE_REFUND_PENDING);
  refunded.mutable_case_()->add_refunds()->mutable_amount()->set_currency("CNY");
  refunded.mutable_case_()->mutable_refunds(0)->mutable_amount()->set_minor_units(990);
  Take(after_sales_, kCaseChanged, refunded);
  const auto said = SaidBySystem();
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0].content().case_().state(), "REQUESTED");
  EXPECT_EQ(said[0].content().case_().kind(), "RETURN_REFUND");
  EXPECT_EQ(said[0].content().case_().refund().minor_units(), 1990);
  EXPECT_EQ(said[1].content().case_().state(), "REFUND_PENDING");
  EXPECT_EQ(said[1].content().case_().refund().minor_units(), 990);
}

TEST_F(EventHandlersTest, TheLineGoesWhereTheConversationGoesOn) {
  ASSERT_TRUE(Open(*process_, "request-1").ok());
  Assign(*process_);
  ASSERT_TRUE(Close(*process_, "request-2", 1).ok());
  const BuyerId merged = BuyerId::New();
  storage::NewEntry entry = FromBuyer("request-3", "hello");
  entry.sender.set_id(merged.str());
  ASSERT_TRUE(Await(process_->writer.Open(Info(), shop_, merged, std::move(entry), {})).ok());
  ASSERT_TRUE(
      Await(process_->writer.Link(Info(), shop_, conversation_, ConversationOf(merged))).ok());
  Begin();
  Take(logistics_, kShipmentChanged, Delivered());
  EXPECT_TRUE(SaidBySystem().empty());
  EXPECT_EQ(SaidBySystem(ConversationOf(merged)).size(), 1u);
}

TEST_F(EventHandlersTest, AnEventThatCannotBeReadIsADeadLetter) {
  Begin();
  logistics_.log.Append(shop_, kShipmentChanged, "thing", "\xff\xff");
  EXPECT_TRUE(Eventually([&] { return Await(cursors_.ListDead(shop_, {}))->size() == 1; }));
}

}  // namespace
}  // namespace kefu::inquiries
