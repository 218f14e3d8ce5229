#include "services/common/server/admin_http.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <thread>

#include "services/common/base/status.h"

namespace kefu::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr auto kClientTimeout = std::chrono::seconds(5);

// One request, one answer, closed.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::ip::tcp::socket socket, const AdminHttp::Handler& handler)
      : stream_(std::move(socket)), handler_(handler) {}

  void Start() {
    stream_.expires_after(kClientTimeout);
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](beast::error_code error, size_t) {
                       if (!error) self->Answer();
                     });
  }

 private:
  void Answer() {
    const std::string target(request_.target());
    AdminAnswer answer = handler_(target.substr(0, target.find('?')));
    response_.result(answer.status);
    response_.set(http::field::content_type, "text/plain; charset=utf-8");
    response_.keep_alive(false);
    response_.body() = std::move(answer.body);
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code, size_t) {
      beast::error_code ignored;  // the client may be gone already
      self->stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    });
  }

  beast::tcp_stream stream_;
  const AdminHttp::Handler& handler_;
  beast::flat_buffer buffer_{8192};
  http::request<http::empty_body> request_;
  http::response<http::string_body> response_;
};

}  // namespace

struct AdminHttp::State {
  asio::io_context io{1};
  asio::ip::tcp::acceptor acceptor{io};
  Handler handler;
  std::thread thread;

  void Accept() {
    acceptor.async_accept([this](beast::error_code error, asio::ip::tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) std::make_shared<Exchange>(std::move(socket), handler)->Start();
      Accept();
    });
  }
};

AdminHttp::AdminHttp(std::unique_ptr<State> state, std::string address)
    : state_(std::move(state)), address_(std::move(address)) {}

AdminHttp::~AdminHttp() {
  state_->io.stop();
  state_->thread.join();
}

absl::StatusOr<std::pair<std::string, uint16_t>> SplitAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  uint16_t port = 0;
  if (colon != std::string_view::npos) {
    const std::string_view digits = address.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error == std::errc() && end == digits.data() + digits.size() && !digits.empty()) {
      return std::make_pair(std::string(address.substr(0, colon)), port);
    }
  }
  return Error(absl::StatusCode::kInvalidArgument, "BAD_ADDRESS",
               "Expected an address like 127.0.0.1:8080, got \"" + std::string(address) + "\".");
}

absl::StatusOr<std::unique_ptr<AdminHttp>> AdminHttp::Start(const std::string& address,
                                                            Handler handler) {
  KEFU_ASSIGN_OR_RETURN(const auto host_port, SplitAddress(address));
  auto state = std::make_unique<State>();
  state->handler = std::move(handler);
  try {
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(host_port.first),
                                           host_port.second);
    state->acceptor.open(endpoint.protocol());
    state->acceptor.set_option(asio::socket_base::reuse_address(true));
    state->acceptor.bind(endpoint);
    state->acceptor.listen();
  } catch (const boost::system::system_error& error) {
    return Error(absl::StatusCode::kUnavailable, "ADMIN_BIND",
                 "Cannot listen on the admin address " + address + ": " + error.what());
  }
  const auto bound = state->acceptor.local_endpoint();
  state->Accept();
  State* raw = state.get();
  state->thread = std::thread([raw] { raw->io.run(); });
  return std::unique_ptr<AdminHttp>(new AdminHttp(
      std::move(state), bound.address().to_string() + ":" + std::to_string(bound.port())));
}

}  // namespace kefu::server
