#include "deploy/ctl/chat/terminal.h"

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/read_until.hpp>
#include <csignal>
#include <cstdio>
#include <utility>

#include "services/common/base/async.h"

namespace kefu::ctl {
namespace {

constexpr size_t kMaxLine = 64 << 10;

}  // namespace

LineReader::LineReader(Executor executor, int fd) : input_(executor, ::dup(fd)) {}

Task<std::optional<std::string>> LineReader::Next() {
  const auto [error, size] = co_await boost::asio::async_read_until(
      input_, boost::asio::dynamic_buffer(buffer_, kMaxLine), '\n', boost::asio::as_tuple(kAwait));
  if (!error) {
    std::string line = buffer_.substr(0, size - 1);
    buffer_.erase(0, size);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    co_return line;
  }
  // The last line may lack its end.
  if (error != boost::asio::error::eof || buffer_.empty()) co_return std::nullopt;
  co_return std::exchange(buffer_, std::string());
}

void LineReader::Close() { input_.close(); }

Interrupt::Interrupt(Executor executor, std::function<void()> callback)
    : signals_(executor, SIGINT, SIGTERM) {
  signals_.async_wait(
      [this, callback = std::move(callback)](const boost::system::error_code& error, int) {
        if (error) return;
        signals_.clear();
        callback();
      });
}

void PrintLine(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

std::string Printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
  return out;
}

}  // namespace kefu::ctl
