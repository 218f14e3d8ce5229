// The identifiers of kefu as types, so that one cannot stand for another.
//
// A token is 26 characters of lower-case base32 (128 bits). A buyer has exactly one conversation,
// so both ids carry the same token; the n-th session of the conversation carries it too. Parse
// refuses everything else, so an id is always safe inside a Redis key or a topic.
#pragma once

#include <absl/status/statusor.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace kefu {

// 128 random bits from libsodium, as a token.
std::string NewToken();
// 128 bits derived from `secret` (any length) and `text` by keyed BLAKE2b, as a token.
std::string DeriveToken(std::string_view secret, std::string_view text);
bool IsToken(std::string_view text);

// 2 to 32 of a-z, 0-9 and '-', beginning with a letter.
class ShopId {
 public:
  static absl::StatusOr<ShopId> Parse(std::string_view text);
  const std::string& str() const { return text_; }
  auto operator<=>(const ShopId&) const = default;

 private:
  explicit ShopId(std::string_view text) : text_(text) {}
  std::string text_;
};

// An id `<prefix>_<token>`.
template <class Tag>
class TokenId {
 public:
  static absl::StatusOr<TokenId> Parse(std::string_view text);
  static TokenId New() { return FromToken(NewToken()); }
  static TokenId FromToken(std::string_view token) {
    return TokenId(std::string(Tag::kPrefix) + std::string(token));
  }
  const std::string& str() const { return text_; }
  std::string_view token() const { return std::string_view(text_).substr(2); }
  auto operator<=>(const TokenId&) const = default;

 private:
  explicit TokenId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct BuyerTag {
  static constexpr std::string_view kPrefix = "b_", kField = "buyer";
};
struct ConversationTag {
  static constexpr std::string_view kPrefix = "c_", kField = "conversation";
};
struct AgentTag {
  static constexpr std::string_view kPrefix = "a_", kField = "agent";
};
struct PersonTag {
  static constexpr std::string_view kPrefix = "p_", kField = "person";
};
struct OrderTag {
  static constexpr std::string_view kPrefix = "o_", kField = "order";
};
struct ShipmentTag {
  static constexpr std::string_view kPrefix = "h_", kField = "shipment";
};
struct ConsultTag {
  static constexpr std::string_view kPrefix = "n_", kField = "consult";
};
struct WebhookTag {
  static constexpr std::string_view kPrefix = "w_", kField = "webhook";
};
using BuyerId = TokenId<BuyerTag>;
using ConversationId = TokenId<ConversationTag>;
using AgentId = TokenId<AgentTag>;
using PersonId = TokenId<PersonTag>;
using OrderId = TokenId<OrderTag>;
using ShipmentId = TokenId<ShipmentTag>;
using ConsultId = TokenId<ConsultTag>;
using WebhookId = TokenId<WebhookTag>;

// `s_<token>_<ordinal>`, ordinal from 1.
class SessionId {
 public:
  static absl::StatusOr<SessionId> Parse(std::string_view text);
  SessionId(const ConversationId& conversation, uint32_t ordinal);
  const std::string& str() const { return text_; }
  ConversationId conversation() const {
    return ConversationId::FromToken(std::string_view(text_).substr(2, 26));
  }
  uint32_t ordinal() const { return ordinal_; }
  auto operator<=>(const SessionId&) const = default;

 private:
  std::string text_;
  uint32_t ordinal_ = 0;
};

// `k_<order token>_<ordinal>`: the n-th after-sales case of an order, from 1.
class CaseId {
 public:
  static absl::StatusOr<CaseId> Parse(std::string_view text);
  CaseId(const OrderId& order, uint32_t ordinal);
  const std::string& str() const { return text_; }
  OrderId order() const { return OrderId::FromToken(std::string_view(text_).substr(2, 26)); }
  uint32_t ordinal() const { return ordinal_; }
  auto operator<=>(const CaseId&) const = default;

 private:
  std::string text_;
  uint32_t ordinal_ = 0;
};

// The same natural key is always the same id. What the parts may hold is checked by those who take
// them in; `source` and `carrier` hold no '|'.
OrderId OrderIdOf(std::string_view source, std::string_view number);
ShipmentId ShipmentIdOf(std::string_view carrier, std::string_view tracking_number);

inline ConversationId ConversationOf(const BuyerId& buyer) {
  return ConversationId::FromToken(buyer.token());
}
inline BuyerId BuyerOf(const ConversationId& conversation) {
  return BuyerId::FromToken(conversation.token());
}

// What clients send as request_id: 8 to 64 of letters, digits and "-_.:".
absl::Status CheckRequestId(std::string_view request_id);

}  // namespace kefu

template <>
struct std::hash<kefu::ShopId> {
  size_t operator()(const kefu::ShopId& id) const { return std::hash<std::string>()(id.str()); }
};
template <class Tag>
struct std::hash<kefu::TokenId<Tag>> {
  size_t operator()(const kefu::TokenId<Tag>& id) const {
    return std::hash<std::string>()(id.str());
  }
};
template <>
struct std::hash<kefu::CaseId> {
  size_t operator()(const kefu::CaseId& id) const { return std::hash<std::string>()(id.str()); }
};
template <>
struct std::hash<kefu::SessionId> {
  size_t operator()(const kefu::SessionId& id) const { return std::hash<std::string>()(id.str()); }
};
