#include "gateway/routing/simulation/run.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "gateway/routing/simulation/attention.h"
#include "gateway/routing/simulation/routed_shop.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {
namespace {

using End = SessionResult::End;

// Closed sessions after which the past is dropped.
constexpr int kForgetEvery = 1000;

// In the order in which they come within a millisecond.
enum class Kind { kWorkDone, kShiftBegin, kShiftEnd, kTimer, kGivesUp, kArrival };

struct Event {
  int64_t at_ms;
  Kind kind;
  // Of agents and timers: which of the times that were set for it; others are void.
  uint64_t version;
  // Session or agent.
  size_t subject;

  // For a queue whose top is the first.
  bool operator<(const Event& other) const {
    if (at_ms != other.at_ms) return at_ms > other.at_ms;
    if (kind != other.kind) return kind > other.kind;
    return subject > other.subject;
  }
};

struct Live {
  SessionState state = SessionState::kClosed;
  std::optional<size_t> agent;
  double work_ms = 0;
};

struct Working {
  explicit Working(double slowdown) : attention(slowdown) {}
  Attention attention;
  uint64_t version = 0;
  uint32_t used = 0;
  uint32_t capacity = 0;
  bool connected = false;
  bool at_work = false;
  // The shift is over; what was begun is finished.
  bool leaving = false;
  int64_t since_ms = 0;
};

class Simulator {
 public:
  Simulator(RoutedShop& shop, const std::vector<SimulatedSession>& sessions,
            const std::vector<SimulatedAgent>& agents, const RunOptions& options)
      : shop_(shop), sessions_(sessions), agents_(agents), options_(options) {}

  Task<absl::StatusOr<RunResult>> Go();

 private:
  void Begin();
  void Schedule(int64_t at_ms, Kind kind, size_t subject, uint64_t version = 0) {
    events_.push({at_ms, kind, version, subject});
  }
  bool IsVoid(const Event& event) const;
  Task<absl::Status> Handle(Event event);
  Task<absl::Status> OnShift(size_t agent, AgentPresence presence);
  Task<absl::Status> OnClosed(size_t session, End end);
  Task<absl::Status> SendHome();
  Task<absl::Status> RunTimers();

  void Apply(const RoutingStep& step);
  void ApplySession(const SessionStep& change);
  void TakeFrom(size_t agent, size_t session);
  void GiveTo(size_t agent, size_t session);
  void Reschedule(size_t agent);
  // Adds the load since the last change.
  void Account(size_t agent);

  RoutedShop& shop_;
  const std::vector<SimulatedSession>& sessions_;
  const std::vector<SimulatedAgent>& agents_;
  const RunOptions options_;

