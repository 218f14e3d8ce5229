// What routing's Redis functions cost and carry, on a private Redis with AOF `always` and the
// production library.
//
//   routing_bench [--agents 5000] [--waiting 75000] [--groups 20] [--steps 3] [--clients 8]
//                 [--seconds 5] [--strategy 1] [--offers 0] [--library FILE]
//
// Each agent serves five of the groups (or all, if there are fewer), each from one of its steps on,
// and has room for five sessions. --steps 0: a shop without a plan, as old releases had it.
// --strategy: a number of domain/classes.h. --offers 1: what is assigned is offered and accepted.
// --library: other functions, as assemble.sh prints them, say of another release.
// Phases: the plan; agents come online; sessions arrive and are assigned; sessions arrive and
// queue; closed loop of complete (which assigns the next) and arrive; the same with 16 calls in
// flight per client; both with complete alone, from a long queue; heartbeats; reconciliation; the
// opening storm in a second shop. For each: calls and assignments per second; the time of the
// functions, on average and of the slowest in a hundred and a thousand; the CPU of the Redis
// process per call.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/bench/routing_shop.h"
#include "tests/support/redis_server.h"

namespace kefu::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Active {
  std::string session;
  int agent;
  // To be accepted first; 0: is owned.
  int64_t offer;
};

int AgentNumber(const std::string& id) {
  int n = 0;
  for (size_t i = 2; i < id.size(); ++i) n = n * 26 + (id[i] - 'a');
  return n;
}

// Sessions that a reply says are active now.
template <class List>
int Collect(const redisReply& reply, List& active) {
  if (reply.elements < 6) Die(std::string("refused: ") + reply.element[3]->str);
  int assigned = 0;
  const redisReply& rows = *reply.element[4];
  for (size_t i = 0; i < rows.elements; ++i) {
    const redisReply& row = *rows.element[i];
    const int64_t state = row.element[1]->integer;
    // What was accepted is on its way to be completed already.
    const bool accepted = std::string_view(row.element[10]->str) == "accepted";
    if ((state != 2 && state != 3) || accepted) continue;
    const int64_t offer = state == 2 ? row.element[12]->integer : 0;
    active.push_back({row.element[0]->str, AgentNumber(row.element[2]->str), offer});
    ++assigned;
  }
  return assigned;
}

// Calls in flight for each client, and whether somebody arrives for each one that is completed;
// else the queue runs down.
struct Pace {
  const char* name;
  int depth;
  bool arrivals;
};

constexpr Pace kPaces[] = {{"closed loop, complete + arrive", 1, true},
                           {"the same, 16 in flight each", 16, true},
                           {"closed loop, complete", 1, false},
                           {"the same, 16 in flight each", 16, false}};

struct Tally {
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> assigned{0};
};

double RedisCpuSeconds(Connection& redis) {
  const Reply info = redis.Call({"INFO", "cpu"});
  const std::string text(info->str, info->len);
  double seconds = 0;
  for (const char* field : {"used_cpu_sys:", "used_cpu_user:"}) {
    seconds += std::strtod(text.c_str() + text.find(field) + std::string(field).size(), nullptr);
  }
  return seconds;
}

// Microseconds of the functions themselves, without reading, writing and syncing: what follows
// `field` in a section of INFO.
double FcallMicroseconds(Connection& redis, const char* section, const std::string& field) {
  const Reply info = redis.Call({"INFO", section});
  const std::string text(info->str, info->len);
  const size_t fcall = text.find("fcall:");
  const size_t at = fcall == std::string::npos ? fcall : text.find(field, fcall);
  return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + field.size(), nullptr);
}

// Runs `work(client)` in every client and prints what it did.
void Phase(const char* name, Connection& observer, int clients, Tally& tally,
           const std::function<void(int)>& work) {
  tally.calls = 0;
  tally.assigned = 0;
  observer.Call({"CONFIG", "RESETSTAT"});
  const double cpu_before = RedisCpuSeconds(observer);
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double cpu = RedisCpuSeconds(observer) - cpu_before;
  const double calls = static_cast<double>(tally.calls);
  std::printf("%-31s %6.2f s %6.0f calls/s %6.0f assigned/s  in function %5.1f us", name, seconds,
              calls / seconds, static_cast<double>(tally.assigned) / seconds,
              FcallMicroseconds(observer, "commandstats", "usec_per_call="));
  for (const char* percentile : {"p50=", "p99=", "p99.9="}) {
    std::printf(" %s%.0f", percentile, FcallMicroseconds(observer, "latencystats", percentile));
  }
  std::printf("  CPU %5.1f us/call\n", 1e6 * cpu / calls);
  std::fflush(stdout);
}

