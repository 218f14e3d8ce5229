#include "deploy/ctl/connect_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>

#include "proto/kefu/gateway/v1/auth.pb.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "tests/deploy/ctl/scripted_server.h"

namespace kefu::ctl {
namespace {

using gateway::v1::BuyerFrame;
using gateway::v1::BuyerSubscribeRequest;
using gateway::v1::WhoAmIRequest;
using gateway::v1::WhoAmIResponse;
using test::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kWhoAmI = "kefu.gateway.v1.AuthService/WhoAmI";
// Nobody listens on port 1.
constexpr const char* kNobody = "127.0.0.1:1";

std::string WhoAnswer(const std::string& subject) {
  WhoAmIResponse response;
  response.set_subject(subject);
  return ScriptedServer::Answer(200, "application/proto", response.SerializeAsString());
}

std::string ErrorAnswer(int status, const std::string& code) {
  return ScriptedServer::Answer(status, "application/json",
                                R"({"code":")" + code + R"(","message":"m"})");
}

template <class T>
T Await(boost::asio::io_context& io, Task<T> task) {
  std::optional<T> result;
  auto run = [](Task<T> inner, std::optional<T>* out) -> Task<> {
    out->emplace(co_await std::move(inner));
  };
  Spawn(io.get_executor(), run(std::move(task), &result));
  io.restart();
  io.run();
  return std::move(*result);
}

class ConnectClientTest : public ::testing::Test {
 protected:
  absl::StatusOr<WhoAmIResponse> Call(ConnectClient& client, CallStats* stats = nullptr) {
    CallOptions options;
    options.bearer = "secret";
    options.deadline_ms = deadline_ms_;
    options.attempt_ms = 1000;
    return Await(io_, client.Call<WhoAmIResponse>(kWhoAmI, WhoAmIRequest(), options, stats));
  }
  boost::asio::io_context io_;
  int64_t deadline_ms_ = 5000;
};

TEST_F(ConnectClientTest, ACallIsAPostOfTheMethodWithTokenAndDeadline) {
  ScriptedServer server({WhoAnswer("me")});
  ConnectClient client(io_.get_executor(), {server.address()});
  const auto response = Call(client);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->subject(), "me");
  const std::string request = server.requests().at(0);
  EXPECT_THAT(request, HasSubstr("POST /kefu.gateway.v1.AuthService/WhoAmI HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Authorization: Bearer secret\r\n"));
  EXPECT_THAT(request, HasSubstr("Content-Type: application/proto\r\n"));
  EXPECT_THAT(request, HasSubstr("Connect-Protocol-Version: 1\r\n"));
  EXPECT_THAT(request, HasSubstr("Connect-Timeout-Ms: 1000\r\n"));
}

TEST_F(ConnectClientTest, TwoCallsShareAConnection) {
  ScriptedServer server({WhoAnswer("1"), WhoAnswer("2")});
  ConnectClient client(io_.get_executor(), {server.address()});
  EXPECT_EQ(Call(client)->subject(), "1");
  EXPECT_EQ(Call(client)->subject(), "2");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ConnectClientTest, AConnectionThatTheServerClosesIsNotUsedAgain) {
  std::string last = WhoAnswer("1");
  last.insert(last.find("\r\n") + 2, "Connection: close\r\n");
  ScriptedServer server({last, WhoAnswer("2")});
  ConnectClient client(io_.get_executor(), {server.address()});
  EXPECT_EQ(Call(client)->subject(), "1");
  CallStats stats;
  EXPECT_EQ(Call(client, &stats)->subject(), "2");
  EXPECT_EQ(stats.attempts, 1);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(ConnectClientTest, AnotherGatewayTakesOverWhereOneCannotBeReached) {
  ScriptedServer server({WhoAnswer("there")});
  ConnectClient client(io_.get_executor(), {kNobody, server.address()});
  CallStats stats;
  const auto response = Call(client, &stats);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(stats.attempts, 2);
  EXPECT_FALSE(stats.unknown);
}

TEST_F(ConnectClientTest, ABrokenConnectionIsRetriedWithTheSameBytesAndMakesTheOutcomeUnknown) {
  ScriptedServer server({"", WhoAnswer("again")});
  ConnectClient client(io_.get_executor(), {server.address()});
  CallStats stats;
  const auto response = Call(client, &stats);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(stats.attempts, 2);
  EXPECT_TRUE(stats.unknown);
  EXPECT_EQ(server.requests().at(0), server.requests().at(1));
}

TEST_F(ConnectClientTest, WhatTheStateForbidsIsNotRetried) {
  ScriptedServer server({ErrorAnswer(400, "failed_precondition"), WhoAnswer("never")});
  ConnectClient client(io_.get_executor(), {server.address()});
  CallStats stats;
  EXPECT_EQ(Call(client, &stats).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(stats.attempts, 1);
  EXPECT_FALSE(stats.unknown);
}

TEST_F(ConnectClientTest, ExhaustionWithoutADelayIsNotRetried) {
  ScriptedServer server({ErrorAnswer(429, "resource_exhausted"), WhoAnswer("never")});
  ConnectClient client(io_.get_executor(), {server.address()});
  EXPECT_EQ(Call(client).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(ConnectClientTest, UnavailableIsRetriedUntilTheDeadlineAndNoLonger) {
  deadline_ms_ = 200;
  ConnectClient client(io_.get_executor(), {kNobody});
  CallStats stats;
  const auto response = Call(client, &stats);
  EXPECT_EQ(ErrorReason(response.status()), "GATEWAY_UNREACHABLE");
  EXPECT_GT(stats.attempts, 1);
  EXPECT_FALSE(stats.unknown);
}

std::string StreamAnswer(const std::string& body) {
  return ScriptedServer::Answer(200, "application/connect+proto", body);
}

std::string FrameBytes(const std::string& buyer) {
  BuyerFrame frame;
  frame.mutable_hello()->set_buyer(buyer);
  return EncodeEnvelope(frame.SerializeAsString());
}

class StreamTest : public ConnectClientTest {
 protected:
  struct Outcome {
    std::vector<std::string> buyers;
    absl::Status status;
  };
  static Task<Outcome> ReadAll(ConnectClient* client) {
    Outcome outcome;
    CallOptions options;
    absl::StatusOr<ServerStream<BuyerFrame>> stream = co_await client->Subscribe<BuyerFrame>(
        "kefu.gateway.v1.BuyerService/Subscribe", BuyerSubscribeRequest(), options);
    outcome.status = stream.status();
    while (outcome.status.ok()) {
      absl::StatusOr<std::optional<BuyerFrame>> frame = co_await stream->Next(2000);
      outcome.status = frame.status();
      if (!frame.ok() || !frame->has_value()) break;
      outcome.buyers.push_back((*frame)->hello().buyer());
    }
    co_return outcome;
  }
  Outcome Read(const std::string& answer) {
    ScriptedServer server({answer});
    ConnectClient client(io_.get_executor(), {server.address()});
    return Await(io_, ReadAll(&client));
  }
};

TEST_F(StreamTest, FramesComeInOrderUntilTheRegularEnd) {
  const Outcome got = Read(StreamAnswer(FrameBytes("a") + FrameBytes("b") +
                                        EncodeEnvelope("{}", Envelope::kEndOfStream)));
  EXPECT_TRUE(got.status.ok()) << got.status;
  EXPECT_THAT(got.buyers, testing::ElementsAre("a", "b"));
}

TEST_F(StreamTest, AStreamWithoutItsLastFrameIsBroken) {
  const Outcome got = Read(StreamAnswer(FrameBytes("a")));
  EXPECT_EQ(got.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(got.buyers, testing::ElementsAre("a"));
}

TEST_F(StreamTest, AStreamsErrorIsItsStatus) {
  const Outcome got = Read(StreamAnswer(EncodeEnvelope(
      R"({"error":{"code":"unauthenticated","message":"m"}})", Envelope::kEndOfStream)));
  EXPECT_EQ(got.status.code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(StreamTest, ARefusedSubscriptionSaysWhy) {
  const Outcome got = Read(ErrorAnswer(403, "permission_denied"));
  EXPECT_EQ(got.status.code(), absl::StatusCode::kPermissionDenied);
}

TEST(OutcomeUnknown, IsSaidOfEveryErrorThatMayFollowAnEffect) {
  const auto unavailable = [](const char* reason) {
    return OutcomeUnknown(Error(absl::StatusCode::kUnavailable, reason, "m"));
  };
  EXPECT_FALSE(unavailable("GATEWAY_UNREACHABLE"));
  EXPECT_FALSE(unavailable("STORE_UNAVAILABLE"));
  EXPECT_TRUE(unavailable("OUTCOME_UNKNOWN"));
  EXPECT_TRUE(unavailable("ANYTHING_ELSE"));
  EXPECT_TRUE(OutcomeUnknown(absl::DeadlineExceededError("m")));
  EXPECT_TRUE(OutcomeUnknown(absl::InternalError("m")));
  EXPECT_FALSE(OutcomeUnknown(absl::AbortedError("m")));
  EXPECT_FALSE(OutcomeUnknown(absl::NotFoundError("m")));
}

}  // namespace
}  // namespace kefu::ctl
