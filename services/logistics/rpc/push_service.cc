#include "services/logistics/rpc/push_service.h"

#include <algorithm>
#include <utility>

#include "services/common/base/failpoint.h"
#include "services/common/base/status.h"
#include "services/common/base/text.h"
#include "services/common/logging/log.h"
#include "services/logistics/domain/push.h"

namespace kefu::logistics::rpc {
namespace {

constexpr size_t kMaxKey = 128;
constexpr size_t kMaxBody = size_t{1} << 20;

absl::Status CheckPush(const v1::ReceivePushRequest& request) {
  if (!IsPushSource(request.source())) {
    return Error(absl::StatusCode::kInvalidArgument, "UNKNOWN_SOURCE",
                 "Pushes are read from kuaidi100 and aftership.");
  }
  KEFU_RETURN_IF_ERROR(WebhookId::Parse(request.webhook()));
  KEFU_RETURN_IF_ERROR(
      CheckRequiredText("deduplication_key", request.deduplication_key(), kMaxKey));
  if (request.body().size() > kMaxBody) return InvalidField("body", "At most 1 MiB.");
  return absl::OkStatus();
}

// Reason and sentence, as they are kept with the body.
std::string ProblemOf(const absl::Status& status) {
  return ErrorReason(status).append(": ").append(FromAbsl(status.message()));
}

// The first event that was refused, if any was.
std::string ProblemOf(const std::vector<Decision::Outcome>& outcomes) {
  for (const Decision::Outcome& outcome : outcomes) {
    if (!outcome.refused.ok()) return ProblemOf(outcome.refused);
  }
  return "";
}

}  // namespace

Task<absl::Status> PushServiceImpl::DoReceive(server::CallScope scope,
                                              const v1::ReceivePushRequest& request,
                                              v1::ReceivePushResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(CheckPush(request));
  const std::string id = storage::PushIdOf(request.webhook(), request.deduplication_key());
  storage::PushState push;
  push.source = request.source();
  push.webhook = request.webhook();
  push.body = request.body();
  redis::Request by_its_key;
  by_its_key.traceparent = scope.trace.traceparent;
  KEFU_CO_ASSIGN_OR_RETURN(const bool is_new,
                           co_await pushes_.Keep(shop, std::move(by_its_key), id, std::move(push)));
  KEFU_FAILPOINT("logistics.push.kept");
  metrics_.CountPush(is_new ? "received" : "duplicate");
  response.set_duplicate(!is_new);
  // Its sender need not wait for the rest. One that came before may have been left by a process
  // that died.
  Spawn(io_.Next(), ProcessSoon(shop, id, scope.trace.traceparent));
  co_return absl::OkStatus();
}

Task<> PushServiceImpl::ProcessSoon(ShopId shop, std::string id, std::string traceparent) {
  const auto push = co_await pushes_.Find(shop, id);
  absl::Status status = push.status();
  if (push.ok() && *push && !(*push)->processed) {
    status = co_await Process(shop, id, **push, std::move(traceparent));
  }
  if (status.ok()) co_return;
  log::Warn("push not taken apart, will be tried again",
            {{"shop", shop.str()}, {"push", id}, {"reason", ErrorReason(status)}});
}

Task<absl::Status> PushServiceImpl::Process(ShopId shop, std::string id, storage::PushState push,
                                            std::string traceparent) {
  std::string problem;
  const auto read = ReadPush(table_, push.source, push.body, push.received);
  if (!read.ok()) {
    problem = ProblemOf(read.status());
  } else if (!read->events.empty()) {
    metrics_.CountUnknownStatuses(push.source, read->unknown_codes.size());
    redis::Request repeatable;
    repeatable.traceparent = std::move(traceparent);
    logistics::AddEvents command{read->carrier, read->tracking_number, read->events};
    KEFU_CO_ASSIGN_OR_RETURN(
        const storage::Written written,
        co_await shipments_.AddEvents(shop, std::move(repeatable), std::move(command)));
    const auto count = [&written](auto matches) {
      return static_cast<size_t>(
          std::count_if(written.outcomes.begin(), written.outcomes.end(), matches));
    };
    const size_t added = count([](const Decision::Outcome& o) { return o.added; });
    const size_t refused = count([](const Decision::Outcome& o) { return !o.refused.ok(); });
    metrics_.CountEvents("added", added);
    metrics_.CountEvents("refused", refused);
    metrics_.CountEvents("unchanged", written.outcomes.size() - added - refused);
    problem = ProblemOf(written.outcomes);
  }
  KEFU_FAILPOINT("logistics.push.before_finish");
  if (!problem.empty()) {
    log::Warn("push not read, or not all of it",
              {{"shop", shop.str()}, {"push", id}, {"source", push.source}, {"problem", problem}});
  }
  KEFU_CO_RETURN_IF_ERROR(co_await pushes_.Finish(shop, id, problem));
  metrics_.CountPush(problem.empty() ? "processed" : "unreadable");
  co_return absl::OkStatus();
}

Task<absl::Status> PushServiceImpl::OnDue(ShopId shop, timers::DueItem item) {
  const std::string_view key = item.key;
  if (key.substr(0, storage::kPushTimer.size()) != storage::kPushTimer) co_return absl::OkStatus();
  const std::string id(key.substr(storage::kPushTimer.size()));
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<storage::PushState> push,
                           co_await pushes_.Find(shop, id));
  if (!push) co_return absl::OkStatus();
  if (push->processed) co_return co_await pushes_.Drop(shop, id);
  co_return co_await Process(shop, id, *push, "");
}

grpc::ServerUnaryReactor* PushServiceImpl::ReceivePush(grpc::CallbackServerContext* context,
                                                       const v1::ReceivePushRequest* request,
                                                       v1::ReceivePushResponse* response) {
  return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) {
    return DoReceive(std::move(scope), *request, *response);
  });
}

}  // namespace kefu::logistics::rpc
