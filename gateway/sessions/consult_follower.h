// Ends the consults of sessions that are their askers' no more, as routing's log tells: closed,
// given away, taken. Harmless to repeat. Thread-safe. Errors: those of the stores.
#pragma once

#include <vector>

#include "gateway/consults/consult_book.h"
#include "gateway/routing/router.h"
#include "gateway/sessions/announcer.h"
#include "services/common/base/ids.h"
#include "services/common/server/unary.h"

namespace kefu::gateway::sessions {

// Who owns the sessions after these changes, of those that somebody may have owned before.
consults::Owners OwnersAfter(const std::vector<routing::SessionChange>& changes);

class ConsultFollower {
 public:
  // All outlive it.
  ConsultFollower(consults::ConsultBook& book, routing::Router& router, Announcer& announcer)
      : book_(book), router_(router), announcer_(announcer) {}

  Task<absl::Status> Follow(server::CallScope scope, ShopId shop,
                            std::vector<routing::SessionChange> changes);

 private:
  // Who owns those sessions now: the log may be behind.
  Task<absl::StatusOr<consults::Owners>> OwnersNow(ShopId shop, consults::Consults consults);

  consults::ConsultBook& book_;
  routing::Router& router_;
  Announcer& announcer_;
};

}  // namespace kefu::gateway::sessions
