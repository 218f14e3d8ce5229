#include "gateway/upstream/forwarder.h"

#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "proto/kefu/gateway/v1/agent.pb.h"
#include "proto/kefu/orders/v1/service.grpc.pb.h"
#include "services/common/base/status.h"
#include "services/common/server/grpc_server.h"
#include "services/common/server/io_threads.h"
#include "tests/support/await.h"

namespace kefu::gateway {
namespace {

using orders::v1::GetOrderRequest;
using orders::v1::OrderService;
using testing::Contains;
using testing::Not;

constexpr char kGetOrder[] = "kefu.orders.v1.OrderService/GetOrder";

// Answers the order that it was asked for, or `answer` if that is an error.
class FakeOrders final : public OrderService::CallbackService {
 public:
  explicit FakeOrders(server::IoThreads& io) : io_(io) {}

  grpc::ServerUnaryReactor* GetOrder(grpc::CallbackServerContext* context,
                                     const GetOrderRequest* request,
                                     orders::v1::Order* response) override {
    return server::Unary(context, io_.Next(),
                         [this, request, response](server::CallScope scope) -> Task<absl::Status> {
                           absl::MutexLock lock(&mutex_);
                           seen_ = *request;
                           scope_ = scope;
                           ++calls_;
                           response->set_order(request->order());
                           co_return answer_;
                         });
  }

  void Answer(absl::Status answer) {
    absl::MutexLock lock(&mutex_);
    answer_ = std::move(answer);
  }
  GetOrderRequest seen() {
    absl::MutexLock lock(&mutex_);
    return seen_;
  }
  server::CallScope scope() {
    absl::MutexLock lock(&mutex_);
    return scope_;
  }
  int calls() {
    absl::MutexLock lock(&mutex_);
    return calls_;
  }

 private:
  server::IoThreads& io_;
  absl::Mutex mutex_;
  absl::Status answer_;
  GetOrderRequest seen_;
  server::CallScope scope_;
  int calls_ = 0;
};

CallContext ContextOf(Role role, const std::string& subject) {
  CallContext context;
  context.caller.role = role;
  context.caller.shop = *ShopId::Parse("demo");
  context.caller.subject = subject;
  context.scope.deadline_ms = MonotonicMs() + 5000;
  return context;
}

class ForwarderTest : public testing::Test {
 protected:
  ForwarderTest() {
    auto server = server::GrpcServer::Start("127.0.0.1:0", {&orders_});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    Connect({{"orders", {server::NewChannel(server_->address())}}});
  }

  void Connect(const ServiceChannels::ByName& services) {
    registry_ = std::make_unique<Registry>();
    services_ = std::make_unique<ServiceChannels>(services);
    forwarder_ = std::make_unique<Forwarder>(*services_);
    const absl::Status registered = forwarder_->Register("orders", *registry_);
    EXPECT_TRUE(registered.ok()) << registered;
  }

  absl::StatusOr<MessagePtr> Get(const CallContext& context, const GetOrderRequest& request) {
    return test::Await(
        registry_->Find(kGetOrder)->unary(context, std::make_unique<GetOrderRequest>(request)));
  }
  absl::StatusOr<MessagePtr> Get() {
    GetOrderRequest request;
    request.set_order("o_1");
    return Get(ContextOf(ROLE_AGENT, "a_1"), request);
  }

