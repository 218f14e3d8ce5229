#include "gateway/edge/grpc_front.h"

#include <absl/synchronization/blocking_counter.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "proto/grpc/reflection/v1alpha/reflection.pb.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "proto/kefu/orders/v1/service.pb.h"
#include "services/common/base/status.h"
#include "services/common/server/unary.h"
#include "tests/gateway/edge/toy_services.h"

namespace kefu::gateway {
namespace {

using google::protobuf::Message;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;
using testing::Contains;
using testing::Not;

constexpr char kGetState[] = "/kefu.gateway.v1.BuyerService/GetState";
constexpr char kSend[] = "/kefu.gateway.v1.BuyerService/SendMessage";
constexpr char kSubscribe[] = "/kefu.gateway.v1.BuyerService/Subscribe";
constexpr char kReflect[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
constexpr char kHealth[] = "/grpc.health.v1.Health/Check";

struct Outcome {
  absl::Status status;
  std::string request_id;  // of the answer's metadata
};

// A client's stream, one thing after the other.
class ClientStream {
 public:
  ClientStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
               const std::string& token) {
    if (!token.empty()) context_.AddMetadata("authorization", "Bearer " + token);
    grpc::GenericStub stub(channel);
    stream_ = stub.PrepareCall(&context_, method, &queue_);
    stream_->StartCall(this);
    Next();
  }
  ~ClientStream() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  bool Write(const Message& message) {
    const grpc::Slice slice(message.SerializeAsString());
    stream_->Write(grpc::ByteBuffer(&slice, 1), this);
    return Next();
  }
  bool CloseWrites() {
    stream_->WritesDone(this);
    return Next();
  }
  bool WaitForHead() {
    stream_->ReadInitialMetadata(this);
    return Next();
  }
  template <class T>
  std::optional<T> Read() {
    grpc::ByteBuffer buffer;
    stream_->Read(&buffer, this);
    if (!Next()) return std::nullopt;
    T message;
    if (!grpc::SerializationTraits<T>::Deserialize(&buffer, &message).ok()) return std::nullopt;
    return message;
  }
  absl::Status Finish() {
    grpc::Status status;
    stream_->Finish(&status, this);
    Next();
    return server::FromGrpcStatus(status, context_);
  }
  void Cancel() { context_.TryCancel(); }

 private:
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

class GrpcFrontTest : public testing::Test {
 protected:
  void Start(GrpcConfig config = {}) {
    config.listen = "127.0.0.1:0";
    auto front =
        GrpcFront::Start(config, {gateway_.dispatcher(), gateway_.registry, io_, gateway_.metrics});
    ASSERT_TRUE(front.ok()) << front.status();
    front_ = std::move(*front);
    channel_ = grpc::CreateChannel(front_->address(), grpc::InsecureChannelCredentials());
  }

  Outcome Call(const std::string& method, const Message& request, Message* response,
               grpc::ClientContext& context) {
    grpc::TemplatedGenericStub<Message, Message> stub(channel_);
    absl::BlockingCounter done(1);
    grpc::Status status;
    stub.UnaryCall(&context, method, grpc::StubOptions(), &request, response,
                   [&](grpc::Status answer) {
                     status = std::move(answer);
                     done.DecrementCount();
                   });
    done.Wait();
    Outcome outcome;
    outcome.status = server::FromGrpcStatus(status, context);
    const auto& head = context.GetServerInitialMetadata();
    const auto id = head.find("x-request-id");
    if (id != head.end()) outcome.request_id = std::string(id->second.data(), id->second.size());
    return outcome;
  }
  Outcome Call(const std::string& method, const Message& request, Message* response,
               const std::string& token) {
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    return Call(method, request, response, context);
  }
  absl::Status Send(const std::string& text, const std::string& token = "buyer") {
    v1::BuyerSendMessageResponse response;
    return Call(kSend, Sending(text), &response, token).status;
  }
  static v1::BuyerSendMessageRequest Sending(const std::string& text) {
    v1::BuyerSendMessageRequest request;
    request.set_request_id("request-1");
    request.mutable_content()->mutable_text()->set_body(text);
    return request;
  }
  static v1::BuyerSubscribeRequest From(uint64_t seq, const std::string& conversation = "") {
    v1::BuyerSubscribeRequest request;
    request.mutable_resume()->set_seq(seq);
    request.mutable_resume()->set_conversation(conversation);
    return request;
  }

  ToyGateway gateway_;
  server::IoThreads io_{2};
  std::unique_ptr<GrpcFront> front_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(GrpcFrontTest, AnAnswerCarriesTheTraceIdOfTheCaller) {
  Start();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer buyer-2");
  context.AddMetadata("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01");
  v1::BuyerGetStateResponse response;
  const Outcome outcome = Call(kGetState, v1::BuyerGetStateRequest(), &response, context);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(response.buyer(), "buyer-2");
  EXPECT_EQ(outcome.request_id, "0123456789abcdef0123456789abcdef");
}

TEST_F(GrpcFrontTest, ErrorsCarryReasonAndDetails) {
  Start();
  EXPECT_EQ(ErrorReason(Send("hello", "")), "TOKEN_MISSING");
  EXPECT_EQ(ErrorReason(Send("hello", "nonsense")), "TOKEN_INVALID");
  const absl::Status role = Send("hello", "agent");
  EXPECT_EQ(role.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ErrorMetadataOf(role), (ErrorMetadata{{"role", "ROLE_AGENT"}}));
  EXPECT_EQ(ErrorReason(Send("unavailable")), "TOY_DOWN");
  EXPECT_EQ(ErrorReason(Send("throw")), "HANDLER_FAILED");
}

TEST_F(GrpcFrontTest, MethodsThatAreNotThereAreUnimplemented) {
  Start();
  v1::BuyerGetStateResponse response;
  const absl::Status status =
      Call("/kefu.gateway.v1.BuyerService/Fly", v1::BuyerGetStateRequest(), &response, "buyer")
          .status;
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(ErrorReason(status), "METHOD_UNKNOWN");
}

TEST_F(GrpcFrontTest, TheClientsDeadlineEndsACall) {
  Start();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer buyer");
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
  v1::BuyerSendMessageResponse response;
  EXPECT_EQ(Call(kSend, Sending("stall"), &response, context).status.code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(GrpcFrontTest, TheMethodsBoundEndsACallWithoutDeadlineWithItsReason) {
  Start();
  EXPECT_EQ(ErrorReason(Send("stall")), "DEADLINE_EXCEEDED");
}

TEST_F(GrpcFrontTest, AMessageThatIsTooLargeIsRefusedAndTheConnectionLives) {
  GrpcConfig config;
  config.max_message_bytes = 4096;
  Start(config);
  EXPECT_EQ(ErrorReason(Send(std::string(5000, 'x'))), "BODY_TOO_LARGE");
  EXPECT_EQ(Send(std::string(5'000'000, 'x')).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(gateway_.toys.seen().messages, 0);
  EXPECT_TRUE(Send("small").ok());
}

TEST_F(GrpcFrontTest, ABatchMayBeLargerThanOtherMessages) {
  Start();
  orders::v1::UpsertOrdersRequest request;
  request.set_request_id("request-1");
  for (int i = 0; i < 100; ++i) request.add_orders()->set_number(std::string(1000, '1'));
  orders::v1::UpsertOrdersResponse response;
  const absl::Status status =
      Call("/kefu.orders.v1.OrderService/UpsertOrders", request, &response, "integrator").status;
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(response.results_size(), 100);
}

TEST_F(GrpcFrontTest, ForwardingHeadersAreBelievedFromTrustedProxiesOnly) {
  for (const bool trusted : {true, false}) {
    GrpcConfig config;
    if (trusted) config.trusted_proxies = {"127.0.0.1"};
    Start(config);
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer buyer");
    context.AddMetadata("x-forwarded-for", "192.0.2.7");
    v1::BuyerGetStateResponse response;
    ASSERT_TRUE(Call(kGetState, v1::BuyerGetStateRequest(), &response, context).status.ok());
    EXPECT_EQ(response.conversation(), trusted ? "192.0.2.7" : "127.0.0.1");
  }
}

TEST_F(GrpcFrontTest, AStreamsFramesComeInOrderAndThenItsEnd) {
  Start();
  ClientStream stream(channel_, kSubscribe, "buyer");
  ASSERT_TRUE(stream.Write(From(100)));
  ASSERT_TRUE(stream.CloseWrites());
  for (uint64_t seq = 1; seq <= 100; ++seq) {
    const auto frame = stream.Read<v1::BuyerFrame>();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->entry().seq(), seq);
  }
  EXPECT_FALSE(stream.Read<v1::BuyerFrame>());
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_F(GrpcFrontTest, AStreamsErrorComesAfterItsFramesWithDetails) {
  Start();
  ClientStream stream(channel_, kSubscribe, "buyer");
  ASSERT_TRUE(stream.Write(From(0, "fail")));
  EXPECT_TRUE(stream.Read<v1::BuyerFrame>());
  EXPECT_FALSE(stream.Read<v1::BuyerFrame>());
  EXPECT_EQ(ErrorReason(stream.Finish()), "TOY_FAILED");
}

TEST_F(GrpcFrontTest, AStreamThatIsRefusedEndsWithTheReason) {
  Start();
  ClientStream stream(channel_, kSubscribe, "agent");
  ASSERT_TRUE(stream.Write(From(0)));
  EXPECT_FALSE(stream.Read<v1::BuyerFrame>());
  EXPECT_EQ(ErrorReason(stream.Finish()), "ROLE_NOT_ALLOWED");
}

TEST_F(GrpcFrontTest, AClientThatLeavesEndsItsStream) {
  Start();
  ClientStream stream(channel_, kSubscribe, "buyer");
  ASSERT_TRUE(stream.Write(From(0)));
  EXPECT_TRUE(stream.Read<v1::BuyerFrame>());
  stream.Cancel();
  EXPECT_TRUE(gateway_.toys.WaitFor([](const auto& seen) { return seen.streams_ended == 1; }));
}

TEST_F(GrpcFrontTest, AClientThatDoesNotReadIsHeldBackAndCutWhenItsTimeIsUp) {
  GrpcConfig config;
  config.write_timeout_ms = 200;
  Start(config);
  ClientStream stream(channel_, kSubscribe, "buyer");
  ASSERT_TRUE(stream.Write(From(0, "flood")));
  EXPECT_TRUE(gateway_.toys.WaitFor([](const auto& seen) { return seen.streams_ended == 1; }));
}

TEST_F(GrpcFrontTest, ACallWhoseRequestDoesNotComeIsCut) {
  GrpcConfig config;
  config.read_timeout_ms = 100;
  Start(config);
  ClientStream stream(channel_, kGetState, "buyer");
  EXPECT_FALSE(stream.Read<v1::BuyerGetStateResponse>());
  EXPECT_FALSE(stream.Finish().ok());
}

TEST_F(GrpcFrontTest, DrainingLetsStreamsSayGoodbyeAndTakesNothingNew) {
  Start();
  ClientStream stream(channel_, kSubscribe, "buyer");
  ASSERT_TRUE(stream.Write(From(0)));
  EXPECT_TRUE(stream.Read<v1::BuyerFrame>());
  std::thread drain([this] { front_->Drain(5000); });
  const auto goodbye = stream.Read<v1::BuyerFrame>();
  ASSERT_TRUE(goodbye);
  EXPECT_TRUE(goodbye->has_goodbye());
  EXPECT_FALSE(stream.Read<v1::BuyerFrame>());
  EXPECT_TRUE(stream.Finish().ok());
  drain.join();
  EXPECT_EQ(Send("late").code(), absl::StatusCode::kUnavailable);
}

TEST_F(GrpcFrontTest, StoppingCutsWhatIsLeft) {
  Start();
  ClientStream stream(channel_, kSubscribe, "buyer");
  ASSERT_TRUE(stream.Write(From(0, "flood")));
  EXPECT_TRUE(gateway_.toys.WaitFor([](const auto& seen) { return seen.streams_begun == 1; }));
  front_->Stop();
  EXPECT_EQ(gateway_.toys.seen().streams_ended, 1);
}

TEST_F(GrpcFrontTest, MoreCallsThanAllowedAreRefusedWithATimeToRetry) {
  GrpcConfig config;
  config.max_calls = 1;
  Start(config);
  ClientStream stream(channel_, kSubscribe, "buyer");
  ASSERT_TRUE(stream.Write(From(0)));
  EXPECT_TRUE(stream.Read<v1::BuyerFrame>());
  const absl::Status status = Send("hello");
  EXPECT_EQ(ErrorReason(status), "TOO_MANY_CALLS");
  EXPECT_GT(RetryDelayMs(status), 0);
}

TEST_F(GrpcFrontTest, ManyCallsAtOnceAllGetTheirOwnAnswer) {
  Start();
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  for (int client = 0; client < 8; ++client) {
    clients.emplace_back([&, client] {
      for (int call = 0; call < 50; ++call) {
        const std::string token = "buyer-" + std::to_string(client) + "-" + std::to_string(call);
        v1::BuyerGetStateResponse response;
        const Outcome outcome = Call(kGetState, v1::BuyerGetStateRequest(), &response, token);
        if (outcome.status.ok() && response.buyer() == token) ++answered;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 400);
}

TEST_F(GrpcFrontTest, HealthIsServedWithoutACredential) {
  Start();
  // HealthCheckRequest without a service, HealthCheckResponse{status = 1 SERVING}: their own protos
  // are not installed.
  grpc::reflection::v1alpha::ServiceResponse empty;
  grpc::reflection::v1alpha::ErrorResponse health;
  const Outcome outcome = Call(kHealth, empty, &health, "");
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(health.error_code(), 1);
}

TEST_F(GrpcFrontTest, ReflectionIsNotThereUnlessAskedFor) {
  Start();
  ClientStream stream(channel_, kReflect, "");
  stream.Write(ServerReflectionRequest());
  EXPECT_FALSE(stream.Read<ServerReflectionResponse>());
  EXPECT_EQ(stream.Finish().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(GrpcFrontTest, ReflectionShowsServicesAndTheFilesBehindThem) {
  GrpcConfig config;
  config.reflection = true;
  Start(config);
  ClientStream stream(channel_, kReflect, "");
  ServerReflectionRequest request;
  request.set_list_services("*");
  ASSERT_TRUE(stream.Write(request));
  const auto listed = stream.Read<ServerReflectionResponse>();
  ASSERT_TRUE(listed);
  std::vector<std::string> names;
  for (const auto& service : listed->list_services_response().service())
    names.push_back(service.name());
  EXPECT_THAT(names, Contains("kefu.gateway.v1.BuyerService"));
  EXPECT_THAT(names, Not(Contains("kefu.logistics.v1.PushService")));

  request.set_file_containing_symbol("kefu.gateway.v1.BuyerService");
  ASSERT_TRUE(stream.Write(request));
  const auto file = stream.Read<ServerReflectionResponse>();
  ASSERT_TRUE(file);
  EXPECT_GT(file->file_descriptor_response().file_descriptor_proto_size(), 1);

  request.set_file_by_filename("nothing.proto");
  ASSERT_TRUE(stream.Write(request));
  const auto nothing = stream.Read<ServerReflectionResponse>();
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->error_response().error_code(), 5);
  ASSERT_TRUE(stream.CloseWrites());
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_F(GrpcFrontTest, AnAddressInUseIsRefused) {
  Start();
  GrpcConfig config;
  config.listen = front_->address();
  const auto second =
      GrpcFront::Start(config, {gateway_.dispatcher(), gateway_.registry, io_, gateway_.metrics});
  EXPECT_EQ(ErrorReason(second.status()), "CANNOT_LISTEN");
}

}  // namespace
}  // namespace kefu::gateway
