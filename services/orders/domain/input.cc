#include "services/orders/domain/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "services/common/base/ids.h"
#include "services/common/base/mask.h"
#include "services/common/base/parcel.h"
#include "services/common/base/status.h"
#include "services/common/base/text.h"

namespace kefu::orders::domain {
namespace {

constexpr size_t kMaxNumber = 64;
constexpr size_t kMaxReference = 64;
constexpr size_t kMaxTitle = 512;
constexpr uint32_t kMaxQuantity = 100'000;
constexpr size_t kMaxStatuses = 16;
constexpr size_t kMaxStatusName = 64;
constexpr size_t kMaxStatusValue = 128;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

absl::StatusOr<Money> Amount(std::string_view field, std::string_view decimal,
                             const std::string& currency) {
  if (decimal.empty()) return Money{currency, 0};
  return ParseMoney(field, decimal, currency);
}

absl::Status TooLarge(std::string_view field) {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_AMOUNT",
               fmt::format("{}: is too large.", field), {{"field", std::string(field)}});
}

absl::StatusOr<Line> CheckLine(std::string_view field, const LineInput& input,
                               const std::string& currency) {
  const auto path = [&](std::string_view name) { return fmt::format("{}.{}", field, name); };
  KEFU_RETURN_IF_ERROR(CheckRequiredText(path("line"), input.line, kMaxReference));
  KEFU_RETURN_IF_ERROR(CheckText(path("sku"), input.sku, kMaxReference));
  KEFU_RETURN_IF_ERROR(CheckText(path("product"), input.product, kMaxReference));
  KEFU_RETURN_IF_ERROR(CheckText(path("title"), input.title, kMaxTitle));
  if (input.quantity < 1 || input.quantity > kMaxQuantity)
    return InvalidField(path("quantity"), "must be 1 to 100000");
  Line line{input.line, input.sku, input.product, input.title, input.quantity, {}, {}};
  KEFU_ASSIGN_OR_RETURN(line.unit_price,
                        ParseMoney(path("unit_price"), input.unit_price, currency));
  if (!input.total.empty()) {
    KEFU_ASSIGN_OR_RETURN(line.total, ParseMoney(path("total"), input.total, currency));
    return line;
  }
  const auto total = Times(line.unit_price, line.quantity);
  if (!total) return TooLarge(path("total"));
  line.total = *total;
  return line;
}

absl::StatusOr<std::vector<Line>> CheckLines(const OrderInput& input) {
  if (input.lines.empty() || input.lines.size() > kMaxLines)
    return InvalidField("lines", "must have 1 to 200 elements");
  std::vector<Line> lines;
  std::set<std::string_view> names;
  for (size_t i = 0; i < input.lines.size(); ++i) {
    const std::string field = fmt::format("lines[{}]", i);
    if (!names.insert(input.lines[i].line).second)
      return InvalidField(field + ".line", "must be unique in the order");
    KEFU_ASSIGN_OR_RETURN(Line line, CheckLine(field, input.lines[i], input.currency));
    lines.push_back(std::move(line));
  }
  return lines;
}

// Goods less discount with freight and tax; never below nothing.
std::optional<Money> Sum(const Totals& totals) {
  auto sum = Add(totals.goods, totals.freight);
  if (sum) sum = Add(*sum, totals.tax);
  if (sum) sum->minor_units = std::max<int64_t>(0, sum->minor_units - totals.discount.minor_units);
  return sum;
}

// Platforms give discounts in ways of their own: that the parts make up the total is not asked for.
absl::StatusOr<Totals> CheckTotals(const OrderInput& input, const std::vector<Line>& lines) {
  const std::string& currency = input.currency;
  Totals totals;
  totals.goods = {currency, 0};
  for (const Line& line : lines) {
    const auto goods = Add(totals.goods, line.total);
    if (!goods) return TooLarge("lines");
    totals.goods = *goods;
  }
  KEFU_ASSIGN_OR_RETURN(totals.discount, Amount("discount", input.discount, currency));
  KEFU_ASSIGN_OR_RETURN(totals.freight, Amount("freight", input.freight, currency));
  KEFU_ASSIGN_OR_RETURN(totals.tax, Amount("tax", input.tax, currency));
  KEFU_ASSIGN_OR_RETURN(totals.paid, Amount("paid", input.paid, currency));
  KEFU_ASSIGN_OR_RETURN(totals.refunded, Amount("refunded", input.refunded, currency));
  KEFU_ASSIGN_OR_RETURN(totals.total, Amount("total", input.total, currency));
  if (!input.total.empty()) return totals;
  const auto sum = Sum(totals);
  if (!sum) return TooLarge("total");
  totals.total = *sum;
  return totals;
}

absl::StatusOr<std::vector<ParcelName>> CheckParcels(const OrderInput& input) {
  if (input.parcels.size() > kMaxSourceParcels)
    return InvalidField("parcels", "must have at most 50 elements");
  std::vector<ParcelName> parcels;
  for (size_t i = 0; i < input.parcels.size(); ++i) {
    const ParcelInput& parcel = input.parcels[i];
    // As logistics wants them: what it would not register is refused here.
    KEFU_RETURN_IF_ERROR(CheckCarrier(fmt::format("parcels[{}].carrier", i), parcel.carrier));
    KEFU_ASSIGN_OR_RETURN(const std::string number,
                          NormalTrackingNumber(fmt::format("parcels[{}].tracking_number", i),
                                               parcel.tracking_number));
    parcels.push_back({ShipmentIdOf(parcel.carrier, number).str(), parcel.carrier, number});
  }
  return parcels;
}

absl::Status CheckStatuses(const std::map<std::string, std::string>& statuses) {
  if (statuses.size() > kMaxStatuses)
    return InvalidField("source_status", "must have at most 16 elements");
  for (const auto& [name, value] : statuses) {
    KEFU_RETURN_IF_ERROR(CheckRequiredText("source_status", name, kMaxStatusName));
    KEFU_RETURN_IF_ERROR(CheckText("source_status." + name, value, kMaxStatusValue));
  }
  return absl::OkStatus();
}

absl::Status CheckIdentity(const OrderInput& input) {
  if (!IsName(input.source)) {
    return InvalidField("source",
                        "must be 2 to 32 of a-z, 0-9, '_' and '-', beginning with a letter");
  }
  KEFU_RETURN_IF_ERROR(CheckRequiredText("number", input.number, kMaxNumber));
  if (!input.buyer.empty()) KEFU_RETURN_IF_ERROR(BuyerId::Parse(input.buyer));
  if (input.source_version < 0) return InvalidField("source_version", "must not be negative");
  if (!input.create_time) return InvalidField("create_time", "must be set");
  return CheckCurrencyCode("currency", input.currency);
}

}  // namespace

