// What routing's Redis functions cost and carry, on a private Redis with AOF `always` and the
// production library.
//
//   routing_bench [--agents 5000] [--waiting 75000] [--groups 1] [--clients 8] [--seconds 5]
//
// Each agent serves five of the groups (or all, if there are fewer) and has room for five sessions.
// Phases: agents come online; sessions arrive and are assigned; sessions arrive and queue; closed
// loop of complete (which assigns the next) and arrive; the same with 16 calls in flight per
// client; heartbeats; the opening storm in a second shop. For each: calls and assignments per
// second, and the CPU of the Redis process per call.
#include <hiredis/hiredis.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/redis_server.h"

namespace {

using Words = std::vector<std::string>;
using Clock = std::chrono::steady_clock;

struct Settings {
  int agents = 5000;
  int waiting = 75'000;
  int groups = 1;
  int clients = 8;
  int seconds = 5;
};

constexpr int kSlots = 5;
constexpr int kPipelined = 16;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "routing_bench: %s\n", what.c_str());
  std::exit(1);
}

// An id of 26 letters that differs for every number.
std::string Token(int n) {
  std::string token(26, 'a');
  for (int at = 25; n > 0; n /= 26) token[at--] = static_cast<char>('a' + n % 26);
  return token;
}

std::string ClassName(int group) { return "g" + std::to_string(group) + ".0"; }
int GroupOf(int session, const Settings& s) { return session % s.groups; }
std::vector<int> GroupsOf(int agent, const Settings& s) {
  std::vector<int> groups;
  for (int i = 0; i < std::min(5, s.groups); ++i) groups.push_back((agent + 7 * i) % s.groups);
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

// One blocking connection.
class Connection {
 public:
  explicit Connection(const std::string& socket) : context_(redisConnectUnix(socket.c_str())) {
    if (context_ == nullptr || context_->err != 0) Die("cannot connect");
  }
  ~Connection() { redisFree(context_); }
  Connection(const Connection&) = delete;

  void Send(const Words& words) {
    std::vector<const char*> data;
    std::vector<size_t> sizes;
    for (const std::string& word : words) {
      data.push_back(word.data());
      sizes.push_back(word.size());
    }
    redisAppendCommandArgv(context_, static_cast<int>(words.size()), data.data(), sizes.data());
  }
  Reply Receive() {
    void* reply = nullptr;
    if (redisGetReply(context_, &reply) != REDIS_OK) Die("the connection broke");
    Reply owned(static_cast<redisReply*>(reply));
    if (owned->type == REDIS_REPLY_ERROR) Die(owned->str);
    return owned;
  }
  Reply Call(const Words& words) {
    Send(words);
    return Receive();
  }

 private:
  redisContext* context_;
};

// Calls of one shop.
struct Shop {
  std::string name;
  const Settings& settings;

  Words Fcall(const std::string& verb, const std::vector<int>& groups, const Words& rest) const {
    const std::string prefix = "kf:gateway:{" + name + "}:";
    Words words = {"FCALL", "gateway_" + verb + "_v1", std::to_string(9 + 2 * groups.size())};
    for (const char* type : {"meta", "S", "A", "ev", "hb", "done", "live", "on", "tm"}) {
      words.push_back(prefix + type);
    }
    for (int group : groups) {
      words.push_back(prefix + "w:" + ClassName(group));
      words.push_back(prefix + "av:" + ClassName(group));
    }
    words.insert(words.end(), {"", "0", std::to_string(groups.size())});
    for (int group : groups) words.insert(words.end(), {ClassName(group), "20"});
    words.insert(words.end(), rest.begin(), rest.end());
    return words;
  }
  Words Connect(int agent) const {
    const std::vector<int> groups = GroupsOf(agent, settings);
    Words rest = {"a_" + Token(agent), "1", std::to_string(20 * kSlots), "3600000",
                  std::to_string(groups.size())};
    for (int group : groups) rest.push_back(ClassName(group));
    return Fcall("connect", groups, rest);
  }
  Words Online(int agent) const {
    return Fcall("set_presence", GroupsOf(agent, settings), {"a_" + Token(agent), "1"});
  }
  Words Arrive(int session) const {
    const int group = GroupOf(session, settings);
    return Fcall("arrive", {group},
                 {"s_" + Token(session) + "_1", ClassName(group), "0", "2", "zh-CN", "0", "0", ""});
  }
  // The classes of the session's owner, who takes the next one.
  Words Complete(const std::string& session, int agent) const {
    return Fcall("complete", GroupsOf(agent, settings), {session, "0"});
  }
};

struct Active {
  std::string session;
  int agent;
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
    if (row.element[1]->integer != 3) continue;
    active.push_back({row.element[0]->str, AgentNumber(row.element[2]->str)});
    ++assigned;
  }
  return assigned;
}

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

