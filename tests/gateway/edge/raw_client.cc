#include "tests/gateway/edge/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace kefu::gateway {

RawClient::RawClient(const std::string& address) {
  const size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{5, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
    throw std::runtime_error("cannot connect to " + address);
  }
}

RawClient::~RawClient() { close(fd_); }

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool RawClient::Fill() {
  char bytes[16384];
  const ssize_t got = recv(fd_, bytes, sizeof(bytes), 0);
  if (got <= 0) return false;
  unread_.append(bytes, static_cast<size_t>(got));
  return true;
}

std::optional<std::string> RawClient::Line() {
  size_t end = 0;
  while ((end = unread_.find("\r\n")) == std::string::npos) {
    if (!Fill()) return std::nullopt;
  }
  std::string line = unread_.substr(0, end);
  unread_.erase(0, end + 2);
  return line;
}

std::optional<std::string> RawClient::Exactly(size_t size) {
  while (unread_.size() < size) {
    if (!Fill()) return std::nullopt;
  }
  std::string bytes = unread_.substr(0, size);
  unread_.erase(0, size);
  return bytes;
}

std::optional<RawResponse> RawClient::ReceiveHead() {
  const auto status_line = Line();
  if (!status_line || status_line->size() < 12) return std::nullopt;
  RawResponse response;
  response.status = std::stoi(status_line->substr(9, 3));
  while (true) {
    const auto line = Line();
    if (!line) return std::nullopt;
    if (line->empty()) return response;
    const size_t colon = line->find(": ");
    std::string name = line->substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    response.headers[name] = line->substr(colon + 2);
  }
}

std::optional<std::string> RawClient::ReceiveChunk() {
  const auto size = Line();
  if (!size) return std::nullopt;
  auto data = Exactly(std::stoul(*size, nullptr, 16));
  if (!data || !Line()) return std::nullopt;
  return data;
}

std::optional<RawResponse> RawClient::Receive(bool to_head) {
  auto response = ReceiveHead();
  if (!response || to_head) return response;
  if (response->headers.contains("transfer-encoding")) {
    while (true) {
      const auto chunk = ReceiveChunk();
      if (!chunk) return std::nullopt;
      if (chunk->empty()) return response;
      response->body += *chunk;
    }
  }
  if (response->headers.contains("content-length")) {
    const auto body = Exactly(std::stoul(response->headers["content-length"]));
    if (!body) return std::nullopt;
    response->body = *body;
  }
  return response;
}

bool RawClient::ReceivesEnd() {
  if (!unread_.empty()) return false;
  char byte = 0;
  const ssize_t got = recv(fd_, &byte, 1, 0);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

bool RawClient::Readable(int within_ms) {
  pollfd poller{fd_, POLLIN, 0};
  return !unread_.empty() || poll(&poller, 1, within_ms) > 0;
}

void RawClient::CloseSending() { shutdown(fd_, SHUT_WR); }

std::string Post(const std::string& method, const std::string& body, const std::string& headers,
                 const std::string& content_type) {
  return "POST /kefu.gateway.v1." + method +
         " HTTP/1.1\r\nHost: kefu.test\r\nContent-Type: " + content_type +
         "\r\nAuthorization: Bearer buyer\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::vector<Envelope> SplitEnvelopes(std::string_view bytes) {
  std::vector<Envelope> envelopes;
  while (bytes.size() >= 5) {
    size_t size = 0;
    for (size_t i = 1; i < 5; ++i) size = (size << 8) | static_cast<uint8_t>(bytes[i]);
    envelopes.push_back({static_cast<uint8_t>(bytes[0]), std::string(bytes.substr(5, size))});
    bytes.remove_prefix(std::min(bytes.size(), 5 + size));
  }
  return envelopes;
}

}  // namespace kefu::gateway
