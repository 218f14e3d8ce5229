// The two ends of a terminal chat: lines from standard input without blocking the event loop, lines
// to standard output at once. Works with terminals, pipes and files. One thread.
#pragma once

#include <boost/asio/basic_signal_set.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "services/common/base/task.h"

namespace kefu::ctl {

class LineReader {
 public:
  // Reads a duplicate of `fd`.
  LineReader(Executor executor, int fd);
  // Without the line end; nothing at the end of the input. One call at a time.
  Task<std::optional<std::string>> Next();
  // Ends a Next that waits.
  void Close();

 private:
  boost::asio::posix::basic_stream_descriptor<Executor> input_;
  std::string buffer_;
};

// Calls back once at the first SIGINT or SIGTERM; the second ends the process. One thread.
class Interrupt {
 public:
  Interrupt(Executor executor, std::function<void()> callback);

 private:
  boost::asio::basic_signal_set<Executor> signals_;
};

void PrintLine(std::string_view line);

// What other people wrote, made harmless for a terminal: control characters become spaces.
std::string Printable(std::string_view text);

}  // namespace kefu::ctl
