#include "services/logistics/domain/status_table.h"

namespace kefu::logistics {

std::optional<Meaning> StatusTable::Find(std::string_view source, std::string_view code) const {
  const auto table = sources_.find(source);
  if (table == sources_.end()) return std::nullopt;
  const auto& codes = table->second.codes;
  auto found = codes.find(code);
  if (found == codes.end() && table->second.prefix_fallback)
    found = codes.find(code.substr(0, code.find('_')));
  if (found == codes.end()) return std::nullopt;
  return found->second;
}

std::string StatusTable::CarrierOf(std::string_view source, std::string_view carrier) const {
  const auto table = sources_.find(source);
  if (table == sources_.end()) return std::string(carrier);
  const auto found = table->second.carriers.find(carrier);
  return found == table->second.carriers.end() ? std::string(carrier) : found->second;
}

}  // namespace kefu::logistics
