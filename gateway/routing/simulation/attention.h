// How one agent gets through the work of the sessions it serves at the same time.
//
// An agent with k sessions works on each at the speed k^-slowdown. 0: as fast as if it were alone,
// a session takes its service time whatever else the agent does. 1: the agent divides itself, and
// two sessions at once take twice as long each. A session's end is rounded up to a millisecond.
// Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace kefu::gateway::routing::simulation {

class Attention {
 public:
  explicit Attention(double slowdown) : slowdown_(slowdown) {}

  void Begin(int64_t now_ms, size_t session, double work_ms);
  // The work that is left; 0 if the agent does not serve the session.
  double End(int64_t now_ms, size_t session);

  struct Finish {
    int64_t at_ms = 0;
    size_t session = 0;
  };
  // The next session that is done if nothing changes, the earlier begun one of two; absent: there
  // is none.
  std::optional<Finish> Next() const;
  size_t size() const { return active_.size(); }

 private:
  struct Active {
    size_t session;
    double left_ms;
  };
  double Speed() const;
  void GoOn(int64_t now_ms);

  double slowdown_;
  // In the order in which they began.
  std::vector<Active> active_;
  int64_t at_ms_ = 0;
};

}  // namespace kefu::gateway::routing::simulation
