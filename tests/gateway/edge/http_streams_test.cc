// Streams as their clients meet them.
#include "tests/gateway/edge/http_server_fixture.h"

namespace kefu::gateway {
namespace {

TEST_F(HttpServerTest, StreamsFramesAndEndsWithTheEndMessage) {
  Start();
  RawClient client(address_);
  client.Send(PostStream(R"({"resume":{"seq":"3"}})"));
  const auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers.at("content-type"), "application/connect+json");
  const std::vector<Envelope> envelopes = SplitEnvelopes(response->body);
  ASSERT_EQ(envelopes.size(), 4u);
  EXPECT_EQ(json::parse(envelopes[2].message)["entry"]["seq"], "3");
  EXPECT_EQ(envelopes[3].flags, connect::kFlagEndStream);
  EXPECT_EQ(envelopes[3].message, "{}");
  // The connection goes on.
  client.Send(Post(kState, "{}"));
  EXPECT_EQ(client.Receive()->status, 200);
}

TEST_F(HttpServerTest, StreamsInBinary) {
  Start();
  v1::BuyerSubscribeRequest request;
  request.mutable_resume()->set_seq(2);
  const RawResponse response = Ask(
      Post(kSubscribe, Enveloped(request.SerializeAsString()), "", "application/connect+proto"));
  EXPECT_EQ(response.headers.at("content-type"), "application/connect+proto");
  const std::vector<Envelope> envelopes = SplitEnvelopes(response.body);
  ASSERT_EQ(envelopes.size(), 3u);
  v1::BuyerFrame frame;
  ASSERT_TRUE(frame.ParseFromString(envelopes[1].message));
  EXPECT_EQ(frame.entry().seq(), 2u);
}

TEST_F(HttpServerTest, EndsAStreamWithItsError) {
  Start();
  const RawResponse response = Ask(PostStream(R"({"resume":{"conversation":"fail"}})"));
  EXPECT_EQ(response.status, 200);
  const std::vector<Envelope> envelopes = SplitEnvelopes(response.body);
  ASSERT_EQ(envelopes.size(), 2u);
  EXPECT_EQ(json::parse(envelopes[1].message)["error"]["code"], "failed_precondition");
}

TEST_F(HttpServerTest, RefusesAStreamInItsEndMessage) {
  Start();
  for (const std::string& request :
       {PostStream("{"), PostStream("{}", "Connect-Content-Encoding: gzip\r\n"),
        Post(kSubscribe, "abc", "", "application/connect+json")}) {
    const RawResponse response = Ask(request);
    EXPECT_EQ(response.status, 200);
    const std::vector<Envelope> envelopes = SplitEnvelopes(response.body);
    ASSERT_EQ(envelopes.size(), 1u);
    EXPECT_EQ(envelopes[0].flags, connect::kFlagEndStream);
    EXPECT_TRUE(json::parse(envelopes[0].message).contains("error"));
  }
}

TEST_F(HttpServerTest, StreamsToAnHttp10ClientUntilTheEndOfTheConnection) {
  Start();
  RawClient client(address_);
  std::string request = PostStream(R"({"resume":{"seq":"2"}})");
  request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0");
  client.Send(request);
  const auto head = client.ReceiveHead();
  ASSERT_TRUE(head);
  EXPECT_FALSE(head->headers.contains("transfer-encoding"));
  EXPECT_EQ(head->headers.at("connection"), "close");
}

TEST_F(HttpServerTest, SendsTheHeadersOfAnIdleStreamAtOnce) {
  Start();
  RawClient client(address_);
  client.Send(PostStream("{}"));
  EXPECT_EQ(client.ReceiveHead()->status, 200);
  EXPECT_THAT(*client.ReceiveChunk(), HasSubstr("hello"));
  EXPECT_FALSE(client.Readable(0));
}

TEST_F(HttpServerTest, NoticesThatTheClientOfAnIdleStreamLeft) {
  Start();
  {
    RawClient client(address_);
    client.Send(PostStream("{}"));
    ASSERT_TRUE(client.ReceiveHead());
    ASSERT_TRUE(client.ReceiveChunk());
  }
  EXPECT_TRUE(
      gateway_.toys.WaitFor([](const ToyServices::Seen& seen) { return seen.streams_gone == 1; }));
}

TEST_F(HttpServerTest, ARequestSentAheadIsAnsweredAfterTheStream) {
  Start();
  RawClient client(address_);
  client.Send(PostStream(R"({"resume":{"seq":"1"}})") + Post(kState, "{}"));
  EXPECT_EQ(SplitEnvelopes(client.Receive()->body).size(), 2u);
  EXPECT_EQ(client.Receive()->status, 200);
}

TEST_F(HttpServerTest, AClientThatSendsMuchAheadDuringAStreamCostsBoundedMemory) {
  Start();
  RawClient client(address_);
  client.Send(PostStream("{}"));
  ASSERT_TRUE(client.ReceiveHead());
  client.Send(std::string(100'000, 'x'));
  server_->Drain(0);
  EXPECT_TRUE(
      gateway_.toys.WaitFor([](const ToyServices::Seen& seen) { return seen.goodbyes_sent == 1; }));
}

TEST_F(HttpServerTest, CutsAClientThatDoesNotRead) {
  config_.write_timeout_ms = 200;
  Start();
  RawClient client(address_);
  client.Send(PostStream(R"({"resume":{"conversation":"flood"}})"));
  EXPECT_TRUE(
      gateway_.toys.WaitFor([](const ToyServices::Seen& seen) { return seen.streams_gone == 1; }));
}

}  // namespace
}  // namespace kefu::gateway
