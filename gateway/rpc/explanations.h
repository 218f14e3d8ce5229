// Routing's explanations as people read them. Pure; any thread.
#pragma once

#include "gateway/routing/domain/classes.h"
#include "gateway/routing/router.h"
#include "proto/kefu/gateway/v1/board.pb.h"

namespace kefu::gateway {

// Why the session waits: of several reasons the first, in the order of the enum. Unspecified if it
// does not wait. `classes`: those of the plan in force.
v1::Explanation::Reason ReasonOf(const routing::Explanation& explanation,
                                 const routing::ClassTable& classes);

v1::Explanation ToMessage(const routing::Explanation& explanation,
                          const routing::ClassTable& classes);

}  // namespace kefu::gateway
