#include "deploy/ctl/http_client.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = boost::asio::ip::tcp;
using Resolver = boost::asio::ip::basic_resolver<Tcp, Executor>;
using Stream = beast::basic_stream<Tcp, Executor, beast::unlimited_rate_policy>;
using ErrorCode = boost::system::error_code;
using Request = http::request<http::string_body>;

constexpr auto kTuple = boost::asio::as_tuple(kAwait);
constexpr uint64_t kMaxBodyBytes = 16 << 20;
constexpr size_t kMaxIdlePerAddress = 64;

absl::Status Unreachable(const std::string& address, const ErrorCode& error) {
  return Error(
      absl::StatusCode::kUnavailable, "GATEWAY_UNREACHABLE",
      fmt::format("Cannot connect to the gateway at {} ({}); check the address and that it runs.",
                  address, error.message()),
      {{"address", address}});
}

absl::Status Broken(const std::string& address, const ErrorCode& error) {
  return Error(
      absl::StatusCode::kUnavailable, "OUTCOME_UNKNOWN",
      fmt::format(
          "The connection to {} broke before the answer ({}); retry with the same request id.",
          address, error.message()),
      {{"address", address}});
}

Request ToBeast(const std::string& address, HttpRequest request) {
  Request out(http::verb::post, request.target, 11);
  out.set(http::field::host, address);
  for (const auto& [name, value] : request.headers) out.set(name, value);
  out.body() = std::move(request.body);
  out.prepare_payload();
  return out;
}

template <class Parser>
HttpResponse HeadOf(const Parser& parser) {
  HttpResponse response;
  response.status = parser.get().result_int();
  const auto type = parser.get()[http::field::content_type];
  response.content_type.assign(type.data(), type.size());
  return response;
}

}  // namespace

class HttpClient::Connection {
 public:
  Connection(Executor executor, std::string address)
      : stream(executor), address(std::move(address)) {}

  void ExpireAfter(int64_t ms) { stream.expires_after(std::chrono::milliseconds(ms)); }

  // The server closed it, or sent something that nobody asked for.
  bool stale() {
    char byte = 0;
    const ssize_t got = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }

  Stream stream;
  const std::string address;
  beast::flat_buffer buffer;
};

namespace {

template <class Connection>
class BeastStream final : public HttpStream {
 public:
  using Parser = http::response_parser<http::buffer_body>;

  BeastStream(std::unique_ptr<Connection> connection, std::unique_ptr<Parser> parser)
      : connection_(std::move(connection)), parser_(std::move(parser)) {}

  Task<absl::StatusOr<std::string>> Read(int64_t silence_ms) override {
    const int64_t deadline_ms = MonotonicMs() + silence_ms;
    while (!closed_ && !parser_->is_done()) {
      auto& body = parser_->get().body();
      body.data = chunk_.data();
      body.size = chunk_.size();
      connection_->ExpireAfter(std::max<int64_t>(deadline_ms - MonotonicMs(), 1));
      const auto [error, read] = co_await http::async_read_some(
          connection_->stream, connection_->buffer, *parser_, kTuple);
      static_cast<void>(read);
      const size_t got = chunk_.size() - parser_->get().body().size;
      if (got > 0) co_return std::string(chunk_.data(), got);
      if (error && error != http::error::need_buffer) co_return Broken(connection_->address, error);
    }
    co_return std::string();
  }

  void Close() override {
    closed_ = true;
    connection_->stream.close();
  }

 private:
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Parser> parser_;
  std::array<char, 16384> chunk_;
  bool closed_ = false;
};

// Reads what is left of an answer that is not the stream that was asked for.
template <class Stream>
Task<absl::StatusOr<std::string>> ReadRest(Stream& stream, int64_t timeout_ms) {
  std::string body;
  while (body.size() < kMaxBodyBytes) {
    absl::StatusOr<std::string> bytes = co_await stream.Read(timeout_ms);
    if (!bytes.ok()) co_return bytes.status();
    if (bytes->empty()) break;
    body += *bytes;
  }
  co_return body;
}

}  // namespace

