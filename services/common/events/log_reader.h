// Asks the publisher of one log (one source of one shop): for its pages, its snapshot, and where an
// epoch began.
//
// Threads: one executor. `channels` outlives it. Errors: those of the calls
// (proto/kefu/events/v1/service.proto).
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/kefu/events/v1/service.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/cursors.h"
#include "services/common/server/channels.h"
#include "services/common/server/unary.h"

namespace kefu::events {

// Of a call that a consumer makes by itself.
server::CallScope NewScope(std::string_view traceparent, std::string_view request_id);

class LogReader {
 public:
  LogReader(std::string source, ShopId shop, server::Channels& channels)
      : source_(std::move(source)), shop_(std::move(shop)), channels_(channels) {}

  Task<absl::StatusOr<v1::ReadResponse>> Read(v1::ReadRequest request);
  // Of the first event that is kept something came before.
  Task<absl::StatusOr<bool>> BeginningIsGone();
  // The first position up to `at` that holds an event written in a later epoch than `at`'s; the one
  // after it (or the head) if none does. None if it cannot be said: the event before it was
  // trimmed, which may have been of the later epoch, too.
  Task<absl::StatusOr<std::optional<uint64_t>>> FirstWrittenAfter(redis::Cursor at,
                                                                  redis::Cursor head);
  // Has the publisher leave the epoch behind.
  Task<absl::Status> RaiseEpoch(uint64_t observed);
  Task<absl::StatusOr<v1::SnapshotResponse>> SnapshotPage(std::string page_token,
                                                          uint32_t page_size);

 private:
  const std::string source_;
  const ShopId shop_;
  server::Channels& channels_;
};

}  // namespace kefu::events
