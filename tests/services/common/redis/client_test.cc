#include "services/common/redis/client.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "services/common/base/status.h"
#include "tests/support/eventually.h"
#include "tests/support/redis_server.h"

namespace kefu::redis {
namespace {

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
