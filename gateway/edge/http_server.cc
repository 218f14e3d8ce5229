#include "gateway/edge/http_server.h"

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <utility>

#include "gateway/edge/connection.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Acceptor = boost::asio::basic_socket_acceptor<tcp, Executor>;

// Connections beyond the bounds that are being told so at one time; more are closed without a word.
constexpr int kMaxRefusing = 64;
// How long to wait when the process is out of file descriptors.
constexpr int64_t kAcceptPauseMs = 100;
constexpr int64_t kStopMs = 1000;

absl::Status ListenFailed(const std::string& listen, const error_code& error) {
  return Error(absl::StatusCode::kUnavailable, "LISTEN_FAILED",
               "Cannot listen on " + listen + ": " + error.message() + ".");
}

absl::StatusOr<tcp::endpoint> ResolveListen(const std::string& listen,
                                            boost::asio::io_context& io) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return InvalidField("listen", "must be host:port");
  std::string host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  tcp::resolver resolver(io);
  error_code error;
  const auto found =
      resolver.resolve(host, listen.substr(colon + 1), tcp::resolver::passive, error);
  if (error) return ListenFailed(listen, error);
  return found.begin()->endpoint();
}

std::string Spelled(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  const std::string bracketed = endpoint.address().is_v6() ? "[" + host + "]" : host;
  return bracketed + ":" + std::to_string(endpoint.port());
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpConfig& config, const HttpServerDeps& deps, HttpFront front)
      : io_(deps.io),
        shared_(std::make_shared<ConnectionShared>(config, std::move(front), deps.metrics)),
        acceptor_(deps.io.At(0).get_executor()) {}

  absl::StatusOr<std::string> Listen() {
    const std::string& listen = shared_->config.listen;
    KEFU_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ResolveListen(listen, io_.At(0)));
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
    if (error) return ListenFailed(listen, error);
    return Spelled(acceptor_.local_endpoint());
  }

  static Task<> Accept(std::shared_ptr<Impl> self) {
    while (self->acceptor_.is_open()) {
      error_code error;
      const Executor executor = self->io_.Next();
      Socket socket = co_await self->acceptor_.async_accept(
          executor, boost::asio::redirect_error(kAwait, error));
      if (!error) {
        self->Begin(std::move(socket));
      } else if (self->acceptor_.is_open() && error != boost::asio::error::connection_aborted) {
        log::Warn("cannot accept", {{"error", error.message()}});
        co_await SleepMs(kAcceptPauseMs);
      }
    }
  }

  // Thread-safe.
  static void StopAccepting(std::shared_ptr<Impl> self) {
    Acceptor& acceptor = self->acceptor_;
    boost::asio::post(acceptor.get_executor(), [self = std::move(self)] {
      error_code ignored;  // It accepts nothing more either way.
      self->acceptor_.close(ignored);
    });
  }

  ConnectionTable& table() { return shared_->table; }
  Executor executor() { return acceptor_.get_executor(); }

 private:
  void Begin(Socket socket) {
    error_code error;
    const tcp::endpoint remote = socket.remote_endpoint(error);
    if (error) return;  // It left already.
    socket.set_option(tcp::no_delay(true), error);
    const auto parsed = ParseAddress(remote.address().to_string());
    const std::string peer = parsed ? FormatAddress(*parsed) : remote.address().to_string();
    // A trusted proxy brings everybody's connections.
    const std::string counted = shared_->front.proxies().Contains(peer) ? std::string() : peer;
    if (!shared_->table.Reserve(counted)) {
      Refuse(std::move(socket));
      return;
    }
    const Executor executor = socket.get_executor();
    auto connection = std::make_shared<Connection>(std::move(socket), shared_, peer, counted);
    shared_->table.Add(connection);
    Spawn(executor, Connection::Run(std::move(connection)));
  }

  void Refuse(Socket socket) {
    if (refusing_->fetch_add(1) >= kMaxRefusing) {
      refusing_->fetch_sub(1);
      return;
    }
    const Executor executor = socket.get_executor();
    Spawn(executor, RefuseCounted(std::move(socket), refusing_));
  }

  static Task<> RefuseCounted(Socket socket, std::shared_ptr<std::atomic<int>> refusing) {
    co_await Connection::Refuse(std::move(socket));
    refusing->fetch_sub(1);
  }

  server::IoThreads& io_;
  // Shared with the connections.
  const std::shared_ptr<ConnectionShared> shared_;
  Acceptor acceptor_;
  // Shared with the refusals, which may outlive the server.
  const std::shared_ptr<std::atomic<int>> refusing_ = std::make_shared<std::atomic<int>>(0);
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Create(const HttpConfig& config,
                                                               const HttpServerDeps& deps) {
  KEFU_ASSIGN_OR_RETURN(TrustedProxies proxies, TrustedProxies::Parse(config.trusted_proxies));
  StaticFiles files;
  if (!config.web_root.empty()) {
    KEFU_ASSIGN_OR_RETURN(files, StaticFiles::Load(config.web_root));
  }
  HttpFront front(deps.dispatcher, deps.origin_policy, std::move(proxies), std::move(files),
                  deps.raw_routes);
  auto impl = std::make_shared<Impl>(config, deps, std::move(front));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { Stop(); }

absl::StatusOr<std::string> HttpServer::Start() {
  KEFU_ASSIGN_OR_RETURN(std::string address, impl_->Listen());
  Spawn(impl_->executor(), Impl::Accept(impl_));
  return address;
}

void HttpServer::Drain(int64_t bound_ms) {
  Impl::StopAccepting(impl_);
  impl_->table().DrainAll();
  impl_->table().WaitUntilEmpty(bound_ms);
}

void HttpServer::Stop() {
  Impl::StopAccepting(impl_);
  impl_->table().DrainAll();
  impl_->table().CloseAll();
  impl_->table().WaitUntilEmpty(kStopMs);
}

}  // namespace kefu::gateway
