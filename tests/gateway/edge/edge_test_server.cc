// The edge with toy handlers (toy_services.h), for clients in other languages and for looking at it
// by hand:
//
//   edge_test_server [LISTEN [WEB_ROOT]]      prints its address; ends when its standard input does
#include <iostream>
#include <string>

#include "gateway/edge/http_server.h"
#include "services/common/logging/log.h"
#include "tests/gateway/edge/toy_services.h"

namespace {

kefu::Task<bool> AllowShop(std::string origin) { co_return origin == "https://shop.example"; }

}  // namespace

int main(int argc, char** argv) {
  using namespace kefu::gateway;
  kefu::log::Init("edge_test_server", "info");
  HttpConfig config;
  if (argc > 1) config.listen = argv[1];
  if (argc > 2) config.web_root = argv[2];
  config.max_connections_per_address = config.max_connections;

  ToyGateway gateway;
  kefu::server::IoThreads io(2);
  auto server = HttpServer::Create(config, {gateway.dispatcher(), io, gateway.metrics, AllowShop});
  if (!server.ok()) {
    std::cerr << server.status() << "\n";
    return 1;
  }
  const auto address = (*server)->Start();
  if (!address.ok()) {
    std::cerr << address.status() << "\n";
    return 1;
  }
  std::cout << *address << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
  }
  (*server)->Drain(2000);
  (*server)->Stop();
  // Before what the handlers use.
  io.Stop();
  return 0;
}
