#include "tests/bench/compare/load/loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace kefu::bench {
namespace {
constexpr int64_t kSecond = 1'000'000'000;
}

int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, STDIN_FILENO, &event);
}

Loop::~Loop() { close(epoll_); }

void Loop::Add(Wire& wire) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &wire;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, wire.fd(), &event);
}

void Loop::Turn(int64_t until) {
  const int64_t rest = std::max<int64_t>(0, until - Now());
  // In nanoseconds: at a pace of thousands a second, milliseconds would bunch them.
  const timespec wait{rest / kSecond, rest % kSecond};
  std::array<epoll_event, 256> events;
  const int count = epoll_pwait2(epoll_, events.data(), events.size(), &wait, nullptr);
  for (int i = 0; i < count; ++i) {
    if (events[i].data.ptr == nullptr) {
      input_ready_ = true;
    } else {
      static_cast<Wire*>(events[i].data.ptr)->ReadReady();
    }
  }
}

std::optional<std::string> Loop::Line() {
  for (;;) {
    const size_t end = input_.find('\n');
    if (end != std::string::npos) {
      const std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      return line;
    }
    input_ready_ = false;
    while (!input_ready_) Turn(Now() + kSecond);
    std::array<char, 4096> buffer;
    const ssize_t count = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count <= 0) return std::nullopt;
    input_.append(buffer.data(), static_cast<size_t>(count));
  }
}

}  // namespace kefu::bench
