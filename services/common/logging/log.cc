#include "services/common/logging/log.h"

#include <fmt/chrono.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>

namespace kefu::log {
namespace {

struct Target {
  std::string process = "kefu";
  std::shared_ptr<spdlog::logger> logger = [] {
    auto made =
        std::make_shared<spdlog::logger>("kefu", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
};

Target& TheTarget() {
  static Target* target = new Target();
  return *target;
}

void AppendString(std::string* out, std::string_view text) {
  out->push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(*out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

void AppendMember(std::string* out, std::string_view name, std::string_view value) {
  out->push_back(',');
  AppendString(out, name);
  out->push_back(':');
  AppendString(out, value);
}

struct AppendValue {
  std::string* out;
  void operator()(std::string_view text) const { AppendString(out, text); }
  void operator()(bool value) const { *out += value ? "true" : "false"; }
  void operator()(int64_t value) const { fmt::format_to(std::back_inserter(*out), "{}", value); }
  void operator()(double value) const { fmt::format_to(std::back_inserter(*out), "{}", value); }
};

void Write(spdlog::level::level_enum level, std::string_view level_name, std::string_view message,
           Fields fields, const Trace* trace) {
  Target& target = TheTarget();
  if (!target.logger->should_log(level)) return;
  const auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::string line = fmt::format("{{\"time\":\"{:%FT%T}Z\"", now);
  AppendMember(&line, "level", level_name);
  AppendMember(&line, "process", target.process);
  AppendMember(&line, "message", message);
  if (trace != nullptr && !trace->traceparent.empty()) {
    AppendMember(&line, "trace_id", std::string_view(trace->traceparent).substr(3, 32));
  }
  if (trace != nullptr && !trace->request_id.empty())
    AppendMember(&line, "request_id", trace->request_id);
  for (const Field& field : fields) {
    line += ',';
    AppendString(&line, field.name);
    line += ':';
    std::visit(AppendValue{&line}, field.value);
  }
  line += '}';
  target.logger->log(level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void Init(std::string_view process, std::string_view level) {
  TheTarget().process = process;
  TheTarget().logger->set_level(spdlog::level::from_str(std::string(level)));
}

void Debug(std::string_view message, Fields fields, const Trace* trace) {
  Write(spdlog::level::debug, "debug", message, fields, trace);
}
void Info(std::string_view message, Fields fields, const Trace* trace) {
  Write(spdlog::level::info, "info", message, fields, trace);
}
void Warn(std::string_view message, Fields fields, const Trace* trace) {
  Write(spdlog::level::warn, "warn", message, fields, trace);
}
void Error(std::string_view message, Fields fields, const Trace* trace) {
  Write(spdlog::level::err, "error", message, fields, trace);
}

}  // namespace kefu::log
