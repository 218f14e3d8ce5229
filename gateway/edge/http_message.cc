#include "gateway/edge/http_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kefu::gateway {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) {
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    out.push_back(control ? ' ' : c);
  }
  out.append("\r\n");
}

bool HasNoBody(int status) { return status == 204 || status == 304; }

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view TrimBlanks(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view Headers::Get(std::string_view name) const {
  for (const auto& [key, value] : entries_) {
    if (EqualsIgnoringCase(key, name)) return value;
  }
  return {};
}

bool Headers::Has(std::string_view name) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const auto& entry) { return EqualsIgnoringCase(entry.first, name); });
}

std::string Headers::GetJoined(std::string_view name) const {
  std::string joined;
  for (const auto& [key, value] : entries_) {
    if (!EqualsIgnoringCase(key, name)) continue;
    if (!joined.empty()) joined += ", ";
    joined += value;
  }
  return joined;
}

std::string SerializeHead(const HttpResponse& response, const Transfer& transfer) {
  std::string out =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, ReasonPhrase(response.status));
  for (const auto& [name, value] : response.headers.entries()) AppendHeader(out, name, value);
  if (transfer.body == Transfer::Body::kChunked) {
    AppendHeader(out, "Transfer-Encoding", "chunked");
  } else if (transfer.body == Transfer::Body::kLength && !HasNoBody(response.status)) {
    AppendHeader(out, "Content-Length", std::to_string(response.content().size()));
  }
  AppendHeader(out, "Connection", transfer.keep_alive ? "keep-alive" : "close");
  out.append("\r\n");
  return out;
}

std::string ChunkHead(size_t size) { return fmt::format("{:x}\r\n", size); }

std::pair<std::string, std::string> SplitTarget(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!EqualsIgnoringCase(target.substr(0, scheme.size()), scheme)) continue;
    const size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {std::string(target), {}};
  return {std::string(target.substr(0, mark)), std::string(target.substr(mark + 1))};
}

bool HasTokenInQuery(std::string_view query) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "token",         "access_token", "auth_token", "id_token",
      "authorization", "bearer",       "api_key",    "apikey"};
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view name = query.substr(0, std::min(query.find('='), end));
    for (const std::string_view forbidden : kNames) {
      if (EqualsIgnoringCase(name, forbidden)) return true;
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

std::string_view BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!EqualsIgnoringCase(authorization.substr(0, kScheme.size()), kScheme)) return {};
  return TrimBlanks(authorization.substr(kScheme.size()));
}

}  // namespace kefu::gateway
