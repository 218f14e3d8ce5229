// How long a buyer will wait who stands in a queue now, for buyers' screens.
//
//   ExpectedWait({.servers = 50, .aht_s = 300}, 9)                         // 60 s
//   ExpectedWait({.servers = 50, .aht_s = 300, .patience_s = 180}, 9)      // 52.54 s
//
// With k ahead the wait is the time of k+1 departures from a queue before busy servers:
// Σ_{i=0..k} Exp(nμ + iθ), for while i are ahead they go at nμ by being served and at iθ by giving
// up. Its mean is Σ 1/(nμ+iθ), without abandonment (k+1)/(nμ); its variance Σ 1/(nμ+iθ)². From 64
// terms on the rest of the sums is Euler–Maclaurin's: O(1), exact to rounding.
//
// Pure; any thread. Arguments are the caller's to check: servers and AHT positive and finite,
// patience positive.
#pragma once

#include <cstdint>
#include <optional>

#include "services/common/staffing/erlang.h"

namespace kefu::staffing {

struct Counter {
  // Chats that are served at a time at full pace (Team::servers()). A share of an agent counts.
  double servers = 1;
  double aht_s = 1;
  // Mean patience of those who wait.
  double patience_s = kForever;
};

// Of a buyer with so many ahead, who stays until served.
double ExpectedWait(const Counter& counter, uint64_t ahead);
double ExpectedWaitDeviation(const Counter& counter, uint64_t ahead);

struct WaitRange {
  double low_s = 0;
  double high_s = 0;
};

// What to show: from the shorter to the longer of the expected wait and the wait of the buyer who
// entered service last (which knows what the model does not: breaks, a slow hour), each widened by
// one standard deviation of the wait.
WaitRange PredictWait(const Counter& counter, uint64_t ahead, std::optional<double> last_wait_s);

}  // namespace kefu::staffing