  server::IoThreads io_{1};
  FakeOrders orders_{io_};
  std::unique_ptr<server::GrpcServer> server_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<ServiceChannels> services_;
  std::unique_ptr<Forwarder> forwarder_;
};

TEST_F(ForwarderTest, AnAnswerComesBackAsTheMethodsOwnType) {
  const auto answer = Get();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(static_cast<const orders::v1::Order&>(**answer).order(), "o_1");
}

TEST_F(ForwarderTest, ShopAndActorAreTheCredentialsWhateverTheCallerSent) {
  GetOrderRequest request;
  request.set_order("o_1");
  request.set_shop("somebody-elses");
  request.mutable_actor()->set_role(ROLE_SUPERVISOR);
  request.mutable_actor()->set_id("a_boss");
  ASSERT_TRUE(Get(ContextOf(ROLE_BUYER, "b_me"), request).ok());
  EXPECT_EQ(orders_.seen().shop(), "demo");
  EXPECT_EQ(orders_.seen().actor().role(), ROLE_BUYER);
  EXPECT_EQ(orders_.seen().actor().id(), "b_me");
  EXPECT_EQ(orders_.seen().order(), "o_1");
}

TEST_F(ForwarderTest, AnErrorKeepsItsReasonMetadataAndMessage) {
  orders_.Answer(Error(absl::StatusCode::kFailedPrecondition, "TRANSITION_FORBIDDEN",
                       "An order cannot go back.", {{"axis", "payment"}}));
  const absl::Status status = Get().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(status), "TRANSITION_FORBIDDEN");
  EXPECT_EQ(ErrorMetadataOf(status), (ErrorMetadata{{"axis", "payment"}}));
  EXPECT_EQ(FromAbsl(status.message()), "An order cannot go back.");
  EXPECT_EQ(orders_.calls(), 1);
}

TEST_F(ForwarderTest, TraceAndWhatIsLeftOfTheTimeArePassedOn) {
  CallContext context = ContextOf(ROLE_AGENT, "a_1");
  context.scope.trace.traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";
  context.scope.trace.request_id = "request-1";
  ASSERT_TRUE(Get(context, GetOrderRequest()).ok());
  EXPECT_EQ(orders_.scope().trace.traceparent, context.scope.trace.traceparent);
  EXPECT_EQ(orders_.scope().trace.request_id, "request-1");
  EXPECT_LT(orders_.scope().deadline_ms, context.scope.deadline_ms);
}

TEST_F(ForwarderTest, AServiceThatIsNotConfiguredIsUnavailableWithATimeToRetry) {
  Connect({{"orders", {}}});
  const absl::Status status = Get().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(status), "SERVICE_NOT_CONFIGURED");
  EXPECT_GT(RetryDelayMs(status), 0);
}

TEST_F(ForwarderTest, AServiceThatIsDownIsUnavailableWithATimeToRetry) {
  server_.reset();
  const absl::Status status = Get().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_GT(RetryDelayMs(status), 0);
}

TEST_F(ForwarderTest, ACallWithoutTimeLeftIsNotSent) {
  CallContext context = ContextOf(ROLE_AGENT, "a_1");
  context.scope.deadline_ms = MonotonicMs();
  EXPECT_EQ(Get(context, GetOrderRequest()).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(orders_.calls(), 0);
}

TEST_F(ForwarderTest, AHookSeesTheCredentialsShopAndCompletesTheRequest) {
  forwarder_->Before(
      kGetOrder, [](CallContext context, google::protobuf::Message& message) -> Task<absl::Status> {
        auto& request = static_cast<GetOrderRequest&>(message);
        request.set_order(request.shop() + "/" + context.caller.subject);
        co_return absl::OkStatus();
      });
  ASSERT_TRUE(Get().ok());
  EXPECT_EQ(orders_.seen().order(), "demo/a_1");
}

TEST_F(ForwarderTest, ARequestThatAHookRefusesIsNotSent) {
  forwarder_->Before(kGetOrder, [](CallContext, google::protobuf::Message&) -> Task<absl::Status> {
    co_return InvalidField("order", "is not wanted");
  });
  EXPECT_EQ(ErrorReason(Get().status()), "INVALID_FIELD");
  EXPECT_EQ(orders_.calls(), 0);
}

TEST(ForwarderRegistrationTest, EveryMethodWithRolesIsCallableAndNoOther) {
  ServiceChannels services({});
  Forwarder forwarder(services);
  Registry registry;
  for (const char* name : {"orders", "logistics", "after_sales", "records"}) {
    const absl::Status registered = forwarder.Register(name, registry);
    ASSERT_TRUE(registered.ok()) << registered;
  }
  EXPECT_TRUE(registry
                  .Missing({"kefu.orders.v1.OrderService", "kefu.logistics.v1.ShipmentService",
                            "kefu.after_sales.v1.CaseService", "kefu.records.v1.RecordService"})
                  .empty());
  EXPECT_EQ(registry.Find("kefu.logistics.v1.PushService/ReceivePush"), nullptr);
}

TEST(ForwarderRegistrationTest, BatchesMayBeLargerThanOtherRequests) {
  ServiceChannels services({});
  Forwarder forwarder(services);
  Registry registry;
  ASSERT_TRUE(forwarder.Register("orders", registry).ok());
  EXPECT_EQ(registry.Find("kefu.orders.v1.OrderService/UpsertOrders")->max_body_bytes, 1u << 20);
  EXPECT_EQ(registry.Find(kGetOrder)->max_body_bytes, 0u);
  EXPECT_EQ(registry.LargestBody(), 1u << 20);
}

TEST(ForwarderRegistrationTest, MethodsThatCannotBeForwardedAreRefusedAtStart) {
  ServiceChannels services({});
  Forwarder forwarder(services);
  Registry registry;
  EXPECT_EQ(ErrorReason(forwarder.Register("nowhere", registry)), "NO_SUCH_SERVICE");
}

}  // namespace
}  // namespace kefu::gateway
