#include "deploy/ctl/commands/simulate.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "services/common/base/status.h"

namespace kefu::ctl {

ExitCode RunSimulate(std::vector<std::string> arguments, bool json) {
  std::error_code ignored;  // then it is looked for in PATH
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::string beside = self.parent_path() / "kefu-simulate";
  std::string program = std::filesystem::exists(beside, ignored) ? beside : "kefu-simulate";
  if (json) arguments.push_back("--json");
  std::vector<char*> argv = {program.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  // As it was when kefuctl began.
  std::signal(SIGPIPE, SIG_DFL);
  ::execvp(argv[0], argv.data());
  return Error(absl::StatusCode::kFailedPrecondition, "NO_PROGRAM",
               "Cannot run " + program + ": " + std::strerror(errno) + ".");
}

}  // namespace kefu::ctl
