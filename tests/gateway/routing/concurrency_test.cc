// The invariants while eight clients work at once on one shop: arrivals, offers, claims, holds,
// wrap-ups, moves between groups, buyers who go away, agents who come, go and are lost, plans that
// change; calls repeated, delayed and out of date; sweeps that race; a clock that each client reads
// for itself; gateways that die in the middle of an operation, and come back knowing what they
// knew. After each round the store is dumped and checked; at the end the whole log is.
//
// KEFU_ROUTING_OPERATIONS: how many in all (default 24,000). KEFU_ROUTING_SEED: where the
// randomness begins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <random>
#include <thread>

#include "tests/gateway/routing/support/function_store.h"
#include "tests/gateway/routing/support/random_commands.h"
#include "tests/support/redis_server.h"

namespace kefu::gateway::routing {
namespace {

using test::FunctionStore;
using test::RandomCommands;
using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kClients = 8;
constexpr int kRounds = 12;
constexpr int kLookEvery = 25;
constexpr int kAgents = 10;
// A gateway dies so often; and stays away while it would have done so many operations.
constexpr uint64_t kDiesEvery = 500;
constexpr uint64_t kAwayAtMost = 60;

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoll(text, nullptr, 10);
}

// One client, with its own connection and its own, soon outdated, view of the shop.
class Client {
 public:
  Client(const std::string& socket, uint64_t seed, std::atomic<int64_t>& clock, Policy policy,
         std::vector<ClassTable> plans)
      : functions_(socket, "demo", std::move(policy)),
        commands_(seed, {.agents = kAgents,
                         .sessions = 80,
                         .capacities_change = false,
                         .plans = std::move(plans)}),
        clock_(clock) {}

  void Run(int64_t operations) {
    for (int64_t i = 0; i < operations; ++i) {
      const int64_t now = clock_.fetch_add(commands_.NextTimeStep());
      if (away_ > 0) {
        --away_;
        continue;
      }
      // Back from the dead it goes by what it knew.
      if (i % kLookEvery == 0) view_ = functions_.ReadDump().state;
      const bool dies = commands_.Below(kDiesEvery) == 0;
      Do(commands_.Next(view_), TimePoint{now}, dies ? 1 : kAllCalls);
      if (!dies) continue;
      ++deaths_;
      away_ = commands_.Below(kAwayAtMost);
    }
  }

  // With all that it leaves over, or (`calls`) the first calls of that.
  void Do(const Command& command, TimePoint now, int calls = kAllCalls) {
    std::deque<Command> todo = {command};
    for (; !todo.empty() && calls > 0; todo.pop_front(), --calls) {
      absl::StatusOr<Reply> reply = functions_.Apply(todo.front(), now);
      ++calls_;
      if (!reply.ok()) continue;  // refusals are part of the game
      for (const std::string& target : reply->again) todo.push_back(Match{.target = target});
      for (const std::string& agent : reply->back) todo.push_back(Match{.target = agent});
      if (reply->more) todo.push_back(Sweep{});
    }
  }

  int64_t deaths() const { return deaths_; }
  int64_t calls() const { return calls_; }

 private:
  static constexpr int kAllCalls = 1'000'000;

