// Pushed bodies for tests.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace kefu::logistics::test {

inline std::string FormEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return encoded;
}

struct KuaidiItem {
  std::string time;
  // Empty: of the old kind, without a statusCode.
  std::string code;
  std::string text = "快件";
};

// Newest first, as they send it.
inline std::string KuaidiParam(const std::vector<KuaidiItem>& items, std::string_view state = "0",
                               std::string_view status = "polling", std::string_view more = "") {
  std::string data;
  for (const KuaidiItem& item : items) {
    const std::string code =
        item.code.empty() ? "" : fmt::format(R"(,"statusCode":"{}")", item.code);
    data += fmt::format(R"({}{{"time":"{}","context":"{}","areaName":"浙江,杭州市"{}}})",
                        data.empty() ? "" : ",", item.time, item.text, code);
  }
  return fmt::format(
      R"({{"status":"{}","message":"m"{},"lastResult":{{"com":"yuantong","nu":"YT8800000000017",)"
      R"("state":"{}","data":[{}]}}}})",
      status, more, state, data);
}

inline std::string KuaidiForm(std::string_view param) { return "param=" + FormEncode(param); }

inline std::string AfterShipBody(std::string_view checkpoints, std::string_view tag = "InTransit",
                                 std::string_view subtag = "InTransit_001",
                                 std::string_view event = "tracking_update") {
  return fmt::format(
      R"({{"ts":1741047153,"event":"{}","event_id":"e-1","is_tracking_first_tag":false,"msg":)"
      R"({{"slug":"ups","tracking_number":"1Z5R89390357567127","tag":"{}","subtag":"{}",)"
      R"("subtag_message":"What it means","updated_at":"2025-03-05T00:00:00+00:00",)"
      R"("checkpoints":[{}]}}}})",
      event, tag, subtag, checkpoints);
}

}  // namespace kefu::logistics::test
