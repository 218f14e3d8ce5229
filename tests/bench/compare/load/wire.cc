#include "tests/bench/compare/load/wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace kefu::bench {
namespace {

constexpr int kAwaitMs = 10'000;
// Fewer than the ports that Linux hands out for one address.
constexpr int kPerAddress = 20'000;

Failure Errno(const std::string& what) { return Failure(what + ": " + std::strerror(errno)); }

int ConnectUnix(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.size() >= sizeof to.sun_path) throw Failure("too long for a socket: " + path);
  std::memcpy(to.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw Errno(path);
  return fd;
}

int ConnectTcp(const std::string& address, int turn) {
  const size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (turn >= kPerAddress) {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<uint32_t>(turn / kPerAddress));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) throw Errno("bind");
  }
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw Errno(address);
  return fd;
}

void Wait(int fd, short events) {
  pollfd ready{fd, events, 0};
  const int count = poll(&ready, 1, kAwaitMs);
  if (count < 0) throw Errno("poll");
  if (count == 0) throw Failure("a server did not answer for ten seconds");
}

}  // namespace

Wire::Wire(const std::string& address, int turn)
    : fd_(address.starts_with("unix:") ? ConnectUnix(address.substr(5))
                                       : ConnectTcp(address, turn)) {
  fcntl(fd_, F_SETFL, O_NONBLOCK);
}

Wire::~Wire() { close(fd_); }

void Wire::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      Wait(fd_, POLLOUT);
    } else {
      throw Errno("write");
    }
  }
}

std::string Wire::Await() {
  Wait(fd_, POLLIN);
  std::array<char, 16384> buffer;
  const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
  if (count < 0) throw Errno("read");
  if (count == 0) throw Failure("a server closed a connection while it was greeted");
  return {buffer.data(), static_cast<size_t>(count)};
}

std::string Wire::AwaitUntil(const std::function<bool(std::string_view)>& enough) {
  std::string all;
  while (!enough(all)) all += Await();
  return all;
}

void Wire::Listen(OnBytes on_bytes) { on_bytes_ = std::move(on_bytes); }

void Wire::ReadReady() {
  // The thread's only reader.
  static std::array<char, 1 << 16> buffer;
  const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
  if (count > 0) {
    on_bytes_({buffer.data(), static_cast<size_t>(count)});
  } else if (count == 0) {
    throw Failure("a server closed a connection");
  } else if (errno != EAGAIN) {
    throw Errno("read");
  }
}

}  // namespace kefu::bench
