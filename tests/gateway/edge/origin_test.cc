#include "gateway/edge/origin.h"

#include <gtest/gtest.h>

namespace kefu::gateway {
namespace {

TEST(Origin, IsTheSameIfItsAuthorityIsTheHost) {
  EXPECT_TRUE(IsSameOrigin("http://127.0.0.1:9202", "127.0.0.1:9202"));
  EXPECT_TRUE(IsSameOrigin("https://Chat.Example", "chat.example"));
  EXPECT_TRUE(IsSameOrigin("https://chat.example", "chat.example:443"));
  EXPECT_TRUE(IsSameOrigin("http://chat.example", "chat.example:80"));
}

TEST(Origin, IsForeignOtherwise) {
  EXPECT_FALSE(IsSameOrigin("https://chat.example:8443", "chat.example"));
  EXPECT_FALSE(IsSameOrigin("https://chat.example.evil", "chat.example"));
  EXPECT_FALSE(IsSameOrigin("https://evil-chat.example", "chat.example"));
  EXPECT_FALSE(IsSameOrigin("null", "chat.example"));
  EXPECT_FALSE(IsSameOrigin("file://chat.example", "chat.example"));
  EXPECT_FALSE(IsSameOrigin("http://", ""));
  EXPECT_FALSE(IsSameOrigin("", ""));
}

TEST(Preflight, AllowsWhatConnectClientsSend) {
  const HttpResponse response = PreflightResponse("https://shop.example");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.Get("access-control-allow-origin"), "https://shop.example");
  EXPECT_EQ(response.headers.Get("vary"), "Origin");
  const std::string allowed(response.headers.Get("access-control-allow-headers"));
  for (const auto* name :
       {"Authorization", "Content-Type", "Connect-Protocol-Version", "Connect-Timeout-Ms"}) {
    EXPECT_NE(allowed.find(name), std::string::npos) << name;
  }
  EXPECT_FALSE(response.headers.Has("access-control-allow-credentials"));
}

TEST(Preflight, IsAnOptionsRequestThatSaysSo) {
  HttpRequest request;
  request.method = "OPTIONS";
  EXPECT_FALSE(IsPreflight(request));
  request.headers.Add("Origin", "https://shop.example");
  request.headers.Add("Access-Control-Request-Method", "POST");
  EXPECT_TRUE(IsPreflight(request));
  request.method = "POST";
  EXPECT_FALSE(IsPreflight(request));
}

}  // namespace
}  // namespace kefu::gateway
