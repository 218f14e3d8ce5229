#include "services/common/server/process.h"

#include <absl/synchronization/mutex.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <signal.h>
#include <sodium.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "services/common/base/status.h"
#include "services/common/config/reader.h"
#include "services/common/logging/log.h"
#include "services/common/server/admin_http.h"

namespace kefu::server {
namespace {

constexpr char kVersion[] = "0.1.0";

// Before any thread exists, so that all inherit the mask and the signals come through the
// descriptor only.
int BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

void AwaitSignal(int descriptor) {
  signalfd_siginfo info;
  while (read(descriptor, &info, sizeof(info)) < 0 && errno == EINTR) {
  }
}

std::string Ready(const Service* service, bool draining) {
  if (draining) return "stopping";
  return service == nullptr ? "starting" : service->NotReady();
}

absl::Status WritePorts(const std::string& path,
                        const std::map<std::string, std::string>& addresses) {
  std::string json = "{";
  for (const auto& [name, address] : addresses) {
    json += (json.size() > 1 ? ",\"" : "\"") + name + "\":\"" + address + "\"";
  }
  const std::string temporary = path + ".tmp";
  std::ofstream(temporary) << json << "}\n";
  if (rename(temporary.c_str(), path.c_str()) == 0) return absl::OkStatus();
  return Error(absl::StatusCode::kUnavailable, "PORTS_FILE", "Cannot write " + path + ".");
}

// Malformed input makes protobuf write lines of its own, as many as a client likes. Whoever sent it
// is told; here it is a detail. What is fatal ends the process after this.
void LogForProtobuf(google::protobuf::LogLevel level, const char*, int,
                    const std::string& message) {
  if (level == google::protobuf::LOGLEVEL_FATAL) {
    log::Error("protobuf", {{"detail", message}});
  } else {
    log::Debug("protobuf", {{"detail", message}});
  }
}

// gRPC's own lines. What failed is told by the status of the call.
void LogForGrpc(gpr_log_func_args* line) { log::Debug("grpc", {{"detail", line->message}}); }

}  // namespace

int Run(std::string_view process, const CommonConfig& common, const BindText& bind) {
  const int signals = BlockSignals();
  log::Init(process, common.log_level);
  google::protobuf::SetLogHandler(LogForProtobuf);
  gpr_set_log_function(LogForGrpc);
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__)
  // Debian's Abseil is built with its watch for deadlocks, one graph for all mutexes of the
  // process; builds with sanitizers keep it.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  if (sodium_init() < 0) {
    log::Error("no source of randomness");
    return 1;
  }
  metrics::Metrics metrics;
  std::atomic<const Service*> bound{nullptr};
  std::atomic<bool> draining{false};
  std::unique_ptr<AdminHttp> admin;
  if (!common.admin_address.empty()) {
    auto started =
        AdminHttp::Start(common.admin_address, [&](std::string_view path) -> AdminAnswer {
          if (path == "/healthz") return {200, "ok\n"};
          if (path == "/metrics") return {200, metrics.Render()};
          if (path != "/readyz") return {404, "try /healthz, /readyz or /metrics\n"};
          const std::string not_ready = Ready(bound, draining);
          return not_ready.empty() ? AdminAnswer{200, "ok\n"} : AdminAnswer{503, not_ready + "\n"};
        });
    if (!started.ok()) {
      log::Error("cannot start", {{"reason", FromAbsl(started.status().message())}});
      return 1;
    }
    admin = *std::move(started);
  }
  absl::StatusOr<std::unique_ptr<Service>> service = bind(metrics);
  if (!service.ok()) {
    log::Error("cannot start", {{"reason", FromAbsl(service.status().message())}});
    return 1;
  }
  (*service)->Begin();
  bound = service->get();
  std::map<std::string, std::string> addresses = (*service)->Addresses();
  if (admin) addresses["admin"] = admin->address();
  if (!common.ports_file.empty()) {
    if (absl::Status written = WritePorts(common.ports_file, addresses); !written.ok()) {
      log::Error("cannot start", {{"reason", FromAbsl(written.message())}});
      return 1;
    }
  }
  log::Info("started", {{"version", kVersion}});
  AwaitSignal(signals);
  log::Info("stopping");
  draining = true;
  (*service)->End();
  (*service)->Drain();
  (*service)->Stop();
  admin.reset();
  log::Info("stopped");
  return 0;
}

Arguments ParseArguments(int argc, char** argv, std::string_view process) {
  Arguments arguments;
  CLI::App app("kefu " + std::string(process));
  app.set_version_flag("--version", kVersion);
  app.add_option("--config", arguments.config_path, "Configuration file (YAML)")->required();
  app.add_flag("--check-config", arguments.check_config,
               "Read the configuration, say what is wrong, and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return arguments;
}

std::string ReadConfigOrExit(const std::string& path) {
  absl::StatusOr<std::string> text = config::ReadFile(path);
  if (text.ok()) return *std::move(text);
  std::fprintf(stderr, "%s\n", std::string(text.status().message()).c_str());
  std::exit(1);
}

void CheckedOrExit(const absl::Status& status, const Arguments& arguments) {
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    std::exit(1);
  }
  if (arguments.check_config) {
    std::puts("ok");
    std::exit(0);
  }
}

}  // namespace kefu::server
