// A running server with toy handlers, and raw sockets against it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "gateway/edge/connect_protocol.h"
#include "gateway/edge/http_server.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "services/common/base/clock.h"
#include "tests/gateway/edge/raw_client.h"
#include "tests/gateway/edge/temp_folder.h"
#include "tests/gateway/edge/toy_services.h"

namespace kefu::gateway {

using nlohmann::json;
using testing::HasSubstr;

inline constexpr char kState[] = "BuyerService/GetState";
inline constexpr char kSend[] = "BuyerService/SendMessage";
inline constexpr char kSubscribe[] = "BuyerService/Subscribe";
inline constexpr char kShopOrigin[] = "https://shop.example";

inline std::string Enveloped(std::string_view message) {
  std::string body;
  connect::AppendEnvelope(body, 0, message);
  return body;
}

inline std::string PostStream(const std::string& json_message, const std::string& headers = "") {
  return Post(kSubscribe, Enveloped(json_message), headers, "application/connect+json");
}

inline std::string MessageBody(const std::string& text) {
  return R"({"requestId":"r-1234567","content":{"text":{"body":")" + text + "\"}}}";
}

inline std::string ReasonOf(const std::string& body) {
  const json parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded() || !parsed.contains("details")) return "no details: " + body;
  for (const json& detail : parsed["details"]) {
    if (detail["type"] == "google.rpc.ErrorInfo") return detail["debug"]["reason"];
  }
  return "no reason: " + body;
}

// A write of a list whose body is so long.
inline std::string PostBatch(size_t size) {
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

}  // namespace kefu::gateway
