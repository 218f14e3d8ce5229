// What one client, or all together, may take; and how the server ends.
#include "tests/gateway/edge/http_server_fixture.h"

namespace kefu::gateway {
namespace {

TEST_F(HttpServerTest, EndsAConnectionThatSaysNothing) {
  config_.read_timeout_ms = 100;
  Start();
  RawClient client(address_);
  EXPECT_TRUE(client.ReceivesEnd());
}

TEST_F(HttpServerTest, EndsAnIdleConnectionLater) {
  config_.idle_timeout_ms = 100;
  Start();
  RawClient client(address_);
  client.Send(Post(kState, "{}"));
  ASSERT_TRUE(client.Receive());
  EXPECT_TRUE(client.ReceivesEnd());
}

TEST_F(HttpServerTest, GivesSlowHeadersABoundedTime) {
  config_.read_timeout_ms = 200;
  Start();
  RawClient client(address_);
  const int64_t began = MonotonicMs();
  client.Send("POST / HTTP/1.1\r\nX-Slow: ");
  // A byte now and then does not buy time.
  while (!client.Readable(20)) client.Send("x");
  const auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_TRUE(client.ReceivesEnd());
  EXPECT_GE(MonotonicMs() - began, 190);
  EXPECT_LT(MonotonicMs() - began, 3000);
}

TEST_F(HttpServerTest, GivesASlowBodyABoundedTime) {
  config_.read_timeout_ms = 200;
  Start();
  RawClient client(address_);
  const std::string request = Post(kState, std::string(1000, ' '));
  client.Send(request.substr(0, request.size() - 900));
  while (!client.Readable(20)) client.Send(" ");
  EXPECT_EQ(client.Receive()->status, 408);
}

TEST_F(HttpServerTest, RefusesConnectionsBeyondTheBoundOfAnAddress) {
  config_.max_connections_per_address = 2;
  Start();
  RawClient first(address_);
  auto second = std::make_unique<RawClient>(address_);
  for (RawClient* client : {&first, second.get()}) {
    client->Send(Post(kState, "{}"));
    ASSERT_EQ(client->Receive()->status, 200);
  }
  RawClient third(address_);
  const auto refused = third.Receive();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(ReasonOf(refused->body), "TOO_MANY_CONNECTIONS");
  EXPECT_TRUE(third.ReceivesEnd());
  // Room again when one has gone; the server learns of that soon, not at once.
  second.reset();
  int status = 0;
  for (const int64_t by = MonotonicMs() + 5000; status != 200 && MonotonicMs() < by;) {
    status = Ask(Post(kState, "{}")).status;
  }
  EXPECT_EQ(status, 200);
}

TEST_F(HttpServerTest, RefusesConnectionsBeyondTheTotal) {
  config_.max_connections = 1;
  Start();
  RawClient first(address_);
  first.Send(Post(kState, "{}"));
  ASSERT_EQ(first.Receive()->status, 200);
  const RawResponse refused = Ask(Post(kState, "{}"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_THAT(gateway_.metrics.Render(),
              HasSubstr("kefu_edge_connections_refused_total{bound=\"total\"} 1"));
}

TEST_F(HttpServerTest, ATrustedProxyBringsAsManyConnectionsAsItLikes) {
  config_.max_connections_per_address = 1;
  config_.trusted_proxies = {"127.0.0.1"};
  Start();
  RawClient first(address_);
  first.Send(Post(kState, "{}"));
  ASSERT_EQ(first.Receive()->status, 200);
  EXPECT_EQ(Ask(Post(kState, "{}")).status, 200);
}

TEST_F(HttpServerTest, DrainSaysGoodbyeToStreamsAndFinishesCalls) {
  Start();
  RawClient stream(address_);
  stream.Send(PostStream("{}"));
  ASSERT_TRUE(stream.ReceiveHead());
  ASSERT_TRUE(stream.ReceiveChunk());
  RawClient idle(address_);
  idle.Send(Post(kState, "{}"));
  ASSERT_TRUE(idle.Receive());

  std::thread drain([&] { server_->Drain(5000); });
  EXPECT_THAT(*stream.ReceiveChunk(), HasSubstr("goodbye"));
  EXPECT_EQ(SplitEnvelopes(*stream.ReceiveChunk()).at(0).flags, connect::kFlagEndStream);
  EXPECT_TRUE(stream.ReceiveChunk()->empty());
  EXPECT_TRUE(stream.ReceivesEnd());
  EXPECT_TRUE(idle.ReceivesEnd());
  const int64_t began = MonotonicMs();
  drain.join();
  EXPECT_LT(MonotonicMs() - began, 3000);
  EXPECT_THROW(RawClient late(address_), std::runtime_error);
}

TEST_F(HttpServerTest, StopCutsWhatIsLeft) {
  Start();
  RawClient client(address_);
  client.Send(Post(kSend, MessageBody("stall")));
  ASSERT_TRUE(
      gateway_.toys.WaitFor([](const ToyServices::Seen& seen) { return seen.messages == 1; }));
  server_->Stop();
  EXPECT_TRUE(client.ReceivesEnd());
}

TEST_F(HttpServerTest, CountsResponsesAndConnections) {
  Start();
  RawClient client(address_);
  client.Send(Post(kState, "{}"));
  ASSERT_TRUE(client.Receive());
  const std::string metrics = gateway_.metrics.Render();
  EXPECT_THAT(metrics, HasSubstr("kefu_edge_http_responses_total{status=\"200\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("kefu_edge_connections 1"));
}

TEST(HttpServerConfig, IsCheckedBeforeServing) {
  ToyGateway gateway;
  server::IoThreads io(1);
  HttpConfig config;
  config.trusted_proxies = {"nonsense"};
  const HttpServerDeps deps{gateway.dispatcher(), io, gateway.metrics, {}};
  EXPECT_FALSE(HttpServer::Create(config, deps).ok());
  config.trusted_proxies.clear();
  config.listen = "nonsense";
  EXPECT_FALSE((*HttpServer::Create(config, deps))->Start().ok());
}

}  // namespace
}  // namespace kefu::gateway
