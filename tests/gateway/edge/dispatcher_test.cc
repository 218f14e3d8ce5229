#include "gateway/edge/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "proto/kefu/gateway/v1/admin.pb.h"
#include "proto/kefu/gateway/v1/auth.pb.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "tests/gateway/edge/toy_services.h"

namespace kefu::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kSend[] = "kefu.gateway.v1.BuyerService/SendMessage";
constexpr char kSubscribe[] = "kefu.gateway.v1.BuyerService/Subscribe";
constexpr char kCreatePerson[] = "kefu.gateway.v1.OperatorService/CreatePerson";

// A stream whose client takes everything.
class FakeStream final : public ServerStream {
 public:
  Task<absl::Status> Open() override {
    ++opened;
    co_return open_answer;
  }
  Task<absl::Status> Write(std::vector<MessagePtr> batch) override {
    for (MessagePtr& frame : batch) frames.push_back(std::move(frame));
    if (on_frame) on_frame();
    co_return absl::OkStatus();
  }
  void OnGone(std::function<void()> callback) override { gone = std::move(callback); }

  int opened = 0;
  absl::Status open_answer;
  std::vector<MessagePtr> frames;
  std::function<void()> gone;
  std::function<void()> on_frame;
};

class DispatcherTest : public testing::Test {
 protected:
  // Runs the loop until the task is done; what the task left running stays on it.
  template <class T>
  T Run(Task<T> task) {
    std::optional<T> result;
    Spawn(io_.get_executor(), Store(std::move(task), &result));
    io_.restart();
    while (!result && io_.run_one() > 0) {
    }
    return std::move(*result);
  }
  template <class T>
  static Task<> Store(Task<T> task, std::optional<T>* result) {
    result->emplace(co_await std::move(task));
  }

  static Call Make(const std::string& path, const std::string& bearer, const std::string& json) {
    Call call;
    call.path = path;
    call.bearer = bearer;
    call.codec = Codec::kJson;
    call.body = json;
    call.peer = "9.9.9.9";
    call.traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";
    return call;
  }
  absl::StatusOr<MessagePtr> Unary(Call call) {
    return Run(gateway_.dispatcher().Unary(std::make_unique<Call>(std::move(call))));
  }
  absl::Status Stream(Call call, ServerStream& stream) {
    return Run(gateway_.dispatcher().Stream(std::make_unique<Call>(std::move(call)), stream));
  }
  static std::string Message(const std::string& text) {
    return R"({"requestId":"r-1234567","content":{"text":{"body":")" + text + "\"}}}";
  }

  // Before the loop, which destroys what is still running.
  ToyGateway gateway_;
  boost::asio::io_context io_;
};

struct Rule {
  std::string name;
  std::string path;
  std::string bearer;
  std::string body;
  absl::StatusCode code;
  std::string reason;
};

TEST_F(DispatcherTest, EveryRuleRefusesWithItsCodeAndReason) {
  const Rule rules[] = {
      {"unknown method", "kefu.gateway.v1.BuyerService/Nope", "buyer", "{}",
       absl::StatusCode::kUnimplemented, "METHOD_UNKNOWN"},
      {"no handler", "kefu.gateway.v1.BuyerService/OpenSession", "buyer", "{}",
       absl::StatusCode::kUnimplemented, "METHOD_UNKNOWN"},
      {"a stream is no unary method", kSubscribe, "buyer", "{}", absl::StatusCode::kUnimplemented,
       "METHOD_UNKNOWN"},
      {"no token", kSend, "", Message("x"), absl::StatusCode::kUnauthenticated, "TOKEN_MISSING"},
      {"bad token", kSend, "zzz", Message("x"), absl::StatusCode::kUnauthenticated,
       "TOKEN_INVALID"},
      {"agent on a buyer's method", kSend, "agent", Message("x"),
       absl::StatusCode::kPermissionDenied, "ROLE_NOT_ALLOWED"},
      {"buyer on the operator's method", kCreatePerson, "buyer", "{}",
       absl::StatusCode::kPermissionDenied, "ROLE_NOT_ALLOWED"},
      {"role comes before decoding", kSend, "agent", "{", absl::StatusCode::kPermissionDenied,
       "ROLE_NOT_ALLOWED"},
      {"bad JSON", kSend, "buyer", "{", absl::StatusCode::kInvalidArgument, "INVALID_JSON"},
      {"write without request id", kSend, "buyer", "{}", absl::StatusCode::kInvalidArgument,
       "INVALID_FIELD"},
      {"malformed request id", kSend, "buyer", R"({"requestId":"a b"})",
       absl::StatusCode::kInvalidArgument, "INVALID_FIELD"},
      {"handler's own error", kSend, "buyer", Message("unavailable"),
       absl::StatusCode::kUnavailable, "TOY_DOWN"},
      {"handler that throws", kSend, "buyer", Message("throw"), absl::StatusCode::kInternal,
       "HANDLER_FAILED"},
  };
  for (const Rule& rule : rules) {
    const absl::Status status = Unary(Make(rule.path, rule.bearer, rule.body)).status();
    EXPECT_EQ(status.code(), rule.code) << rule.name << ": " << status;
    EXPECT_EQ(ErrorReason(status), rule.reason) << rule.name;
    EXPECT_FALSE(status.message().empty()) << rule.name;
  }
}

