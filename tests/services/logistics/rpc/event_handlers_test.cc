#include "services/logistics/rpc/event_handlers.h"

#include <gtest/gtest.h>

#include "proto/kefu/orders/v1/events.pb.h"
#include "services/common/base/status.h"
#include "tests/services/logistics/support/stack.h"

namespace kefu::logistics::rpc {
namespace {

using test::Await;
using test::Process;

constexpr char kOrder[] = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr char kBuyer[] = "b_aaaaaaaaaaaaaaaaaaaaaaaaaa";

class EventHandlersTest : public test::StackTest {
 protected:
  EventHandlersTest() : process_(NewProcess()), handlers_(process_->shipments) {}

  static orders::v1::Order Order(std::vector<std::string> numbers) {
    orders::v1::Order order;
    order.set_order(kOrder);
    order.set_number("4711");
    order.set_buyer(kBuyer);
    for (const std::string& number : numbers) {
      orders::v1::Parcel* parcel = order.add_parcels();
      parcel->set_carrier("shunfeng");
      parcel->set_tracking_number(number);
    }
    return order;
  }
  events::Delivery Delivery(const orders::v1::Order& order, uint64_t seq, bool with_move = true) {
    events::Delivery delivery{.shop = shop_};
    delivery.envelope.set_id("event-" + std::to_string(seq));
    delivery.envelope.set_source("orders");
    delivery.envelope.set_shop(shop_.str());
    delivery.envelope.set_seq(seq);
    orders::v1::OrderChanged changed;
    *changed.mutable_order() = order;
    delivery.envelope.set_data(changed.SerializeAsString());
    const redis::Cursor before = seq == 1 ? redis::Cursor{0, 0} : redis::Cursor{1, seq - 1};
    if (with_move) delivery.move = redis::CursorMove{"orders", before, {1, seq}};
    return delivery;
  }
  absl::StatusOr<events::Effect> Handle(events::Delivery delivery) {
    return Await(handlers_.OnOrder(std::move(delivery)));
  }
  absl::StatusOr<storage::StoredShipment> Get(const std::string& number) {
    return Await(process_->shipments.Get(shop_, ShipmentIdOf("shunfeng", number)));
  }
  std::unique_ptr<Process> process_;
  EventHandlers handlers_;
};

TEST_F(EventHandlersTest, AParcelOfAnOrderBecomesAShipment) {
  const auto effect = Handle(Delivery(Order({"SF0001"}), 1));
  ASSERT_TRUE(effect.ok()) << effect.status();
  EXPECT_EQ(*effect, events::Effect::kCommitted);
  const auto stored = Get("SF0001");
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->shipment.order, kOrder);
  EXPECT_EQ(stored->shipment.order_number, "4711");
  EXPECT_EQ(stored->shipment.buyer, kBuyer);
  EXPECT_TRUE(stored->shipment.registered);
  EXPECT_EQ(redis::ToText(Cursor()), "1:1");
}

TEST_F(EventHandlersTest, AnOrderWithoutParcelsHasNoEffect) {
  const auto effect = Handle(Delivery(Order({}), 1));
  ASSERT_TRUE(effect.ok());
  EXPECT_EQ(*effect, events::Effect::kNone);
  EXPECT_EQ(Cursor(), redis::Cursor());
}

TEST_F(EventHandlersTest, TheCursorMovesWithTheLastOfSeveralParcels) {
  // As if the process had died after the first parcel.
  events::Delivery cut = Delivery(Order({"SF0001"}), 1, /*with_move=*/false);
  ASSERT_TRUE(Handle(std::move(cut)).ok());
  EXPECT_EQ(Cursor(), redis::Cursor());
  ASSERT_TRUE(Handle(Delivery(Order({"SF0001", "SF0002", "SF0003"}), 1)).ok());
  EXPECT_EQ(redis::ToText(Cursor()), "1:1");
  for (const char* number : {"SF0001", "SF0002", "SF0003"}) {
    const auto stored = Get(number);
    ASSERT_TRUE(stored.ok()) << number;
    EXPECT_EQ(stored->version, 1u) << number;
  }
  EXPECT_EQ(world_->Log(shop_).size(), 3u);
}

TEST_F(EventHandlersTest, AnEventHandledTwiceByTwoProcessesCountsOnce) {
  ASSERT_TRUE(Handle(Delivery(Order({"SF0001"}), 1)).ok());
  const auto again = Handle(Delivery(Order({"SF0001"}), 1));
  EXPECT_EQ(ErrorReason(again.status()), "CURSOR_MOVED");
  EXPECT_EQ(world_->Log(shop_).size(), 1u);
}

TEST_F(EventHandlersTest, ALaterEventOfTheOrderChangesNothingButTheCursor) {
  ASSERT_TRUE(Handle(Delivery(Order({"SF0001"}), 1)).ok());
  ASSERT_TRUE(Handle(Delivery(Order({"SF0001"}), 2)).ok());
  EXPECT_EQ(redis::ToText(Cursor()), "1:2");
  EXPECT_EQ(world_->Log(shop_).size(), 1u);
}

TEST_F(EventHandlersTest, WithoutAMoveTheEffectIsHarmlessToRepeat) {
  for (int i = 0; i < 2; ++i) {
    const auto effect = Handle(Delivery(Order({"SF0001"}), 1, /*with_move=*/false));
    ASSERT_TRUE(effect.ok());
    EXPECT_EQ(*effect, events::Effect::kNone);
  }
  EXPECT_EQ(world_->Log(shop_).size(), 1u);
}

TEST_F(EventHandlersTest, AParcelThatCannotBeKeptIsRefusedForGood) {
  const auto effect = Handle(Delivery(Order({"SF0001", "?"}), 1));
  EXPECT_EQ(effect.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(Get("SF0001").ok()) << "nothing of it is done before all of it is checked";
  events::Delivery broken = Delivery(Order({"SF0001"}), 1);
  broken.envelope.set_data("\xff");
  EXPECT_EQ(ErrorReason(Handle(std::move(broken)).status()), "BAD_EVENT");
}

}  // namespace
}  // namespace kefu::logistics::rpc
