// The admin port: health, readiness, metrics. A few scrapes a minute from a trusted network, so one
// thread and one request at a time, with a bound on how long a client may take.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace kefu::server {

struct AdminAnswer {
  int status = 404;
  std::string body;
};

class AdminHttp {
 public:
  using Handler = std::function<AdminAnswer(std::string_view path)>;

  // "host:port"; port 0 picks one.
  static absl::StatusOr<std::unique_ptr<AdminHttp>> Start(const std::string& address,
                                                          Handler handler);
  ~AdminHttp();
  const std::string& address() const { return address_; }

 private:
  struct State;
  AdminHttp(std::unique_ptr<State> state, std::string address);
  std::unique_ptr<State> state_;
  std::string address_;
};

// Splits "host:port"; INVALID_ARGUMENT if it is not of that form.
absl::StatusOr<std::pair<std::string, uint16_t>> SplitAddress(std::string_view address);

}  // namespace kefu::server
