// One source of events as a consumer sees it: its publisher, who handles what, and the metrics. All
// followers of its logs share it.
//
// Threads: the executor of the consumer.
#pragma once

#include <absl/status/status.h>

#include <map>
#include <string>
#include <vector>

#include "services/common/events/consumer.h"

namespace kefu::events {

using HandlersByType = std::map<std::string, Handler>;

struct SourceLink {
  SourceLink(std::string consumer, Source source, HandlersByType handlers,
             metrics::Metrics& metrics);

  // The handler of the type, or the one for all types, or null.
  const Handler* Find(const std::string& type) const;

  const std::string name;
  server::Channels channels;
  const HandlersByType handlers;
  // What to ask the publisher for; empty: everything.
  std::vector<std::string> types;
  // ConsumerOptions::pipelined.
  bool pipelined = false;
  metrics::Counter& events;
  metrics::Counter& dead_letters;
  metrics::Counter& retries;
  metrics::Counter& full;
  metrics::Counter& snapshots;
  metrics::Gauge& lag_events;
  metrics::Gauge& lag_seconds;
  metrics::Gauge& unseen_shops;
  // Some shops were missing in the last comparison of heads.
  bool misses_shops = false;
};

}  // namespace kefu::events