// The n-th part of [0, count) for a client.
void Share(int client, int clients, int count, const std::function<void(int)>& work) {
  for (int i = client; i < count; i += clients) work(i);
}

// Complete, which assigns the next, as fast as answers come.
void Loop(const Shop& shop, Connection& redis, std::deque<Active>& active, std::atomic<int>& next,
          const Pace& pace, Clock::time_point until, Tally& tally) {
  bool arrive = false;
  while (Clock::now() < until) {
    int sent = 0;
    for (; sent < pace.depth; ++sent) {
      arrive = pace.arrivals && !arrive;
      if (arrive) {
        redis.Send(shop.Arrive(next++));
      } else if (!active.empty()) {
        const Active next_one = active.front();
        active.pop_front();
        if (next_one.offer > 0) {
          redis.Send(shop.Accept(next_one.session, next_one.agent, next_one.offer));
          ++sent;
        }
        redis.Send(shop.Complete(next_one.session, next_one.agent));
      } else {
        break;
      }
    }
    tally.calls += sent;
    while (sent-- > 0) tally.assigned += Collect(*redis.Receive(), active);
  }
}

void PrintMemory(const std::string& shop, const Settings& s, Connection& redis) {
  double total = 0;
  Words types = {"S", "A", "hb", "done", "on", "tm", "meta"};
  for (int group = 0; group < s.groups; ++group) {
    for (const std::string& name : ChainOf(group, 0, s)) {
      types.push_back("w:" + name);
      types.push_back("av:" + name);
    }
  }
  std::printf("memory:");
  std::map<std::string, double> by_kind;
  for (const std::string& type : types) {
    const Reply usage =
        redis.Call({"MEMORY", "USAGE", "kf:gateway:{" + shop + "}:" + type, "SAMPLES", "200"});
    const double megabytes = usage->type == REDIS_REPLY_INTEGER ? usage->integer / 1e6 : 0;
    by_kind[type.substr(0, type.find(':'))] += megabytes;
    total += megabytes;
  }
  for (const auto& [kind, megabytes] : by_kind) std::printf(" %s %.1f", kind.c_str(), megabytes);
  std::printf(", together %.1f MB without the log\n", total);
}

// Calls until nothing that was not declared is asked for, and answers what the function gave.
Reply CallDeclaring(const Shop& shop, Connection& redis, const std::string& verb, Words classes,
                    const Words& rest, Tally& tally) {
  while (true) {
    Reply reply = redis.Call(shop.Fcall(verb, classes, rest));
    ++tally.calls;
    if (std::string_view(reply->element[0]->str) == "OK") return reply;
    if (std::string_view(reply->element[2]->str) != "STALE_CLASSES") Die(reply->element[3]->str);
    std::istringstream missing(reply->element[5]->str);
    for (std::string name; missing >> name;) classes.push_back(name);
  }
}

// As Router::Reconcile.
void Reconcile(const Shop& shop, Connection& redis, Tally& tally) {
  const Settings& s = shop.settings;
  Words all;
  for (int group = 0; group < s.groups; ++group) {
    for (std::string& name : ChainOf(group, 0, s)) all.push_back(std::move(name));
  }
  int repairs = 0;
  auto scan = [&](const std::string& verb, size_t at, const char* count, const Words& classes,
                  const Words& what) {
    std::string cursor = "0";
    do {
      Words rest = what;
      rest.insert(rest.end(), {cursor, count});
      const Reply reply = CallDeclaring(shop, redis, verb, classes, rest, tally);
      cursor = reply->element[at]->str;
      repairs += static_cast<int>(reply->element[at + 1]->elements);
    } while (cursor != "0");
  };
  scan("reconcile_records_v1", 6, "50", all, {"sessions"});
  scan("reconcile_records_v1", 6, "50", all, {"agents"});
  for (const char* kind : {"waiting", "available"}) {
    for (const std::string& name : all) scan("reconcile_set_v1", 1, "200", {name}, {kind, name});
  }
  scan("reconcile_set_v1", 1, "200", {}, {"closed", ""});
  CallDeclaring(shop, redis, "reconcile_counts_v1", all, {}, tally);
  if (repairs > 0) Die("reconciliation found " + std::to_string(repairs) + " differences");
}

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) Die("cannot read " + path);
  return text.str();
}

