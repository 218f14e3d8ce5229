// What follows at routing from the log of inquiries: sessions opened, reopened and closed lead to
// arrive, reopen and complete, which the gateway that made the change did inline already, unless it
// died in between. Harmless to repeat. Thread-safe.
#pragma once

#include <functional>

#include "gateway/sessions/parking_lot.h"
#include "gateway/sessions/session_cursors.h"
#include "gateway/sessions/session_flow.h"
#include "services/common/events/consumer.h"
#include "services/common/metrics/metrics.h"

namespace kefu::gateway::sessions {

class InquiriesEvents {
 public:
  // `followed` hears of every shop where something was done.
  InquiriesEvents(SessionFlow& flow, ParkingLot& lot, SessionCursors& cursors,
                  std::function<void(const ShopId&)> followed, metrics::Metrics& metrics);

  void Register(events::Consumer& consumer);

 private:
  Task<absl::StatusOr<events::Effect>> Follow(events::Delivery delivery);
  Task<absl::Status> Closed(server::CallScope scope, ShopId shop, inquiries::v1::Inquiry inquiry);

  SessionFlow& flow_;
  ParkingLot& lot_;
  SessionCursors& cursors_;
  const std::function<void(const ShopId&)> followed_;
  metrics::Counter& repeated_;
};

}  // namespace kefu::gateway::sessions
