// What the shifts of a gateway's shops are made of. All arguments outlive the keeper.
#pragma once

#include "gateway/directory/directory.h"
#include "gateway/routing/router.h"
#include "gateway/sessions/announcer.h"
#include "gateway/sessions/routing_plans.h"
#include "gateway/sessions/shift_keeper.h"

namespace kefu::gateway::sessions {

struct ShiftParts {
  RoutingPlans& plans;
  directory::Directory& directory;
  routing::Router& router;
  Announcer& announcer;
  redis::Aggregates& store;
  const Clock& clock;
};

ShiftKeeper::Deps DepsOf(ShiftParts parts);

}  // namespace kefu::gateway::sessions
