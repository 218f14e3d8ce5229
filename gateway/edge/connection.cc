#include "gateway/edge/connection.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

#include "gateway/edge/connect_protocol.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kWriteSlice = 64 << 10;
// What a client may send ahead while a stream is open; beyond, it is not read until the stream's
// end.
constexpr size_t kMaxSentAhead = 16 << 10;
// How long what a refused client still sends is thrown away, so that it reads the answer: a socket
// closed with bytes unread is reset, and a reset overtakes the answer. As long as that, whatever
// the amount.
constexpr int64_t kLingerMs = 2000;

HttpResponse TooManyConnections() {
  absl::Status status = WithRetryDelay(
      Error(absl::StatusCode::kUnavailable, "TOO_MANY_CONNECTIONS",
            "There are too many connections; close some, or try again after the delay."),
      1000);
  return connect::ErrorResponse(status);
}

}  // namespace

Connection::Connection(Socket socket, std::shared_ptr<ConnectionShared> shared, std::string peer,
                       std::string reserved_address)
    : socket_(std::move(socket)),
      shared_(std::move(shared)),
      peer_(std::move(peer)),
      reserved_address_(std::move(reserved_address)),
      timer_(socket_.get_executor()) {
  error_code ignored;  // A socket that is broken already says so with the first read.
  socket_.non_blocking(true, ignored);
}

Connection::~Connection() {
  shared_->table.Remove(this);
  shared_->table.Release(reserved_address_);
}

Task<> Connection::Run(std::shared_ptr<Connection> self) {
  while (true) {
    const bool arrived = co_await self->AwaitRequest();
    if (!arrived) break;
    std::unique_ptr<HttpRequest> request = co_await self->ReadRequest();
    if (!request) break;
    co_await self->shared_->front.Handle(std::move(request), *self);
    if (!self->keep_alive_ || self->draining_ || self->failed_) break;
    // Nothing is kept for a client that says nothing.
    if (self->buffer_.size() == 0) self->buffer_ = boost::beast::flat_buffer();
  }
  if (self->linger_ && !self->failed_) co_await self->Linger();
  self->CloseNow();
}

Task<> Connection::Refuse(Socket socket) {
  const HttpResponse response = TooManyConnections();
  Transfer transfer;
  transfer.keep_alive = false;
  const std::string bytes = SerializeHead(response, transfer) + response.body;
  // Shared with the timer, whose callback may come late.
  const auto shared = std::make_shared<Socket>(std::move(socket));
  error_code ignored;  // It was refused either way.
  // Less than a new socket's send buffer: this does not block.
  shared->non_blocking(true, ignored);
  shared->send(asio::buffer(bytes), 0, ignored);
  shared->shutdown(Socket::shutdown_send, ignored);
  // Closed with its request unread, the socket would send a reset that overtakes the answer.
  Timer timer(shared->get_executor());
  timer.expires_after(std::chrono::milliseconds(kLingerMs));
  timer.async_wait([shared](error_code error) {
    if (!error) shared->close(error);
  });
  co_await shared->async_wait(Socket::wait_read, asio::redirect_error(kAwait, ignored));
  timer.cancel();
  std::array<char, 1024> discarded;
  shared->receive(asio::buffer(discarded), 0, ignored);
}

Task<bool> Connection::AwaitRequest() {
  if (buffer_.size() > 0) co_return true;
  const int64_t bound_ms = std::exchange(first_request_, false) ? shared_->config.read_timeout_ms
                                                                : shared_->config.idle_timeout_ms;
  if (draining_) co_return false;
  Arm(bound_ms, OnTimeout::kClose);
  idle_ = true;
  error_code error;
  co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(kAwait, error));
  idle_ = false;
  Disarm();
  co_return !error && socket_.is_open();
}

Task<> Connection::Respond(HttpResponse response) {
  Transfer transfer;
  transfer.keep_alive = keep_alive_ && !draining_;
  keep_alive_ = transfer.keep_alive;
  shared_->responses.Count(response.status);
  const std::string head = SerializeHead(response, transfer);
  std::array<std::string_view, 4> parts = {head};
  if (!response.head_only) parts[1] = response.content();
  co_await Write(parts);
}

Task<absl::Status> Connection::Begin(HttpResponse head) {
  Transfer transfer;
  transfer.body = http10_ ? Transfer::Body::kUntilClose : Transfer::Body::kChunked;
  transfer.keep_alive = keep_alive_ && !draining_ && !http10_;
  keep_alive_ = transfer.keep_alive;
  gone_signal_ = std::make_shared<GoneSignal>(socket_.get_executor());
  if (draining_) gone_signal_->Fire();
  shared_->responses.Count(head.status);
  const std::string bytes = SerializeHead(head, transfer);
  std::array<std::string_view, 4> parts = {bytes};
  const bool written = co_await Write(parts);
  if (!written) {
    co_return Error(absl::StatusCode::kCancelled, "CLIENT_GONE",
                    "The client has closed the connection.");
  }
  // A stream lasts, and its client mostly listens: what the request needed goes.
  if (buffer_.size() == 0) buffer_ = boost::beast::flat_buffer();
  StopTimer();
  WatchForEnd();
  co_return absl::OkStatus();
}

