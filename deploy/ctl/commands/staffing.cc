#include "deploy/ctl/commands/staffing.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "deploy/ctl/chat/terminal.h"
#include "deploy/ctl/staffing/scenario.h"
#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

constexpr int kUnanswered = 2;

}  // namespace

Task<ExitCode> RunStaffing(StaffingArguments arguments) {
  std::ifstream file;
  if (arguments.file != "-") {
    file.open(arguments.file, std::ios::binary);
    if (!file) {
      co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_FILE",
                      "Cannot read " + arguments.file + ": " + std::strerror(errno) + ".");
    }
  }
  std::istream& input = file.is_open() ? file : std::cin;
  int code = 0;
  std::string line;
  for (size_t number = 1; std::getline(input, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Answer answer = AnswerStaffing(line, number);
    if (!answer.answered) code = kUnanswered;
    PrintLine(answer.line);
  }
  co_return code;
}

}  // namespace kefu::ctl
