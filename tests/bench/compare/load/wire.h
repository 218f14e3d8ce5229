// One TCP connection of the load: opened and greeted with blocking calls, then read by the loop.
// One thread.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace kefu::bench {

// What the load cannot go on after; ends the program with its sentence.
class Failure : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Wire {
 public:
  using OnBytes = std::function<void(std::string_view)>;

  // `address`: "127.0.0.1:port" or "unix:/path". `turn` spreads many connections over loopback
  // addresses, each of which has ports of its own.
  Wire(const std::string& address, int turn);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire();

  int fd() const { return fd_; }

  // Everything, at once; what is written is small, so it seldom waits.
  void Write(std::string_view bytes);

  // While greeting: waits for more bytes, at most ten seconds.
  std::string Await();
  // The same until `enough` answers true for all that came; answers that.
  std::string AwaitUntil(const std::function<bool(std::string_view)>& enough);

  // From now on by the loop, which calls ReadReady.
  void Listen(OnBytes on_bytes);
  void ReadReady();

 private:
  int fd_ = -1;
  OnBytes on_bytes_;
};

}  // namespace kefu::bench