Settings ReadSettings(int argc, char** argv) {
  Settings settings;
  const std::map<std::string, int*> known = {
      {"--agents", &settings.agents},     {"--waiting", &settings.waiting},
      {"--groups", &settings.groups},     {"--steps", &settings.steps},
      {"--strategy", &settings.strategy}, {"--offers", &settings.offers},
      {"--clients", &settings.clients},   {"--seconds", &settings.seconds}};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--library") {
      settings.library = argv[i + 1];
      continue;
    }
    auto option = known.find(argv[i]);
    if (option == known.end()) Die(std::string("unknown option ") + argv[i]);
    *option->second = std::atoi(argv[i + 1]);
  }
  if (argc % 2 == 0) Die("every option takes a value");
  return settings;
}

void Run(const Settings& s) {
  kefu::test::RedisServer server;
  server.LoadFunctions("gateway", /*for_tests=*/false);
  Connection observer(server.socket());
  // Rewriting its log would come by chance.
  observer.Call({"CONFIG", "SET", "auto-aof-rewrite-percentage", "0"});
  observer.Call({"CONFIG", "SET", "latency-tracking-info-percentiles", "50 99 99.9"});
  if (!s.library.empty()) observer.Call({"FUNCTION", "LOAD", "REPLACE", Contents(s.library)});
  std::deque<Connection> clients;
  for (int i = 0; i < s.clients; ++i) clients.emplace_back(server.socket());
  std::vector<std::deque<Active>> active(s.clients);
  std::atomic<int> next{0};
  Tally tally;
  const Shop shop{"bench", s};
  std::printf("%d agents, %d groups, %d steps, %d clients, AOF always\n", s.agents, s.groups,
              s.steps, s.clients);

  auto call = [&](int client, const Words& words) {
    ++tally.calls;
    tally.assigned += Collect(*clients[client].Call(words), active[client]);
  };
  if (s.steps > 0) call(0, shop.Configure());
  Phase("agents connect, come online", observer, s.clients, tally, [&](int client) {
    Share(client, s.clients, s.agents, [&](int agent) {
      call(client, shop.Connect(agent));
      call(client, shop.Online(agent));
    });
  });
  Phase("arrive, assigned", observer, s.clients, tally, [&](int client) {
    Share(client, s.clients, s.agents * kSlots, [&](int) { call(client, shop.Arrive(next++)); });
  });
  Phase("arrive, queued", observer, s.clients, tally, [&](int client) {
    Share(client, s.clients, s.waiting, [&](int) { call(client, shop.Arrive(next++)); });
  });
  PrintMemory(shop.name, s, observer);
  for (const Pace& pace : kPaces) {
    Phase(pace.name, observer, s.clients, tally, [&](int client) {
      const auto until = Clock::now() + std::chrono::seconds(s.seconds);
      Loop(shop, clients[client], active[client], next, pace, until, tally);
    });
  }
  Phase("heartbeats of 50 agents", observer, s.clients, tally, [&](int client) {
    Share(client, s.clients, s.agents / 50, [&](int batch) {
      Words rest = {"3600000"};
      for (int i = 0; i < 50; ++i) rest.insert(rest.end(), {"a_" + Token(batch * 50 + i), "1"});
      call(client, shop.Fcall("heartbeat_v1", {}, rest));
    });
  });

  if (s.steps > 0) {
    Phase("reconcile", observer, 1, tally, [&](int) { Reconcile(shop, clients.front(), tally); });
  }

  const Shop storm{"storm", s};
  next = 0;
  if (s.steps > 0) call(0, storm.Configure());
  Phase("second shop: 100,000 queue", observer, s.clients, tally, [&](int client) {
    Share(client, s.clients, 100'000, [&](int) { call(client, storm.Arrive(next++)); });
  });
  Share(0, 1, s.agents, [&](int agent) { call(0, storm.Connect(agent)); });
  Phase("opening storm: all come online", observer, s.clients, tally, [&](int client) {
    Share(client, s.clients, s.agents, [&](int agent) { call(client, storm.Online(agent)); });
  });
  std::printf("assigned in the storm: %ld\n", static_cast<long>(tally.assigned));
}

}  // namespace
}  // namespace kefu::bench

int main(int argc, char** argv) {
  kefu::bench::Run(kefu::bench::ReadSettings(argc, argv));
  return 0;
}