  FunctionStore functions_;
  RandomCommands commands_;
  std::atomic<int64_t>& clock_;
  State view_;
  uint64_t away_ = 0;
  int64_t deaths_ = 0;
  int64_t calls_ = 0;
};

int64_t WeightOf(const LogEntry& entry, const Policy& policy,
                 const std::vector<ClassTable>& plans) {
  // All plans of a class agree on what it weighs.
  for (const ClassTable& plan : plans) {
    if (!plan.Has(entry.class_name)) continue;
    const ClassSpec spec = plan.Find(entry.class_name);
    if (entry.state == SessionState::kWrap) return spec.wrap_weight;
    if (entry.held) return spec.held_weight;
  }
  const int64_t own = RandomCommands::WeightOf(entry.session);
  return own > 0 ? own : policy.classes.WeightOf(entry.class_name);
}

// Follows the log: who holds how much. The entries of one call stand in the order in which it came
// upon the sessions, not in that of what it did with them, so it is looked at after each moment.
void ExpectLoadsWithinBounds(const std::vector<LogEntry>& log, const Policy& policy,
                             const std::vector<ClassTable>& plans) {
  std::map<std::string, int64_t> used;
  std::map<std::string, int64_t> weights;  // of the sessions that somebody has
  std::map<std::string, bool> given_to;    // at this moment; true: by routing alone
  for (size_t i = 0; i < log.size(); ++i) {
    const LogEntry& entry = log[i];
    if (!entry.previous.empty()) used[entry.previous] -= weights[entry.session];
    if (!entry.agent.empty()) {
      weights[entry.session] = WeightOf(entry, policy, plans);
      used[entry.agent] += weights[entry.session];
      const bool given = entry.previous != entry.agent && !test::IsByHand(entry.cause);
      const auto [known, first] = given_to.emplace(entry.agent, given);
      if (!first) known->second = known->second && given;
    }
    if (i + 1 < log.size() && log[i + 1].at_ms == entry.at_ms) continue;
    for (const auto& [agent, given] : given_to) {
      const int64_t capacity = RandomCommands::CapacityOf(agent);
      EXPECT_LE(used[agent], given ? capacity : 2 * capacity) << agent << " up to " << entry.seq;
    }
    given_to.clear();
  }
  for (const auto& [agent, weight] : used) EXPECT_GE(weight, 0) << agent;
}

void RunEightClients(const Policy& policy, const std::vector<ClassTable>& plans) {
  const int64_t operations = FromEnvironment("KEFU_ROUTING_OPERATIONS", 24'000);
  const int64_t seed = FromEnvironment("KEFU_ROUTING_SEED", std::random_device()());
  std::cout << "KEFU_ROUTING_SEED=" << seed << std::endl;
  kefu::test::RedisServer server;
  server.LoadFunctions("gateway");
  std::atomic<int64_t> clock{1'700'000'000'000};
  std::deque<Client> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(server.socket(), seed + i, clock, policy, plans);
  }
  if (!plans.empty()) clients.front().Do(Configure{plans.front()}, TimePoint{clock});
  FunctionStore observer(server.socket(), "demo", policy);

  State before;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::thread> threads;
    for (Client& client : clients) {
      threads.emplace_back([&client, operations] { client.Run(operations / kClients / kRounds); });
    }
    for (std::thread& thread : threads) thread.join();
    // What dead gateways left over is the next sweep's.
    clients.front().Do(Sweep{}, TimePoint{clock});
    const Dump dump = observer.ReadDump();
    ASSERT_THAT(Violations(dump, policy.classes, /*ceiling=*/true), IsEmpty()) << "round " << round;
    ASSERT_THAT(IdleWork(dump, policy), IsEmpty()) << "round " << round;
    before = dump.state;
  }
  EXPECT_GT(before.log_seq, operations / 10) << "too little happened to prove anything";
  const std::vector<LogEntry> log = observer.ReadLog();
  EXPECT_EQ(static_cast<int64_t>(log.size()), before.log_seq);
  EXPECT_THAT(LogViolations(log), IsEmpty());
  ExpectLoadsWithinBounds(log, policy, plans);
  // Every key is the shop's.
  std::vector<std::string> keys;
  const redis::Value all = observer.redis().Call({"KEYS", "*"});
  for (const redis::Value& key : all.array()) keys.push_back(key.str());
  EXPECT_THAT(keys, AllOf(testing::SizeIs(Ge(9u)), Each(HasSubstr("{demo}"))));
  int64_t calls = 0, deaths = 0;
  for (const Client& client : clients) {
    calls += client.calls();
    deaths += client.deaths();
  }
  std::cout << calls << " calls, " << log.size() << " entries of the log, " << deaths
            << " deaths of gateways" << std::endl;
}

TEST(Concurrency, EightClientsKeepEveryInvariant) { RunEightClients(test::EvenWorldPolicy(), {}); }

TEST(Concurrency, EightClientsKeepEveryInvariantWithOffersStepsAndEveryStrategy) {
  const std::vector<ClassTable> plans = test::SomePlans(20);
  RunEightClients(test::PlannedWorldPolicy(plans, kAgents), plans);
}

}  // namespace
}  // namespace kefu::gateway::routing
