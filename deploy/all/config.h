// The configuration of kefu-all: where the configuration files of the services are. Those are the
// files that the services would run with by themselves; what is one for the whole process (log
// level, admin port, ports file) comes from here.
//
//   services:
//     inquiries: "/etc/kefu/inquiries.yaml"      and so on, all six
#pragma once

#include <absl/status/statusor.h>

#include <string_view>

#include "gateway/config.h"
#include "services/after_sales/config.h"
#include "services/common/server/process.h"
#include "services/inquiries/config.h"
#include "services/logistics/config.h"
#include "services/orders/config.h"
#include "services/records/config.h"

namespace kefu::all {

struct Config {
  server::CommonConfig common;
  inquiries::Config inquiries;
  orders::Config orders;
  logistics::Config logistics;
  after_sales::Config after_sales;
  records::Config records;
  gateway::Config gateway;
};

// INVALID_ARGUMENT names what is wrong, and in which file.
absl::StatusOr<Config> ParseConfig(std::string_view yaml);

}  // namespace kefu::all
