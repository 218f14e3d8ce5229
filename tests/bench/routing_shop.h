// A shop for benchmarks of routing's functions: who serves what, and the calls as a gateway makes
// them.
#pragma once

#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace kefu::bench {

using Words = std::vector<std::string>;

struct Settings {
  int agents = 5000;
  int waiting = 75'000;
  int groups = 20;
  int steps = 3;
  int strategy = 1;
  int offers = 0;
  int clients = 8;
  int seconds = 5;
  // A file with the functions to measure; empty: those of this source tree.
  std::string library = {};
};

inline constexpr int kSlots = 5;

[[noreturn]] inline void Die(const std::string& what) {
  std::fprintf(stderr, "routing_bench: %s\n", what.c_str());
  std::exit(1);
}

// An id of 26 letters that differs for every number.
inline std::string Token(int n) {
  std::string token(26, 'a');
  for (int at = 25; n > 0; n /= 26) token[at--] = static_cast<char>('a' + n % 26);
  return token;
}

inline std::string ClassName(int group, int step) {
  return "g" + std::to_string(group) + "." + std::to_string(step);
}
// The class and those it relaxes to.
inline Words ChainOf(int group, int step, const Settings& s) {
  Words names = {ClassName(group, step)};
  while (++step < s.steps) names.push_back(ClassName(group, step));
  return names;
}
inline int GroupOf(int session, const Settings& s) { return session % s.groups; }
inline std::vector<int> GroupsOf(int agent, const Settings& s) {
  std::vector<int> groups;
  for (int i = 0; i < std::min(5, s.groups); ++i) groups.push_back((agent + 7 * i) % s.groups);
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

// What an agent serves of its groups: from some step on.
inline Words ClassesOf(int agent, const Settings& s) {
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

}  // namespace kefu::bench
