// The people of a plan, in pairs, and what they say: in a closed loop, or by the clock. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/compare/load/client.h"
#include "tests/bench/compare/load/loop.h"

namespace kefu::bench {

struct Figures {
  double seconds = 0;
  uint64_t due = 0;
  uint64_t delivered = 0;
  uint64_t refused = 0;
  // Not shown long after the end.
  uint64_t lost = 0;
  // From when a message was due to when the other's stream showed it; what never came counts as
  // endless, -1.
  double p50_ms = 0;
  double p99_ms = 0;
  // Of this process and of each server.
  double own_cpu_micros = 0;
  std::vector<double> servers_cpu_micros;
};

class Conversations {
 public:
  Conversations(const std::string& kind, const std::vector<Person>& people, Loop& loop);

  // Everybody says the next thing as soon as the last one was acknowledged and shown.
  Figures Closed(double seconds, const std::vector<int>& servers);
  // So many a second in all, whatever becomes of them; who waits for an acknowledgement says it
  // thereafter, and the delay counts from when it was due.
  Figures Open(double per_second, double seconds, const std::vector<int>& servers);

 private:
  struct Speaker {
    std::unique_ptr<Client> client;
    int peer = 0;
    uint64_t number = 0;
    bool acknowledged = true;
    bool shown = true;
    // When the messages of this phase, from number `first`, were due; 0: shown or refused.
    uint64_t first = 0;
    std::vector<int64_t> due;
    // Due, but not sent.
    std::deque<int64_t> waiting;
  };

  void Begin(bool closed);
  void Say(int who, int64_t due);
  void OnAcknowledged(int who, bool accepted);
  void OnShown(int by, int sender, uint64_t number);
  void GoOn(int who);
  // Until everything said is acknowledged and shown, or it is hopeless.
  void Settle();
  Figures Finish(double seconds);

  Loop& loop_;
  std::vector<Speaker> speakers_;
  bool closed_ = false;
  bool speaking_ = false;
  uint64_t delivered_ = 0;
  uint64_t refused_ = 0;
  std::vector<int64_t> delays_;
};

}  // namespace kefu::bench
