// grpc.reflection: which services there are, and the descriptors behind them, for tools such as
// grpcurl. (gRPC's own plugin knows services that are registered with the server only, and the
// front's are served generically.) Pure; thread-safe.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "gateway/edge/registry.h"
#include "proto/grpc/reflection/v1alpha/reflection.pb.h"

namespace kefu::gateway {

// "grpc.reflection.v1.ServerReflection/ServerReflectionInfo" and that of v1alpha, whose messages
// are the same on the wire.
bool IsReflection(std::string_view path);

class GrpcReflection {
 public:
  // Shows the services whose methods may be called from outside.
  explicit GrpcReflection(const Registry& registry);

  grpc::reflection::v1alpha::ServerReflectionResponse Answer(
      const grpc::reflection::v1alpha::ServerReflectionRequest& request) const;

 private:
  std::set<std::string> services_;
};

}  // namespace kefu::gateway
