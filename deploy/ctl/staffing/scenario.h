// Questions of staffing as JSON lines, answered one by one without any gateway.
//
//   {"id":"q1","model":"erlang_c","in":{"arrivals_per_hour":200,"aht_s":180,"agents":14,"target_s":20}}
//
// comes back with all that it had and the results under "out":
//
//   {"id":"q1","model":"erlang_c","in":{…},"out":{"traffic_erlang":10.0,"wait_probability":0.1741319336,…}}
//
// or, if it cannot be answered, with "error":{"line","reason","field"?,"message"} instead. Numbers
// have ten decimals; what is infinite (the wait before a team that has more work than it can do) is
// null.
//
// | model         | in                                                       | out | | erlang_b |
// traffic_erlang, lines                                    | blocking             | | erlang_c |
// arrivals_per_hour, aht_s, agents, target_s?, CHATS       | PERFORMANCE          | | erlang_a | …
// and patience_s                                         | PERFORMANCE          | | staffing      |
// arrivals_per_hour, aht_s, patience_s?, GOAL, CHATS       | agents,              | | |
// agents_with_shrinkage, PERFORMANCE        | | plan          | interval_minutes?, arrivals [of
// each interval], aht_s (one, or one each),             | |               | patience_s?, GOAL,
// CHATS | rows, peaks and hours                    | | expected_wait | ahead, agents, aht_s,
// patience_s?, last_wait_s?, CHATS   | expected_wait_s,     | |               | low_s, high_s |
// CHATS: chats_per_agent?, sharing? ("none" or "processor"). GOAL: service_level with target_s,
// max_asa_s, max_abandon_probability, max_occupancy (at least one), shrinkage?.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kefu::ctl {

struct Answer {
  // One line of JSON, without its end.
  std::string line;
  bool answered = false;
};

// `number` is the line's, for errors.
Answer AnswerStaffing(std::string_view line, size_t number);

}  // namespace kefu::ctl
