// Errors on the wire: what services send to the gateway, what it sends to clients, and what a
// client makes of that.
#include <nlohmann/json.hpp>

#include "deploy/ctl/connect_framing.h"
#include "gateway/edge/connect_protocol.h"
#include "services/common/base/status.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {
namespace {

// From a service, with `input` as message and as details.
void FromService(std::string_view input) {
  const auto [number, rest] = Choose(input, 16);
  const auto code = static_cast<absl::StatusCode>(number + 1);
  const absl::Status error = DecodeRpcStatus(code, rest, rest);
  Expect(error.code() == code, "details do not change the code");
  const std::string json = gateway::connect::ErrorJson(error);
  Expect(nlohmann::json::accept(json), "an error is JSON whatever is in it");
  const absl::Status heard =
      ctl::DecodeConnectError(gateway::connect::HttpStatusOf(error.code()), json);
  Expect(heard.code() == code, "a client hears the code that was sent");
  const std::string end = gateway::connect::EndStreamJson(error);
  Expect(nlohmann::json::accept(end), "the end of a stream is JSON");
  Expect(ctl::DecodeEndOfStream(end).code() == code, "a stream ends with the code that was sent");
}

// Our own, with `message`.
void FromGateway(std::string_view message) {
  const absl::Status error = Error(absl::StatusCode::kAborted, "REASON", message);
  const absl::Status heard = ctl::DecodeConnectError(409, gateway::connect::ErrorJson(error));
  Expect(ErrorReason(heard) == "REASON", "a client hears the reason whatever the message holds");
}

}  // namespace

void Try(std::string_view input) {
  const auto [kind, rest] = Choose(input, 4);
  if (kind == 0) {
    FromService(rest);
  } else if (kind == 1) {
    Expect(!ctl::DecodeConnectError(500, rest).ok(), "an error stays one");
  } else if (kind == 2) {
    FromGateway(rest);
  } else {
    (void)ctl::DecodeEndOfStream(rest).ok();
  }
}

}  // namespace kefu::fuzz
