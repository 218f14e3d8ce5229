// See chain.h. Ends when it is killed: it keeps nothing.
//
//   compare_chain service LISTEN REDIS_SOCKET EVENTS
//   compare_chain gateway LISTEN SERVICE EVENTS
//
// Prints the port on which it listens, "0" for a unix socket.
#include "tests/bench/compare/chain.h"

#include <absl/synchronization/mutex.h>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: compare_chain service|gateway LISTEN REDIS_SOCKET|SERVICE EVENTS\n", stderr);
    return 2;
  }
  // Debian's abseil looks for deadlocks at every lock, which costs a twentieth of all.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const auto service = argv[1] == std::string("service")
                           ? kefu::bench::MakeChainService(argv[3], argv[4])
                           : kefu::bench::MakeChainGateway(argv[3], argv[4]);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[2], grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(service.get());
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::printf("%d\n", port == 1 ? 0 : port);
  std::fflush(stdout);
  server->Wait();
  return 0;
}
