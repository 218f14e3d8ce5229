// Structured logs: one JSON object a line on standard error: time, level, process, message, trace,
// fields. The message is constant; what varies goes into fields. No personal data, no message text
// above Debug, an error once at the boundary. A thin facade, so that including it costs nothing.
// Thread-safe.
//
//   log::Warn("store slow", {{"cell", cell}, {"ms", 1200}}, &trace);
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "services/common/base/trace.h"

namespace kefu::log {

struct Field {
  Field(std::string_view name, std::string_view value) : name(name), value(value) {}
  Field(std::string_view name, const char* value) : name(name), value(std::string_view(value)) {}
  Field(std::string_view name, const std::string& value)
      : name(name), value(std::string_view(value)) {}
  Field(std::string_view name, bool value) : name(name), value(value) {}
  Field(std::string_view name, double value) : name(name), value(value) {}
  template <class Int>
  requires std::is_integral_v<Int> Field(std::string_view name, Int value)
      : name(name), value(static_cast<int64_t>(value)) {}

  std::string_view name;
  std::variant<std::string_view, int64_t, double, bool> value;
};
using Fields = std::initializer_list<Field>;

// Level: "debug", "info", "warn", "error". Call once, before other threads log.
void Init(std::string_view process, std::string_view level);

void Debug(std::string_view message, Fields fields = {}, const Trace* trace = nullptr);
void Info(std::string_view message, Fields fields = {}, const Trace* trace = nullptr);
void Warn(std::string_view message, Fields fields = {}, const Trace* trace = nullptr);
void Error(std::string_view message, Fields fields = {}, const Trace* trace = nullptr);

}  // namespace kefu::log
