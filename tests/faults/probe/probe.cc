// kefu-probe: consumes every event of every source and leaves one mark for each, in a store like a
// service's. A mark is an aggregate whose version counts how often the effect happened: unlike the
// services' own effects it is not made harmless when repeated, so that an event handled twice, or
// not at all, shows.
//
//   kf:probe:{shop}:seen:<source>-<seq>   version 1 for an effect that happened once
//   kf:probe:{shop}:<source>              all of them, by seq
//
// SIGUSR1 makes it stop (SIGSTOP) in the middle of the next event, if one comes within two seconds:
// for the controls that kill it there, or let it wake up after another has taken over.
#include <signal.h>

#include <atomic>
#include <utility>

#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/host/host.h"

namespace kefu::probe {
namespace {

const std::vector<std::string> kSources = {"inquiries",   "orders",    "logistics",
                                           "after_sales", "directory", "routing"};

std::atomic<int64_t> stop_until_ms = 0;

void StopInNextEvent(int) { stop_until_ms = MonotonicMs() + 2000; }

struct Config {
  server::CommonConfig common;
  host::HostConfig host;
};

absl::StatusOr<Config> ParseConfig(std::string_view yaml) {
  config::Reader reader(yaml);
  Config config;
  host::ReadHostConfig(reader, kSources, &config.host);
  KEFU_RETURN_IF_ERROR(reader.Finish());
  config.common = config.host.common;
  return config;
}

// From the commit of an event to its effect, by the stores' clocks, which tests run as one.
class Probe final : public host::Host {
 public:
  Probe(const Config& config, host::Stores stores, metrics::Metrics& metrics)
      : Host({.service = "probe", .config = config.host}, std::move(stores), metrics),
        metrics_(metrics) {
    for (const std::string& source : kSources) {
      metrics::Histogram& delay = metrics_.AddLatency(
          "kefu_probe_delay_seconds", "From commit to effect.", {{"source", source}});
      consumer().On(source, "", [this, source, &delay](events::Delivery delivery) {
        return Mark(source, delay, std::move(delivery));
      });
    }
  }
  ~Probe() override { Stop(); }

 private:
  Task<absl::StatusOr<events::Effect>> Mark(std::string source, metrics::Histogram& delay,
                                            events::Delivery delivery) {
    const uint64_t seq = delivery.envelope.seq();
    redis::AggregateId id{delivery.shop, "seen", source + "-" + std::to_string(seq)};
    const redis::Request unnamed;  // a repetition is to be seen, not forgiven
    redis::IndexChange listed{redis::IndexChange::Kind::kSortedAdd, source, std::to_string(seq),
                              std::to_string(seq)};
    const int64_t committed_ms =
        delivery.envelope.time().seconds() * 1000 + delivery.envelope.time().nanos() / 1'000'000;
    if (MonotonicMs() < stop_until_ms.exchange(0)) raise(SIGSTOP);
    redis::AggregateStore::Decide mark =
        [listed](const redis::Snapshot&) -> absl::StatusOr<redis::Change> {
      return redis::Change{.state = "seen", .indexes = {listed}};
    };
    KEFU_CO_RETURN_IF_ERROR(
        co_await Update(std::move(id), unnamed, std::move(mark), delivery.move));
    delay.Observe(static_cast<double>(SystemClock().Now().ms - committed_ms) / 1000);
    co_return events::Effect::kCommitted;
  }

  metrics::Metrics& metrics_;
};

absl::StatusOr<std::unique_ptr<server::Service>> Bind(const Config& config,
                                                      metrics::Metrics& metrics) {
  signal(SIGUSR1, StopInNextEvent);
  KEFU_ASSIGN_OR_RETURN(host::Stores stores, host::OpenStores("probe", config.host));
  auto probe = std::make_unique<Probe>(config, std::move(stores), metrics);
  KEFU_RETURN_IF_ERROR(probe->Listen());
  return std::unique_ptr<server::Service>(std::move(probe));
}

}  // namespace
}  // namespace kefu::probe

int main(int argc, char** argv) {
  return kefu::server::Main<kefu::probe::Config>(argc, argv, "probe", kefu::probe::ParseConfig,
                                                 kefu::probe::Bind);
}
