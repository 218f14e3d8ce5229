// The end of a replay: figures, findings, verdict. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "deploy/ctl/replay/latency.h"

namespace kefu::ctl {

struct Report {
  struct Chats {
    size_t selected = 0, finished = 0;
    // Cut short by --duration.
    size_t cut = 0;
    // Could not be read back in the end, so that nothing is known about them.
    size_t unverified = 0;
  } chats;

  struct Messages {
    size_t sent = 0, acknowledged = 0, refused = 0, unknown = 0;
    // Acknowledged and seen by the other party's stream; by the sender's own stream.
    size_t delivered = 0, echoed = 0;
  } messages;

  // Anything but zero is a broken promise.
  struct Broken {
    // Acknowledged but not in the log; in the log but not delivered to a stream that had to show
    // it.
    size_t lost_from_log = 0, lost_in_streams = 0;
    size_t duplicated_in_log = 0, duplicated_in_streams = 0;
    size_t reordered_in_log = 0, reordered_in_streams = 0;
    // Delivered, but the log has something else there, or nothing.
    size_t views_unlike_log = 0;

    size_t lost() const { return lost_from_log + lost_in_streams; }
    size_t duplicated() const { return duplicated_in_log + duplicated_in_streams; }
    size_t reordered() const { return reordered_in_log + reordered_in_streams; }
    bool any() const { return lost() + duplicated() + reordered() + views_unlike_log > 0; }
  } broken;

  struct Effort {
    size_t retries = 0, reconnects = 0, resyncs = 0, gaps = 0;
  } effort;

  struct Sessions {
    size_t opened = 0, closed = 0, assigned = 0;
    // Taken from an agent before the agent closed them.
    size_t moved = 0;
    // Closes refused because the buyer had written meanwhile.
    size_t close_retries = 0;
    size_t most_waiting = 0;
  } sessions;

  Percentiles acknowledge, deliver;
  // From the acknowledgement of the opening message to its agent's stream showing the session.
  Percentiles assign;
  // How much later than planned messages left (open loop): the generator's own lateness.
  Percentiles late;
  double seconds = 0;
  // In words, at most kMostFindings each: promises that were broken; calls that failed on the way.
  std::vector<std::string> findings, troubles;

  static constexpr size_t kMostFindings = 20;
  void Find(std::string finding);
  void Trouble(std::string trouble);

  enum class Verdict {
    kPassed,
    // Something was lost, duplicated or reordered.
    kBroken,
    // Nothing of the kind was found, but not everything could be played or read back.
    kInconclusive,
  };
  Verdict verdict() const;
  // 0, 1, 3.
  int exit_code() const;
};

std::string ReportText(const Report& report);
std::string ReportJson(const Report& report);

}  // namespace kefu::ctl
