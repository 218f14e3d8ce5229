// One HTTP/1.1 connection: reads requests one after the other, within bounds of size and time, and
// writes answers.
#pragma once

#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "gateway/edge/connection_table.h"
#include "gateway/edge/exchange.h"
#include "gateway/edge/gone_signal.h"
#include "gateway/edge/http_config.h"
#include "gateway/edge/http_front.h"
#include "gateway/edge/response_counter.h"
#include "services/common/base/async.h"

namespace kefu::gateway {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

inline bool WouldBlock(boost::system::error_code error) {
  return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
}

// What all connections of a server share; outlives them (each holds it).
struct ConnectionShared {
  ConnectionShared(const HttpConfig& config, HttpFront front, metrics::Metrics& metrics)
      : config(config),
        front(std::move(front)),
        table({config.max_connections, config.max_connections_per_address}, metrics),
        responses(metrics) {}
  const HttpConfig config;
  HttpFront front;
  ConnectionTable table;
  ResponseCounter responses;
};

// Lives on its socket's executor; only Drain and Close come from elsewhere. A request that follows
// another without waiting for the answer (pipelining) is read when that has been answered. Between
// requests it holds no buffer. Shared: its coroutine, timer and watch end in no fixed order.
class Connection final : public std::enable_shared_from_this<Connection>,
                         public Exchange,
                         public OpenConnection {
 public:
  // The place in the table for `reserved_address` becomes the connection's.
  Connection(Socket socket, std::shared_ptr<ConnectionShared> shared, std::string peer,
             std::string reserved_address);
  ~Connection() override;

  // Serves until either side has enough.
  static Task<> Run(std::shared_ptr<Connection> self);
  // Answers 503 and closes, for a connection beyond the bounds.
  static Task<> Refuse(Socket socket);

  void Drain() override;
  void Close() override;

  Task<> Respond(HttpResponse response) override;
  Task<absl::Status> Begin(HttpResponse head) override;
  Task<absl::Status> Send(std::string bytes) override;
  Task<> End(std::string last_bytes) override;
  void OnGone(std::function<void()> callback) override;

 private:
  enum class OnTimeout { kStopReading, kClose };

  Task<bool> AwaitRequest();
  // Null if the connection is to end; what could be answered has been.
  Task<std::unique_ptr<HttpRequest>> ReadRequest();
  Task<> AnswerReadError(boost::system::error_code error, bool got_some);
  Task<bool> Write(std::array<std::string_view, 4> parts);
  // Lets the client read the last answer although it is still sending.
  Task<> Linger();

  // One timer for all times: armed anew for every request and seldom reached, it is not set again
  // while it runs out early enough to look.
  void Arm(int64_t after_ms, OnTimeout action);
  void Disarm() { armed_ = false; }
  void StartTimer();
  void OnTimer();
  void StopTimer();
  void CloseNow();
  void WatchForEnd();
  void OnReadable(boost::system::error_code error, uint64_t watch);
  void ClientIsGone();

  Socket socket_;
  const std::shared_ptr<ConnectionShared> shared_;
  const std::string peer_;
  const std::string reserved_address_;
  boost::beast::flat_buffer buffer_;
  Timer timer_;
  uint64_t timer_round_ = 0;  // grows with each start and at the end, so that a late timer knows
  int64_t timer_at_ms_ = 0;   // when it fires; 0: it does not run
  bool armed_ = false;
  int64_t deadline_ms_ = 0;
  OnTimeout on_timeout_ = OnTimeout::kClose;
  // Set while a stream is open.
  std::shared_ptr<GoneSignal> gone_signal_;
  uint64_t watch_ = 0;  // grows when a watch ends, so that its late callback knows
  bool first_request_ = true;
  bool idle_ = false;
  bool keep_alive_ = true;
  bool http10_ = false;
  bool draining_ = false;
  bool timed_out_ = false;
  bool failed_ = false;  // a write failed or the client left: nothing can be sent any more
  bool linger_ = false;
};

}  // namespace kefu::gateway
