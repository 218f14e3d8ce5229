#include "services/common/events/cursor_reports.h"

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/events/log_reader.h"
#include "services/common/logging/log.h"

namespace kefu::events {
namespace {

using redis::Cursor;
using EventLog = v1::EventLogService::StubInterface::async_interface;

constexpr int64_t kReportEveryMs = 3000;
constexpr int64_t kReportAgainMs = 600'000;
constexpr size_t kMaxReported = 1000;

}  // namespace

Task<> CursorReports::Run(TaskGroup& tasks) {
  bool goes_on = co_await tasks.Sleep(kReportEveryMs);
  while (goes_on) {
    // The comparison of heads tells when a source is away; the next report says the same as this
    // one would have.
    const absl::Status reported = co_await Report(tasks);
    if (!reported.ok()) {
      log::Debug("cursors not reported",
                 {{"source", link_.name}, {"reason", ErrorReason(reported)}});
    }
    goes_on = co_await tasks.Sleep(kReportEveryMs);
  }
}

Task<absl::Status> CursorReports::Report(TaskGroup& tasks) {
  const int64_t now = MonotonicMs();
  bool more = true;
  while (more && !tasks.stopping()) {
    v1::ReportCursorsRequest request;
    request.set_source(link_.name);
    request.set_consumer(consumer_);
    std::vector<std::pair<ShopId, Cursor>> telling;
    for (auto& [shop, cursor] : positions_()) {
      if (telling.size() == kMaxReported) break;
      const auto known = told_.find(shop);
      if (known != told_.end() && cursor == known->second.cursor &&
          now - known->second.ms < kReportAgainMs) {
        continue;
      }
      v1::ReportCursorsRequest::Cursor* const report = request.add_cursors();
      report->set_shop(shop.str());
      report->set_store_epoch(cursor.store_epoch);
      report->set_seq(cursor.seq);
      telling.emplace_back(shop, cursor);
    }
    if (telling.empty()) co_return absl::OkStatus();
    more = telling.size() == kMaxReported;
    server::CallScope scope = NewScope("", "");
    const absl::StatusOr<v1::ReportCursorsResponse> reported =
        co_await link_.channels.Call<v1::EventLogService>(&EventLog::ReportCursors,
                                                          std::move(scope), std::move(request));
    if (!reported.ok()) co_return reported.status();
    for (const auto& [shop, cursor] : telling) told_[shop] = {cursor, now};
  }
  co_return absl::OkStatus();
}

}  // namespace kefu::events