  std::priority_queue<Event> events_;
  int64_t now_ms_ = 0;
  int64_t counted_from_ms_ = 0;
  int64_t counted_to_ms_ = 0;
  size_t arrived_ = 0;
  int closed_ = 0;
  std::vector<Live> live_;
  std::vector<Working> working_;
  std::vector<size_t> idle_and_leaving_;
  bool timers_changed_ = false;
  uint64_t timer_version_ = 0;
  RunResult result_;
};

void Simulator::Begin() {
  live_.resize(sessions_.size());
  result_.sessions.resize(sessions_.size());
  result_.agents.resize(agents_.size());
  working_.assign(agents_.size(), Working(options_.slowdown));
  if (sessions_.empty()) return;
  now_ms_ = sessions_.front().at_ms;
  counted_from_ms_ = now_ms_ + options_.warm_up_ms;
  counted_to_ms_ = sessions_.back().at_ms;
  Schedule(now_ms_, Kind::kArrival, 0);
  for (size_t agent = 0; agent < agents_.size(); ++agent) {
    if (agents_[agent].shifts.empty()) Schedule(now_ms_, Kind::kShiftBegin, agent);
    for (const Shift& shift : agents_[agent].shifts) {
      if (shift.to_ms <= now_ms_) continue;
      Schedule(std::max(now_ms_, shift.from_ms), Kind::kShiftBegin, agent);
      Schedule(shift.to_ms, Kind::kShiftEnd, agent);
    }
  }
}

bool Simulator::IsVoid(const Event& event) const {
  switch (event.kind) {
    case Kind::kWorkDone:
      return event.version != working_[event.subject].version;
    case Kind::kTimer:
      return event.version != timer_version_;
    case Kind::kGivesUp: {
      const SessionState state = live_[event.subject].state;
      return state != SessionState::kWaiting && state != SessionState::kOffered;
    }
    default:
      return false;
  }
}

Task<absl::StatusOr<RunResult>> Simulator::Go() {
  Begin();
  shop_.SetTime(now_ms_);
  KEFU_CO_RETURN_IF_ERROR(co_await shop_.Open());
  while (!events_.empty()) {
    if (options_.stop != nullptr && options_.stop->load()) {
      co_return Error(absl::StatusCode::kCancelled, "STOPPED", "The simulation was stopped.");
    }
    const Event event = events_.top();
    events_.pop();
    if (IsVoid(event)) continue;
    now_ms_ = event.at_ms;
    shop_.SetTime(now_ms_);
    KEFU_CO_RETURN_IF_ERROR(co_await Handle(event));
    KEFU_CO_RETURN_IF_ERROR(co_await SendHome());
    if (timers_changed_ && shop_.has_timers()) KEFU_CO_RETURN_IF_ERROR(co_await RunTimers());
  }
  for (size_t session = 0; session < live_.size(); ++session) {
    if (live_[session].state != SessionState::kClosed) result_.sessions[session].ended_ms = now_ms_;
  }
  for (size_t agent = 0; agent < agents_.size(); ++agent) Account(agent);
  co_return std::move(result_);
}

Task<absl::Status> Simulator::Handle(Event event) {
  switch (event.kind) {
    case Kind::kWorkDone: {
      const std::optional<Attention::Finish> done = working_[event.subject].attention.Next();
      co_return co_await OnClosed(done->session, End::kServed);
    }
    case Kind::kGivesUp:
      co_return co_await OnClosed(event.subject, End::kAbandoned);
    case Kind::kShiftBegin:
      co_return co_await OnShift(event.subject, AgentPresence::kOnline);
    case Kind::kShiftEnd:
      co_return co_await OnShift(event.subject, AgentPresence::kHungUp);
    case Kind::kTimer:
      co_return co_await RunTimers();
    case Kind::kArrival:
      break;
  }
  if (options_.arrived != nullptr) ++*options_.arrived;
  const size_t session = event.subject;
  const SimulatedSession& arriving = sessions_[session];
  if (session + 1 < sessions_.size()) {
    Schedule(sessions_[session + 1].at_ms, Kind::kArrival, session + 1);
  }
  SessionResult& result = result_.sessions[session];
  result.arrived_ms = now_ms_;
  result.counted = now_ms_ >= counted_from_ms_;
  live_[session].state = SessionState::kWaiting;
  live_[session].work_ms = static_cast<double>(arriving.service_ms);
  if (arriving.patience_ms) {
    Schedule(now_ms_ + *arriving.patience_ms, Kind::kGivesUp, session);
  }
  KEFU_CO_ASSIGN_OR_RETURN(const RoutingStep step, co_await shop_.Arrive(session, arriving.traits));
  Apply(step);
  co_return absl::OkStatus();
}

Task<absl::Status> Simulator::OnShift(size_t agent, AgentPresence presence) {
  Working& working = working_[agent];
  if (!working.connected) {
    KEFU_CO_ASSIGN_OR_RETURN(const RoutingStep connected, co_await shop_.Connect(agent));
    Apply(connected);
    working.connected = true;
    working.capacity = agents_[agent].capacity;
  }
  Account(agent);
  working.at_work = true;
  working.leaving = presence == AgentPresence::kHungUp;
  if (working.leaving) idle_and_leaving_.push_back(agent);
  KEFU_CO_ASSIGN_OR_RETURN(const RoutingStep step, co_await shop_.SetPresence(agent, presence));
  Apply(step);
  co_return absl::OkStatus();
}

Task<absl::Status> Simulator::OnClosed(size_t session, End end) {
  result_.sessions[session].end = end;
  result_.sessions[session].ended_ms = now_ms_;
  absl::StatusOr<RoutingStep> step;
  if (end == End::kAbandoned) {
    step = co_await shop_.Abandon(session);
  } else {
    step = co_await shop_.Close(session);
  }
  if (!step.ok()) co_return step.status();
  Apply(*step);
  if (++closed_ % kForgetEvery == 0) KEFU_CO_RETURN_IF_ERROR(co_await shop_.Forget());
  co_return absl::OkStatus();
}

// Who has finished after the end of the shift goes.
Task<absl::Status> Simulator::SendHome() {
  while (!idle_and_leaving_.empty()) {
    const size_t agent = idle_and_leaving_.back();
    idle_and_leaving_.pop_back();
    Working& working = working_[agent];
    if (!working.leaving || working.attention.size() > 0 || working.used > 0) continue;
    Account(agent);
    working.at_work = false;
    working.leaving = false;
    KEFU_CO_ASSIGN_OR_RETURN(const RoutingStep step,
                             co_await shop_.SetPresence(agent, AgentPresence::kOffline));
    Apply(step);
  }
  co_return absl::OkStatus();
}

Task<absl::Status> Simulator::RunTimers() {
  // What a timer changes may set others; the answer names the next.
  timers_changed_ = false;
  KEFU_CO_ASSIGN_OR_RETURN(const RoutedShop::Timers timers, co_await shop_.RunTimers());
  Apply(timers.step);
  timers_changed_ = false;
  ++timer_version_;
  if (timers.next_due_ms) {
    Schedule(std::max(now_ms_, *timers.next_due_ms), Kind::kTimer, 0, timer_version_);
  }
  co_return absl::OkStatus();
}

void Simulator::Apply(const RoutingStep& step) {
  for (const SessionStep& change : step.sessions) ApplySession(change);
  for (const AgentStep& change : step.agents) {
    Account(change.agent);
    Working& working = working_[change.agent];
    working.used = change.used;
    working.capacity = change.capacity;
    if (working.leaving && change.used == 0) idle_and_leaving_.push_back(change.agent);
  }
}

void Simulator::ApplySession(const SessionStep& change) {
  Live& live = live_[change.session];
  SessionResult& result = result_.sessions[change.session];
  const bool served = change.state == SessionState::kActive;
  if (live.agent && (!served || live.agent != change.agent)) {
    TakeFrom(*live.agent, change.session);
    live.agent.reset();
  }
  if (served && !live.agent && change.agent) {
    if (result.owners++ == 0) {
      result.served_ms = now_ms_;
      result.step = change.step;
    }
    GiveTo(*change.agent, change.session);
  }
  live.state = change.state;
  if (change.state == SessionState::kClosed) {
    // Nobody closed it but routing itself.
    if (result.end == End::kLeftOver) {
      result.end = End::kTurnedAway;
      result.ended_ms = now_ms_;
    }
  } else if (!served) {
    timers_changed_ = true;
  }
}

void Simulator::TakeFrom(size_t agent, size_t session) {
  live_[session].work_ms = working_[agent].attention.End(now_ms_, session);
  Reschedule(agent);
}

void Simulator::GiveTo(size_t agent, size_t session) {
  live_[session].agent = agent;
  working_[agent].attention.Begin(now_ms_, session, live_[session].work_ms);
  if (now_ms_ >= counted_from_ms_ && now_ms_ <= counted_to_ms_) ++result_.agents[agent].sessions;
  Reschedule(agent);
}

void Simulator::Reschedule(size_t agent) {
  Working& working = working_[agent];
  ++working.version;
  const std::optional<Attention::Finish> next = working.attention.Next();
  if (next) Schedule(next->at_ms, Kind::kWorkDone, agent, working.version);
}

void Simulator::Account(size_t agent) {
  Working& working = working_[agent];
  const int64_t from_ms = std::max(working.since_ms, counted_from_ms_);
  const int64_t to_ms = std::min(now_ms_, counted_to_ms_);
  working.since_ms = now_ms_;
  if (to_ms <= from_ms || !working.at_work) return;
  const auto ms = static_cast<double>(to_ms - from_ms);
  result_.agents[agent].used_ms += ms * working.used;
  result_.agents[agent].capacity_ms += ms * working.capacity;
}

}  // namespace

Task<absl::StatusOr<RunResult>> Simulate(redis::ShardMap& shards, std::string_view shop,
                                         Policy policy,
                                         const std::vector<SimulatedSession>& sessions,
                                         const std::vector<SimulatedAgent>& agents,
                                         RunOptions options) {
  RoutedShop routed(shards, shop, std::move(policy), agents);
  Simulator simulator(routed, sessions, agents, options);
  co_return co_await simulator.Go();
}

}  // namespace kefu::gateway::routing::simulation
