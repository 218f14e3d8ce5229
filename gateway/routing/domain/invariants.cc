#include "gateway/routing/domain/invariants.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kefu::gateway::routing {
namespace {

using Sentences = std::vector<std::string>;

template <class... Parts>
void Report(Sentences& sentences, const Parts&... parts) {
  std::string sentence;
  (sentence.append(parts), ...);
  sentences.push_back(std::move(sentence));
}

bool Names(const std::vector<Exclusion>& excluded, const std::string& agent) {
  return std::any_of(excluded.begin(), excluded.end(),
                     [&agent](const Exclusion& exclusion) { return exclusion.agent == agent; });
}

// Somebody owns it, or it is offered to somebody.
bool IsOwned(SessionState state) {
  return state == SessionState::kActive || state == SessionState::kOffered ||
         state == SessionState::kWrap;
}

std::string Number(int64_t number) { return std::to_string(number); }

// 1: at most one owner, and both sides agree about it.
void CheckOwnership(const State& state, Sentences& found) {
  std::map<std::string, std::string> holder;
  for (const auto& [id, agent] : state.agents) {
    for (const std::string& session : agent.held) {
      auto [first, added] = holder.emplace(session, id);
      if (!added) Report(found, session, " is held by ", first->second, " and ", id);
    }
  }
  for (const auto& [id, session] : state.sessions) {
    const bool owned = IsOwned(session.state);
    if (owned == session.agent.empty()) Report(found, id, " has the wrong kind of owner");
    auto held = holder.find(id);
    const std::string by = held == holder.end() ? "" : held->second;
    if (by != session.agent)
      Report(found, id, " is owned by '", session.agent, "', held by '", by, "'");
    if (held != holder.end()) holder.erase(held);
  }
  for (const auto& [session, agent] : holder) Report(found, agent, " holds unknown ", session);
}

// 2: used is what the held sessions weigh, and within bounds; whoever holds something has a lease.
void CheckLoad(const State& state, bool ceiling, Sentences& found) {
  for (const auto& [id, agent] : state.agents) {
    int64_t weight = 0;
    for (const std::string& session : agent.held) {
      auto record = state.sessions.find(session);
      if (record != state.sessions.end()) weight += record->second.weight;
    }
    if (agent.used != weight) {
      Report(found, id, " counts ", Number(agent.used), " instead of ", Number(weight));
    }
    if (ceiling && agent.used > 2 * agent.capacity) Report(found, id, " is above the ceiling");
    const bool leased = state.leases.contains({.agent = id, .incarnation = agent.incarnation});
    if (agent.connected() && !leased) Report(found, id, " is connected without a lease");
    if (!agent.held.empty() && !leased) Report(found, id, " holds sessions without a lease");
    if (agent.disabled && agent.connected()) Report(found, id, " is disabled but connected");
  }
  for (const auto& [lease, due] : state.leases) {
    auto agent = state.agents.find(lease.agent);
    if (agent == state.agents.end() || agent->second.incarnation != lease.incarnation) {
      Report(found, "a lease of ", lease.agent, " belongs to no connection");
    }
  }
}

// 3: a waiting session stands in its waiting set and in no other, and only waiting ones do; one
// whose buyer is away, in none.
void CheckWaiting(const Dump& dump, Sentences& found) {
  std::map<std::string, int> places;
  for (const auto& [class_name, set] : dump.waiting) {
    for (const auto& [id, score] : set) {
      ++places[id];
      auto session = dump.state.sessions.find(id);
      if (session == dump.state.sessions.end() || !session->second.queued()) {
        Report(found, id, " stands in ", class_name, " but does not wait");
      } else if (session->second.class_name != class_name || session->second.score != score) {
        Report(found, id, " stands in ", class_name, " with score ", Number(score));
      }
    }
  }
  int64_t waiting = 0;
  for (const auto& [id, session] : dump.state.sessions) {
    waiting += session.waiting() ? 1 : 0;
    if (places[id] != (session.queued() ? 1 : 0)) {
      Report(found, id, " waits in ", Number(places[id]), " sets");
    }
  }
  if (dump.waiting_count != waiting) {
    Report(found, Number(waiting), " wait, counted are ", Number(dump.waiting_count));
  }
}

// 3: who has to be looked at is, once and at the right time; so an offer or a wrap-up cannot be
// forgotten.
void CheckTimers(const State& state, Sentences& found) {
  for (const auto& [id, session] : state.sessions) {
    const auto timer = state.timers.find(id);
    const int64_t due = timer == state.timers.end() ? 0 : timer->second;
    if (due != session.due_ms) {
      Report(found, id, " is due at ", Number(session.due_ms), ", timed for ", Number(due));
    }
    const bool bounded = session.offered() || session.state == SessionState::kWrap;
    if (bounded && due != session.until_ms) Report(found, id, " has no end");
    if (!session.waiting() && !bounded && due != 0) Report(found, id, " has a timer for nothing");
  }
  for (const auto& [id, due] : state.timers) {
    if (!state.sessions.contains(id)) Report(found, "a timer of unknown ", id);
  }
}

// 6: who has room is in all its availability sets, with a score not above the true one; who is not
// eligible, in none.
void CheckAvailability(const Dump& dump, const ClassTable& classes, Sentences& found) {
  std::map<std::string, int64_t> online;
  for (const auto& [id, agent] : dump.state.agents) {
    for (const std::string& name : agent.classes) {
      if (agent.eligible()) ++online[name];
      const auto set = dump.available.find(name);
      const bool listed = set != dump.available.end() && set->second.contains(id);
      // Nobody is let into a class that the plan does not have; its scores may be of another plan.
      const bool gone = dump.state.plan.has_value() && !dump.state.plan->Has(name);
      const ClassSpec spec = SpecIn(dump.state, classes, name);
      if (gone) continue;
      if (!agent.eligible()) {
        if (listed) Report(found, id, " is not eligible but available in ", name);
      } else if (spec.strategy != Strategy::kManualClaim && agent.HasRoom(spec.weight)) {
        if (!listed) {
          Report(found, id, " has room but is not available in ", name);
        } else if (set->second.at(id) > ChoiceScore(agent, spec, dump.state)) {
          Report(found, id, " has too high a score in ", name);
        }
      }
    }
  }
  for (const auto& [name, set] : dump.available) {
    for (const auto& [id, score] : set) {
      auto agent = dump.state.agents.find(id);
      if (agent == dump.state.agents.end() || !agent->second.Serves(name)) {
        Report(found, id, " is available in ", name, ", which it does not serve");
      }
    }
  }
  for (const auto& [name, count] : dump.online) {
    if (count != online[name]) {
      Report(found, name, " has ", Number(online[name]), " eligible agents, counted ",
             Number(count));
    }
    online.erase(name);
  }
  for (const auto& [name, count] : online) {
    if (count != 0) Report(found, name, " has eligible agents that are not counted");
  }
}

// 5: who waits, waits at its age, whatever happened to it since it came; only a boost lets it go
// ahead. (No test lets more than 1024 come in a millisecond.)
void CheckAges(const State& state, Sentences& found) {
  for (const auto& [id, session] : state.sessions) {
    if (!session.live()) continue;
    const int64_t place = session.score + session.boost_ms * 1024;
    const int64_t age = session.enqueue_ms - state.score_origin_ms.value_or(0);
    if (place < age * 1024 || place >= (age + 1) * 1024) {
      Report(found, id, " came at ", Number(session.enqueue_ms), ", but waits as from ",
             Number(place / 1024 + state.score_origin_ms.value_or(0)));
    }
  }
}

// 9: nothing gets lost; and who is closed has a tombstone.
void CheckCounts(const Dump& dump, Sentences& found) {
  int64_t live = 0;
  for (const auto& [id, session] : dump.state.sessions) {
    live += session.live() ? 1 : 0;
    if (session.live() == dump.state.tombstones.contains(id))
      Report(found, id, ": wrong tombstone");
  }
  for (const auto& [id, time] : dump.state.tombstones) {
    if (!dump.state.sessions.contains(id)) Report(found, id, " is a stranger's tombstone");
  }
  if (dump.state.arrivals != dump.state.closed + dump.state.abandoned + live) {
    Report(found, Number(dump.state.arrivals), " arrived, ", Number(dump.state.closed), " closed, ",
           Number(dump.state.abandoned), " gave up, but ", Number(live), " live");
  }
}

// What the live board shows, and by which matching knows where somebody waits.
std::map<std::string, int64_t> CountsOf(const State& state) {
  static const std::map<SessionState, std::string> kNames = {{SessionState::kWaiting, "waiting:"},
                                                             {SessionState::kOffered, "offered:"},
                                                             {SessionState::kActive, "active:"},
                                                             {SessionState::kWrap, "wrap:"}};
  std::map<std::string, int64_t> counts;
  for (const auto& [id, session] : state.sessions) {
    if (session.queued()) ++counts["w:" + session.class_name];
    const auto name = kNames.find(session.state);
    if (name != kNames.end()) ++counts[name->second + std::string(GroupOf(session.home))];
  }
  return counts;
}

void CheckBoard(const Dump& dump, Sentences& found) {
  const std::map<std::string, int64_t> counts = CountsOf(dump.state);
  for (const auto& [name, count] : counts) {
    const auto stored = dump.counts.find(name);
    if (stored == dump.counts.end()) Report(found, name, " is not counted");
  }
  for (const auto& [name, stored] : dump.counts) {
    const auto count = counts.find(name);
    const int64_t expected = count == counts.end() ? 0 : count->second;
    if (expected != stored) {
      Report(found, name, " is ", Number(expected), ", counted ", Number(stored));
    }
  }
}

}  // namespace

