// kefu-after-sales: refunds, returns and exchanges.
#include "services/after_sales/bind.h"
#include "services/after_sales/config.h"
#include "services/common/server/process.h"

int main(int argc, char** argv) {
  return kefu::server::Main<kefu::after_sales::Config>(
      argc, argv, "after_sales", kefu::after_sales::ParseConfig, kefu::after_sales::Bind);
}
