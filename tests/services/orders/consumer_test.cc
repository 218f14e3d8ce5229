// Two replicas that read the logs of the other services.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>

#include "proto/kefu/after_sales/v1/events.pb.h"
#include "proto/kefu/inquiries/v1/events.pb.h"
#include "proto/kefu/logistics/v1/events.pb.h"
#include "tests/services/orders/support.h"
#include "tests/support/eventually.h"
#include "tests/support/memory_log.h"

namespace kefu::orders {
namespace {

using kefu::test::Eventually;
using kefu::test::MemoryLog;
using logistics::v1::Shipment;

// A log of another service and the server it is read from.
struct Source {
  explicit Source(const std::string& name) : log(name) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&log);
    server = builder.BuildAndStart();
  }
  MemoryLog log;
  std::unique_ptr<grpc::Server> server;
};

class ConsumerTest : public test::ReplicaTest {
 protected:
  host::Peers Peers() {
    return [this](std::string_view name) {
      Source& source = *sources_.at(std::string(name));
      return std::vector<server::ChannelPtr>{
          source.server->InProcessChannel(grpc::ChannelArguments())};
    };
  }
  static std::map<std::string, std::unique_ptr<Source>> Sources() {
    std::map<std::string, std::unique_ptr<Source>> sources;
    for (const char* name : {"inquiries", "logistics", "after_sales"})
      sources[name] = std::make_unique<Source>(name);
    return sources;
  }
  void Tell(Shipment::Status status, int version) {
    logistics::v1::ShipmentChanged changed;
    Shipment& shipment = *changed.mutable_shipment();
    shipment.set_shipment(ShipmentIdOf("shunfeng", "SF123456").str());
    shipment.set_carrier("shunfeng");
    shipment.set_tracking_number("SF123456");
    shipment.set_direction(Shipment::DIRECTION_OUTBOUND);
    shipment.set_status(status);
    shipment.set_order(order_);
    shipment.set_etag(std::to_string(version));
    shipment.mutable_update_time()->set_seconds(1'700'000'000 + version);
    sources_["logistics"]->log.Append(shop_, "com.kefu.shipment.changed.v1", shipment.shipment(),
                                      changed.SerializeAsString());
  }
  // All logs were read to their ends.
  bool CaughtUp() {
    for (const auto& [name, source] : sources_) {
      const redis::Cursor head = source->log.head(shop_);
      if (head.seq == 0) continue;
      events::v1::ListCursorsRequest request;
      request.set_shop("demo");
      events::v1::ListCursorsResponse response;
      if (!Call(*one_.consumer, &events::v1::ConsumerService::Stub::ListCursors, request, &response)
               .ok()) {
        return false;
      }
      bool reached = false;
      for (const auto& cursor : response.cursors())
        reached = reached || (cursor.source() == name && cursor.seq() == head.seq);
      if (!reached) return false;
    }
    return true;
  }

  const ShopId shop_ = *ShopId::Parse("demo");
  const std::string order_ = OrderIdOf("native", "A").str();
  std::map<std::string, std::unique_ptr<Source>> sources_ = Sources();
  test::Replica one_{redis_.address(), Peers()};
  test::Replica other_{redis_.address(), Peers()};
};

TEST_F(ConsumerTest, EveryEventHasItsEffectOnceThoughTwoReplicasRead) {
  ASSERT_TRUE(Upsert(one_, {Input("A")}).ok());
  constexpr int kReports = 20;
  for (int version = 1; version < kReports; ++version) Tell(Shipment::STATUS_IN_TRANSIT, version);
  Tell(Shipment::STATUS_DELIVERED, kReports);
  Tell(Shipment::STATUS_IN_TRANSIT, 3);
  after_sales::v1::CaseChanged opened;
  opened.mutable_case_()->set_case_(CaseId(*OrderId::Parse(order_), 1).str());
  opened.mutable_case_()->set_state(after_sales::v1::Case::STATE_REQUESTED);
  opened.mutable_case_()->set_etag("1");
  sources_["after_sales"]->log.Append(shop_, "com.kefu.case.opened.v1", opened.case_().case_(),
                                      opened.SerializeAsString());
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));
  const auto order = Get(other_, order_);
  EXPECT_EQ(order->fulfilment(), v1::Order::FULFILMENT_DELIVERED);
  EXPECT_EQ(order->aftersale(), v1::Order::AFTERSALE_REQUESTED);
  EXPECT_EQ(order->parcels(0).status(), "DELIVERED");
  // One version each for the order, its reports and its case; none for the report that came late.
  EXPECT_EQ(order->etag(), std::to_string(1 + kReports + 1));
}

TEST_F(ConsumerTest, AnErasedBuyersContactIsGoneEverywhere) {
  const auto upserted = Upsert(one_, {WithContact(Input("A"))});
  ASSERT_TRUE(upserted.ok());
  ASSERT_EQ(Unmask(other_, order_)->phone(), "13812345678");
  inquiries::v1::BuyerErased erased;
  erased.set_buyer(buyer_);
  sources_["inquiries"]->log.Append(shop_, "com.kefu.buyer.erased.v1", buyer_,
                                    erased.SerializeAsString());
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));
  for (test::Replica* replica : {&one_, &other_}) {
    EXPECT_EQ(ErrorReason(Unmask(*replica, order_).status()), "CONTACT_ERASED");
    EXPECT_EQ(Get(*replica, order_)->contact().phone(), "");
    EXPECT_EQ(Get(*replica, order_)->totals().total().minor_units(), 3980);
  }
  // The version that brought it comes once more, late, to a process that has the old key in memory.
  EXPECT_EQ(Upsert(other_, {WithContact(Input("A"))})->results(0).outcome(),
            v1::UpsertResult::OUTCOME_UNCHANGED);
  EXPECT_EQ(Get(one_, order_)->contact().phone(), "");
  // Newer ones are sealed under a new key, by both: one of them has the old one in memory.
  int64_t version = 2;
  for (test::Replica* replica : {&one_, &other_}) {
    EXPECT_EQ(Upsert(*replica, {WithContact(Input("A", version++))})->results(0).outcome(),
              v1::UpsertResult::OUTCOME_UPDATED);
    EXPECT_EQ(Unmask(*replica, order_)->phone(), "13812345678");
  }
}

TEST_F(ConsumerTest, AnEventThatCannotBeReadIsPutAsideAndTheLogGoesOn) {
  ASSERT_TRUE(Upsert(one_, {Input("A")}).ok());
  sources_["logistics"]->log.Append(shop_, "com.kefu.shipment.changed.v1", "h_x", "\xff");
  Tell(Shipment::STATUS_DELIVERED, 1);
  ASSERT_TRUE(Eventually([&] { return CaughtUp(); }));
  EXPECT_EQ(Get(one_, order_)->fulfilment(), v1::Order::FULFILMENT_DELIVERED);
  events::v1::ListDeadLettersRequest request;
  request.set_shop("demo");
  events::v1::ListDeadLettersResponse response;
  ASSERT_TRUE(
      Call(*one_.consumer, &events::v1::ConsumerService::Stub::ListDeadLetters, request, &response)
          .ok());
  ASSERT_EQ(response.dead_letters_size(), 1);
  EXPECT_EQ(response.dead_letters(0).reason(), "BAD_EVENT");
  EXPECT_EQ(response.dead_letters(0).source(), "logistics");
}

}  // namespace
}  // namespace kefu::orders
