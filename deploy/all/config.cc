#include "deploy/all/config.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/config/reader.h"

namespace kefu::all {
namespace {

template <class Part>
absl::Status ReadPart(const std::string& path, absl::StatusOr<Part> (*parse)(std::string_view),
                      Part* part) {
  KEFU_ASSIGN_OR_RETURN(const std::string text, config::ReadFile(path));
  absl::StatusOr<Part> parsed = parse(text);
  if (!parsed.ok()) {
    return Error(parsed.status().code(), "BAD_CONFIG",
                 fmt::format("{}: {}", path, FromAbsl(parsed.status().message())));
  }
  *part = *std::move(parsed);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view yaml) {
  config::Reader reader(yaml);
  Config config;
  reader.Optional("log_level", &config.common.log_level);
  reader.Optional("admin_address", &config.common.admin_address);
  reader.Optional("ports_file", &config.common.ports_file);
  std::string inquiries, orders, logistics, after_sales, records, gateway;
  reader.Required("services.inquiries", &inquiries);
  reader.Required("services.orders", &orders);
  reader.Required("services.logistics", &logistics);
  reader.Required("services.after_sales", &after_sales);
  reader.Required("services.records", &records);
  reader.Required("services.gateway", &gateway);
  KEFU_RETURN_IF_ERROR(reader.Finish());
  KEFU_RETURN_IF_ERROR(ReadPart(inquiries, inquiries::ParseConfig, &config.inquiries));
  KEFU_RETURN_IF_ERROR(ReadPart(orders, orders::ParseConfig, &config.orders));
  KEFU_RETURN_IF_ERROR(ReadPart(logistics, logistics::ParseConfig, &config.logistics));
  KEFU_RETURN_IF_ERROR(ReadPart(after_sales, after_sales::ParseConfig, &config.after_sales));
  KEFU_RETURN_IF_ERROR(ReadPart(records, records::ParseConfig, &config.records));
  KEFU_RETURN_IF_ERROR(ReadPart(gateway, gateway::ParseConfig, &config.gateway));
  return config;
}

}  // namespace kefu::all
