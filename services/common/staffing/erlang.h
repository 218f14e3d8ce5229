// What a number of agents makes of a load: Erlang B, C and A, with chats beside each other.
//
//   const Load load = {.arrivals_per_s = 100.0 / 1800, .aht_s = 180};
//   Evaluate(load, {.agents = 14}, 20);    // wait_probability 0.174132, service_level 0.888350
//
// Arrivals are Poisson with rate λ, handling takes an exponential time with mean AHT = 1/μ, the
// queue is first come, first served, patience is exponential with mean 1/θ. A = λ·AHT is the load
// in erlangs, n the number of servers.
//
//   Erlang B  1/B = Σ_{j=0..n} n!/((n−j)!·A^j): the recursion B_k = A·B_{k−1}/(k + A·B_{k−1}),
//             unrolled. All terms are positive, so nothing cancels; those that count are O(√n).
//   Erlang C  P_w = n·B/(n − A(1−B)); ASA = P_w·AHT/(n−A); SL(t) = 1 − P_w·e^{−(n−A)t/AHT};
//             L_q = λ·ASA. For A ≥ n the queue grows for ever: P_w = 1, SL = 0, ASA and L_q are ∞.
//   Erlang A  birth–death weights relative to p_n: below ∏ kμ/λ, above ∏ λ/(nμ+jθ). Who finds j
//             waiting is offered the wait Σ_{i=0..j} Exp(nμ+iθ); summed over j its density is
//             p_n·nμ·h(v), h(v) = exp(λH(v) − nμv), H(v) = (1−e^{−θv})/θ. Hence
//             P_w = p_n·nμ·∫h,  E[W] = p_n·nμ·∫H·h (all arrivals, until service or leaving),
//             P_ab = θ·E[W],  E[Q] = λ·E[W],  occupancy = λ(1−P_ab)/(nμ),
//             SL(t) = 1 − P_w + p_n·nμ·∫_0^t e^{−θv}·h(v)dv: served within t, of all arrivals.
//             The integrals cost the same whatever n and the load are.
// Sources: A. K. Erlang (1917); C. Palm, "Research on telephone traffic carried by full
// availability groups" (1957); S. Zeltyn and A. Mandelbaum, "Call centers with impatient
// customers: many-server asymptotics of the M/M/n+G queue" (2005), whose J and J_H these are.
//
// Chats. An agent who has K chats at once either handles each as fast as one alone (then n agents
// are n·K servers), or has one pace to share among them (processor sharing at a constant rate: the
// n agents work as n servers, but buyers wait only from n·K chats on; chats are spread evenly). For
// one agent the latter gives P_w = ρ^K and E[W]/AHT = ρ^K/(1−ρ).
//
// Pure; any thread. Arguments are the caller's to check (calculator.h does): finite, not negative,
// AHT and agents positive.
#pragma once

#include <cstdint>
#include <limits>

namespace kefu::staffing {

inline constexpr double kForever = std::numeric_limits<double>::infinity();

struct Load {
  double arrivals_per_s = 0;
  double aht_s = 1;
  // Mean time after which a waiting buyer leaves.
  double patience_s = kForever;

  double traffic() const { return arrivals_per_s * aht_s; }
  bool abandons() const { return patience_s < kForever; }
};

// What an agent's chats cost each other.
enum class Sharing {
  // Nothing: each is handled as fast as one alone.
  kNone,
  // The agent has one pace: two chats take twice the time.
  kProcessor,
};

struct Team {
  int64_t agents = 1;
  int64_t chats_per_agent = 1;
  Sharing sharing = Sharing::kNone;

  // How many chats' worth of work the team does at a time.
  int64_t servers() const { return sharing == Sharing::kNone ? slots() : agents; }
  // How many chats it has at most.
  int64_t slots() const { return agents * chats_per_agent; }
};

struct Performance {
  // False: more work arrives than the team does, nobody leaves, and the queue grows for ever.
  bool stable = true;
  double wait_probability = 0;
  // Served within the target, of all arrivals.
  double service_level = 1;
  // Average speed of answer: the mean wait of all arrivals, those included who leave.
  double asa_s = 0;
  double queue_length = 0;
  // Of the team's pace; 1 if unstable.
  double occupancy = 0;
  double abandon_probability = 0;
};

// The share of arrivals that find all lines taken, and go.
double ErlangB(double traffic, int64_t lines);

// Erlang C, or Erlang A if waiting buyers leave.
Performance Evaluate(const Load& load, const Team& team, double target_s);

// The smallest team of this kind with which the queue does not grow for ever.
int64_t LeastStableAgents(const Load& load, Team team);

}  // namespace kefu::staffing