Task<absl::Status> Connection::Send(std::string bytes) {
  const std::string chunk_head = http10_ ? std::string() : ChunkHead(bytes.size());
  std::array<std::string_view, 4> parts = {chunk_head, bytes};
  if (!http10_) parts[2] = kChunkEnd;
  const bool written = co_await Write(parts);
  if (written) co_return absl::OkStatus();
  co_return Error(absl::StatusCode::kCancelled, "CLIENT_GONE",
                  "The client has closed the connection.");
}

Task<> Connection::End(std::string last_bytes) {
  const std::string chunk_head = http10_ ? std::string() : ChunkHead(last_bytes.size());
  std::array<std::string_view, 4> parts = {chunk_head, last_bytes};
  if (!http10_) {
    parts[2] = kChunkEnd;
    parts[3] = kLastChunk;
  }
  co_await Write(parts);
  gone_signal_.reset();
  ++watch_;
  error_code ignored;  // Whether the watch was still waiting does not matter.
  if (socket_.is_open()) socket_.cancel(ignored);
}

Task<bool> Connection::Write(std::array<std::string_view, 4> parts) {
  while (!failed_) {
    // At most a slice at a time, so that a slow client is given time by what it takes, not by what
    // there is.
    std::array<asio::const_buffer, 4> slice;
    size_t room = kWriteSlice;
    for (size_t i = 0; i < parts.size(); ++i) {
      const size_t take = std::min(room, parts[i].size());
      slice[i] = asio::const_buffer(parts[i].data(), take);
      parts[i].remove_prefix(take);
      room -= take;
    }
    if (room == kWriteSlice) co_return true;
    error_code error;
    // Mostly the kernel takes all of it at once, and nobody waits.
    size_t sent = socket_.write_some(slice, error);
    if (WouldBlock(error)) error.clear();
    if (!error && sent < kWriteSlice - room) {
      for (asio::const_buffer& part : slice) {
        const size_t gone = std::min(sent, part.size());
        part += gone;
        sent -= gone;
      }
      Arm(shared_->config.write_timeout_ms, OnTimeout::kClose);
      co_await asio::async_write(socket_, slice, asio::redirect_error(kAwait, error));
      Disarm();
    }
    if (error) ClientIsGone();
  }
  co_return false;
}

Task<> Connection::Linger() {
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  Arm(kLingerMs, OnTimeout::kClose);
  char discarded[16 << 10];
  while (!error) {
    co_await socket_.async_read_some(asio::buffer(discarded), asio::redirect_error(kAwait, error));
  }
  Disarm();
}

void Connection::Arm(int64_t after_ms, OnTimeout action) {
  armed_ = true;
  on_timeout_ = action;
  deadline_ms_ = MonotonicMs() + after_ms;
  if (timer_at_ms_ == 0 || timer_at_ms_ > deadline_ms_) StartTimer();
}

void Connection::StartTimer() {
  timer_at_ms_ = deadline_ms_;
  timer_.expires_after(std::chrono::milliseconds(deadline_ms_ - MonotonicMs()));
  timer_.async_wait([self = shared_from_this(), round = ++timer_round_](error_code error) {
    if (!error && round == self->timer_round_) self->OnTimer();
  });
}

void Connection::OnTimer() {
  timer_at_ms_ = 0;
  if (!armed_) return;
  if (MonotonicMs() < deadline_ms_) return StartTimer();
  armed_ = false;
  if (on_timeout_ == OnTimeout::kClose) return ClientIsGone();
  timed_out_ = true;
  // Unlike a cancelled read, a socket that is shut down also ends the reads that come after.
  error_code ignored;  // It has ended already.
  socket_.shutdown(Socket::shutdown_receive, ignored);
}

void Connection::StopTimer() {
  ++timer_round_;
  timer_at_ms_ = 0;
  timer_.cancel();
}

void Connection::CloseNow() {
  StopTimer();         // it holds on to the connection
  error_code ignored;  // A socket that cannot be closed is closed already.
  socket_.close(ignored);
}

void Connection::ClientIsGone() {
  failed_ = true;
  if (gone_signal_) gone_signal_->Fire();
  CloseNow();
}

void Connection::OnGone(std::function<void()> callback) {
  if (gone_signal_) gone_signal_->Set(std::move(callback));
}

void Connection::WatchForEnd() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this(), watch = watch_](
                                            error_code error) { self->OnReadable(error, watch); });
}

void Connection::OnReadable(error_code error, uint64_t watch) {
  if (watch != watch_ || failed_) return;
  if (!error) {
    const size_t room = kMaxSentAhead - std::min(kMaxSentAhead, buffer_.size());
    // Full: from here on only a write that fails tells that the client is gone.
    if (room == 0) return;
    const size_t read = socket_.receive(buffer_.prepare(std::min<size_t>(room, 1024)), 0, error);
    buffer_.commit(read);
    if (WouldBlock(error)) error.clear();
  }
  if (error) {
    ClientIsGone();
    return;
  }
  WatchForEnd();
}

void Connection::Drain() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->draining_ = true;
    if (self->idle_) self->CloseNow();
    if (self->gone_signal_) self->gone_signal_->Fire();
  });
}

void Connection::Close() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->ClientIsGone(); });
}

}  // namespace kefu::gateway
