#include "services/common/redis/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "services/common/base/status.h"
#include "tests/support/eventually.h"
#include "tests/support/redis_server.h"

namespace kefu::redis {
namespace {

// A server on TCP whose queue of connections is full: further ones are neither taken nor refused,
// as by a host that is off.
class SilentServer {
 public:
  SilentServer() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    listen(listener_, 0);
    filler_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connect(filler_, reinterpret_cast<sockaddr*>(&address), size);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() {
    close(filler_);
    close(listener_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // The local ports of those that wait for an answer to their first packet.
  std::set<std::string> Knocking() const {
    char server[16];
    std::snprintf(server, sizeof(server), "0100007F:%04X", port_);
    std::ifstream table("/proc/net/tcp");
    std::set<std::string> ports;
    for (std::string line; std::getline(table, line);) {
      std::istringstream words(line);
      std::string number, local, remote, state;
      words >> number >> local >> remote >> state;
      if (remote == server && state == "02") ports.insert(local);
    }
    return ports;
  }

 private:
  int listener_ = -1, filler_ = -1;
  uint16_t port_ = 0;
};

std::future<absl::StatusOr<Value>> Start(Client& client, Command command,
                                         int64_t timeout_ms = 5000) {
  auto promise = std::make_shared<std::promise<absl::StatusOr<Value>>>();
  std::future<absl::StatusOr<Value>> future = promise->get_future();
  client.Send(std::move(command), timeout_ms,
              [promise](absl::StatusOr<Value> value) { promise->set_value(std::move(value)); });
  return future;
}

TEST(Client, AnswersCommandsInTheirOrder) {
  test::RedisServer server;
  Client client({server.address(), "", ""});
  std::vector<std::future<absl::StatusOr<Value>>> answers;
  for (int i = 0; i < 1000; ++i) answers.push_back(Start(client, {"INCR", "n"}));
  for (int i = 0; i < 1000; ++i) {
    const absl::StatusOr<Value> answer = answers[i].get();
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->Int(), i + 1);
  }
}

TEST(Client, CopiesEveryKindOfReply) {
  test::RedisServer server;
  Client client({server.address(), "", ""});
  const auto answer =
      Start(client, {"EVAL", "return {1, 'two', {3, false}, redis.status_reply('ok')}", "0"}).get();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ((*answer)[0].Int(), 1);
  EXPECT_EQ((*answer)[1].str(), "two");
  EXPECT_EQ((*answer)[2][0].Int(), 3);
  EXPECT_TRUE((*answer)[2][1].is_nil());
  EXPECT_EQ((*answer)[3].str(), "ok");
  EXPECT_TRUE((*answer)[9].is_nil());
}

TEST(Client, TellsARefusedCommandFromALostOne) {
  test::RedisServer server;
  Client client({server.address(), "", ""});
  const auto refused = Start(client, {"NOSUCHCOMMAND"}).get();
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ErrorReason(refused.status()), "STORE_ERROR");
}

TEST(Client, SaysThatTheOutcomeIsUnknownWhenTheServerDiesAndComesBackByItself) {
  test::RedisServer server;
  Client client({server.address(), "", ""});
  ASSERT_TRUE(Start(client, {"SET", "k", "v"}).get().ok());
  auto pending = Start(client, {"BLPOP", "never", "0"}, 60'000);
  // It has arrived: a command that is not sent yet is not lost.
  Client other({server.address(), "", ""});
  ASSERT_TRUE(test::Eventually([&] {
    const auto clients = Start(other, {"INFO", "clients"}).get();
    return clients.ok() && clients->str().find("blocked_clients:1") != std::string::npos;
  }));
  server.Kill();
  const auto lost = pending.get();
  EXPECT_EQ(lost.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(lost.status()), "OUTCOME_UNKNOWN");
  auto while_down = Start(client, {"GET", "k"}, 10'000);
  server.Start();
  const auto again = while_down.get();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->str(), "v");
}

TEST(Client, ATimeOutBreaksTheConnectionAndNeverMixesAnswers) {
  test::RedisServer server;
  Client client({server.address(), "", ""});
  ASSERT_TRUE(Start(client, {"SET", "k", "mine"}).get().ok());
  const auto slow = Start(client, {"BLPOP", "never", "0"}, 50).get();
  EXPECT_EQ(ErrorReason(slow.status()), "OUTCOME_UNKNOWN");
  const auto next = Start(client, {"GET", "k"}).get();
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->str(), "mine");
}

TEST(Client, WithoutAServerACallEndsAtItsDeadlineAndIsSafeToRetry) {
  Client client({"unix:/nowhere/redis.sock", "", ""});
  const auto answer = Start(client, {"PING"}, 100).get();
  EXPECT_EQ(ErrorReason(answer.status()), "STORE_UNAVAILABLE");
}

// Else it would be found again only when the kernel gives up, after minutes.
TEST(Client, AServerThatDoesNotAnswerIsKnockedAtAnew) {
  const SilentServer server;
  Client client({server.address(), "", ""});
  std::set<std::string> first;
  ASSERT_TRUE(test::Eventually([&] { return !(first = server.Knocking()).empty(); }));
  EXPECT_TRUE(test::Eventually([&] {
    const std::set<std::string> now = server.Knocking();
    return !now.empty() && now != first;
  }));
  EXPECT_FALSE(client.connected());
}

TEST(Client, CallsPendingAtTheEndAreAnswered) {
  test::RedisServer server;
  std::future<absl::StatusOr<Value>> pending;
  {
    Client client({server.address(), "", ""});
    ASSERT_TRUE(Start(client, {"PING"}).get().ok());
    pending = Start(client, {"BLPOP", "never", "0"}, 60'000);
  }
  EXPECT_EQ(pending.get().status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace kefu::redis
