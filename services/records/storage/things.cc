#include "services/records/storage/things.h"

#include <string>
#include <string_view>
#include <vector>

#include "services/records/storage/statement.h"

namespace kefu::records::storage {
namespace {

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
  Statement(sql, kUpsert)
      .Set("shop", shop.str())
      .Set("agent", agent.agent.str())
      .Set("version", agent.version)
      .Set("display_name", agent.display_name)
      .Set("role", agent.role)
      .Set("disabled", agent.disabled)
      .Run();
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const OrderFact& order) {
  static const std::string kUpsert = UpsertOf(
      "orders", "order_id",
      {"source", "number", "buyer", "state", "payment", "fulfilment", "aftersale", "units",
       "currency", "total_minor", "paid_minor", "refunded_minor", "create_ms", "update_ms"});
  Statement(sql, kUpsert)
      .Set("shop", shop.str())
      .Set("order_id", order.order)
      .Set("version", order.version)
      .Set("source", order.source)
      .Set("number", order.number)
      .Set("buyer", order.buyer)
      .Set("state", order.state)
      .Set("payment", order.payment)
      .Set("fulfilment", order.fulfilment)
      .Set("aftersale", order.aftersale)
      .Set("units", order.units)
      .Set("currency", order.amounts.currency)
      .Set("total_minor", order.amounts.total)
      .Set("paid_minor", order.amounts.paid)
      .Set("refunded_minor", order.amounts.refunded)
      .Set("create_ms", order.create_time.ms)
      .Set("update_ms", order.update_time.ms)
      .Run();
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const CaseFact& after_sales_case) {
  static const std::string kUpsert =
      UpsertOf("cases", "case_id",
               {"order_id", "buyer", "kind", "state", "reason", "cause", "currency",
                "requested_minor", "refunded_minor", "create_ms", "update_ms"});
  const CaseFact& one = after_sales_case;
  Statement(sql, kUpsert)
      .Set("shop", shop.str())
      .Set("case_id", one.case_id)
      .Set("version", one.version)
      .Set("order_id", one.order)
      .Set("buyer", one.buyer)
      .Set("kind", one.kind)
      .Set("state", one.state)
      .Set("reason", one.reason)
      .Set("cause", one.cause)
      .Set("currency", one.currency)
      .Set("requested_minor", one.requested)
      .Set("refunded_minor", one.refunded)
      .Set("create_ms", one.create_time.ms)
      .Set("update_ms", one.update_time.ms)
      .Run();
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const ShipmentFact& shipment) {
  static const std::string kUpsert =
      UpsertOf("shipments", "shipment",
               {"carrier", "tracking_number", "direction", "status", "substatus", "status_ms",
                "order_id", "buyer", "create_ms", "update_ms"});
  Statement(sql, kUpsert)
      .Set("shop", shop.str())
      .Set("shipment", shipment.shipment)
      .Set("version", shipment.version)
      .Set("carrier", shipment.carrier)
      .Set("tracking_number", shipment.tracking_number)
      .Set("direction", shipment.direction)
      .Set("status", shipment.status)
      .Set("substatus", shipment.substatus)
      .Set("status_ms", shipment.status_time.ms)
      .Set("order_id", shipment.order)
      .Set("buyer", shipment.buyer)
      .Set("create_ms", shipment.create_time.ms)
      .Set("update_ms", shipment.update_time.ms)
      .Run();
  return absl::OkStatus();
}

}  // namespace kefu::records::storage
