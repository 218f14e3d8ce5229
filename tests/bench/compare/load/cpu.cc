#include "tests/bench/compare/load/cpu.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace kefu::bench {
namespace {

double Own() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

// Of /proc/<pid>/stat: utime and stime, the 12th and 13th after the name.
double Of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) throw Failure("a server is gone");
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) * 1e6 / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::vector<double> OfEach(const std::vector<int>& servers) {
  std::vector<double> micros;
  for (const int pid : servers) micros.push_back(Of(pid));
  return micros;
}

}  // namespace

Window::Window(const std::vector<int>& servers)
    : servers_(servers), own_(Own()), of_servers_(OfEach(servers)) {}

void Window::End(Figures* figures) const {
  figures->own_cpu_micros = Own() - own_;
  figures->servers_cpu_micros = OfEach(servers_);
  for (size_t i = 0; i < of_servers_.size(); ++i) figures->servers_cpu_micros[i] -= of_servers_[i];
}

}  // namespace kefu::bench
