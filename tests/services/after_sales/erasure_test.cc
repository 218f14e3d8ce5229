// A buyer is erased at inquiries: two replicas read of it there.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "proto/kefu/after_sales/v1/service.grpc.pb.h"
#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "proto/kefu/inquiries/v1/events.pb.h"
#include "services/after_sales/bind.h"
#include "services/common/server/unary.h"
#include "tests/services/after_sales/support/cases.h"
#include "tests/services/after_sales/support/fake_orders.h"
#include "tests/support/eventually.h"
#include "tests/support/memory_log.h"
#include "tests/support/redis_server.h"

namespace kefu::after_sales {
namespace {

using kefu::test::Eventually;
using testing::ElementsAre;

class ErasureTest : public testing::Test {
 protected:
  ErasureTest() {
    redis_.LoadFunctions("after_sales", /*for_tests=*/false);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
    builder.RegisterService(&inquiries_);
    server_ = builder.BuildAndStart();
    orders::v1::Order order;
    order.set_order(order_.str());
    order.set_buyer(test::Buyer());
    order.set_payment(orders::v1::Order::PAYMENT_PAID);
    orders::v1::Line* line = order.add_lines();
    line->set_line("l1");
    line->set_quantity(1);
    line->mutable_total()->set_currency("CNY");
    line->mutable_total()->set_minor_units(100);
    *order.mutable_totals()->mutable_paid() = line->total();
    orders_.Put("demo", order);
    for (int i = 0; i < 2; ++i) Start();
  }
  ~ErasureTest() override {
    for (const auto& service : services_) {
      service->Drain();
      service->Stop();
    }
    server_->Shutdown();
  }

  void Start() {
    Config config;
    config.host.redis.address = redis_.address();
    config.host.listen = "";
    config.host.events_bind = "tcp://127.0.0.1:*";
    config.host.sources["inquiries"] = {address_};
    config.orders = {orders_.address()};
    config.master_keys = *seal::MasterKeys::Parse("k1 " + std::string(64, 'a'));
    auto bound = Bind(config, metrics_.emplace_back());
    ASSERT_TRUE(bound.ok()) << bound.status();
    services_.push_back(*std::move(bound));
    services_.back()->Begin();
    const auto channel = services_.back()->InProcessChannel();
    stubs_.push_back(v1::CaseService::NewStub(channel));
    consumers_.push_back(events::v1::ConsumerService::NewStub(channel));
    ASSERT_TRUE(Eventually([this] { return services_.back()->NotReady().empty(); }));
  }
  static common::v1::Actor Agent() {
    common::v1::Actor actor;
    actor.set_role(ROLE_AGENT);
    actor.set_id("somebody");
    return actor;
  }
  void Open() {
    v1::OpenCaseRequest request;
    request.set_shop("demo");
    *request.mutable_actor() = Agent();
    request.set_request_id("request-open");
    request.set_order(order_.str());
    request.set_kind(v1::Case::KIND_REFUND_ONLY);
    request.set_reason(v1::Case::REASON_DEFECTIVE);
    request.add_lines()->set_line("l1");
    request.mutable_lines(0)->set_quantity(1);
    request.set_note("allergic to it");
    v1::OpenCaseResponse response;
    grpc::ClientContext context;
    const grpc::Status opened = stubs_[0]->OpenCase(&context, request, &response);
    ASSERT_TRUE(opened.ok()) << opened.error_message();
  }
  std::vector<std::string> NotesAt(size_t replica) {
    v1::GetCaseRequest request;
    request.set_shop("demo");
    *request.mutable_actor() = Agent();
    request.set_case_(CaseId(order_, 1).str());
    v1::Case one;
    grpc::ClientContext context;
    const grpc::Status got = stubs_[replica]->GetCase(&context, request, &one);
    EXPECT_TRUE(got.ok()) << got.error_message();
    std::vector<std::string> notes;
    for (const v1::Move& move : one.history()) notes.push_back(move.note());
    return notes;
  }
  void TellErased(const std::string& data) {
    inquiries_.Append(shop_, "com.kefu.buyer.erased.v1", test::Buyer(), data);
  }
  int DeadLetters() {
    events::v1::ListDeadLettersRequest request;
    request.set_shop("demo");
    events::v1::ListDeadLettersResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(consumers_[0]->ListDeadLetters(&context, request, &response).ok());
    return response.dead_letters_size();
  }

  const ShopId shop_ = *ShopId::Parse("demo");
  const OrderId order_ = OrderIdOf("native", "N-1");
  kefu::test::RedisServer redis_;
  test::FakeOrders orders_{"unix:" + redis_.folder() + "/orders.sock"};
  const std::string address_ = "unix:" + redis_.folder() + "/inquiries.sock";
  kefu::test::MemoryLog inquiries_{"inquiries"};
  std::unique_ptr<grpc::Server> server_;
  std::list<metrics::Metrics> metrics_;
  std::vector<std::unique_ptr<server::Service>> services_;
  std::vector<std::unique_ptr<v1::CaseService::Stub>> stubs_;
  std::vector<std::unique_ptr<events::v1::ConsumerService::Stub>> consumers_;
};

TEST_F(ErasureTest, TheNotesOfAnErasedBuyerAreGoneAtEveryReplica) {
  Open();
  EXPECT_THAT(NotesAt(0), ElementsAre("allergic to it"));
  EXPECT_THAT(NotesAt(1), ElementsAre("allergic to it"));
  inquiries::v1::BuyerErased erased;
  erased.set_buyer(test::Buyer());
  TellErased(erased.SerializeAsString());
  ASSERT_TRUE(Eventually([this] { return NotesAt(0).at(0).empty(); }));
  EXPECT_THAT(NotesAt(1), ElementsAre(""));
  EXPECT_EQ(DeadLetters(), 0);
}

TEST_F(ErasureTest, AnErasureThatCannotBeReadIsPutAsideAndTheNextIsCarriedOut) {
  Open();
  TellErased("\xff\xff");
  inquiries::v1::BuyerErased erased;
  erased.set_buyer("nobody");
  TellErased(erased.SerializeAsString());
  erased.set_buyer(test::Buyer());
  TellErased(erased.SerializeAsString());
  ASSERT_TRUE(Eventually([this] { return NotesAt(0).at(0).empty(); }));
  EXPECT_EQ(DeadLetters(), 2);
}

}  // namespace
}  // namespace kefu::after_sales
