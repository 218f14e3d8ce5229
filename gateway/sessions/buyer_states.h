// Where a session stands for its buyer: waiting with a place and a predicted wait, kept for later,
// served, or over. Thread-safe. Errors: those of routing and of the store.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "gateway/routing/known_agent.h"
#include "gateway/routing/router.h"
#include "gateway/sessions/parking_lot.h"
#include "gateway/sessions/wait_estimates.h"
#include "gateway/streams/buyer_look.h"

namespace kefu::gateway::sessions {

class BuyerStates {
 public:
  // All outlive it.
  struct Deps {
    routing::Router& router;
    ParkingLot& lot;
    WaitEstimates& waits;
    routing::FindAgent find_agent;
  };
  explicit BuyerStates(Deps deps) : deps_(std::move(deps)) {}

  // `session` is one that exists at inquiries; one that routing does not know waits to arrive.
  Task<absl::StatusOr<streams::BuyerLook>> Of(ShopId shop, SessionId session);

 private:
  Task<v1::QueuePlace> PlaceOf(ShopId shop, routing::Explanation explained);

  const Deps deps_;
};

}  // namespace kefu::gateway::sessions
