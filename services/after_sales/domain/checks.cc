#include "services/after_sales/domain/checks.h"

#include <algorithm>
#include <string>

#include "services/common/base/status.h"

namespace kefu::after_sales::domain {

absl::Status CheckParcel(const Parcel& parcel) {
  if (parcel.empty()) return absl::OkStatus();
  const bool carrier =
      parcel.carrier.size() >= 2 && parcel.carrier.size() <= 32 &&
      std::all_of(parcel.carrier.begin(), parcel.carrier.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
  if (!carrier) return InvalidField("parcel.carrier", "must be 2 to 32 of a-z, 0-9, '_' and '-'");
  const std::string_view number = parcel.tracking_number;
  const bool printable =
      std::all_of(number.begin(), number.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (number.empty() || number.size() > kMaxTrackingNumber || !printable) {
    return InvalidField("parcel.tracking_number",
                        "must be 1 to 64 printable characters without spaces");
  }
  return absl::OkStatus();
}

absl::StatusOr<Money> ParseAmount(std::string_view field, std::string_view decimal,
                                  std::string_view currency) {
  KEFU_ASSIGN_OR_RETURN(Money amount, ParseMoney(field, decimal, currency));
  if (amount.minor_units == 0) return InvalidField(field, "must be more than nothing");
  return amount;
}

}  // namespace kefu::after_sales::domain