TEST_F(DispatcherTest, AnAdmittedCallReachesItsHandlerWithItsScope) {
  Call call = Make(kSend, "buyer", Message("hello"));
  const int64_t before = MonotonicMs();
  const absl::StatusOr<MessagePtr> answer = Unary(std::move(call));
  ASSERT_TRUE(answer.ok()) << answer.status();
  const auto& response = static_cast<const v1::BuyerSendMessageResponse&>(**answer);
  EXPECT_EQ(response.entry().content().text().body(), "hello");
  const CallContext context = gateway_.toys.seen().last_context;
  EXPECT_EQ(context.caller.subject, "buyer");
  EXPECT_EQ(context.shop().str(), "demo");
  EXPECT_EQ(context.peer, "9.9.9.9");
  EXPECT_EQ(context.scope.trace.request_id, "r-1234567");
  EXPECT_THAT(context.scope.trace.traceparent, HasSubstr("0123456789abcdef"));
  EXPECT_NEAR(context.scope.deadline_ms - before, 3000, 500);
}

TEST_F(DispatcherTest, AMethodForAnyoneAsksForNoToken) {
  Call call = Make("kefu.gateway.v1.AuthService/StartGuest", "zzz", R"({"shop":"demo"})");
  EXPECT_TRUE(Unary(std::move(call)).ok());
  EXPECT_EQ(gateway_.authenticator.asked, 0);
}

TEST_F(DispatcherTest, TheTwentyFirstMessageIsRefusedBeforeItIsDecoded) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Unary(Make(kSend, "buyer", Message("x"))).ok());
  const absl::Status status = Unary(Make(kSend, "buyer", "{")).status();
  EXPECT_EQ(ErrorReason(status), "RATE_LIMITED");
  EXPECT_GT(RetryDelayMs(status), 0);
  EXPECT_TRUE(Unary(Make(kSend, "buyer-2", Message("x"))).ok());
}

TEST_F(DispatcherTest, AnAuditedMethodIsRecordedWithoutSecretsBeforeItHappens) {
  const std::string body = R"({"requestId":"r-1234567","login":"ling","password":"open sesame"})";
  ASSERT_TRUE(Unary(Make(kCreatePerson, "operator", body)).ok());
  EXPECT_THAT(gateway_.auditor.entries,
              ElementsAre("operator " + std::string(kCreatePerson) +
                          R"( {"requestId":"r-1234567","login":"ling"})"));
}

TEST_F(DispatcherTest, WhatCannotBeRecordedDoesNotHappen) {
  gateway_.auditor.answer = Error(absl::StatusCode::kUnavailable, "AUDIT_DOWN", "Try again.");
  const std::string body = R"({"requestId":"r-1234567","login":"ling","password":"open sesame"})";
  EXPECT_EQ(ErrorReason(Unary(Make(kCreatePerson, "operator", body)).status()), "AUDIT_DOWN");
}

TEST_F(DispatcherTest, AnswersWhenTheDeadlinePassesAlthoughTheHandlerStalls) {
  Call call = Make(kSend, "buyer", Message("stall"));
  call.timeout_ms = 20;
  const absl::Status status = Unary(std::move(call)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ErrorReason(status), "DEADLINE_EXCEEDED");
  // It is still at work, so it still counts.
  EXPECT_EQ(gateway_.shedder.in_progress(), 1);
}

