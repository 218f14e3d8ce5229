#include "services/common/events/source_link.h"

#include <utility>

namespace kefu::events {

SourceLink::SourceLink(std::string consumer, Source source, HandlersByType by_type,
                       metrics::Metrics& metrics)
    : name(std::move(source.name)),
      channels(std::move(source.channels)),
      handlers(std::move(by_type)),
      events(metrics.AddCounter("kefu_consumer_events_total", "Events of other services handled.",
                                {{"consumer", consumer}, {"source", name}})),
      dead_letters(metrics.AddCounter("kefu_consumer_dead_letters_total",
                                      "Events that a handler refused for good.",
                                      {{"consumer", consumer}, {"source", name}})),
      retries(metrics.AddCounter("kefu_consumer_retries_total",
                                 "Attempts at a log that ended early and were made again.",
                                 {{"consumer", consumer}, {"source", name}})),
      full(metrics.AddCounter("kefu_consumer_dead_letters_full_total",
                              "Attempts that stopped at an event because too many dead letters "
                              "are kept: see to them.",
                              {{"consumer", consumer}, {"source", name}})),
      snapshots(metrics.AddCounter("kefu_consumer_snapshots_total",
                                   "Logs taken anew because events were gone.",
                                   {{"consumer", consumer}, {"source", name}})),
      lag_events(metrics.AddGauge("kefu_consumer_lag_events",
                                  "Events not handled yet, over the shops held here.",
                                  {{"consumer", consumer}, {"source", name}})),
      lag_seconds(metrics.AddGauge("kefu_consumer_lag_seconds",
                                   "Age of the oldest event not handled yet.",
                                   {{"consumer", consumer}, {"source", name}})),
      unseen_shops(metrics.AddGauge("kefu_consumer_unseen_shops",
                                    "Shops that the source told of before and does not now.",
                                    {{"consumer", consumer}, {"source", name}})) {
  if (handlers.contains("")) return;
  for (const auto& [type, handler] : handlers) types.push_back(type);
}

const Handler* SourceLink::Find(const std::string& type) const {
  auto found = handlers.find(type);
  if (found == handlers.end()) found = handlers.find("");
  return found == handlers.end() ? nullptr : &found->second;
}

}  // namespace kefu::events
