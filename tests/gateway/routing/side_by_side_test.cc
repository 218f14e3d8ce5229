// The pure model and the Redis functions, held against each other: random commands, repeated,
// delayed and out of date, on a clock that jumps. Each answer must be the same; the whole store
// must be, every few commands; the invariants must hold of it.
//
// KEFU_ROUTING_OPERATIONS: how many commands (default 20,000). KEFU_ROUTING_SEED: where the
// randomness begins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <iostream>

#include "services/common/base/status.h"
#include "tests/gateway/routing/support/function_store.h"
#include "tests/gateway/routing/support/random_commands.h"
#include "tests/support/redis_server.h"

namespace kefu::gateway::routing {
namespace {

using test::Describe;
using test::FunctionStore;
using test::RandomCommands;
using test::World;
using testing::IsEmpty;

constexpr int kDumpEvery = 20;
constexpr size_t kTrail = 12;

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoll(text, nullptr, 10);
}

// Availability scores may be lower bounds; everything else is the same to the last bit.
void ExpectSameStore(const Dump& model, const Dump& stored) {
  EXPECT_EQ(model.state.sessions, stored.state.sessions);
  EXPECT_EQ(model.state.agents, stored.state.agents);
  EXPECT_EQ(model.state.leases, stored.state.leases);
  EXPECT_EQ(model.state.timers, stored.state.timers);
  EXPECT_EQ(model.state.tombstones, stored.state.tombstones);
  EXPECT_EQ(model.state.last_ms, stored.state.last_ms);
  EXPECT_EQ(model.state.score_origin_ms, stored.state.score_origin_ms);
  EXPECT_EQ(model.state.arrivals, stored.state.arrivals);
  EXPECT_EQ(model.state.order, stored.state.order);
  EXPECT_EQ(model.state.closed, stored.state.closed);
  EXPECT_EQ(model.state.log_seq, stored.state.log_seq);
  EXPECT_EQ(model.waiting, stored.waiting);
  EXPECT_EQ(model.online, stored.online);
  EXPECT_EQ(model.waiting_count, stored.waiting_count);
  EXPECT_EQ(model.counts, stored.counts);
  EXPECT_EQ(model.state.abandoned, stored.state.abandoned);
  EXPECT_EQ(model.state.turn, stored.state.turn);
  EXPECT_EQ(model.state.retired, stored.state.retired);
}

class SideBySide {
 public:
  SideBySide(const std::string& socket, Policy policy)
      : policy_(std::move(policy)), functions_(socket, "demo", policy_) {}

  // One command on both, and what it leaves over.
  void Run(const Command& command, TimePoint now) {
    std::deque<Command> todo = {command};
    while (!todo.empty() && !testing::Test::HasFailure()) {
      RunOne(todo.front(), now, todo);
      todo.pop_front();
    }
  }

  void Compare() {
    const Dump stored = functions_.ReadDump();
    ExpectSameStore(DumpOf(state_, policy_.classes), stored);
    EXPECT_THAT(Violations(stored, policy_.classes, /*ceiling=*/false), IsEmpty());
    EXPECT_THAT(IdleWork(stored, policy_), IsEmpty());
  }

  const State& state() const { return state_; }
  FunctionStore& functions() { return functions_; }
  std::string Trail() const {
    std::string text;
    for (const std::string& line : trail_) text += "  " + line + "\n";
    return text;
  }

 private:
  void RunOne(const Command& command, TimePoint now, std::deque<Command>& todo) {
    trail_.push_back(std::to_string(now.ms) + " " + Describe(command));
    if (trail_.size() > kTrail) trail_.pop_front();
    absl::StatusOr<Decision> model = Apply(state_, command, now, policy_);
    absl::StatusOr<Reply> functions = functions_.Apply(command, now);
    EXPECT_EQ(model.status().code(), functions.status().code());
    EXPECT_EQ(ErrorReason(model.status()), ErrorReason(functions.status()));
    if (!model.ok() || !functions.ok()) return;
    const Reply& expected = model->reply;
    EXPECT_EQ(expected.waiting, functions->waiting);
    EXPECT_EQ(expected.event_seq, functions->event_seq);
    EXPECT_EQ(expected.again, functions->again);
    EXPECT_EQ(expected.agents, functions->agents);
    EXPECT_EQ(expected.gone, functions->gone);
    EXPECT_EQ(expected.back, functions->back);
    EXPECT_EQ(expected.more, functions->more);
    EXPECT_EQ(expected.next_due_ms, functions->next_due_ms);
    EXPECT_TRUE(expected.changes == functions->changes) << "the log differs";
    EXPECT_THAT(Regressions(state_, model->next), IsEmpty());
    ExpectRoom(model->next, expected);
    for (const std::string& target : expected.again) todo.push_back(Match{.target = target});
    for (const std::string& agent : expected.back) todo.push_back(Match{.target = agent});
    if (expected.more) todo.push_back(Sweep{});
    state_ = std::move(model->next);
  }

  // Whom nobody chose by hand for a session has room for it.
  static void ExpectRoom(const State& state, const Reply& reply) {
    std::set<std::string> by_hand;
    for (const LogEntry& entry : reply.changes) {
      if (test::IsByHand(entry.cause)) by_hand.insert(entry.agent);
    }
    for (const LogEntry& entry : reply.changes) {
      // Held, wrapped up, accepted: it had it before.
      if (entry.agent.empty() || entry.agent == entry.previous) continue;
      if (by_hand.contains(entry.agent)) continue;
      const AgentRecord& agent = state.agents.at(entry.agent);
      EXPECT_LE(agent.used, agent.capacity) << entry.agent << " by " << entry.cause;
    }
  }

  const Policy policy_;
  FunctionStore functions_;
  State state_;
  std::deque<std::string> trail_;
};

void Compare(Policy policy, World world) {
  const int64_t operations = FromEnvironment("KEFU_ROUTING_OPERATIONS", 20'000);
  const int64_t seed = FromEnvironment("KEFU_ROUTING_SEED", std::random_device()());
  std::cout << "KEFU_ROUTING_SEED=" << seed << std::endl;
  kefu::test::RedisServer server;
  server.LoadFunctions("gateway");
  SideBySide both(server.socket(), std::move(policy));
  both.functions().redis().Call({"CONFIG", "SET", "appendonly", "no"});  // not what is tested here
  TimePoint now{1'700'000'000'000};
  if (!world.plans.empty()) both.Run(Configure{world.plans.front()}, now);
  RandomCommands commands(seed, std::move(world));
  for (int64_t i = 1; i <= operations; ++i) {
    now = now + commands.NextTimeStep();
    both.Run(commands.Next(both.state()), now);
    if (i % kDumpEvery == 0) both.Compare();
    ASSERT_FALSE(testing::Test::HasFailure())
        << "after " << i << " operations, KEFU_ROUTING_SEED=" << seed << "; the last ones:\n"
        << both.Trail();
  }
  both.Compare();
  EXPECT_THAT(LogViolations(both.functions().ReadLog()), IsEmpty());
}

TEST(SideBySide, ModelAndFunctionsAgreeInAShopWithoutAPlan) {
  Compare(test::RandomWorldPolicy(), {});
}

TEST(SideBySide, ModelAndFunctionsAgreeUnderPlansThatComeAndGo) {
  const std::vector<ClassTable> plans = test::SomePlans(50);
  World world;
  world.plans = plans;
  Compare(test::PlannedWorldPolicy(plans, world.agents), world);
}

}  // namespace
}  // namespace kefu::gateway::routing
