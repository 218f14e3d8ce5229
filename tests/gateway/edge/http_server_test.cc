// The edge as its clients meet it: calls, refusals, what is no call.
#include "tests/gateway/edge/http_server_fixture.h"

namespace kefu::gateway {
namespace {

TEST_F(HttpServerTest, AnswersAUnaryCallInJson) {
  Start();
  const RawResponse response =
      Ask(Post(kSend, MessageBody("你好"), "Connect-Protocol-Version: 1\r\n"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_EQ(response.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(response.headers.at("x-request-id").size(), 32u);
  EXPECT_EQ(json::parse(response.body)["entry"]["content"]["text"]["body"], "你好");
}

TEST_F(HttpServerTest, AnswersAUnaryCallInBinary) {
  Start();
  const RawResponse response = Ask(Post(kState, "", "", "application/proto"));
  EXPECT_EQ(response.headers.at("content-type"), "application/proto");
  v1::BuyerGetStateResponse state;
  ASSERT_TRUE(state.ParseFromString(response.body));
  EXPECT_EQ(state.buyer(), "buyer");
  EXPECT_EQ(state.conversation(), "127.0.0.1");
}

TEST_F(HttpServerTest, TakesUpTheCallersTrace) {
  Start();
  const std::string id = "0123456789abcdef0123456789abcdef";
  const RawResponse response =
      Ask(Post(kState, "{}", "traceparent: 00-" + id + "-0123456789abcdef-01\r\n"));
  EXPECT_EQ(response.headers.at("x-request-id"), id);
  EXPECT_THAT(gateway_.toys.seen().last_context.scope.trace.traceparent, HasSubstr(id));
}

TEST_F(HttpServerTest, ServesManyRequestsOnOneConnection) {
  Start();
  RawClient client(address_);
  for (int i = 0; i < 10; ++i) {
    client.Send(Post(kState, "{}"));
    const auto response = client.Receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->headers.at("connection"), "keep-alive");
  }
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  RawClient client(address_);
  std::string requests;
  for (int i = 0; i < 5; ++i) requests += Post(kSend, MessageBody("m" + std::to_string(i)));
  client.Send(requests);
  for (int i = 0; i < 5; ++i) {
    const auto response = client.Receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(json::parse(response->body)["entry"]["content"]["text"]["body"],
              "m" + std::to_string(i));
  }
}

TEST_F(HttpServerTest, ReadsARequestThatComesInPieces) {
  Start();
  RawClient client(address_);
  for (const char byte : Post(kSend, MessageBody("slowly")))
    client.Send(std::string_view(&byte, 1));
  EXPECT_EQ(client.Receive()->status, 200);
}

TEST_F(HttpServerTest, ReadsAChunkedBodyAndAsksForItIfExpected) {
  Start();
  RawClient client(address_);
  client.Send(
      "POST /kefu.gateway.v1.BuyerService/GetState HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
      "buyer\r\n"
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(client.ReceiveHead()->status, 100);
  client.Send("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
  EXPECT_EQ(client.Receive()->status, 200);
}

TEST_F(HttpServerTest, ClosesWhenTheClientAsksForIt) {
  Start();
  RawClient client(address_);
  client.Send(Post(kState, "{}", "Connection: close\r\n"));
  EXPECT_EQ(client.Receive()->headers.at("connection"), "close");
  EXPECT_TRUE(client.ReceivesEnd());
}

struct Refusal {
  std::string name;
  std::string request;
  int status;
  std::string code;
  std::string reason;
};

TEST_F(HttpServerTest, RefusesWhatIsWrongWithStatusCodeAndReason) {
  Start();
  const std::string get = "GET /kefu.gateway.v1.BuyerService/GetState HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  const Refusal refusals[] = {
      {"GET of the API", get, 405, "unimplemented", "HTTP_METHOD_NOT_ALLOWED"},
      {"unknown method", Post("BuyerService/Nope", "{}"), 404, "unimplemented", "METHOD_UNKNOWN"},
      {"wrong content type", Post(kState, "{}", "", "text/plain"), 415, "invalid_argument",
       "UNSUPPORTED_CONTENT_TYPE"},
      {"stream's content type", Post(kState, "{}", "", "application/connect+json"), 415,
       "invalid_argument", "UNSUPPORTED_CONTENT_TYPE"},
      {"unary content type", Post(kSubscribe, "{}"), 415, "invalid_argument",
       "UNSUPPORTED_CONTENT_TYPE"},
      {"compressed", Post(kState, "{}", "Content-Encoding: gzip\r\n"), 501, "unimplemented",
       "COMPRESSION_OFF"},
      {"other version", Post(kState, "{}", "Connect-Protocol-Version: 2\r\n"), 400,
       "invalid_argument", "CONNECT_VERSION"},
      {"bad timeout", Post(kState, "{}", "Connect-Timeout-Ms: soon\r\n"), 400, "invalid_argument",
       "CONNECT_TIMEOUT"},
      {"foreign origin", Post(kState, "{}", "Origin: https://evil.example\r\n"), 403,
       "permission_denied", "ORIGIN_NOT_ALLOWED"},
      {"opaque origin", Post(kState, "{}", "Origin: null\r\n"), 403, "permission_denied",
       "ORIGIN_NOT_ALLOWED"},
      {"token in the URL", Post(std::string(kState) + "?token=buyer", "{}"), 400,
       "invalid_argument", "TOKEN_IN_URL"},
      {"bad JSON", Post(kState, "{"), 400, "invalid_argument", "INVALID_JSON"},
      {"deep JSON", Post(kState, deep), 400, "invalid_argument", "JSON_TOO_DEEP"},
      {"invalid UTF-8", Post(kSend, MessageBody("\xFF\xFE")), 400, "invalid_argument",
       "INVALID_UTF8"},
      {"unknown field", Post(kState, R"({"shop":"other"})"), 400, "invalid_argument",
       "INVALID_JSON"},
      {"oversize", Post(kState, std::string(65'537, ' ')), 413, "resource_exhausted",
       "BODY_TOO_LARGE"},
      {"oversize batch", PostBatch((1 << 20) + 1), 413, "resource_exhausted", "BODY_TOO_LARGE"},
      {"large headers", Post(kState, "{}", "X-Large: " + std::string(17'000, 'x') + "\r\n"), 431,
       "resource_exhausted", "HEADERS_TOO_LARGE"},
      {"no HTTP", "\x16\x03\x01\x02\r\n\r\n", 400, "invalid_argument", "BAD_HTTP"},
      {"newline in a header", Post(kState, "{}", "X-A: b\rX-C: d\r\n"), 400, "invalid_argument",
       "BAD_HTTP"},
      {"smuggled length", Post(kState, "{}", "Transfer-Encoding: chunked\r\n"), 400,
       "invalid_argument", "BAD_HTTP"},
      {"failing handler", Post(kSend, MessageBody("unavailable")), 503, "unavailable", "TOY_DOWN"},
  };
  for (const Refusal& refusal : refusals) {
    const RawResponse response = Ask(refusal.request);
    EXPECT_EQ(response.status, refusal.status) << refusal.name;
    if (response.status == 0) continue;
    EXPECT_EQ(json::parse(response.body)["code"], refusal.code) << refusal.name;
    EXPECT_EQ(ReasonOf(response.body), refusal.reason) << refusal.name;
    EXPECT_FALSE(json::parse(response.body)["message"].get<std::string>().empty()) << refusal.name;
  }
}

TEST_F(HttpServerTest, TellsWhatWouldBeAllowed) {
  Start();
  const std::string path = "/kefu.gateway.v1.BuyerService/GetState HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(Ask("GET " + path).headers.at("allow"), "POST, OPTIONS");
  EXPECT_EQ(Ask(Post(kState, "", "", "a/b")).headers.at("accept-post"),
            "application/json, application/proto");
}

TEST_F(HttpServerTest, ABatchMayBeLargerThanOtherRequests) {
  Start();
  const RawResponse response = Ask(PostBatch(100'000));
  EXPECT_EQ(response.status, 200) << response.body;
}

TEST_F(HttpServerTest, ReadsTheWholeAnswerToAnOversizeBodyBeforeTheEnd) {
  Start();
  RawClient client(address_);
  client.Send(Post(kState, std::string(200'000, ' ')));
  const auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
  EXPECT_TRUE(client.ReceivesEnd());
}

// Far more than the buffers of both sockets: who stops reading it makes the write fail.
TEST_F(HttpServerTest, AClientThatWritesAllBeforeItReadsGetsTheAnswerToAnOversizeBody) {
  Start();
  RawClient client(address_);
  ASSERT_TRUE(client.Send(Post(kState, std::string(32 << 20, ' '))));
  const auto response = client.Receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
  EXPECT_TRUE(client.ReceivesEnd());
}

TEST_F(HttpServerTest, TellsRetryDelaysInAHeader) {
  Start();
  RawResponse response;
  for (int i = 0; i < 21; ++i) response = Ask(Post(kSend, MessageBody("x")));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(ReasonOf(response.body), "RATE_LIMITED");
  EXPECT_GE(std::stoi(response.headers.at("retry-after")), 1);
}

TEST_F(HttpServerTest, ObeysTheCallersTimeout) {
  Start();
  const RawResponse response = Ask(Post(kSend, MessageBody("stall"), "Connect-Timeout-Ms: 30\r\n"));
  EXPECT_EQ(response.status, 504);
  EXPECT_EQ(ReasonOf(response.body), "DEADLINE_EXCEEDED");
}

TEST_F(HttpServerTest, LetsPagesOfTheShopCall) {
  Start();
  const RawResponse response =
      Ask(Post(kState, "{}", std::string("Origin: ") + kShopOrigin + "\r\n"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("access-control-allow-origin"), kShopOrigin);
  EXPECT_EQ(response.headers.at("vary"), "Origin");
  const RawResponse same = Ask(Post(kState, "{}", "Origin: http://kefu.test\r\n"));
  EXPECT_EQ(same.status, 200);
  EXPECT_FALSE(same.headers.contains("access-control-allow-origin"));
}

TEST_F(HttpServerTest, AnswersPreflightsOfAllowedOriginsOnly) {
  Start();
  const auto preflight = [](const std::string& origin) {
    return "OPTIONS /kefu.gateway.v1.BuyerService/GetState HTTP/1.1\r\nHost: x\r\nOrigin: " +
           origin + "\r\nAccess-Control-Request-Method: POST\r\n\r\n";
  };
  const RawResponse allowed = Ask(preflight(kShopOrigin));
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.headers.at("access-control-allow-origin"), kShopOrigin);
  EXPECT_FALSE(allowed.headers.contains("content-length"));
  const RawResponse refused = Ask(preflight("https://evil.example"));
  EXPECT_EQ(refused.status, 403);
  EXPECT_FALSE(refused.headers.contains("access-control-allow-origin"));
}

TEST_F(HttpServerTest, BelievesForwardingHeadersOfTrustedProxiesOnly) {
  Start();
  EXPECT_EQ(
      json::parse(Ask(Post(kState, "{}", "X-Forwarded-For: 1.2.3.4\r\n")).body)["conversation"],
      "127.0.0.1");
  server_.reset();
  config_.trusted_proxies = {"127.0.0.0/8"};
  Start();
  EXPECT_EQ(
      json::parse(Ask(Post(kState, "{}", "X-Forwarded-For: 1.2.3.4\r\n")).body)["conversation"],
      "1.2.3.4");
}

TEST_F(HttpServerTest, LeavesWhatIsUnderARawRouteToItsHandler) {
  config_.trusted_proxies = {"127.0.0.0/8"};
  Start();
  const RawResponse posted =
      Ask("POST /raw/x?y HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 1.2.3.4\r\nContent-Length: 3\r\n"
          "\r\n{ [");
  EXPECT_EQ(posted.status, 202);
  EXPECT_EQ(posted.body, "POST /raw/x from 1.2.3.4 3");
  EXPECT_EQ(posted.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(posted.headers.at("x-request-id").size(), 32u);
  EXPECT_EQ(Ask("GET /raw/ HTTP/1.1\r\nHost: x\r\n\r\n").status, 202);
  EXPECT_EQ(Ask("GET /raw HTTP/1.1\r\nHost: x\r\n\r\n").status, 404) << "not under it";
}

TEST_F(HttpServerTest, ARawRouteHasABoundOfItsOwnForBodies) {
  Start();
  const auto post = [](const std::string& path, size_t size) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) +
           "\r\n\r\n" + std::string(size, 'x');
  };
  EXPECT_EQ(Ask(post("/raw/x", 150'000)).status, 202);
  EXPECT_EQ(Ask(post("/raw/x", 150'001)).status, 413);
  EXPECT_EQ(Ask(post("/other/x", 150'000)).status, 413);
}

TEST_F(HttpServerTest, ServesStaticFiles) {
  Start();
  const RawResponse page = Ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<title>kefu</title>");
  EXPECT_THAT(page.headers.at("content-security-policy"), HasSubstr("default-src 'self'"));
  const RawResponse head = Ask("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", true);
  EXPECT_EQ(head.headers.at("content-length"), "19");
  EXPECT_EQ(Ask("GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n").status, 404);
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").headers.at("allow"),
            "GET, HEAD");
}

TEST_F(HttpServerTest, HeadLeavesTheConnectionInStep) {
  Start();
  RawClient client(address_);
  client.Send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + Post(kState, "{}"));
  EXPECT_EQ(client.Receive(true)->status, 200);
  EXPECT_EQ(client.Receive()->status, 200);
}

}  // namespace
}  // namespace kefu::gateway
