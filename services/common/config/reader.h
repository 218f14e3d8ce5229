// Reads a YAML file into a typed struct. Every key that nobody asked for is an error, so that a
// misspelt key does not pass for a default. Secrets come from files or the environment:
// `password_file: /path` or `password_env: NAME`.
//
//   config::Reader reader(text);
//   Config config;
//   reader.Optional("redis.address", &config.redis.address);
//   reader.Secret("redis.password", &config.redis.password);
//   KEFU_RETURN_IF_ERROR(reader.Finish());
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::config {

class Reader {
 public:
  explicit Reader(std::string_view yaml);
  ~Reader();

  // Dotted path. The value stays as it was if the key is absent.
  void Optional(std::string_view path, std::string* value);
  void Optional(std::string_view path, bool* value);
  void Optional(std::string_view path, int64_t* value, int64_t min, int64_t max);
  void Optional(std::string_view path, std::vector<std::string>* value);
  void Required(std::string_view path, std::string* value);
  // Reads `<path>_file` or `<path>_env`; a literal `<path>` is refused. Trailing newline is cut.
  void Secret(std::string_view path, std::string* value, bool required = false);

  // All problems in one INVALID_ARGUMENT, unknown keys included.
  absl::Status Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace kefu::config
