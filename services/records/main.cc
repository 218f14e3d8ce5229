// kefu-records: the read side; transcripts, sessions, rounds and figures in SQL.
#include "services/common/server/process.h"
#include "services/records/bind.h"
#include "services/records/config.h"

int main(int argc, char** argv) {
  return kefu::server::Main<kefu::records::Config>(argc, argv, "records",
                                                   kefu::records::ParseConfig, kefu::records::Bind);
}
