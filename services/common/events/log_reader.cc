#include "services/common/events/log_reader.h"

#include <algorithm>
#include <utility>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"

namespace kefu::events {
namespace {

using redis::Cursor;
using EventLog = v1::EventLogService::StubInterface::async_interface;

constexpr int64_t kCallMs = 5000;

}  // namespace

server::CallScope NewScope(std::string_view traceparent, std::string_view request_id) {
  server::CallScope scope;
  scope.trace.traceparent = TraceparentOrNew(traceparent);
  scope.trace.request_id = std::string(request_id);
  scope.deadline_ms = MonotonicMs() + kCallMs;
  return scope;
}

Task<absl::StatusOr<v1::ReadResponse>> LogReader::Read(v1::ReadRequest request) {
  request.set_source(source_);
  request.set_shop(shop_.str());
  server::CallScope scope = NewScope("", "");
  co_return co_await channels_.Call<v1::EventLogService>(&EventLog::Read, std::move(scope),
                                                         std::move(request));
}

Task<absl::StatusOr<bool>> LogReader::BeginningIsGone() {
  v1::ReadRequest request;
  request.set_page_size(1);
  absl::StatusOr<v1::ReadResponse> read = co_await Read(std::move(request));
  if (ErrorReason(read.status()) == "LOG_TRIMMED") co_return true;
  if (!read.ok()) co_return read.status();
  if (read->envelopes().empty()) co_return read->next_seq() > 1;
  co_return read->envelopes(0).seq() > 1;
}

// Events know the epoch that they were written in. What was lost may have been replaced, and the
// log grown beyond the cursor again, before this was noticed; so the head alone does not tell.
Task<absl::StatusOr<std::optional<uint64_t>>> LogReader::FirstWrittenAfter(Cursor at, Cursor head) {
  uint64_t first = 1;
  uint64_t end = std::min(at.seq, head.seq) + 1;
  bool before_is_gone = false;
  while (first < end) {
    const uint64_t middle = first + (end - first) / 2;
    v1::ReadRequest request;
    request.set_after_seq(middle - 1);
    request.set_store_epoch(head.store_epoch);
    request.set_page_size(1);
    const absl::StatusOr<v1::ReadResponse> read = co_await Read(std::move(request));
    const bool trimmed = ErrorReason(read.status()) == "LOG_TRIMMED";
    if (!trimmed && !read.ok()) co_return read.status();
    if (trimmed ||
        (!read->envelopes().empty() && read->envelopes(0).store_epoch() <= at.store_epoch)) {
      first = middle + 1;
      before_is_gone = trimmed;
    } else {
      end = middle;
    }
  }
  if (before_is_gone) co_return std::nullopt;
  co_return end;
}

Task<absl::Status> LogReader::RaiseEpoch(uint64_t observed) {
  v1::RaiseEpochRequest request;
  request.set_request_id(NewToken());
  request.set_shop(shop_.str());
  request.set_observed_epoch(observed);
  request.set_source(source_);
  server::CallScope scope = NewScope("", request.request_id());
  const absl::StatusOr<v1::RaiseEpochResponse> raised =
      co_await channels_.Call<v1::EventLogService>(&EventLog::RaiseEpoch, std::move(scope),
                                                   std::move(request));
  co_return raised.status();
}

Task<absl::StatusOr<v1::SnapshotResponse>> LogReader::SnapshotPage(std::string page_token,
                                                                   uint32_t page_size) {
  v1::SnapshotRequest request;
  request.set_source(source_);
  request.set_shop(shop_.str());
  request.set_page_size(page_size);
  request.set_page_token(std::move(page_token));
  server::CallScope scope = NewScope("", "");
  co_return co_await channels_.Call<v1::EventLogService>(&EventLog::Snapshot, std::move(scope),
                                                         std::move(request));
}

}  // namespace kefu::events
