// Prometheus metrics, declared beside what they measure. One Metrics per process, passed by
// reference; the references it gives live as long as it does. Thread-safe.
//
//   metrics::Counter& appended = metrics.AddCounter("kefu_entries_appended_total", "Entries
//   appended.");
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

namespace kefu::metrics {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;
using Labels = prometheus::Labels;

class Metrics {
 public:
  // The same name and labels give the same object.
  Counter& AddCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& AddGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // Seconds, from 100 µs to 10 s.
  Histogram& AddLatency(const std::string& name, const std::string& help,
                        const Labels& labels = {});

  // The text exposition format.
  std::string Render() const;

 private:
  prometheus::Registry registry_;
};

}  // namespace kefu::metrics