HttpClient::HttpClient(Executor executor) : executor_(executor) {}
HttpClient::~HttpClient() = default;

std::unique_ptr<HttpClient::Connection> HttpClient::TakeIdle(const std::string& address) {
  auto& idle = idle_[address];
  while (!idle.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle.back());
    idle.pop_back();
    if (!connection->stale()) return connection;
  }
  return nullptr;
}

Task<absl::StatusOr<std::unique_ptr<HttpClient::Connection>>> HttpClient::Connect(
    std::string address, int64_t timeout_ms) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    co_return InvalidField("gateway", fmt::format("\"{}\" is not host:port.", address));
  }
  Resolver resolver(executor_);
  const std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  const auto [resolve_error, endpoints] = co_await resolver.async_resolve(host, port, kTuple);
  if (resolve_error) co_return Unreachable(address, resolve_error);
  auto connection = std::make_unique<Connection>(executor_, address);
  connection->ExpireAfter(timeout_ms);
  const auto [error, endpoint] = co_await connection->stream.async_connect(endpoints, kTuple);
  static_cast<void>(endpoint);
  if (error) co_return Unreachable(address, error);
  ErrorCode ignored;  // Only a delay would follow.
  connection->stream.socket().set_option(Tcp::no_delay(true), ignored);
  co_return connection;
}

Task<absl::StatusOr<HttpResponse>> HttpClient::Post(std::string address, HttpRequest request,
                                                    int64_t timeout_ms) {
  std::unique_ptr<Connection> connection = TakeIdle(address);
  if (connection == nullptr) {
    KEFU_CO_ASSIGN_OR_RETURN(connection, co_await Connect(address, timeout_ms));
  }
  Request message = ToBeast(address, std::move(request));
  connection->ExpireAfter(timeout_ms);
  const auto [write_error, written] =
      co_await http::async_write(connection->stream, message, kTuple);
  static_cast<void>(written);
  if (write_error) co_return Broken(address, write_error);
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxBodyBytes);
  const auto [read_error, read] =
      co_await http::async_read(connection->stream, connection->buffer, parser, kTuple);
  static_cast<void>(read);
  if (read_error) co_return Broken(address, read_error);
  HttpResponse response = HeadOf(parser);
  const bool keep = parser.get().keep_alive();
  response.body = std::move(parser.get().body());
  connection->stream.expires_never();
  auto& idle = idle_[address];
  if (keep && idle.size() < kMaxIdlePerAddress) idle.push_back(std::move(connection));
  co_return response;
}

Task<absl::StatusOr<StreamStart>> HttpClient::PostStreaming(std::string address,
                                                            HttpRequest request,
                                                            int64_t timeout_ms) {
  KEFU_CO_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                           co_await Connect(address, timeout_ms));
  Request message = ToBeast(address, std::move(request));
  connection->ExpireAfter(timeout_ms);
  const auto [write_error, written] =
      co_await http::async_write(connection->stream, message, kTuple);
  static_cast<void>(written);
  if (write_error) co_return Broken(address, write_error);
  auto parser = std::make_unique<http::response_parser<http::buffer_body>>();
  parser->body_limit(boost::none);
  const auto [read_error, read] =
      co_await http::async_read_header(connection->stream, connection->buffer, *parser, kTuple);
  static_cast<void>(read);
  if (read_error) co_return Broken(address, read_error);
  StreamStart start;
  start.response = HeadOf(*parser);
  auto stream = std::make_unique<BeastStream<Connection>>(std::move(connection), std::move(parser));
  if (start.response.status == 200) {
    start.stream = std::move(stream);
    co_return start;
  }
  KEFU_CO_ASSIGN_OR_RETURN(start.response.body, co_await ReadRest(*stream, timeout_ms));
  co_return start;
}

}  // namespace kefu::ctl
