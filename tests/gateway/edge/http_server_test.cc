// The edge as its clients meet it: raw sockets against a running server with toy handlers.
#include "gateway/edge/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "gateway/edge/connect_protocol.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "services/common/base/clock.h"
#include "tests/gateway/edge/raw_client.h"
#include "tests/gateway/edge/temp_folder.h"
#include "tests/gateway/edge/toy_services.h"

namespace kefu::gateway {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr char kState[] = "BuyerService/GetState";
constexpr char kSend[] = "BuyerService/SendMessage";
constexpr char kSubscribe[] = "BuyerService/Subscribe";
constexpr char kShopOrigin[] = "https://shop.example";

std::string Enveloped(std::string_view message) {
  std::string body;
  connect::AppendEnvelope(body, 0, message);
  return body;
}

std::string PostStream(const std::string& json_message, const std::string& headers = "") {
  return Post(kSubscribe, Enveloped(json_message), headers, "application/connect+json");
}

std::string MessageBody(const std::string& text) {
  return R"({"requestId":"r-1234567","content":{"text":{"body":")" + text + "\"}}}";
}

std::string ReasonOf(const std::string& body) {
  const json parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded() || !parsed.contains("details")) return "no details: " + body;
  for (const json& detail : parsed["details"]) {
    if (detail["type"] == "google.rpc.ErrorInfo") return detail["debug"]["reason"];
  }
  return "no reason: " + body;
}

// A write of a list whose body is so long.
std::string PostBatch(size_t size) {
  const std::string begin = R"({"requestId":"request-1","orders":[{"number":")";
  const std::string end = "\"}]}";
  const std::string body = begin + std::string(size - begin.size() - end.size(), '1') + end;
  return "POST /kefu.orders.v1.OrderService/UpsertOrders HTTP/1.1\r\nHost: kefu.test\r\n"
         "Content-Type: application/json\r\nAuthorization: Bearer integrator\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override {
    web_.Write("index.html", "<title>kefu</title>");
    config_.web_root = web_.path().string();
  }
  void TearDown() override {
    server_.reset();
    io_.reset();
  }

  void Start() {
    const HttpServerDeps deps{gateway_.dispatcher(), *io_, gateway_.metrics, AllowShop,
                              raw_routes_};
    server_ = std::move(*HttpServer::Create(config_, deps));
    address_ = *server_->Start();
  }
  static Task<bool> AllowShop(std::string origin) { co_return origin == kShopOrigin; }
  // Says what it was given.
  static Task<HttpResponse> Echo(RawRequest request) {
    HttpResponse response;
    response.status = 202;
    response.body = request.http.method + " " + request.http.path + " from " + request.peer + " " +
                    std::to_string(request.http.body.size());
    co_return response;
  }

  // One request on a connection of its own.
  RawResponse Ask(const std::string& bytes, bool to_head = false) {
    RawClient client(address_);
    client.Send(bytes);
    return client.Receive(to_head).value_or(RawResponse());
  }

  HttpConfig config_;
  std::vector<RawRoute> raw_routes_ = {{"/raw/", 150'000, Echo}};
  TempFolder web_;
  ToyGateway gateway_;
  std::unique_ptr<server::IoThreads> io_ = std::make_unique<server::IoThreads>(2);
  std::unique_ptr<HttpServer> server_;
  std::string address_;
};

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
