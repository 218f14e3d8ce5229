// How the sources' codes translate into kefu's statuses: data, read at start from
// deploy/config/shipment_statuses.yaml (services/logistics/status_file.h). Pure; immutable once
// built, then thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "services/logistics/domain/status.h"

namespace kefu::logistics {

class StatusTable {
 public:
  struct Source {
    std::map<std::string, Meaning, std::less<>> codes;
    // An unknown code "Exception_099" is looked up as "Exception".
    bool prefix_fallback = false;
    // What the source calls a carrier, if kefu calls it otherwise.
    std::map<std::string, std::string, std::less<>> carriers;
  };

  void Add(std::string name, Source source) { sources_[std::move(name)] = std::move(source); }

  bool HasSource(std::string_view source) const { return sources_.count(source) > 0; }
  // None: no table knows the code.
  std::optional<Meaning> Find(std::string_view source, std::string_view code) const;
  std::string CarrierOf(std::string_view source, std::string_view carrier) const;

 private:
  std::map<std::string, Source, std::less<>> sources_;
};

}  // namespace kefu::logistics
