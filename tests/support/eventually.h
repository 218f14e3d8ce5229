// Waits for a condition that other threads bring about.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace kefu::test {

// True as soon as `condition` is; false if it is not within `bound`.
inline bool Eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds bound = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace kefu::test
