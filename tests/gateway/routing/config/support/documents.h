// Routing configurations for tests.
#pragma once

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "proto/kefu/gateway/v1/routing_config.pb.h"

namespace kefu::gateway::routing::config {

inline const char kLi[] = "a_aaaaaaaaaaaaaaaaaaaaaaaaaa";

// A shop of several groups and two languages.
inline v1::RoutingConfig ShopConfig() {
  v1::RoutingConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(
      skills { skill: "returns" } skills { skill: "invoices" } skills { skill: "phones" }
      languages: "zh-CN" languages: "en"
      groups {
        group: "sales" display_name: "售前"
        strategy: STRATEGY_ROUND_ROBIN
        hours: "day" fallback { group: "after" }
      }
      groups {
        group: "after" display_name: "售后"
        requirements { skill: "returns" level: 3 }
        requirements { skill: "phones" level: 2 optional: true value: 1 }
        requirements { skill: "invoices" level: 2 optional: true value: 5 }
        push: PUSH_OFFER offer_timeout { seconds: 15 }
        relaxation { after { seconds: 15 } lower_levels_by: 1 }
        relaxation { after { seconds: 45 } drop_optional: 1 }
        relaxation { after { seconds: 90 } set_levels { levels { key: "returns" value: 1 } } }
        relaxation { after { seconds: 120 } overflow_group: "sales" }
        hours: "day"
        fallback { leave_message { texts { key: "zh-CN" value: "请留言" }
                                   texts { key: "en" value: "Leave a message" } } }
      }
      groups { group: "english" languages: "en" strict_priority: true }
      rules { languages: "en" group: "english" }
      rules { categories: CATEGORY_AFTER_SALES categories: CATEGORY_COMPLAINT group: "after" }
      rules { page_prefixes: "/returns/" group: "after" }
      rules { priorities: PRIORITY_VIP channels: CHANNEL_WIDGET group: "after" }
      default_group: "sales"
      hours {
        hours: "day" time_zone: "Asia/Shanghai"
        weekly { weekdays: WEEKDAY_MONDAY weekdays: WEEKDAY_TUESDAY
                 span { from: "09:00" to: "18:00" } }
        exceptions { date: "2026-10-06" }
      }
      weights { call: 100 }
      auto_replies { busy { texts { key: "zh-CN" value: "请稍候" } } }
      )",
      &config));
  return config;
}

}  // namespace kefu::gateway::routing::config
