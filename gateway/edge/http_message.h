// HTTP/1.1 requests and responses as the edge's logic sees them, free of the library that reads
// them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kefu::gateway {

bool EqualsIgnoringCase(std::string_view a, std::string_view b);
std::string_view TrimBlanks(std::string_view text);

// In order of arrival; names compare without case.
class Headers {
 public:
  void Add(std::string_view name, std::string_view value) {
    entries_.emplace_back(std::string(name), std::string(value));
  }
  // The first of that name, empty if there is none.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  // All of that name, joined by ", ".
  std::string GetJoined(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

struct HttpRequest {
  std::string method;
  std::string path;   // without the query
  std::string query;  // without the "?"
  Headers headers;
  std::string body;
  std::string peer;  // the address at the other end of the socket, without the port
  bool http10 = false;
};

struct HttpResponse {
  int status = 200;
  Headers headers;
  std::string body;
  // Instead of `body`: content that lives as long as the server (static files).
  std::string_view lasting_body;
  // The answer to a HEAD request: the body's length, but not the body.
  bool head_only = false;

  std::string_view content() const { return body.empty() ? lasting_body : std::string_view(body); }
};

// How the connection goes on after a response, and how the body's end is told.
struct Transfer {
  enum class Body { kLength, kChunked, kUntilClose };
  Body body = Body::kLength;
  bool keep_alive = true;
};

// Status line and headers, with what `transfer` demands. Control characters in values become
// blanks.
std::string SerializeHead(const HttpResponse& response, const Transfer& transfer);
// One chunk of a chunked body, without copying `size` bytes of data: "<hex>\r\n" before, "\r\n"
// after.
std::string ChunkHead(size_t size);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// Splits a request target ("/path?query"; absolute form too) into path and query.
std::pair<std::string, std::string> SplitTarget(std::string_view target);

// The query carries a credential ("token=", "access_token=", …), which would end up in logs and
// histories.
bool HasTokenInQuery(std::string_view query);

// "Bearer <token>" → the token; empty for anything else.
std::string_view BearerToken(std::string_view authorization);

}  // namespace kefu::gateway
