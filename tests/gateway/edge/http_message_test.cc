#include "gateway/edge/http_message.h"

#include <gtest/gtest.h>

#include "gateway/edge/http_front.h"

namespace kefu::gateway {
namespace {

TEST(HttpHead, TellsLengthAndWhetherTheConnectionGoesOn) {
  HttpResponse response;
  response.body = "hello";
  response.headers.Add("X-Thing", "a");
  EXPECT_EQ(SerializeHead(response, {}),
            "HTTP/1.1 200 OK\r\nX-Thing: a\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n");
}

TEST(HttpHead, OfAStreamHasNoLength) {
  HttpResponse response;
  Transfer transfer;
  transfer.body = Transfer::Body::kChunked;
  EXPECT_EQ(SerializeHead(response, transfer),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n");
}

TEST(HttpHead, LetsNoValueAddAHeader) {
  HttpResponse response;
  response.headers.Add("X-Thing", "a\r\nSet-Cookie: b=1");
  EXPECT_EQ(SerializeHead(response, {}).find("\r\nSet-Cookie"), std::string::npos);
}

TEST(HttpHead, OfAnswersWithoutBodyNamesNoLength) {
  HttpResponse response;
  response.status = 304;
  EXPECT_EQ(SerializeHead(response, {}).find("Content-Length"), std::string::npos);
}

TEST(HttpTarget, SplitsAtTheQuery) {
  EXPECT_EQ(SplitTarget("/a/b?c=d?e"), std::make_pair(std::string("/a/b"), std::string("c=d?e")));
  EXPECT_EQ(SplitTarget("http://host:1/a?b"), std::make_pair(std::string("/a"), std::string("b")));
  EXPECT_EQ(SplitTarget("http://host"), std::make_pair(std::string("/"), std::string()));
}

TEST(HttpQuery, IsSearchedForTokens) {
  for (const auto* query : {"token=x", "a=b&access_token=x", "TOKEN=x", "a&api_key", "token"}) {
    EXPECT_TRUE(HasTokenInQuery(query)) << query;
  }
  for (const auto* query : {"", "a=token", "tokens=x", "&&", "x=1&y=2&"}) {
    EXPECT_FALSE(HasTokenInQuery(query)) << query;
  }
}

TEST(HttpAuthorization, MustBeABearer) {
  EXPECT_EQ(BearerToken("Bearer abc"), "abc");
  EXPECT_EQ(BearerToken("bearer  abc "), "abc");
  EXPECT_EQ(BearerToken("Basic abc"), "");
  EXPECT_EQ(BearerToken(""), "");
}

TEST(HttpHeaders, AreFoundWithoutCase) {
  Headers headers;
  headers.Add("X-Forwarded-For", "1.1.1.1");
  headers.Add("x-forwarded-for", "2.2.2.2");
  EXPECT_EQ(headers.Get("X-FORWARDED-FOR"), "1.1.1.1");
  EXPECT_EQ(headers.GetJoined("X-Forwarded-For"), "1.1.1.1, 2.2.2.2");
  EXPECT_FALSE(headers.Has("X-Forwarded"));
}

TEST(ApiPath, HasAPackagedServiceAndAMethod) {
  EXPECT_TRUE(IsApiPath("/kefu.gateway.v1.BuyerService/SendMessage"));
  for (const auto* path : {"/", "", "/assets/index-5f2c.js", "/index.html", "/a.b/", "/a.b/c/d",
                           "/.well-known/x", "//"}) {
    EXPECT_FALSE(IsApiPath(path)) << path;
  }
}

}  // namespace
}  // namespace kefu::gateway