// Time of the commands themselves, without reading, writing and syncing.
double FcallMicroseconds(Connection& redis) {
  const Reply info = redis.Call({"INFO", "commandstats"});
  const std::string text(info->str, info->len);
  const size_t at = text.find("cmdstat_fcall:");
  if (at == std::string::npos) return 0;
  return std::strtod(text.c_str() + text.find("usec_per_call=", at) + 14, nullptr);
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
  std::printf(
      "%-34s %8.2f s %9.0f calls/s %9.0f assigned/s %6.1f us in function %6.1f us CPU/call\n", name,
      seconds, calls / seconds, static_cast<double>(tally.assigned) / seconds,
      FcallMicroseconds(observer), 1e6 * cpu / calls);
  std::fflush(stdout);
}

// The n-th part of [0, count) for a client.
void Share(int client, int clients, int count, const std::function<void(int)>& work) {
  for (int i = client; i < count; i += clients) work(i);
}

// Complete and arrive in turn, `depth` calls in flight.
void Loop(const Shop& shop, Connection& redis, std::deque<Active>& active, std::atomic<int>& next,
          int depth, Clock::time_point until, Tally& tally) {
  bool arrive = false;
  while (Clock::now() < until) {
    int sent = 0;
    for (; sent < depth; ++sent) {
      arrive = !arrive;
      if (arrive) {
        redis.Send(shop.Arrive(next++));
      } else if (!active.empty()) {
        redis.Send(shop.Complete(active.front().session, active.front().agent));
        active.pop_front();
      } else {
        break;
      }
    }
    tally.calls += sent;
    while (sent-- > 0) tally.assigned += Collect(*redis.Receive(), active);
  }
}

void PrintMemory(const std::string& shop, int groups, Connection& redis) {
  double total = 0;
  Words types = {"S", "A", "hb", "done", "live", "on", "tm", "meta"};
  for (int group = 0; group < groups; ++group) {
    types.push_back("w:" + ClassName(group));
    types.push_back("av:" + ClassName(group));
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

Settings ReadSettings(int argc, char** argv) {
  Settings settings;
  const std::map<std::string, int*> known = {{"--agents", &settings.agents},
                                             {"--waiting", &settings.waiting},
                                             {"--groups", &settings.groups},
                                             {"--clients", &settings.clients},
                                             {"--seconds", &settings.seconds}};
  for (int i = 1; i + 1 < argc; i += 2) {
    auto option = known.find(argv[i]);
    if (option == known.end()) Die(std::string("unknown option ") + argv[i]);
    *option->second = std::atoi(argv[i + 1]);
  }
  if (argc % 2 == 0) Die("every option takes a number");
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings s = ReadSettings(argc, argv);
  kefu::test::RedisServer server;
  server.LoadFunctions("gateway", /*for_tests=*/false);
  Connection observer(server.socket());
  std::deque<Connection> clients;
  for (int i = 0; i < s.clients; ++i) clients.emplace_back(server.socket());
  std::vector<std::deque<Active>> active(s.clients);
  std::atomic<int> next{0};
  Tally tally;
  const Shop shop{"bench", s};
  std::printf("%d agents, %d groups, %d clients, AOF always\n", s.agents, s.groups, s.clients);

  auto call = [&](int client, const Words& words) {
    ++tally.calls;
    tally.assigned += Collect(*clients[client].Call(words), active[client]);
  };
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
  PrintMemory(shop.name, s.groups, observer);
  for (int depth : {1, kPipelined}) {
    const std::string name =
        depth == 1 ? "closed loop, complete + arrive" : "the same, 16 in flight each";
    Phase(name.c_str(), observer, s.clients, tally, [&](int client) {
      const auto until = Clock::now() + std::chrono::seconds(s.seconds);
      Loop(shop, clients[client], active[client], next, depth, until, tally);
    });
  }
  Phase("heartbeats of 50 agents", observer, s.clients, tally, [&](int client) {
    Share(client, s.clients, s.agents / 50, [&](int batch) {
      Words rest = {"3600000"};
      for (int i = 0; i < 50; ++i) rest.insert(rest.end(), {"a_" + Token(batch * 50 + i), "1"});
      call(client, shop.Fcall("heartbeat", {}, rest));
    });
  });

  const Shop storm{"storm", s};
  next = 0;
  Phase("second shop: 100,000 queue", observer, s.clients, tally, [&](int client) {
    Share(client, s.clients, 100'000, [&](int) { call(client, storm.Arrive(next++)); });
  });
  Share(0, 1, s.agents, [&](int agent) { call(0, storm.Connect(agent)); });
  Phase("opening storm: all come online", observer, s.clients, tally, [&](int client) {
    Share(client, s.clients, s.agents, [&](int agent) { call(client, storm.Online(agent)); });
  });
  std::printf("assigned in the storm: %ld\n", static_cast<long>(tally.assigned));
  return 0;
}
