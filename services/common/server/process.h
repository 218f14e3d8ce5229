// What every main has in common: arguments, configuration, logs, metrics, admin port, signals,
// orderly stop.
//
//   int main(int argc, char** argv) {
//     return kefu::server::Main<kefu::inquiries::Config>(argc, argv, "inquiries",
//     kefu::inquiries::ParseConfig,
//                                                        kefu::inquiries::Bind);
//   }
//
// Arguments: --config FILE, --check-config (parse, print "ok" or what is wrong, exit 0 or 1),
// --version. Admin port (loopback or cluster network): /healthz (200 while the process lives),
// /readyz (200 when every check passes, else 503 with the failing names), /metrics. SIGTERM and
// SIGINT: readyz turns 503, then Service::End, Drain (tells clients, waits) and Stop, exit 0.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "services/common/metrics/metrics.h"

namespace grpc {
class Channel;
}

namespace kefu::server {

// A bound service: everything it consists of, running.
class Service {
 public:
  virtual ~Service() = default;
  // Begins what needs the other services; called once, after Bind (in kefu-all: after every Bind).
  virtual void Begin() {}
  // Ends what Begin began: nothing is done of the service's own accord any more, so no other
  // service is called unless a caller makes it. Once, before Drain (in kefu-all: before any Drain).
  virtual void End() {}
  // Empty when ready to serve, else why not, in a few words.
  virtual std::string NotReady() const = 0;
  // Takes no new work and tells clients to go elsewhere; returns when they may be cut off (10 s at
  // most).
  virtual void Drain() = 0;
  virtual void Stop() = 0;
  // Addresses in use, by name ("grpc", "http", "events"), for the ports file.
  virtual std::map<std::string, std::string> Addresses() const = 0;
  // To what it serves over gRPC, for another service in the same process; null if it serves none.
  virtual std::shared_ptr<grpc::Channel> InProcessChannel() { return nullptr; }
};

struct CommonConfig {
  std::string log_level = "info";
  // "127.0.0.1:9101"; empty: no admin port. Port 0 picks one.
  std::string admin_address;
  // If set, the addresses in use are written there as JSON once the service is bound, for those who
  // chose port 0.
  std::string ports_file;
};

// Runs until a signal; returns the exit code. `bind` builds the service from the configuration
// text.
using BindText = std::function<absl::StatusOr<std::unique_ptr<Service>>(metrics::Metrics&)>;
int Run(std::string_view process, const CommonConfig& common, const BindText& bind);

struct Arguments {
  std::string config_path;
  bool check_config = false;
};
// Prints help, version or an error and exits the process where that is what was asked for.
Arguments ParseArguments(int argc, char** argv, std::string_view process);
std::string ReadConfigOrExit(const std::string& path);
void CheckedOrExit(const absl::Status& status, const Arguments& arguments);

// Config must have a member `server::CommonConfig common`.
template <class Config>
int Main(int argc, char** argv, std::string_view process,
         absl::StatusOr<Config> (*parse)(std::string_view),
         absl::StatusOr<std::unique_ptr<Service>> (*bind)(const Config&, metrics::Metrics&)) {
  const Arguments arguments = ParseArguments(argc, argv, process);
  absl::StatusOr<Config> config = parse(ReadConfigOrExit(arguments.config_path));
  CheckedOrExit(config.status(), arguments);
  return Run(process, config->common,
             [&](metrics::Metrics& metrics) { return bind(*config, metrics); });
}

}  // namespace kefu::server
