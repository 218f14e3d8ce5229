#include "services/orders/rpc/event_handlers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/kefu/after_sales/v1/events.pb.h"
#include "proto/kefu/inquiries/v1/events.pb.h"
#include "proto/kefu/logistics/v1/events.pb.h"
#include "services/common/base/status.h"
#include "services/common/redis/cursors.h"
#include "services/orders/storage/records.h"
#include "tests/services/orders/storage/stack.h"

namespace kefu::orders::rpc {
namespace {

using after_sales::v1::Case;
using domain::test::Input;
using domain::test::kNow;
using domain::test::SealedUnder;
using domain::test::Version;
using events::Delivery;
using events::Effect;
using kefu::test::Await;
using logistics::v1::Shipment;
using seal::OwnerKeys;

class EventHandlersTest : public storage::test::StackTest {
 protected:
  EventHandlersTest() {
    const auto put = Put(*process_, Version(1));
    EXPECT_TRUE(put.ok()) << put.status();
  }

  // The `seq`-th event of a source, as the consumer hands it over.
  Delivery Next(const std::string& source, const google::protobuf::Message& data,
                const std::string& type = "") {
    Delivery delivery{.shop = shop_};
    delivery.scope.deadline_ms = MonotonicMs() + 5000;
    const redis::Cursor cursor = cursors_[source];
    const redis::Cursor next{1, cursor.seq + 1};
    delivery.envelope.set_id("event-" + source + "-" + std::to_string(next.seq));
    delivery.envelope.set_source(source);
    delivery.envelope.set_type(type);
    delivery.envelope.set_shop(shop_.str());
    delivery.envelope.set_seq(next.seq);
    delivery.envelope.set_store_epoch(1);
    delivery.envelope.set_data(data.SerializeAsString());
    delivery.move = redis::CursorMove{source, cursor, next};
    return delivery;
  }
  // Handles it and, as the consumer does, takes over where the cursor is then.
  absl::StatusOr<Effect> Handle(Task<absl::StatusOr<Effect>> handling, const Delivery& delivery) {
    const auto effect = Await(std::move(handling));
    if (effect.ok()) cursors_[delivery.envelope.source()] = delivery.move->next;
    return effect;
  }
  absl::StatusOr<Effect> Tell(const Shipment& shipment) {
    logistics::v1::ShipmentChanged changed;
    *changed.mutable_shipment() = shipment;
    const Delivery delivery = Next("logistics", changed);
    return Handle(handlers_.OnShipment(delivery), delivery);
  }
  absl::StatusOr<Effect> Tell(const Case& one) {
    after_sales::v1::CaseChanged changed;
    *changed.mutable_case_() = one;
    const Delivery delivery = Next("after_sales", changed);
    return Handle(handlers_.OnCase(delivery), delivery);
  }
  redis::Cursor StoredCursor(const std::string& source) {
    return *Await(world_->cursors().Get(shop_, source));
  }

  Shipment Parcel(Shipment::Status status, int version) const {
    Shipment shipment;
    shipment.set_shipment(ShipmentIdOf("shunfeng", "SF123456").str());
    shipment.set_carrier("shunfeng");
    shipment.set_tracking_number("SF123456");
    shipment.set_direction(Shipment::DIRECTION_OUTBOUND);
    shipment.set_status(status);
    shipment.set_order(order_.str());
    shipment.set_etag(std::to_string(version));
    shipment.mutable_update_time()->set_seconds(kNow.ms / 1000 + version);
    return shipment;
  }
  Case Return(Case::State state, int version) const {
    Case one;
    one.set_case_(CaseId(order_, 1).str());
    one.set_order(order_.str());
    one.set_kind(Case::KIND_RETURN_REFUND);
    one.set_state(state);
    one.set_etag(std::to_string(version));
    one.mutable_update_time()->set_seconds(kNow.ms / 1000 + version);
    return one;
  }
  domain::Order Stored() { return Await(process_->orders.Get(shop_, order_))->order; }

