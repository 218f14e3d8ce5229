// The reference values of the models, and what must hold of them whatever the numbers. The values
// of tables are held at six digits, as they are printed; properties are held against sums of the
// birth-death weights, term by term, which the code under test does not do.
#include "services/common/staffing/erlang.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace kefu::staffing {
namespace {

// As printed with six digits: 1e-6, relative where the value is large.
void ExpectPrinted(double value, double printed) {
  EXPECT_NEAR(value, printed, 1e-6 * std::max(1.0, std::abs(printed))) << printed;
}

struct RowC {
  const char* name;
  Load load;
  int64_t agents;
  double target_s, wait_probability, asa_s, service_level, queue_length;
};

TEST(ErlangC, GivesTheReferenceValues) {
  const std::vector<RowC> rows = {
      {"C1", {100.0 / 1800, 180}, 14, 20, 0.174132, 7.83594, 0.888350, 0.435330},
      {"C2", {0.8, 60}, 50, 20, 0.694456, 20.8337, 0.643455, 16.6669},
      {"C3", {1.0 / 75, 60}, 1, 20, 0.8, 240, 0.251594, 3.2},
      {"C4", {1.0 / 60, 60}, 2, 20, 0.333333, 20, 0.761156, 0.333333},
      {"C6", {10, 480}, 4870, 20, 0.221296, 1.51746, 0.988025, 15.1746},
  };
  for (const RowC& row : rows) {
    SCOPED_TRACE(row.name);
    const Performance found = Evaluate(row.load, {.agents = row.agents}, row.target_s);
    EXPECT_TRUE(found.stable);
    ExpectPrinted(found.wait_probability, row.wait_probability);
    // Six digits of 20.8337 are four decimals.
    EXPECT_NEAR(found.asa_s, row.asa_s, 3e-6 * row.asa_s);
    ExpectPrinted(found.service_level, row.service_level);
    EXPECT_NEAR(found.queue_length, row.queue_length, 3e-6 * std::max(0.5, row.queue_length));
  }
}

struct RowA {
  const char* name;
  Load load;
  int64_t agents;
  double target_s, wait_probability, abandoned, wait_s, queue_length, occupancy, service_level;
};

TEST(ErlangA, GivesTheReferenceValues) {
  const std::vector<RowA> rows = {
      {"A1", {0.8, 60, 120}, 50, 20, 0.467774, 0.0309122, 3.70947, 2.96758, 0.930324, 0.943019},
      {"A2",
       {100.0 / 1800, 180, 120},
       10,
       20,
       0.496853,
       0.137464,
       16.4957,
       0.916426,
       0.862536,
       0.639941},
      {"A4", {100, 1, 1}, 100, 0.1, 0.513299, 0.0398610, 0.0398610, 3.98610, 0.960139, 0.813655},
      {"A5", {55, 480, 600}, 25000, 30, 1.0, 0.0530303, 31.8182, 1750, 1.0, 0.203311},
      {"A7", {1.0 / 75, 60, 120}, 1, 20, 0.595247, 0.255941, 30.7129, 0.409505, 0.595247, 0.500378},
  };
  for (const RowA& row : rows) {
    SCOPED_TRACE(row.name);
    const Performance found = Evaluate(row.load, {.agents = row.agents}, row.target_s);
    ExpectPrinted(found.wait_probability, row.wait_probability);
    ExpectPrinted(found.abandon_probability, row.abandoned);
    EXPECT_NEAR(found.asa_s, row.wait_s, 3e-6 * std::max(1.0, row.wait_s));
    EXPECT_NEAR(found.queue_length, row.queue_length, 3e-6 * std::max(0.5, row.queue_length));
    ExpectPrinted(found.occupancy, row.occupancy);
    ExpectPrinted(found.service_level, row.service_level);
  }
}

TEST(ErlangC, SaysThatTheQueueGrowsForEverWhenThereIsMoreWorkThanTheTeamDoes) {
  for (const int64_t agents : {int64_t{5}, int64_t{10}}) {
    const Performance found = Evaluate({200.0 / 3600, 180}, {.agents = agents}, 20);
    EXPECT_FALSE(found.stable);
    EXPECT_EQ(found.wait_probability, 1);
    EXPECT_EQ(found.service_level, 0);
    EXPECT_EQ(found.asa_s, kForever);
    EXPECT_EQ(found.queue_length, kForever);
    EXPECT_EQ(found.occupancy, 1);
  }
  EXPECT_EQ(LeastStableAgents({200.0 / 3600, 180}, {}), 11);
  EXPECT_TRUE(Evaluate({200.0 / 3600, 180}, {.agents = 11}, 20).stable);
  EXPECT_EQ(LeastStableAgents({200.0 / 3600, 180, 60}, {}), 1);
}

TEST(ErlangB, IsTheRecursion) {
  for (const double traffic : {0.3, 8.0, 47.5, 900.0}) {
    double blocking = 1;
    for (int64_t lines = 0; lines <= 1500; ++lines) {
      if (lines > 0) {
        blocking = traffic * blocking / (static_cast<double>(lines) + traffic * blocking);
      }
      if (blocking < 1e-290) break;
      ASSERT_NEAR(ErlangB(traffic, lines) / blocking, 1, 1e-12) << traffic << " " << lines;
    }
  }
  EXPECT_EQ(ErlangB(0, 3), 0);
  EXPECT_EQ(ErlangB(0, 0), 1);
}

// The chain itself: weights of so many chats in the system, summed one by one.
struct Chain {
  double mass = 0, waiting_mass = 0, queue = 0, left = 0, work = 0;
};

Chain Summed(const Load& load, const Team& team) {
  const auto pace = static_cast<double>(std::min(team.servers(), team.slots()));
  const auto slots = static_cast<double>(team.slots());
  Chain chain;
  double weight = 1;
  for (double k = 0;; ++k) {
    if (k > 0) {
      const double served = std::min(k, pace) / load.aht_s;
      weight *= load.arrivals_per_s / (served + std::max(0.0, k - slots) / load.patience_s);
    }
    chain.mass += weight;
    chain.work += weight * std::min(k, pace) / pace;
    if (k >= slots) chain.waiting_mass += weight;
    chain.queue += weight * std::max(0.0, k - slots);
    if (k > slots && weight < 1e-18 * chain.mass) break;
    if (weight < 1e200) continue;
    for (double* sum : {&weight, &chain.mass, &chain.waiting_mass, &chain.queue, &chain.work}) {
      *sum *= 1e-200;
    }
  }
  for (double* sum : {&chain.waiting_mass, &chain.queue, &chain.work}) *sum /= chain.mass;
  chain.left = chain.queue / load.patience_s / load.arrivals_per_s;
  return chain;
}

TEST(ErlangModels, AreTheStationaryStateOfTheChain) {
  for (const double rho : {0.2, 0.7, 0.95, 1.0, 1.3, 3.0}) {
    for (const double patience : {0.5, 20.0, 300.0, 5000.0, kForever}) {
      for (const int64_t agents : {1, 2, 9, 60}) {
        for (const int64_t chats : {1, 3}) {
          for (const Sharing sharing : {Sharing::kNone, Sharing::kProcessor}) {
            const Team team = {agents, chats, sharing};
            const double aht = 100;
            const Load load = {rho * static_cast<double>(team.servers()) / aht, aht, patience};
            if (!load.abandons() && rho >= 1) continue;
            const Chain chain = Summed(load, team);
            const Performance found = Evaluate(load, team, 20);
            const double scale = std::max(1.0, chain.queue);
            ASSERT_NEAR(found.wait_probability, chain.waiting_mass, 1e-9)
                << rho << " " << patience << " " << agents << " " << chats;
            ASSERT_NEAR(found.queue_length, chain.queue, 1e-9 * scale);
            ASSERT_NEAR(found.abandon_probability, chain.left, 1e-9);
            ASSERT_NEAR(found.occupancy, chain.work, 1e-9);
            // Little's law, and all work is done or goes away.
            ASSERT_NEAR(found.asa_s * load.arrivals_per_s, found.queue_length, 1e-9 * scale);
            ASSERT_NEAR(found.occupancy * static_cast<double>(team.servers()),
                        load.traffic() * (1 - found.abandon_probability), 1e-9 * load.traffic());
          }
        }
      }
    }
  }
}

// Served within t by uniformisation would be long; this is the definition, summed over what an
// arrival finds: who is offered the wait of j+1 departures outlasts it or not.
double ServedWithin(const Load& load, int64_t agents, double target) {
  const double capacity = static_cast<double>(agents) / load.aht_s;
  const Chain chain = Summed(load, {.agents = agents});
  // With j ahead: d/dt P(served by t) = f_j(t)·e^{−t/patience}; integrated by the trapezoid rule on
  // a fine grid, f_j by the recursion of a chain of departures.
  constexpr int kSteps = 20000;
  constexpr size_t kAhead = 60;
  const double step = target / kSteps;
  std::vector<double> weight = {1};
  for (size_t j = 1; j < kAhead; ++j) {
    weight.push_back(weight.back() * load.arrivals_per_s /
                     (capacity + static_cast<double>(j) / load.patience_s));
  }
  double geometric = 0;
  for (const double each : weight) geometric += each;
  // ahead[j]: of those who came to a full house, offered and not yet reached, j+1 departures left.
  std::vector<double> ahead;
  for (const double each : weight) ahead.push_back(each / geometric * chain.waiting_mass);
  double served = 1 - chain.waiting_mass;
  for (int i = 0; i < kSteps; ++i) {
    const auto flow = [&](const std::vector<double>& state) {
      std::vector<double> change(state.size());
      for (size_t j = 0; j < state.size(); ++j) {
        const double rate = capacity + static_cast<double>(j) / load.patience_s;
        change[j] = -(rate + 1 / load.patience_s) * state[j];
        if (j + 1 < state.size()) {
          change[j] += (rate + 1 / load.patience_s) * state[j + 1];
        }
      }
      return change;
    };
    // Heun's method.
    const std::vector<double> first = flow(ahead);
    std::vector<double> tried = ahead;
    for (size_t j = 0; j < ahead.size(); ++j) tried[j] += step * first[j];
    const std::vector<double> second = flow(tried);
    served += capacity * step * (ahead[0] + tried[0]) / 2;
    for (size_t j = 0; j < ahead.size(); ++j) ahead[j] += step * (first[j] + second[j]) / 2;
  }
  return served;
}

TEST(ErlangA, ServiceLevelIsTheShareOfArrivalsServedInTime) {
  const std::vector<Load> loads = {{0.09, 60, 30}, {0.15, 60, 45}, {0.05, 60, 300}};
  for (const Load& load : loads) {
    for (const double target : {1.0, 20.0, 90.0}) {
      EXPECT_NEAR(Evaluate(load, {.agents = 6}, target).service_level,
                  ServedWithin(load, 6, target), 2e-6)
          << load.arrivals_per_s << " " << target;
    }
  }
}

TEST(ErlangA, ServiceLevelGoesFromNoWaitToAllWhoDoNotLeave) {
  const Load load = {0.9, 60, 45};
  const Performance at_once = Evaluate(load, {.agents = 50}, 0);
  EXPECT_NEAR(at_once.service_level, 1 - at_once.wait_probability, 1e-12);
  const Performance in_the_end = Evaluate(load, {.agents = 50}, 1e6);
  EXPECT_NEAR(in_the_end.service_level, 1 - in_the_end.abandon_probability, 1e-10);
}

TEST(ErlangA, BecomesErlangCWhenPatienceGrows) {
  for (const double rho : {0.3, 0.8, 0.97}) {
    for (const int64_t agents : {1, 12, 400}) {
      Load load = {rho * static_cast<double>(agents) / 240, 240};
      const Performance patient = Evaluate(load, {.agents = agents}, 20);
      double before = kForever;
      for (const double patience : {1e4, 1e6, 1e8, 1e10}) {
        load.patience_s = patience;
        const Performance found = Evaluate(load, {.agents = agents}, 20);
        const double off = std::abs(found.asa_s - patient.asa_s);
        EXPECT_LE(off, before);
        before = std::max(off, 1e-9);
      }
      load.patience_s = 1e10;
      const Performance found = Evaluate(load, {.agents = agents}, 20);
      EXPECT_NEAR(found.wait_probability, patient.wait_probability, 1e-5);
      EXPECT_NEAR(found.service_level, patient.service_level, 1e-5);
      EXPECT_NEAR(found.asa_s, patient.asa_s, 1e-4 * std::max(1.0, patient.asa_s));
    }
  }
}

TEST(ErlangModels, AreMonotonicInAgentsAndInLoad) {
  for (const double patience : {30.0, 600.0, kForever}) {
    for (const double rate : {0.05, 0.5, 5.0}) {
      Performance before = {.stable = false,
                            .wait_probability = 1,
                            .service_level = 0,
                            .asa_s = kForever,
                            .occupancy = 1,
                            .abandon_probability = 1};
      const Load load = {rate, 200, patience};
      const auto traffic = static_cast<int64_t>(load.traffic());
      for (int64_t agents = std::max<int64_t>(1, traffic / 2); agents < traffic * 2 + 20;
           ++agents) {
        const Performance found = Evaluate(load, {.agents = agents}, 20);
        ASSERT_LE(found.wait_probability, before.wait_probability + 1e-12) << agents;
        ASSERT_GE(found.service_level, before.service_level - 1e-12) << agents;
        ASSERT_LE(found.asa_s, before.asa_s * (1 + 1e-12)) << agents;
        ASSERT_LE(found.occupancy, before.occupancy + 1e-12) << agents;
        ASSERT_LE(found.abandon_probability, before.abandon_probability + 1e-12) << agents;
        before = found;
      }
    }
    Performance before;
    for (double rate = 0; rate < 0.3; rate += 0.001) {
      const Performance found = Evaluate({rate, 200, patience}, {.agents = 30}, 20);
      ASSERT_GE(found.wait_probability, before.wait_probability - 1e-12) << rate;
      ASSERT_LE(found.service_level, before.service_level + 1e-12) << rate;
      ASSERT_GE(found.asa_s, before.asa_s * (1 - 1e-12)) << rate;
      before = found;
    }
  }
}

TEST(ErlangModels, StayWithinTheirBoundsUpToAHundredThousandAgentsAndFarOverload) {
  for (const int64_t agents : {1, 100, 10'000, 100'000, 1'000'000}) {
    for (const double rho : {1e-6, 0.5, 0.999, 1.0, 1.001, 2.0, 1e4}) {
      for (const double patience : {1e-3, 60.0, 1e7, kForever}) {
        for (const double target : {0.0, 20.0, 1e7}) {
          const Load load = {rho * static_cast<double>(agents) / 300, 300, patience};
          const Performance found = Evaluate(load, {.agents = agents}, target);
          SCOPED_TRACE(testing::Message() << agents << " " << rho << " " << patience);
          for (const double share : {found.wait_probability, found.service_level, found.occupancy,
                                     found.abandon_probability}) {
            ASSERT_GE(share, 0);
            ASSERT_LE(share, 1 + 1e-9);
          }
          ASSERT_GE(found.asa_s, 0);
          if (!load.abandons()) continue;
          ASSERT_LE(found.asa_s, patience);
          // Who is too much leaves.
          ASSERT_GE(found.abandon_probability, 1 - 1 / rho - 1e-9);
          ASSERT_NEAR(found.occupancy, rho * (1 - found.abandon_probability), 1e-7);
        }
      }
    }
  }
}

TEST(Chats, OfOneAgentWhoSharesOnePaceWaitAsTheReferenceSays) {
  const Performance found =
      Evaluate({0.8, 1}, {.agents = 1, .chats_per_agent = 3, .sharing = Sharing::kProcessor}, 20);
  EXPECT_NEAR(found.wait_probability, 0.512, 1e-12);
  EXPECT_NEAR(found.asa_s, 2.56, 1e-12);
  EXPECT_NEAR(found.occupancy, 0.8, 1e-12);
}

TEST(Chats, ThatDoNotSlowEachOtherAreMoreServers) {
  for (const double patience : {90.0, kForever}) {
    const Load load = {1.4, 60, patience};
    const Performance chats =
        Evaluate(load, {.agents = 30, .chats_per_agent = 3, .sharing = Sharing::kNone}, 20);
    const Performance servers = Evaluate(load, {.agents = 90}, 20);
    EXPECT_EQ(chats.wait_probability, servers.wait_probability);
    EXPECT_EQ(chats.service_level, servers.service_level);
    EXPECT_EQ(chats.asa_s, servers.asa_s);
  }
}

TEST(Chats, ThatShareAPaceCannotMakeATeamFaster) {
  const Load load = {1.0, 60};
  const Team shared = {.agents = 50, .chats_per_agent = 4, .sharing = Sharing::kProcessor};
  EXPECT_FALSE(Evaluate(load, shared, 20).stable);
  EXPECT_EQ(LeastStableAgents(load, shared), 61);
  EXPECT_EQ(LeastStableAgents(load, {.chats_per_agent = 4}), 16);
}

}  // namespace
}  // namespace kefu::staffing
