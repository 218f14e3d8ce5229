// EventLogService over gRPC, for whatever outboxes a process has. Threads: as the Outbox.
#pragma once

#include <memory>
#include <vector>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/events/outbox.h"
#include "services/common/server/io_threads.h"

namespace kefu::events {

// NOT_FOUND NO_SUCH_SOURCE for a source that is none of these; an empty source is the only one.
std::unique_ptr<v1::EventLogService::CallbackService> NewEventLogService(
    server::IoThreads& io, std::vector<Outbox*> outboxes);

}  // namespace kefu::events