Dump DumpOf(const State& state, const ClassTable& classes) {
  Dump dump;
  dump.state = state;
  for (const auto& [id, session] : state.sessions) {
    if (session.queued()) dump.waiting[session.class_name][id] = session.score;
    if (session.waiting()) ++dump.waiting_count;
  }
  dump.counts = CountsOf(state);
  for (const auto& [id, agent] : state.agents) {
    if (!agent.eligible()) continue;
    for (const std::string& name : agent.classes) {
      ++dump.online[name];
      const ClassSpec spec = SpecIn(state, classes, name);
      if (spec.strategy != Strategy::kManualClaim && agent.HasRoom(spec.weight)) {
        dump.available[name][id] = ChoiceScore(agent, spec, state);
      }
    }
  }
  return dump;
}

Sentences Violations(const Dump& dump, const ClassTable& classes, bool ceiling) {
  Sentences found;
  CheckOwnership(dump.state, found);
  CheckLoad(dump.state, ceiling, found);
  CheckWaiting(dump, found);
  CheckTimers(dump.state, found);
  CheckAges(dump.state, found);
  CheckBoard(dump, found);
  CheckAvailability(dump, classes, found);
  CheckCounts(dump, found);
  return found;
}

Sentences IdleWork(const Dump& dump, const Policy& policy) {
  Sentences found;
  const State& state = dump.state;
  for (const auto& [agent_id, agent] : state.agents) {
    if (!agent.eligible()) continue;
    std::vector<std::string> classes = agent.classes;
    classes.push_back(PersonalClassOf(agent_id));
    for (const std::string& name : classes) {
      auto set = dump.waiting.find(name);
      const ClassSpec spec = SpecIn(state, policy.classes, name);
      if (set == dump.waiting.end() || spec.strategy == Strategy::kManualClaim) continue;
      if (!agent.HasRoom(spec.weight)) continue;
      std::vector<std::pair<int64_t, std::string>> order;
      for (const auto& [id, score] : set->second) order.emplace_back(score, id);
      std::sort(order.begin(), order.end());
      if (order.size() > static_cast<size_t>(policy.max_skips)) order.resize(policy.max_skips);
      for (const auto& [score, id] : order) {
        const SessionRecord& session = state.sessions.at(id);
        const bool excluded = Names(session.excluded, agent_id) || Names(session.given, agent_id);
        if (!excluded && agent.HasRoom(session.weight)) {
          Report(found, id, " waits in ", name, " though ", agent_id, " has room");
        }
      }
    }
  }
  return found;
}