TEST_F(DispatcherTest, TheDeadlineCoversAuthentication) {
  Call call = Make(kSend, "stuck", Message("x"));
  call.timeout_ms = 20;
  EXPECT_EQ(Unary(std::move(call)).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(gateway_.toys.seen().messages, 0);
}

TEST_F(DispatcherTest, CountsCallsByMethodAndCode) {
  Unary(Make(kSend, "buyer", Message("x"))).status().IgnoreError();
  Unary(Make(kSend, "", Message("x"))).status().IgnoreError();
  Unary(Make("no.Such/Method", "", "")).status().IgnoreError();
  const std::string metrics = gateway_.metrics.Render();
  EXPECT_THAT(
      metrics,
      HasSubstr(
          R"(kefu_edge_calls_total{code="OK",method="kefu.gateway.v1.BuyerService/SendMessage"} 1)"));
  EXPECT_THAT(
      metrics,
      HasSubstr(R"(code="UNAUTHENTICATED",method="kefu.gateway.v1.BuyerService/SendMessage"} 1)"));
  EXPECT_THAT(metrics,
              HasSubstr(R"(kefu_edge_calls_total{code="UNIMPLEMENTED",method="unknown"} 1)"));
  EXPECT_THAT(
      metrics,
      HasSubstr(
          R"(kefu_edge_call_seconds_count{method="kefu.gateway.v1.BuyerService/SendMessage"} 2)"));
}

TEST_F(DispatcherTest, AStreamIsOpenedOnlyAfterTheRules) {
  FakeStream refused;
  EXPECT_EQ(ErrorReason(Stream(Make(kSubscribe, "agent", "{}"), refused)), "ROLE_NOT_ALLOWED");
  EXPECT_EQ(refused.opened, 0);

  FakeStream stream;
  EXPECT_TRUE(Stream(Make(kSubscribe, "buyer", R"({"resume":{"seq":"3"}})"), stream).ok());
  EXPECT_EQ(stream.opened, 1);
  EXPECT_EQ(stream.frames.size(), 3u);
}

TEST_F(DispatcherTest, AStreamThatCannotBeOpenedNeverReachesItsHandler) {
  FakeStream stream;
  stream.open_answer = Error(absl::StatusCode::kCancelled, "CLIENT_GONE", "Gone.");
  EXPECT_EQ(ErrorReason(Stream(Make(kSubscribe, "buyer", "{}"), stream)), "CLIENT_GONE");
  EXPECT_EQ(gateway_.toys.seen().streams_begun, 0);
}

TEST_F(DispatcherTest, AnOpenStreamIsNoLoad) {
  FakeStream stream;
  int64_t while_open = -1;
  stream.on_frame = [&] {
    while_open = gateway_.shedder.in_progress();
    if (stream.gone) std::exchange(stream.gone, nullptr)();
  };
  EXPECT_TRUE(Stream(Make(kSubscribe, "buyer", "{}"), stream).ok());
  EXPECT_EQ(while_open, 0);
  EXPECT_EQ(gateway_.toys.seen().streams_gone, 1);
}

TEST_F(DispatcherTest, AStreamEndsAtTheClientsDeadline) {
  FakeStream stream;
  Call call = Make(kSubscribe, "buyer", "{}");
  call.timeout_ms = 30;
  EXPECT_EQ(Stream(std::move(call), stream).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(gateway_.toys.seen().streams_gone, 1);
  EXPECT_EQ(gateway_.toys.seen().goodbyes_sent, 0);
}

TEST(Shedding, ComesBeforeAuthentication) {
  ToyGateway gateway({0, 0, 0, 0, 0});
  boost::asio::io_context io;
  Call call;
  call.path = kSend;
  absl::StatusOr<MessagePtr> answer = absl::UnknownError("not run");
  Spawn(io.get_executor(),
        [](Dispatcher& dispatcher, Call call, absl::StatusOr<MessagePtr>& answer) -> Task<> {
          answer = co_await dispatcher.Unary(std::make_unique<Call>(std::move(call)));
        }(gateway.dispatcher(), call, answer));
  io.run();
  EXPECT_EQ(ErrorReason(answer.status()), "OVERLOADED");
  EXPECT_EQ(gateway.authenticator.asked, 0);
}

TEST(RegistryTest, NamesTheMethodsWithoutHandler) {
  ToyGateway gateway;
  const std::vector<std::string> missing =
      gateway.registry.Missing({"kefu.gateway.v1.BuyerService", "no.Such"});
  EXPECT_THAT(missing, testing::Contains("kefu.gateway.v1.BuyerService/OpenSession"));
  EXPECT_THAT(missing, testing::Not(testing::Contains(kSend)));
  EXPECT_THAT(missing, testing::Contains("no.Such"));
}

TEST(RegistryDeathTest, RefusesAHandlerThatDoesNotFit) {
  Registry registry;
  const auto add_wrong_type = [&] {
    registry.Unary<v1::BuyerGetStateRequest, v1::BuyerGetStateResponse>(
        kSend,
        [](CallContext,
           v1::BuyerGetStateRequest) -> Task<absl::StatusOr<v1::BuyerGetStateResponse>> {
          co_return v1::BuyerGetStateResponse();
        });
  };
  EXPECT_DEATH(add_wrong_type(), "");
  EXPECT_DEATH(ToyServices().Register(*[] {
    static ToyGateway gateway;
    return &gateway.registry;
  }()),
               "");
}

}  // namespace
}  // namespace kefu::gateway
