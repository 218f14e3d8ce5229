// Entries and sessions as lines of a terminal. Pure.
#pragma once

#include <string>

#include "proto/kefu/common/v1/entry.pb.h"
#include "proto/kefu/gateway/v1/session.pb.h"

namespace kefu::ctl {

// "#12 agent Ann: Good morning", "#3 note Ann: …", "#1 system: AGENT_JOINED Ann".
std::string EntryLine(const common::v1::Entry& entry);
// "s_…_1 ACTIVE fence 2 buyer Guest".
std::string SessionLine(const gateway::v1::Session& session);

}  // namespace kefu::ctl
