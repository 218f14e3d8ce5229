#include "gateway/auth/shop_auditor.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::auth {
namespace {

// The shop that an operator's request names: `shop`, or `shop.shop` where a whole shop is given.
std::optional<ShopId> ShopNamedIn(const std::string& request_json) {
  const nlohmann::json request =
      nlohmann::json::parse(request_json, nullptr, /*allow_exceptions=*/false);
  if (!request.is_object() || !request.contains("shop")) return std::nullopt;
  nlohmann::json shop = request["shop"];
  if (shop.is_object() && shop.contains("shop")) shop = shop["shop"];
  if (!shop.is_string()) return std::nullopt;
  const absl::StatusOr<ShopId> id = ShopId::Parse(shop.get<std::string>());
  if (!id.ok()) return std::nullopt;
  return *id;
}

}  // namespace

Task<absl::Status> ShopAuditor::Record(CallContext context, std::string method,
                                       std::string request_json) {
  std::optional<ShopId> shop = context.caller.shop;
  if (!shop) {
    shop = ShopNamedIn(request_json);
    if (shop) {
      const auto known = co_await directory_.GetShop(*shop);
      if (absl::IsNotFound(known.status())) {
        shop.reset();
      } else if (!known.ok()) {
        co_return known.status();
      }
    }
  }
  directory::AuditEntry entry{.role = context.caller.role,
                              .subject = context.caller.subject,
                              .method = std::move(method),
                              .request_id = context.scope.trace.request_id,
                              .request = std::move(request_json)};
  co_return co_await log_.Append(std::move(shop), std::move(entry));
}

}  // namespace kefu::gateway::auth
