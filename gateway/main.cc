// The front door: kefu-gateway --config gateway.yaml
#include "gateway/bind.h"
#include "gateway/config.h"
#include "services/common/server/process.h"

int main(int argc, char** argv) {
  return kefu::server::Main<kefu::gateway::Config>(argc, argv, "gateway",
                                                   kefu::gateway::ParseConfig, kefu::gateway::Bind);
}
