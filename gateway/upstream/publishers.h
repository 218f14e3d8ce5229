// Who publishes what: a source of events is named like its service, but for the gateway's two.
#pragma once

#include <array>
#include <string_view>

namespace kefu::gateway {

struct EventPublisher {
  std::string_view source;
  // As in ServiceChannels; "gateway" is this process itself.
  std::string_view service;
};

inline constexpr std::array<EventPublisher, 6> kEventPublishers = {{{"inquiries", "inquiries"},
                                                                    {"orders", "orders"},
                                                                    {"logistics", "logistics"},
                                                                    {"after_sales", "after_sales"},
                                                                    {"directory", "gateway"},
                                                                    {"routing", "gateway"}}};

}  // namespace kefu::gateway
