// The parts of HTTP that are not the library's: targets, credentials, content types, and heads of
// answers, in which nothing that came from outside may begin a new line.
#include <algorithm>
#include <string>

#include "gateway/edge/connect_protocol.h"
#include "gateway/edge/http_message.h"
#include "gateway/edge/origin.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {
namespace {

using namespace gateway;

void Head(std::string_view text) {
  HttpResponse response;
  response.headers.Add("Location", text);
  const std::string head = SerializeHead(response, {});
  const std::string usual = SerializeHead(
      [] {
        HttpResponse plain;
        plain.headers.Add("Location", "/");
        return plain;
      }(),
      {});
  Expect(std::count(head.begin(), head.end(), '\n') == std::count(usual.begin(), usual.end(), '\n'),
         "a value does not begin a line");
  Expect(head.find('\0') == std::string::npos, "no control character leaves");
}

void Request(std::string_view text) {
  const auto [path, query] = SplitTarget(text);
  Expect(path.find('?') == std::string::npos, "a path has no query");
  (void)HasTokenInQuery(query);
  const std::string_view token = BearerToken(text);
  Expect(token.empty() || text.ends_with(token) || text.find(token) != std::string_view::npos,
         "a token is part of its header");
  (void)IsSameOrigin(text, "shop.example");
  Headers headers;
  headers.Add("Connect-Timeout-Ms", text);
  const auto timeout = connect::ParseTimeout(headers);
  Expect(!timeout.ok() || (timeout->has_value() && **timeout >= 0), "a time-out is not negative");
}

void Type(std::string_view text) {
  const auto type = connect::ParseContentType(text);
  if (!type) return;
  const auto again = connect::ParseContentType(connect::ContentTypeName(*type));
  Expect(again && again->codec == type->codec && again->stream == type->stream,
         "a content type comes back");
}

}  // namespace

void Try(std::string_view input) {
  const auto [kind, text] = Choose(input, 3);
  if (kind == 0) Head(text);
  if (kind == 1) Request(text);
  if (kind == 2) Type(text);
}

}  // namespace kefu::fuzz
