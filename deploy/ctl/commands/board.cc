// kefuctl board: what supervisors see of routing, and what they do about it.
#include "deploy/ctl/commands/command.h"

namespace kefu::ctl {
namespace {

constexpr char kBoard[] = "kefu.gateway.v1.BoardService/";
constexpr char kAgent[] = "kefu.gateway.v1.AgentService/";

Option Session() {
  return {.name = "session", .field = "session", .help = "s_…", .required = true};
}

}  // namespace

Noun BoardNoun() {
  const std::string board = kBoard;
  const std::string agent = kAgent;
  return {
      .name = "board",
      .help = "Who waits, who serves, and why (supervisor)",
      .commands = {
          {.verb = "groups",
           .help = "Every skill group, as of now and of the shop's day",
           .method = board + "GetBoard",
           .rows = "groups",
           .columns = {"group", "waiting", "oldest_enqueue_time", "offered", "active", "wrap_up",
                       "online", "served_today", "served_in_time_today", "missed_offers_today",
                       "abandoned_today", "waited_too_long_today"}},
          {.verb = "agents",
           .help = "Every agent with presence and load",
           .method = board + "GetBoard",
           .rows = "agents",
           .columns = {"agent", "display_name", "presence", "readiness", "used", "capacity"}},
          {.verb = "queue",
           .help = "Who waits, in the order in which they are served, and why",
           .method = board + "ListQueue",
           .rows = "sessions",
           .columns = {"session.session", "session.group", "step", "reason", "ahead", "eligible",
                       "with_room", "session.enqueue_time"}},
          {.verb = "explain",
           .help = "Why this agent, why still waiting, who is next",
           .method = board + "ExplainSession",
           .options = {Session()},
           .rows = "explanation"},
          {.verb = "set-presence",
           .help = "Set an agent's presence, as that agent would",
           .method = board + "SetAgentPresence",
           .options = {{.name = "agent", .field = "agent", .help = "a_…", .required = true},
                       {.name = "presence",
                        .field = "presence",
                        .help = "online, busy, break, hung-up, offline",
                        .required = true}},
           .rows = "agent",
           .columns = {"agent", "presence", "readiness", "used", "capacity"}},
          {.verb = "recall",
           .help = "Take a pending offer back",
           .method = agent + "RecallOffer",
           .options = {Session()},
           .rows = "session",
           .columns = {"session", "state", "group"}},
          {.verb = "requeue",
           .help = "Back to a queue at its original age, whoever owns it",
           .method = agent + "RequeueSession",
           .options =
               {Session(),
                {.name = "--group", .field = "group", .help = "Of this group; else its own"}},
           .rows = "session",
           .columns = {"session", "state", "group", "agent"}},
          {.verb = "whisper",
           .help = "A note that the session's staff see and the buyer does not",
           .method = agent + "Whisper",
           .options = {Session(),
                       {.name = "text", .field = "text", .help = "What to say", .required = true}},
           .rows = "entry",
           .columns = {"conversation", "seq"}},
      }};
}

}  // namespace kefu::ctl
