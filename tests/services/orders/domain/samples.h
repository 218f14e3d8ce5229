// Orders and commands for tests.
#pragma once

#include <string>

#include "services/orders/domain/input.h"
#include "services/orders/domain/order.h"

namespace kefu::orders::domain::test {

inline constexpr TimePoint kNow{1'700'000'000'000};

inline OrderInput Input() {
  OrderInput input;
  input.source = "native";
  input.number = "A-1";
  input.currency = "CNY";
  input.source_version = 1;
  input.create_time = kNow + -3'600'000;
  input.update_time = kNow + -60'000;
  input.lines = {{"1", "SKU-1", "", "杯子", 2, "19.90", ""}};
  return input;
}

// Checked, with a hash of its own for each version.
inline Upsert Version(int64_t version, Said said = {}, OrderInput input = Input()) {
  input.source_version = version;
  Upsert upsert = *Check(input);
  upsert.said = said;
  upsert.input_hash = "hash of version " + std::to_string(version);
  return upsert;
}

inline Contact SealedUnder(const std::string& key, const std::string& hash = "h") {
  return {{"张*", "138****5678", "CN", "浙江", "杭州"}, "5678", "b_owner", key, "sealed", hash};
}

inline ParcelName Parcel1() { return {"h_1", "shunfeng", "SF1"}; }
inline ParcelName Parcel2() { return {"h_2", "shunfeng", "SF2"}; }

inline ReportParcel Report(const ParcelName& parcel, const std::string& status, uint64_t etag,
                           bool delivered = false) {
  return {parcel.shipment,
          parcel.carrier,
          parcel.tracking_number,
          status,
          delivered || status == "DELIVERED",
          {etag, kNow + static_cast<int64_t>(etag)}};
}

inline ReportCase CaseReport(const std::string& id, const std::string& state, uint64_t etag) {
  return {id, "RETURN_REFUND", state, {etag, kNow + static_cast<int64_t>(etag)}};
}

// The order after its first version.
inline Order Placed(Said said = {}) { return Apply(Order(), Version(1, said), kNow)->next; }

}  // namespace kefu::orders::domain::test
