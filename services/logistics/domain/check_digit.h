// Check digits of tracking numbers. A number that fails is kept and only remarked upon: carriers
// know better. No check digit is known for Chinese domestic carriers. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace kefu::logistics {

enum class NumberFormat {
  kS10,       // UPU: two letters, nine digits, country
  kSscc18,    // GS1 serial shipping container code
  kUps1Z,     // 1Z and 16
  kFedEx12,   // FedEx Express
  kFedEx15,   // FedEx Ground
  kUsps20,    // USPS service barcode
  kUspsImpb,  // USPS package barcode: 22 digits, also with 420 and a ZIP code in front
  kDhl10      // DHL Express waybill
};

// None if the number (normal: no blanks, upper case) does not have the shape of the format.
std::optional<bool> CheckDigitHolds(NumberFormat format, std::string_view number);

// The number has the shape of a format that its carrier uses, and holds in none of those it has the
// shape of.
bool CheckDigitFails(std::string_view carrier, std::string_view number);

}  // namespace kefu::logistics