Sentences Regressions(const State& before, const State& after) {
  Sentences found;
  if (after.last_ms < before.last_ms) Report(found, "time went back");
  if (after.log_seq < before.log_seq) Report(found, "the log got shorter");
  for (const auto& [id, old] : before.sessions) {
    auto now = after.sessions.find(id);
    if (now == after.sessions.end()) {
      if (old.live()) Report(found, id, " is gone");
      continue;
    }
    const SessionRecord& session = now->second;
    if (session.version < old.version) Report(found, id, " has a lower version");
    if (session.fence < old.fence) Report(found, id, " has a lower fence");
    if (session.life < old.life) Report(found, id, " lives an earlier life");
    // Where it stands and when it is looked at may change without anybody being told.
    SessionRecord moved = old;
    moved.class_name = session.class_name;
    moved.home = session.home;
    moved.due_ms = session.due_ms;
    moved.sticky_ms = session.sticky_ms;
    if (session.version == old.version && old.live() && !(session == moved)) {
      Report(found, id, " changed without a new version");
    }
    if (session.life != old.life || !old.live()) continue;
    if (session.score > old.score) Report(found, id, " was put back in the queue");
    if (session.enqueue_ms != old.enqueue_ms) Report(found, id, " lost its age");
  }
  for (const auto& [id, old] : before.agents) {
    auto now = after.agents.find(id);
    if (now == after.agents.end()) {
      Report(found, id, " is gone");
      continue;
    }
    if (now->second.incarnation < old.incarnation) Report(found, id, " has an old incarnation");
    if (now->second.version < old.version) Report(found, id, " has a lower version");
    if (now->second.version == old.version && !(now->second == old)) {
      Report(found, id, " changed without a new version");
    }
  }
  return found;
}

