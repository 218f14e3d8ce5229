#include "services/after_sales/domain/checks.h"

#include <string>
#include <utility>

#include "services/common/base/parcel.h"
#include "services/common/base/status.h"

namespace kefu::after_sales::domain {

absl::StatusOr<Parcel> NormalParcel(const Parcel& parcel) {
  if (parcel.empty()) return parcel;
  KEFU_RETURN_IF_ERROR(CheckCarrier("parcel.carrier", parcel.carrier));
  KEFU_ASSIGN_OR_RETURN(std::string number,
                        NormalTrackingNumber("parcel.tracking_number", parcel.tracking_number));
  return Parcel{parcel.carrier, std::move(number)};
}

absl::StatusOr<Money> ParseAmount(std::string_view field, std::string_view decimal,
                                  std::string_view currency) {
  KEFU_ASSIGN_OR_RETURN(Money amount, ParseMoney(field, decimal, currency));
  if (amount.minor_units == 0) return InvalidField(field, "must be more than nothing");
  return amount;
}

}  // namespace kefu::after_sales::domain
