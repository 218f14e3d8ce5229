// kefu-all: the gateway and every service in one process, for a small shop and for quick tests.
#include "deploy/all/bind.h"
#include "deploy/all/config.h"
#include "services/common/server/process.h"

int main(int argc, char** argv) {
  return kefu::server::Main<kefu::all::Config>(argc, argv, "all", kefu::all::ParseConfig,
                                               kefu::all::Bind);
}
