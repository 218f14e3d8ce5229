// ConsumerService over gRPC: what a consumer has done, and the events it could not take. Threads:
// as the Consumer.
#pragma once

#include <memory>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/events/consumer.h"
#include "services/common/server/io_threads.h"

namespace kefu::events {

std::unique_ptr<v1::ConsumerService::CallbackService> NewConsumerService(server::IoThreads& io,
                                                                         Consumer& consumer);

}  // namespace kefu::events
