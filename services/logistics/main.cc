// kefu-logistics: shipments and where they are.
#include "services/common/server/process.h"
#include "services/logistics/bind.h"
#include "services/logistics/config.h"

int main(int argc, char** argv) {
  return kefu::server::Main<kefu::logistics::Config>(
      argc, argv, "logistics", kefu::logistics::ParseConfig, kefu::logistics::Bind);
}
