// The load of tests/bench/compare.ts: plays the people of a plan, with as little work for a message
// as the protocol allows, for it has one core.
//
//   compare_load PLAN
//
// PLAN: the kind of client, then the ids of the servers' processes, then a line for every person:
// address, index of the other, token, path and body of the stream, path and body of what is sent;
// bodies in hexadecimal, "-" for nothing. Says "ready" when everybody is connected, then does what
// standard input says, a line of JSON for each:
//
//   closed SECONDS
//   open PER_SECOND SECONDS
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/bench/compare/load/conversation.h"

namespace kefu::bench {
namespace {

struct Plan {
  std::string kind;
  std::vector<int> servers;
  std::vector<Person> people;
};

std::string Plain(const std::string& word) { return word == "-" ? "" : word; }

std::string Bytes(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

Plan ReadPlan(const std::string& name) {
  std::ifstream file(name);
  Plan plan;
  std::string line;
  if (!std::getline(file, plan.kind) || !std::getline(file, line))
    throw Failure("no plan: " + name);
  std::istringstream pids(line);
  for (int pid = 0; pids >> pid;) plan.servers.push_back(pid);
  while (std::getline(file, line)) {
    std::istringstream words(line);
    Person person;
    std::string listen;
    std::string send;
    words >> person.address >> person.peer >> person.token >> person.listen_path >> listen >>
        person.send_path >> send;
    person.token = Plain(person.token);
    person.listen_path = Plain(person.listen_path);
    person.send_path = Plain(person.send_path);
    person.listen = Bytes(Plain(listen));
    person.send = Bytes(Plain(send));
    plan.people.push_back(std::move(person));
  }
  return plan;
}

void Print(const Figures& figures) {
  std::printf(
      "{\"seconds\":%.6f,\"due\":%llu,\"delivered\":%llu,\"refused\":%llu,\"lost\":%llu,"
      "\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"ownMicros\":%.0f,\"serversMicros\":[",
      figures.seconds, static_cast<unsigned long long>(figures.due),
      static_cast<unsigned long long>(figures.delivered),
      static_cast<unsigned long long>(figures.refused),
      static_cast<unsigned long long>(figures.lost), figures.p50_ms, figures.p99_ms,
      figures.own_cpu_micros);
  for (size_t i = 0; i < figures.servers_cpu_micros.size(); ++i)
    std::printf("%s%.0f", i == 0 ? "" : ",", figures.servers_cpu_micros[i]);
  std::puts("]}");
  std::fflush(stdout);
}

void Run(const std::string& plan_name) {
  const Plan plan = ReadPlan(plan_name);
  Loop loop;
  Conversations conversations(plan.kind, plan.people, loop);
  std::puts("ready");
  std::fflush(stdout);
  while (const auto line = loop.Line()) {
    std::istringstream words(*line);
    std::string verb;
    double per_second = 0;
    double seconds = 0;
    words >> verb;
    if (verb == "open") words >> per_second;
    words >> seconds;
    Print(verb == "open" ? conversations.Open(per_second, seconds, plan.servers)
                         : conversations.Closed(seconds, plan.servers));
  }
}

}  // namespace
}  // namespace kefu::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: compare_load PLAN\n", stderr);
    return 2;
  }
  try {
    kefu::bench::Run(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "compare_load: %s\n", error.what());
    return 1;
  }
}
