#include "services/records/storage/things.h"

#include <string>
#include <string_view>
#include <vector>

namespace kefu::records::storage {
namespace {

using soci::use;

long long Number(uint64_t value) { return static_cast<long long>(value); }

// INSERT of all columns, whose parameters have their names; where the row (shop and `key`) is there
// already, everything in it is written anew unless it is of a later version.
std::string UpsertOf(std::string_view table, std::string_view key,
                     const std::vector<std::string_view>& columns) {
  std::string names = "shop, " + std::string(key) + ", version";
  std::string values = ":shop, :" + std::string(key) + ", :version";
  std::string updates = "version = excluded.version";
  for (const std::string_view column : columns) {
    names.append(", ").append(column);
    values.append(", :").append(column);
    updates.append(", ").append(column).append(" = excluded.").append(column);
  }
  std::string statement = "INSERT INTO ";
  statement.append(table).append(" (").append(names).append(") VALUES (").append(values);
  statement.append(") ON CONFLICT (shop, ").append(key).append(") DO UPDATE SET ").append(updates);
  return statement.append(" WHERE excluded.version >= ").append(table).append(".version");
}

}  // namespace

absl::Status Keep(soci::session& sql, const ShopId& shop, const AgentFact& agent) {
  static const std::string kUpsert =
      UpsertOf("agents", "agent", {"display_name", "role", "disabled"});
  sql << kUpsert, use(shop.str(), "shop"), use(agent.agent.str(), "agent"),
      use(Number(agent.version), "version"), use(agent.display_name, "display_name"),
      use(agent.role, "role"), use(agent.disabled ? 1 : 0, "disabled");
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const OrderFact& order) {
  static const std::string kUpsert = UpsertOf(
      "orders", "order_id",
      {"source", "number", "buyer", "state", "payment", "fulfilment", "aftersale", "units",
       "currency", "total_minor", "paid_minor", "refunded_minor", "create_ms", "update_ms"});
  sql << kUpsert, use(shop.str(), "shop"), use(order.order, "order_id"),
      use(Number(order.version), "version"), use(order.source, "source"),
      use(order.number, "number"), use(order.buyer, "buyer"), use(order.state, "state"),
      use(order.payment, "payment"), use(order.fulfilment, "fulfilment"),
      use(order.aftersale, "aftersale"), use(Number(order.units), "units"),
      use(order.amounts.currency, "currency"),
      use(static_cast<long long>(order.amounts.total), "total_minor"),
      use(static_cast<long long>(order.amounts.paid), "paid_minor"),
      use(static_cast<long long>(order.amounts.refunded), "refunded_minor"),
      use(static_cast<long long>(order.create_time.ms), "create_ms"),
      use(static_cast<long long>(order.update_time.ms), "update_ms");
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const CaseFact& after_sales_case) {
  static const std::string kUpsert =
      UpsertOf("cases", "case_id",
               {"order_id", "buyer", "kind", "state", "reason", "cause", "currency",
                "requested_minor", "refunded_minor", "create_ms", "update_ms"});
  const CaseFact& one = after_sales_case;
  sql << kUpsert, use(shop.str(), "shop"), use(one.case_id, "case_id"),
      use(Number(one.version), "version"), use(one.order, "order_id"), use(one.buyer, "buyer"),
      use(one.kind, "kind"), use(one.state, "state"), use(one.reason, "reason"),
      use(one.cause, "cause"), use(one.currency, "currency"),
      use(static_cast<long long>(one.requested), "requested_minor"),
      use(static_cast<long long>(one.refunded), "refunded_minor"),
      use(static_cast<long long>(one.create_time.ms), "create_ms"),
      use(static_cast<long long>(one.update_time.ms), "update_ms");
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const ShipmentFact& shipment) {
  static const std::string kUpsert =
      UpsertOf("shipments", "shipment",
               {"carrier", "tracking_number", "direction", "status", "substatus", "status_ms",
                "order_id", "buyer", "create_ms", "update_ms"});
  sql << kUpsert, use(shop.str(), "shop"), use(shipment.shipment, "shipment"),
      use(Number(shipment.version), "version"), use(shipment.carrier, "carrier"),
      use(shipment.tracking_number, "tracking_number"), use(shipment.direction, "direction"),
      use(shipment.status, "status"), use(shipment.substatus, "substatus"),
      use(static_cast<long long>(shipment.status_time.ms), "status_ms"),
      use(shipment.order, "order_id"), use(shipment.buyer, "buyer"),
      use(static_cast<long long>(shipment.create_time.ms), "create_ms"),
      use(static_cast<long long>(shipment.update_time.ms), "update_ms");
  return absl::OkStatus();
}

}  // namespace kefu::records::storage