bool IsName(std::string_view text) { return IsCarrier(text) && IsLower(text[0]); }

absl::Status Check(const ContactInput& contact) {
  KEFU_RETURN_IF_ERROR(CheckText("contact.name", contact.name, 128));
  KEFU_RETURN_IF_ERROR(CheckText("contact.phone", contact.phone, 32));
  KEFU_RETURN_IF_ERROR(CheckText("contact.address", contact.address, 512));
  KEFU_RETURN_IF_ERROR(CheckText("contact.region", contact.region, 64));
  KEFU_RETURN_IF_ERROR(CheckText("contact.city", contact.city, 64));
  KEFU_RETURN_IF_ERROR(CheckText("contact.postal_code", contact.postal_code, 16));
  const std::string& country = contact.country;
  if (country.empty() || (country.size() == 2 && IsUpper(country[0]) && IsUpper(country[1])))
    return absl::OkStatus();
  return InvalidField("contact.country", "must be two capital letters (ISO 3166-1)");
}

MaskedContact Mask(const ContactInput& contact) {
  return {MaskName(contact.name), MaskPhone(contact.phone), contact.country, contact.region,
          contact.city};
}

absl::StatusOr<Upsert> Check(const OrderInput& input) {
  KEFU_RETURN_IF_ERROR(CheckIdentity(input));
  KEFU_RETURN_IF_ERROR(Check(input.contact));
  KEFU_RETURN_IF_ERROR(CheckStatuses(input.source_status));
  Upsert upsert;
  upsert.source = input.source;
  upsert.number = input.number;
  upsert.buyer = input.buyer;
  upsert.create_time = *input.create_time;
  upsert.update_time = input.update_time.value_or(*input.create_time);
  upsert.source_version = input.source_version > 0 ? input.source_version : upsert.update_time.ms;
  upsert.source_status = input.source_status;
  KEFU_ASSIGN_OR_RETURN(upsert.lines, CheckLines(input));
  KEFU_ASSIGN_OR_RETURN(upsert.totals, CheckTotals(input, upsert.lines));
  KEFU_ASSIGN_OR_RETURN(upsert.parcels, CheckParcels(input));
  return upsert;
}

}  // namespace kefu::orders::domain
