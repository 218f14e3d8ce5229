// kefuctl staffing: the calculator of staffing/scenario.h over a file of JSON lines. Asks no
// gateway.
#pragma once

#include <string>
#include <string_view>

#include "deploy/ctl/commands/admin.h"

namespace kefu::ctl {

struct StaffingArguments {
  // "-": standard input.
  std::string file = "-";
};

// 0; 2 if a line could not be answered, which comes out with its error, as all others with theirs.
Task<ExitCode> RunStaffing(StaffingArguments arguments);

inline constexpr std::string_view kStaffingHelp =
    R"(A line is {"model": …, "in": {…}} and comes back with "out", or with "error" (exit code 2). Times are seconds.

  erlang_c       arrivals_per_hour, aht_s, agents, [target_s]
  erlang_a       the same and patience_s: buyers who wait leave after that time on average
  staffing       arrivals_per_hour, aht_s, [patience_s], a goal, [shrinkage]: the fewest agents
  plan           arrivals (an array: a forecast per interval), [interval_minutes], aht_s (one, or one each),
                 [patience_s], a goal, [shrinkage]
  expected_wait  ahead, agents, aht_s, [patience_s], [last_wait_s]
  erlang_b       traffic_erlang, lines

A goal is service_level with target_s, max_asa_s, max_abandon_probability, max_occupancy, or several of them. Agents who
have several chats at once: chats_per_agent with sharing: "none" (each is as fast as one alone) or "processor" (two take
twice the time).

  echo '{"model":"staffing","in":{"arrivals_per_hour":200,"aht_s":180,"service_level":0.8,"target_s":20}}' |
    kefuctl staffing)";

}  // namespace kefu::ctl
