// Whether a push comes from who it says it does: its signature, over the bytes as they came, before
// anything is parsed. Compared in constant time. Pure.
#pragma once

#include <string>
#include <string_view>

#include "gateway/edge/http_message.h"

namespace kefu::gateway::webhooks {

// Standard base64 of HMAC-SHA256 over `body`.
std::string HmacSha256Base64(std::string_view secret, std::string_view body);
// Upper-case hex of MD5 over `text` and the salt behind it. MD5 is what Kuaidi100 signs with: the
// salt is random and the address not guessable.
std::string SaltedMd5(std::string_view text, std::string_view salt);

// AfterShip: header `aftership-hmac-sha256`. Kuaidi100: form fields `param`, decoded, and `sign`.
bool SignatureHolds(std::string_view source, std::string_view secret, const Headers& headers,
                    std::string_view body);

}  // namespace kefu::gateway::webhooks