  std::unique_ptr<storage::test::Process> process_ = NewProcess();
  EventHandlers handlers_{process_->orders, process_->keys};
  const OrderId order_ = OrderIdOf("native", "A-1");
  std::map<std::string, redis::Cursor> cursors_;
};

TEST_F(EventHandlersTest, AParcelsWayIsTheOrdersFulfilment) {
  ASSERT_EQ(*Tell(Parcel(Shipment::STATUS_IN_TRANSIT, 1)), Effect::kCommitted);
  EXPECT_EQ(Stored().fulfilment, domain::Fulfilment::kShipped);
  ASSERT_EQ(*Tell(Parcel(Shipment::STATUS_DELIVERED, 2)), Effect::kCommitted);
  EXPECT_EQ(Stored().fulfilment, domain::Fulfilment::kDelivered);
  EXPECT_EQ(Stored().parcels.begin()->second.status, "DELIVERED");
  EXPECT_EQ(StoredCursor("logistics"), (redis::Cursor{1, 2}));
}

TEST_F(EventHandlersTest, LateAndRepeatedReportsMoveTheCursorAndNothingElse) {
  ASSERT_TRUE(Tell(Parcel(Shipment::STATUS_DELIVERED, 5)).ok());
  const domain::Order before = Stored();
  EXPECT_EQ(*Tell(Parcel(Shipment::STATUS_IN_TRANSIT, 4)), Effect::kCommitted);
  EXPECT_EQ(*Tell(Parcel(Shipment::STATUS_DELIVERED, 5)), Effect::kCommitted);
  EXPECT_EQ(Stored(), before);
  EXPECT_EQ(StoredCursor("logistics"), (redis::Cursor{1, 3}));
}

TEST_F(EventHandlersTest, ADeliveredParcelThatTurnsBackWasDelivered) {
  Shipment shipment = Parcel(Shipment::STATUS_RETURNING, 3);
  shipment.mutable_delivered_time()->set_seconds(1);
  ASSERT_TRUE(Tell(shipment).ok());
  EXPECT_EQ(Stored().fulfilment, domain::Fulfilment::kDelivered);
}

TEST_F(EventHandlersTest, WhatIsNoParcelOfAnOrderIsPassedOver) {
  Shipment shipment = Parcel(Shipment::STATUS_DELIVERED, 1);
  shipment.clear_order();
  EXPECT_EQ(*Tell(shipment), Effect::kNone);
  for (const auto direction : {Shipment::DIRECTION_RETURN, Shipment::DIRECTION_REPLACEMENT}) {
    shipment = Parcel(Shipment::STATUS_DELIVERED, 1);
    shipment.set_direction(direction);
    EXPECT_EQ(*Tell(shipment), Effect::kNone);
  }
  EXPECT_TRUE(Stored().parcels.empty());
}

TEST_F(EventHandlersTest, CasesAreListedAndMakeTheAftersaleAxis) {
  ASSERT_EQ(*Tell(Return(Case::STATE_REQUESTED, 1)), Effect::kCommitted);
  EXPECT_EQ(Stored().aftersale, domain::Aftersale::kRequested);
  ASSERT_TRUE(Tell(Return(Case::STATE_COMPLETED, 3)).ok());
  ASSERT_TRUE(Tell(Return(Case::STATE_REFUND_PENDING, 2)).ok());
  const domain::Order order = Stored();
  EXPECT_EQ(order.aftersale, domain::Aftersale::kCompleted);
  const v1::Order shown = storage::Show(order_, order, 4);
  ASSERT_EQ(shown.cases_size(), 1);
  EXPECT_EQ(shown.cases(0).case_(), CaseId(order_, 1).str());
  EXPECT_EQ(shown.cases(0).kind(), "RETURN_REFUND");
  EXPECT_EQ(shown.cases(0).state(), "COMPLETED");
  EXPECT_EQ(StoredCursor("after_sales"), (redis::Cursor{1, 3}));
}

TEST_F(EventHandlersTest, AnotherProcessThatReadsTheSameLogDoesNoHarm) {
  logistics::v1::ShipmentChanged changed;
  *changed.mutable_shipment() = Parcel(Shipment::STATUS_IN_TRANSIT, 1);
  const Delivery delivery = Next("logistics", changed);
  ASSERT_TRUE(Await(handlers_.OnShipment(delivery)).ok());
  const auto other = NewProcess();
  EventHandlers overlapping(other->orders, other->keys);
  EXPECT_EQ(ErrorReason(Await(overlapping.OnShipment(delivery)).status()), "CURSOR_MOVED");
  EXPECT_EQ(Await(process_->orders.Get(shop_, order_))->version, 2u);
}

TEST_F(EventHandlersTest, OutOfASnapshotTheEffectIsTheSameWithoutACursor) {
  logistics::v1::ShipmentChanged changed;
  *changed.mutable_shipment() = Parcel(Shipment::STATUS_DELIVERED, 7);
  Delivery delivery = Next("logistics", changed);
  delivery.move.reset();
  delivery.from_snapshot = true;
  ASSERT_TRUE(Await(handlers_.OnShipment(delivery)).ok());
  ASSERT_TRUE(Await(handlers_.OnShipment(delivery)).ok());
  EXPECT_EQ(Stored().fulfilment, domain::Fulfilment::kDelivered);
  EXPECT_EQ(StoredCursor("logistics"), (redis::Cursor{0, 0}));
}

TEST_F(EventHandlersTest, DataThatCannotBeReadIsRefusedForGood) {
  Delivery delivery = Next("logistics", logistics::v1::ShipmentChanged());
  delivery.envelope.set_data("\xff\xff");
  for (auto method :
       {&EventHandlers::OnShipment, &EventHandlers::OnCase, &EventHandlers::OnBuyerErased}) {
    const auto effect = Await((handlers_.*method)(delivery));
    EXPECT_EQ(effect.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ErrorReason(effect.status()), "BAD_EVENT");
  }
  Shipment shipment = Parcel(Shipment::STATUS_DELIVERED, 1);
  shipment.set_order("4711");
  EXPECT_EQ(Tell(shipment).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(EventHandlersTest, AnErasedBuyerLeavesNoKeyNoMasksAndNoPhoneTail) {
  const std::string buyer = BuyerId::New().str();
  const auto key = Await(process_->keys.Ensure(shop_, buyer));
  for (const char* number : {"B-1", "B-2"}) {
    domain::OrderInput input = Input();
    input.number = number;
    input.buyer = buyer;
    domain::Upsert upsert = Version(1, {}, input);
    upsert.contact = SealedUnder((*key)->id);
    upsert.contact->key_owner = buyer;
    ASSERT_TRUE(Put(*process_, upsert, {OwnerKeys::Guard(buyer, (*key)->id)}).ok());
  }
  EXPECT_EQ(List(*process_, {.phone_tail = "5678"}).orders.size(), 2u);

  inquiries::v1::BuyerErased erased;
  erased.set_buyer(buyer);
  const Delivery delivery = Next("inquiries", erased);
  ASSERT_EQ(*Await(handlers_.OnBuyerErased(delivery)), Effect::kNone);
  EXPECT_EQ(*Await(process_->keys.Find(shop_, buyer)), nullptr);
  EXPECT_TRUE(List(*process_, {.phone_tail = "5678"}).orders.empty());
  for (const storage::Stored& stored : List(*process_, {.buyer = buyer}).orders) {
    EXPECT_FALSE(stored.order.contact.has_value());
    EXPECT_TRUE(stored.order.contact_erased);
    EXPECT_EQ(storage::Show(stored.id, stored.order, 1).contact().name(), "");
  }

  // Handled once more, after the buyer came back: what is new stays.
  const auto next = Await(process_->keys.Ensure(shop_, buyer));
  domain::OrderInput input = Input();
  input.number = "B-3";
  input.buyer = buyer;
  domain::Upsert upsert = Version(1, {}, input);
  upsert.contact = SealedUnder((*next)->id);
  upsert.contact->key_owner = buyer;
  ASSERT_TRUE(Put(*process_, upsert, {OwnerKeys::Guard(buyer, (*next)->id)}).ok());
  ASSERT_TRUE(Await(handlers_.OnBuyerErased(delivery)).ok());
  EXPECT_EQ(List(*process_, {.phone_tail = "5678"}).orders.size(), 1u);
}

}  // namespace
}  // namespace kefu::orders::rpc
