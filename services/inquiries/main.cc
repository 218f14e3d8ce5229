// kefu-inquiries: conversations, their entries, and the lives of inquiries.
#include "services/common/server/process.h"
#include "services/inquiries/bind.h"
#include "services/inquiries/config.h"

int main(int argc, char** argv) {
  return kefu::server::Main<kefu::inquiries::Config>(
      argc, argv, "inquiries", kefu::inquiries::ParseConfig, kefu::inquiries::Bind);
}
