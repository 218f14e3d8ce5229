#include "services/inquiries/domain/content_rules.h"

#include <algorithm>
#include <string>

#include "services/common/base/status.h"

namespace kefu::inquiries::domain {
namespace {

bool StartsWithIgnoringCase(std::string_view text, std::string_view lower_prefix) {
  if (text.size() < lower_prefix.size()) return false;
  return std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                    [](char want, char got) {
                      return want == (got >= 'A' && got <= 'Z' ? got - 'A' + 'a' : got);
                    });
}

}  // namespace

absl::Status CheckUrl(std::string_view field, std::string_view url) {
  if (url.empty()) return absl::OkStatus();
  KEFU_RETURN_IF_ERROR(CheckText(field, url, kMaxUrl));
  const size_t scheme = StartsWithIgnoringCase(url, "https://")  ? 8
                        : StartsWithIgnoringCase(url, "http://") ? 7
                                                                 : 0;
  if (scheme == 0) return InvalidField(field, "must begin with http:// or https://");
  const std::string_view rest = url.substr(scheme);
  if (rest.empty() || rest.find_first_of("/?#") == 0)
    return InvalidField(field, "must name a host");
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) {
    return static_cast<uint8_t>(c) > 0x20 && c != 0x7F && c != '"' && c != '<' && c != '>' &&
           c != '\\';
  });
  if (!printable)
    return InvalidField(field, "must not contain spaces, quotes or control characters");
  return absl::OkStatus();
}

absl::Status CheckCurrency(std::string_view field, std::string_view currency) {
  const bool letters =
      currency.size() == 3 &&
      std::all_of(currency.begin(), currency.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!letters) return InvalidField(field, "must be an ISO 4217 code such as CNY");
  return absl::OkStatus();
}

}  // namespace kefu::inquiries::domain
