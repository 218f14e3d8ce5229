#include "gateway/auth/attempt_limiter.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "services/common/base/ids.h"
#include "services/common/base/status.h"
#include "services/common/redis/function.h"

namespace kefu::gateway::auth {
namespace {

// Logins and addresses are personal data: only their hashes become keys.
std::string NameOf(std::string_view kind, std::string_view text) {
  return std::string("attempts:").append(kind).append(":").append(DeriveToken(kind, text));
}

}  // namespace

std::string AddressGroup(std::string_view address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(std::string(address), error);
  if (error || parsed.is_v4()) return std::string(address);
  const auto v6 = parsed.to_v6();
  if (v6.is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).to_string();
  auto bytes = v6.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

Task<absl::StatusOr<AttemptLimiter::Attempt>> AttemptLimiter::Admit(std::string login,
                                                                    std::string address) {
  Attempt attempt;
  attempt.id = NewToken();
  redis::FunctionCall call{
      .function = "gateway_attempt_v1",
      .keys = {store_.Key(std::nullopt, "meta"), store_.Key(std::nullopt, NameOf("login", login))},
      .arguments = {attempt.id, std::to_string(limits_.attempts),
                    std::to_string(limits_.window_ms)},
      .now_ms = store_.TestNow()};
  if (!address.empty()) {
    attempt.address_key = store_.Key(std::nullopt, NameOf("address", AddressGroup(address)));
    call.keys.push_back(attempt.address_key);
  }
  const auto reply = co_await redis::CallFunction(store_.ClientOf(std::nullopt), std::move(call));
  if (reply.ok()) {
    attempt.entry = reply->empty() ? "" : (*reply)[0].str();
    co_return attempt;
  }
  if (ErrorReason(reply.status()) != "TOO_MANY_ATTEMPTS") co_return reply.status();
  const ErrorMetadata metadata = ErrorMetadataOf(reply.status());
  const auto wait = metadata.find("wait_ms");
  co_return WithRetryDelay(reply.status(),
                           wait == metadata.end() ? limits_.window_ms : std::stoll(wait->second));
}

Task<absl::Status> AttemptLimiter::Succeeded(Attempt attempt) {
  if (attempt.address_key.empty()) co_return absl::OkStatus();
  redis::Command command = {"LREM", attempt.address_key, "1", attempt.entry};
  co_return (co_await store_.ClientOf(std::nullopt).Call(std::move(command))).status();
}

}  // namespace kefu::gateway::auth
