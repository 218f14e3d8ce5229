// Waits for all connections and for commands on standard input. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/bench/compare/load/wire.h"

namespace kefu::bench {

// Nanoseconds of a clock that only goes forward.
int64_t Now();

class Loop {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  void Add(Wire& wire);

  // Reads what there is, or comes until `until`.
  void Turn(int64_t until);

  // The next line of standard input, reading connections meanwhile; none at its end.
  std::optional<std::string> Line();

 private:
  int epoll_;
  std::string input_;
  bool input_ready_ = false;
};

}  // namespace kefu::bench
