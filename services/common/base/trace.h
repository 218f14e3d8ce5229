// What ties the log lines and calls of one request together (W3C trace context).
#pragma once

#include <string>
#include <string_view>

namespace kefu {

struct Trace {
  // "00-<32 hex>-<16 hex>-<2 hex>"
  std::string traceparent;
  // The client's request_id, empty for reads.
  std::string request_id;
};

// The caller's context if it is well-formed, else a new random one.
std::string TraceparentOrNew(std::string_view incoming);

}  // namespace kefu
