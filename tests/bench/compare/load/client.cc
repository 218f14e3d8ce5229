#include "tests/bench/compare/load/client.h"

#include <utility>

namespace kefu::bench {

std::unique_ptr<Client> ConnectClient(const std::string& kind, const Person& person, int turn,
                                      Events events) {
  if (kind == "connect") return MakeConnectClient(person, turn, std::move(events));
  if (kind == "grpc") return MakeGrpcClient(person, turn, std::move(events));
  if (kind == "websocket") return MakeSocketIoClient(person, turn, std::move(events), false);
  if (kind == "polling") return MakeSocketIoClient(person, turn, std::move(events), true);
  if (kind == "redis") return MakeRedisClient(person, turn, std::move(events));
  throw Failure("no such kind: " + kind);
}

}  // namespace kefu::bench
