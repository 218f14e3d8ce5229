// A version of an order as it came from outside, and the check that makes a command of it. Pure.
//
// Errors are INVALID_ARGUMENT and name the field by its path in OrderInput: INVALID_FIELD,
// UNKNOWN_CURRENCY, BAD_AMOUNT.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/base/clock.h"
#include "services/orders/domain/order.h"

namespace kefu::orders::domain {

struct LineInput {
  std::string line, sku, product, title;
  uint32_t quantity = 0;
  // Decimal; an empty total is quantity times unit_price.
  std::string unit_price, total;
};

struct ParcelInput {
  std::string carrier, tracking_number;
};

struct ContactInput {
  std::string name, phone, address, country, region, city, postal_code;

  bool empty() const {
    return name.empty() && phone.empty() && address.empty() && country.empty() && region.empty() &&
           city.empty() && postal_code.empty();
  }
};

struct OrderInput {
  std::string source, number, buyer, currency;
  int64_t source_version = 0;
  std::optional<TimePoint> create_time, update_time;
  std::vector<LineInput> lines;
  std::string discount, freight, tax, total, paid, refunded;
  ContactInput contact;
  std::map<std::string, std::string> source_status;
  std::vector<ParcelInput> parcels;
};

inline constexpr size_t kMaxLines = 200;
inline constexpr size_t kMaxSourceParcels = 50;

// "a-z, 0-9, '_' and '-', beginning with a letter", 2 to 32: what sources are called.
bool IsName(std::string_view text);

// Everything but what needs more than the input: times (Apply), statuses (`said`), seals
// (`contact`), the hash.
absl::StatusOr<Upsert> Check(const OrderInput& input);
absl::Status Check(const ContactInput& contact);

MaskedContact Mask(const ContactInput& contact);

}  // namespace kefu::orders::domain
