// kefuctl records
#include "deploy/ctl/commands/command.h"

namespace kefu::ctl {
namespace {

Option Agent() { return {.name = "--agent", .field = "agent", .help = "Of this agent, a_…"}; }
Option From() {
  return {.name = "--from", .field = "from_time", .help = "2026-11-22, or with a time"};
}
Option To() { return {.name = "--to", .field = "to_time", .help = "Before"}; }

}  // namespace

Noun RecordsNoun() {
  return {
      .name = "records",
      .help = "What was said, and figures",
      .commands = {
          {.verb = "search",
           .help = "Find entries with all the words, newest first",
           .method = "kefu.records.v1.RecordService/SearchTranscripts",
           .options = {{.name = "query",
                        .field = "query",
                        .help = "Words; in double quotes they follow each other",
                        .required = true},
                       {.name = "--conversation", .field = "conversation", .help = "In this one"},
                       Agent(),
                       From(),
                       To()},
           .rows = "hits",
           .columns = {"time", "conversation", "seq", "sender_kind", "sender", "text"}},
          {.verb = "sessions",
           .help = "List sessions, newest first",
           .method = "kefu.records.v1.RecordService/ListSessions",
           .options = {{.name = "--buyer", .field = "buyer", .help = "Of this buyer, b_…"},
                       Agent(),
                       From(),
                       To()},
           .rows = "sessions",
           .columns = {"session", "open_time", "close_time", "buyer", "agent", "buyer_messages",
                       "agent_messages", "first_response_ms", "stars"}},
          {.verb = "rounds",
           .help = "List the rounds behind the figures",
           .method = "kefu.records.v1.RecordService/ListRounds",
           .options = {Agent(),
                       {.name = "--session", .field = "session", .help = "Of this session, s_…"},
                       From(),
                       To()},
           .rows = "rounds",
           .columns = {"session", "asked_seq", "asked_time", "answered_seq", "answered_time",
                       "agent"}},
          {.verb = "figures",
           .help = "Sessions and response times by agent and day",
           .method = "kefu.records.v1.RecordService/GetFigures",
           .options =
               {{.name = "--from", .field = "from_day", .help = "2026-11-22", .required = true},
                {.name = "--to", .field = "to_day", .help = "The last day", .required = true},
                {.name = "--zone",
                 .field = "time_zone",
                 .help = "e.g. Asia/Shanghai; UTC if absent"},
                Agent()},
           .rows = "rows",
           .columns = {"day", "agent", "sessions", "answered_sessions", "first_response_ms",
                       "rounds", "response_ms", "rated_sessions", "stars", "prompt_rounds",
                       "overdue_rounds"}},
          {.verb = "hours",
           .help = "What came to the shop, hour by hour",
           .method = "kefu.records.v1.RecordService/GetHourlyFigures",
           .options =
               {{.name = "--from", .field = "from_day", .help = "2026-11-22", .required = true},
                {.name = "--to", .field = "to_day", .help = "The last day", .required = true},
                {.name = "--zone",
                 .field = "time_zone",
                 .help = "e.g. Asia/Shanghai; UTC if absent"}},
           .rows = "rows",
           .columns = {"begin_time", "sessions", "assigned_sessions", "lost_sessions", "wait_ms",
                       "longest_wait_ms", "answered_sessions", "first_response_ms",
                       "held_sessions"}},
      }};
}

}  // namespace kefu::ctl
