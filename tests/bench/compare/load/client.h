// One person's client in one of the protocols: what it is told of its own messages and those of the
// other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/compare/load/message.h"
#include "tests/bench/compare/load/wire.h"

namespace kefu::bench {

struct Person {
  // Where the stream is, and the other of the pair: its index.
  std::string address;
  int peer = 0;
  std::string token;
  // Paths and bodies; a person without `send` only listens.
  std::string listen_path;
  std::string listen;
  std::string send_path;
  std::string send;
};

struct Events {
  // What this person sent is acknowledged, or was refused.
  std::function<void(bool accepted)> acknowledged;
  // This person's stream shows a message, maybe its own.
  MarkFinder::OnMark shown;
};

class Client {
 public:
  virtual ~Client() = default;

  // At most one is sent before it is acknowledged.
  virtual void Send(int sender, uint64_t number) = 0;

  const std::vector<std::unique_ptr<Wire>>& wires() const { return wires_; }

 protected:
  Wire& Open(const std::string& address, int turn) {
    return *wires_.emplace_back(std::make_unique<Wire>(address, turn));
  }

 private:
  std::vector<std::unique_ptr<Wire>> wires_;
};

// Connected, with its stream open. `turn`: see Wire.
std::unique_ptr<Client> ConnectClient(const std::string& kind, const Person& person, int turn,
                                      Events events);

std::unique_ptr<Client> MakeConnectClient(const Person& person, int turn, Events events);
std::unique_ptr<Client> MakeGrpcClient(const Person& person, int turn, Events events);
// `polling`: begins with polling and upgrades, as its clients do unless told otherwise.
std::unique_ptr<Client> MakeSocketIoClient(const Person& person, int turn, Events events,
                                           bool polling);
std::unique_ptr<Client> MakeRedisClient(const Person& person, int turn, Events events);

}  // namespace kefu::bench
