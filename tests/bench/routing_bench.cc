// What routing's Redis functions cost and carry, on a private Redis with AOF `always` and the
// production library.
//
//   routing_bench [--agents 5000] [--waiting 75000] [--groups 20] [--steps 3] [--clients 8]
//                 [--seconds 5] [--strategy 1] [--offers 0]
//
// Each agent serves five of the groups (or all, if there are fewer), each from one of its steps on,
// and has room for five sessions. --steps 0: a shop without a plan, as old releases had it, so that
// their libraries can be measured, too. --strategy: a number of domain/classes.h. --offers 1: what
// is assigned is offered and accepted.
// Phases: the plan; agents come online; sessions arrive and are assigned; sessions arrive and
// queue; closed loop of complete (which assigns the next) and arrive; the same with 16 calls in
// flight per client; heartbeats; the opening storm in a second shop. For each: calls and
// assignments per second, and the CPU of the Redis process per call.
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
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/redis_server.h"

namespace {

using Words = std::vector<std::string>;
using Clock = std::chrono::steady_clock;

struct Settings {
  int agents = 5000;
  int waiting = 75'000;
  int groups = 20;
  int steps = 3;
  int strategy = 1;
  int offers = 0;
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

std::string ClassName(int group, int step) {
  return "g" + std::to_string(group) + "." + std::to_string(step);
}
// The class and those it relaxes to.
Words ChainOf(int group, int step, const Settings& s) {
  Words names = {ClassName(group, step)};
  while (++step < s.steps) names.push_back(ClassName(group, step));
  return names;
}
int GroupOf(int session, const Settings& s) { return session % s.groups; }
std::vector<int> GroupsOf(int agent, const Settings& s) {
  std::vector<int> groups;
  for (int i = 0; i < std::min(5, s.groups); ++i) groups.push_back((agent + 7 * i) % s.groups);
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

// What an agent serves of its groups: from some step on.
Words ClassesOf(int agent, const Settings& s) {
  Words names;
  for (int group : GroupsOf(agent, s)) {
    const int first = s.steps == 0 ? 0 : (agent + group) % s.steps;
    for (std::string& name : ChainOf(group, first, s)) names.push_back(std::move(name));
  }
  return names;
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

  // `verb` with its version.
  Words Fcall(const std::string& verb, const Words& classes, const Words& rest) const {
    const std::string prefix = "kf:gateway:{" + name + "}:";
    Words words = {"FCALL", "gateway_" + verb, std::to_string(9 + 2 * classes.size())};
    for (const char* type : {"meta", "S", "A", "ev", "hb", "done", "live", "on", "tm"}) {
      words.push_back(prefix + type);
    }
    for (const std::string& one : classes) {
      words.push_back(prefix + "w:" + one);
      words.push_back(prefix + "av:" + one);
    }
    words.insert(words.end(),
                 {"", settings.steps == 0 ? "0" : "1", std::to_string(classes.size())});
    for (const std::string& one : classes) words.insert(words.end(), {one, "20"});
    words.insert(words.end(), rest.begin(), rest.end());
    return words;
  }
  Words Configure() const {
    Words rest = {"1", ClassName(0, 0), std::to_string(settings.groups * settings.steps)};
    for (int group = 0; group < settings.groups; ++group) {
      for (int step = 0; step < settings.steps; ++step) {
        const bool last = step + 1 == settings.steps;
        rest.insert(
            rest.end(),
            {ClassName(group, step), "20", "0", "10", std::to_string(settings.strategy),
             settings.offers == 1 ? "2" : "1", "60000", "1", last ? "" : ClassName(group, step + 1),
             std::to_string(last ? 0 : 3'600'000 * (step + 1)), "7200000", "0", "0", "30000",
             "20000"});
      }
    }
    return Fcall("configure_v1", {}, rest);
  }
  Words Connect(int agent) const {
    const Words classes = ClassesOf(agent, settings);
    Words rest = {"a_" + Token(agent), "1", std::to_string(20 * kSlots), "3600000"};
    if (settings.steps > 0) rest.push_back("1");
    rest.push_back(std::to_string(classes.size()));
    for (const std::string& one : classes) {
      rest.push_back(one);
      if (settings.steps > 0) rest.push_back(std::to_string(1 + agent % 5));
    }
    return Fcall(settings.steps > 0 ? "connect_v2" : "connect_v1", classes, rest);
  }
  Words Online(int agent) const {
    return Fcall("set_presence_v1", ClassesOf(agent, settings), {"a_" + Token(agent), "1"});
  }
  Words Arrive(int session) const {
    const int group = GroupOf(session, settings);
    return Fcall(
        "arrive_v1", ChainOf(group, 0, settings),
        {"s_" + Token(session) + "_1", ClassName(group, 0), "0", "2", "zh-CN", "0", "0", ""});
  }
  Words Accept(const std::string& session, int agent, int64_t offer) const {
    return Fcall("accept_v1", {}, {session, "a_" + Token(agent), "1", std::to_string(offer)});
  }
  // The classes of the session's owner, who takes the next one.
  Words Complete(const std::string& session, int agent) const {
    return Fcall("complete_v1", ClassesOf(agent, settings), {session, "0"});
  }
};

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
  Words types = {"S", "A", "hb", "done", "live", "on", "tm", "meta"};
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

Settings ReadSettings(int argc, char** argv) {
  Settings settings;
  const std::map<std::string, int*> known = {
      {"--agents", &settings.agents},     {"--waiting", &settings.waiting},
      {"--groups", &settings.groups},     {"--steps", &settings.steps},
      {"--strategy", &settings.strategy}, {"--offers", &settings.offers},
      {"--clients", &settings.clients},   {"--seconds", &settings.seconds}};
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
      call(client, shop.Fcall("heartbeat_v1", {}, rest));
    });
  });

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
  return 0;
}
