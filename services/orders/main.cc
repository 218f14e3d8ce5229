// kefu-orders: what buyers bought, from whatever platform, in one model.
#include "services/common/server/process.h"
#include "services/orders/bind.h"
#include "services/orders/config.h"

int main(int argc, char** argv) {
  return kefu::server::Main<kefu::orders::Config>(argc, argv, "orders", kefu::orders::ParseConfig,
                                                  kefu::orders::Bind);
}
