// The reading half of a connection: the only file that parses HTTP, with Beast.
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "gateway/edge/connect_protocol.h"
#include "gateway/edge/connection.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

HttpResponse Problem(int status, absl::StatusCode code, std::string_view reason,
                     std::string_view message) {
  return connect::ErrorResponse(Error(code, reason, message), status);
}

// What a request that cannot be read is answered with; nothing if the client merely left.
std::optional<HttpResponse> AnswerTo(error_code error) {
  if (error == http::error::body_limit) {
    return Problem(
        413, absl::StatusCode::kResourceExhausted, "BODY_TOO_LARGE",
        "The body is larger than the gateway takes for this method; send less at a time.");
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Problem(
        431, absl::StatusCode::kResourceExhausted, "HEADERS_TOO_LARGE",
        "The headers are larger than the gateway takes (16 KiB unless configured otherwise).");
  }
  const bool malformed =
      error.category() == http::make_error_code(http::error::bad_target).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message;
  if (!malformed) return std::nullopt;
  return Problem(400, absl::StatusCode::kInvalidArgument, "BAD_HTTP",
                 "This is not an HTTP/1.1 request.");
}

// Of a request whose header is there.
template <class Parser>
error_code LimitBody(Parser& parser, const HttpFront& front, uint64_t usual) {
  const auto target = parser.get().target();
  const uint64_t limit = front.BodyLimit({target.data(), target.size()}, usual);
  parser.body_limit(limit);
  const auto announced = parser.content_length();
  if (announced && *announced > limit) return http::error::body_limit;
  return {};
}

template <class Parser>
std::unique_ptr<HttpRequest> TakeRequest(Parser& parser, const std::string& peer) {
  auto message = parser.release();
  auto request = std::make_unique<HttpRequest>();
  const auto view = [](auto text) { return std::string_view(text.data(), text.size()); };
  request->method = std::string(view(message.method_string()));
  std::tie(request->path, request->query) = SplitTarget(view(message.target()));
  for (const auto& field : message)
    request->headers.Add(view(field.name_string()), view(field.value()));
  request->body = std::move(message.body());
  request->peer = peer;
  request->http10 = message.version() < 11;
  return request;
}

}  // namespace

Task<std::unique_ptr<HttpRequest>> Connection::ReadRequest() {
  const HttpConfig& config = shared_->config;
  http::request_parser<http::string_body> parser;
  parser.header_limit(config.max_header_bytes);
  // What is announced is checked with the header, before it is known what is asked for.
  parser.body_limit(shared_->front.LargestBody(config.max_body_bytes));
  error_code error;
  // Mostly all of it is there already, and nobody waits.
  http::read_header(socket_, buffer_, parser, error);
  if (WouldBlock(error)) {
    Arm(config.read_timeout_ms, OnTimeout::kStopReading);
    co_await http::async_read_header(socket_, buffer_, parser, asio::redirect_error(kAwait, error));
  }
  if (!error) error = LimitBody(parser, shared_->front, config.max_body_bytes);
  if (!error) {
    http10_ = parser.get().version() < 11;
    keep_alive_ = parser.keep_alive();
    if (EqualsIgnoringCase(
            {parser.get()[http::field::expect].data(), parser.get()[http::field::expect].size()},
            "100-continue")) {
      std::array<std::string_view, 4> go_on = {"HTTP/1.1 100 Continue\r\n\r\n"};
      const bool written = co_await Write(go_on);
      if (!written) co_return nullptr;
    }
    if (!parser.is_done()) http::read(socket_, buffer_, parser, error);
    if (WouldBlock(error)) {
      Arm(config.read_timeout_ms, OnTimeout::kStopReading);
      co_await http::async_read(socket_, buffer_, parser, asio::redirect_error(kAwait, error));
    }
  }
  Disarm();
  if (error || timed_out_) {
    co_await AnswerReadError(error, parser.got_some());
    co_return nullptr;
  }
  co_return TakeRequest(parser, peer_);
}

Task<> Connection::AnswerReadError(error_code error, bool got_some) {
  keep_alive_ = false;
  linger_ = true;
  std::optional<HttpResponse> answer = AnswerTo(error);
  if (timed_out_ && got_some) {
    answer = Problem(408, absl::StatusCode::kDeadlineExceeded, "REQUEST_TIMEOUT",
                     "The request took too long to arrive.");
  }
  if (answer) co_await Respond(std::move(*answer));
  // A slow sender has had its time.
  if (timed_out_ || !answer) linger_ = false;
}

}  // namespace kefu::gateway
