#include "gateway/sessions/inquiries_events.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "proto/kefu/inquiries/v1/events.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway::sessions {
namespace {

constexpr char kOpened[] = "com.kefu.inquiry.opened.v1";
constexpr char kReopened[] = "com.kefu.inquiry.reopened.v1";
constexpr char kClosed[] = "com.kefu.inquiry.closed.v1";

}  // namespace

InquiriesEvents::InquiriesEvents(SessionFlow& flow, ParkingLot& lot, SessionCursors& cursors,
                                 std::function<void(const ShopId&)> followed,
                                 metrics::Metrics& metrics)
    : flow_(flow),
      lot_(lot),
      cursors_(cursors),
      followed_(std::move(followed)),
      repeated_(metrics.AddCounter("kefu_gateway_log_entries_total",
                                   "Log entries whose following step was assured.")) {}

void InquiriesEvents::Register(events::Consumer& consumer) {
  for (const char* type : {kOpened, kReopened, kClosed}) {
    consumer.On(SessionCursors::kSource, type,
                [this](events::Delivery delivery) { return Follow(std::move(delivery)); });
  }
}

Task<absl::Status> InquiriesEvents::Closed(server::CallScope scope, ShopId shop,
                                           inquiries::v1::Inquiry inquiry) {
  KEFU_CO_ASSIGN_OR_RETURN(SessionId session, SessionId::Parse(inquiry.session()));
  KEFU_CO_RETURN_IF_ERROR(co_await flow_.Complete(std::move(scope), shop, std::move(inquiry)));
  co_return co_await lot_.Forget(shop, std::move(session));
}

Task<absl::StatusOr<events::Effect>> InquiriesEvents::Follow(events::Delivery delivery) {
  inquiries::v1::InquiryChanged changed;
  if (!changed.ParseFromString(delivery.envelope.data())) {
    co_return Error(absl::StatusCode::kInvalidArgument, "BAD_EVENT",
                    "The event cannot be read; discard it if this is no older release.");
  }
  const std::string& type = delivery.envelope.type();
  absl::Status followed;
  if (type == kClosed) {
    followed = co_await Closed(delivery.scope, delivery.shop, changed.inquiry());
  } else if (type == kOpened) {
    followed = co_await flow_.Arrive(delivery.scope, delivery.shop, changed.inquiry());
  } else {
    followed = co_await flow_.Rearrive(delivery.scope, delivery.shop, changed.inquiry());
  }
  if (!followed.ok()) co_return followed;
  repeated_.Increment();
  // What a snapshot shows is older than what the log still holds.
  if (!delivery.from_snapshot) {
    const int64_t ms =
        google::protobuf::util::TimeUtil::TimestampToMilliseconds(delivery.envelope.time());
    cursors_.Passed(delivery.shop, {ms});
  }
  followed_(delivery.shop);
  co_return events::Effect::kNone;
}

}  // namespace kefu::gateway::sessions
