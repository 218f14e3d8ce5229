#include "services/common/base/ids.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "services/common/base/status.h"

namespace kefu {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr size_t kTokenLength = 26;

std::string ToToken(const std::array<unsigned char, 16>& bytes) {
  std::string token;
  token.reserve(kTokenLength);
  uint32_t buffer = 0;
  int bits = 0;
  for (const unsigned char byte : bytes) {
    buffer = (buffer << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) token += kAlphabet[(buffer >> (bits - 5)) & 31];
  }
  token += kAlphabet[(buffer << (5 - bits)) & 31];
  return token;
}

bool IsLowerAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::string NewToken() {
  std::array<unsigned char, 16> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  return ToToken(bytes);
}

std::string DeriveToken(std::string_view secret, std::string_view text) {
  std::array<unsigned char, crypto_generichash_KEYBYTES> key;
  crypto_generichash(key.data(), key.size(), reinterpret_cast<const unsigned char*>(secret.data()),
                     secret.size(), nullptr, 0);
  std::array<unsigned char, 16> bytes;
  crypto_generichash(bytes.data(), bytes.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data(),
                     key.size());
  return ToToken(bytes);
}

bool IsToken(std::string_view text) {
  return text.size() == kTokenLength && std::all_of(text.begin(), text.end(), [](char c) {
           return kAlphabet.find(c) != std::string_view::npos;
         });
}

absl::StatusOr<ShopId> ShopId::Parse(std::string_view text) {
  const bool good =
      text.size() >= 2 && text.size() <= 32 && text[0] >= 'a' && text[0] <= 'z' &&
      std::all_of(text.begin(), text.end(), [](char c) { return IsLowerAlnum(c) || c == '-'; });
  if (!good)
    return InvalidField("shop",
                        "A shop id is 2 to 32 of a-z, 0-9 and '-', beginning with a letter.");
  return ShopId(text);
}

template <class Tag>
absl::StatusOr<TokenId<Tag>> TokenId<Tag>::Parse(std::string_view text) {
  if (text.substr(0, 2) != Tag::kPrefix ||
      !IsToken(text.substr(std::min<size_t>(2, text.size())))) {
    return InvalidField(
        Tag::kField,
        fmt::format("Expected an id like {}<26 characters of a-z and 2-7>.", Tag::kPrefix));
  }
  return TokenId(std::string(text));
}

template class TokenId<BuyerTag>;
template class TokenId<ConversationTag>;
template class TokenId<AgentTag>;
template class TokenId<PersonTag>;
template class TokenId<OrderTag>;
template class TokenId<ShipmentTag>;
template class TokenId<ConsultTag>;
template class TokenId<WebhookTag>;

namespace {

// Ordinal of an id `<prefix>_<token>_<ordinal>`; 0 if it is not one.
uint32_t OrdinalOf(std::string_view text, std::string_view prefix) {
  if (text.size() < 30 || text.size() > 38 || text.substr(0, 2) != prefix || text[28] != '_' ||
      !IsToken(text.substr(2, kTokenLength))) {
    return 0;
  }
  const std::string_view digits = text.substr(29);
  uint32_t ordinal = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ordinal);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && digits[0] != '0' ? ordinal : 0;
}

}  // namespace

absl::StatusOr<SessionId> SessionId::Parse(std::string_view text) {
  const uint32_t ordinal = OrdinalOf(text, "s_");
  if (ordinal == 0) {
    return InvalidField("session", "Expected a session id like s_<26 characters>_<number from 1>.");
  }
  return SessionId(ConversationId::FromToken(text.substr(2, kTokenLength)), ordinal);
}

SessionId::SessionId(const ConversationId& conversation, uint32_t ordinal)
    : text_(fmt::format("s_{}_{}", conversation.token(), ordinal)), ordinal_(ordinal) {}

absl::StatusOr<CaseId> CaseId::Parse(std::string_view text) {
  const uint32_t ordinal = OrdinalOf(text, "k_");
  if (ordinal == 0) {
    return InvalidField("case", "Expected a case id like k_<26 characters>_<number from 1>.");
  }
  return CaseId(OrderId::FromToken(text.substr(2, kTokenLength)), ordinal);
}

CaseId::CaseId(const OrderId& order, uint32_t ordinal)
    : text_(fmt::format("k_{}_{}", order.token(), ordinal)), ordinal_(ordinal) {}

OrderId OrderIdOf(std::string_view source, std::string_view number) {
  return OrderId::FromToken(DeriveToken("order", fmt::format("{}|{}", source, number)));
}

ShipmentId ShipmentIdOf(std::string_view carrier, std::string_view tracking_number) {
  return ShipmentId::FromToken(
      DeriveToken("shipment", fmt::format("{}|{}", carrier, tracking_number)));
}

absl::Status CheckRequestId(std::string_view request_id) {
  const bool good = request_id.size() >= 8 && request_id.size() <= 64 &&
                    std::all_of(request_id.begin(), request_id.end(), [](char c) {
                      return IsLowerAlnum(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
                             c == '.' || c == ':';
                    });
  if (good) return absl::OkStatus();
  return InvalidField("request_id",
                      "Send an id of your own for this write, 8 to 64 letters, digits and -_.:, "
                      "and the same one when "
                      "you retry it; a UUID will do.");
}

}  // namespace kefu
