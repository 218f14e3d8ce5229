#include "services/common/base/failpoint.h"

#include <absl/synchronization/mutex.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <string>

namespace kefu {
namespace {

struct Armed {
  bool kill = false;
  // Passes left before it strikes.
  int countdown = 1;
};

// Reads KEFU_FAILPOINTS once: "name=kill,name=kill@3,name=on".
std::map<std::string, Armed, std::less<>> ReadEnvironment() {
  std::map<std::string, Armed, std::less<>> armed;
  const char* value = std::getenv("KEFU_FAILPOINTS");
  std::string_view rest = value == nullptr ? "" : value;
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view action = item.substr(equals + 1);
    Armed point;
    point.kill = action.substr(0, 4) == "kill";
    if (const size_t at = action.find('@'); at != std::string_view::npos) {
      point.countdown = std::atoi(std::string(action.substr(at + 1)).c_str());
    }
    armed.emplace(item.substr(0, equals), point);
  }
  return armed;
}

absl::Mutex& Mutex() {
  static absl::Mutex mutex;
  return mutex;
}

std::map<std::string, Armed, std::less<>>& Points() {
  static auto* points = new std::map<std::string, Armed, std::less<>>(ReadEnvironment());
  return *points;
}

}  // namespace

void PassFailpoint(std::string_view name) {
  absl::MutexLock lock(&Mutex());
  auto point = Points().find(name);
  if (point == Points().end() || !point->second.kill) return;
  if (--point->second.countdown > 0) return;
  kill(getpid(), SIGKILL);
}

bool FailpointOn(std::string_view name) {
  absl::MutexLock lock(&Mutex());
  auto point = Points().find(name);
  return point != Points().end() && !point->second.kill;
}

}  // namespace kefu
