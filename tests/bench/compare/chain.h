// The hops of a message without any logic, as the least that these building blocks cost: client,
// gateway, service, XADD, acknowledgement; ZeroMQ, gateway, stream. One program in two roles.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/bench/compare/chain.grpc.pb.h"

namespace kefu::bench {

// Both return what must live as long as the server.
std::unique_ptr<Chain::CallbackService> MakeChainService(const std::string& redis,
                                                         const std::string& events);
std::unique_ptr<Chain::CallbackService> MakeChainGateway(const std::string& service,
                                                         const std::string& events);

}  // namespace kefu::bench
