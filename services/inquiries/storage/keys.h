// Names of inquiries' Redis keys. What they hold is told in services/inquiries/README.md.
#pragma once

#include <string>
#include <string_view>

#include "services/common/base/ids.h"

namespace kefu::inquiries::storage {

inline constexpr char kShopsKey[] = "kf:inquiries:{sys}:shops";

class ShopKeys {
 public:
  explicit ShopKeys(const ShopId& shop) : prefix_("kf:inquiries:{" + shop.str() + "}:") {}
  std::string Meta() const { return prefix_ + "meta"; }
  std::string Outbox() const { return prefix_ + "outbox"; }
  // All conversations, for snapshots.
  std::string Conversations() const { return prefix_ + "convs"; }
  // All erased buyers, for snapshots.
  std::string Erased() const { return prefix_ + "erased"; }
  std::string DataKey(const BuyerId& buyer) const { return prefix_ + "k:" + buyer.str(); }

 protected:
  std::string Of(std::string_view type, const ConversationId& conversation) const {
    return prefix_ + std::string(type) + conversation.str();
  }

 private:
  std::string prefix_;
};

class ConversationKeys : public ShopKeys {
 public:
  ConversationKeys(const ShopId& shop, const ConversationId& conversation)
      : ShopKeys(shop), conversation_(conversation) {}
  std::string State() const { return Of("c:", conversation_); }
  std::string Log() const { return Of("l:", conversation_); }
  std::string Dedup(int turn) const { return Of("d:", conversation_) + (turn == 0 ? ":0" : ":1"); }
  std::string PastInquiries() const { return Of("q:", conversation_); }
  std::string Recalled() const { return Of("x:", conversation_); }
  std::string Segments() const { return Of("a:", conversation_); }
  std::string DataKey() const { return ShopKeys::DataKey(BuyerOf(conversation_)); }

 private:
  ConversationId conversation_;
};

}  // namespace kefu::inquiries::storage