Sentences LogViolations(const std::vector<LogEntry>& log) {
  Sentences found;
  std::map<std::string, LogEntry> last;
  int64_t seq = log.empty() ? 0 : log.front().seq - 1;
  for (const LogEntry& entry : log) {
    if (entry.seq != ++seq) Report(found, "the log has a gap before ", Number(entry.seq));
    seq = entry.seq;
    auto [known, added] = last.emplace(entry.session, entry);
    const LogEntry before = std::exchange(known->second, entry);
    // Closed, forgotten, and known again: it begins anew, above its former versions if its past is
    // known to have been.
    const bool anew = added || (before.state == SessionState::kClosed &&
                                (entry.cause == "arrived" || entry.version == entry.at_ms + 1));
    if (!anew) {
      const std::string where = entry.session + " at " + Number(entry.seq);
      if (entry.version != before.version + 1) Report(found, where, " skips a version");
      if (entry.previous != before.agent) Report(found, where, " names a wrong former owner");
      if (entry.fence < before.fence) Report(found, where, " lowers the fence");
      if (entry.cause == "accepted" &&
          (before.state != SessionState::kOffered || before.offer != entry.offer ||
           before.agent != entry.agent)) {
        Report(found, where, " accepts what was not offered");
      }
      if (entry.enqueue_ms != before.enqueue_ms && entry.cause != "reopened" &&
          entry.cause != "resumed" && entry.cause != "arrived") {
        Report(found, where, " loses its age");
      }
      if (entry.agent != before.agent && entry.state != SessionState::kClosed &&
          entry.fence <= before.fence) {
        Report(found, where, " changes the owner without raising the fence");
      }
    }
    if (entry.agent.empty() == IsOwned(entry.state)) {
      Report(found, entry.session, " is active without an owner or owned without being active");
    }
  }
  return found;
}

}  // namespace kefu::gateway::routing
