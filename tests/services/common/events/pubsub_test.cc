#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "services/common/events/publisher.h"
#include "services/common/events/subscriber.h"
#include "tests/support/eventually.h"

namespace kefu::events {
namespace {

using ::testing::Contains;
using ::testing::Not;

// What a subscriber heard.
class Heard {
 public:
  Subscriber::Handler Handler() {
    return [this](std::string_view topic, std::string_view envelope) {
      absl::MutexLock lock(&mutex_);
      heard_.push_back(std::string(topic.substr(0, topic.size() - 1)) + "=" +
                       std::string(envelope));
    };
  }
  std::vector<std::string> Get() {
    absl::MutexLock lock(&mutex_);
    return heard_;
  }
  // Publishes until it is heard: subscribing is asynchronous.
  bool Eventually(Publisher& publisher, std::string_view topic, const std::string& envelope,
                  const std::string& expected) {
    for (int i = 0; i < 500; ++i) {
      publisher.Publish(topic, envelope);
      absl::MutexLock lock(&mutex_);
      const auto arrived = [&] {
        return std::find(heard_.begin(), heard_.end(), expected) != heard_.end();
      };
      if (mutex_.AwaitWithTimeout(absl::Condition(&arrived), absl::Milliseconds(20))) return true;
    }
    return false;
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> heard_;
};

TEST(PubSub, ASubscriberHearsItsTopicsAndNoOthers) {
  auto publisher = Publisher::Bind("tcp://127.0.0.1:*");
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  Heard heard;
  auto subscriber = Subscriber::Connect({(*publisher)->endpoint()}, heard.Handler());
  ASSERT_TRUE(subscriber.ok()) << subscriber.status();
  (*subscriber)->Subscribe(Topic("demo", "c_1"));
  ASSERT_TRUE(heard.Eventually(**publisher, Topic("demo", "c_1"), "a", "demo/c_1=a"));
  (*publisher)->Publish(Topic("demo", "c_12"), "longer");
  (*publisher)->Publish(Topic("other", "c_1"), "foreign");
  ASSERT_TRUE(heard.Eventually(**publisher, Topic("demo", "c_1"), "b", "demo/c_1=b"));
  EXPECT_THAT(heard.Get(), Not(Contains("demo/c_12=longer")));
  EXPECT_THAT(heard.Get(), Not(Contains("other/c_1=foreign")));
}

// The kernel asks the publisher's host whether it is still there: the timer of the connection is
// that one (2) while nothing is said. Else a host that went away would be listened to for ever.
TEST(PubSub, ASubscriberFindsOutThatAPublishersHostIsGone) {
  auto publisher = Publisher::Bind("tcp://127.0.0.1:*");
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  Heard heard;
  auto subscriber = Subscriber::Connect({(*publisher)->endpoint()}, heard.Handler());
  ASSERT_TRUE(subscriber.ok()) << subscriber.status();
  (*subscriber)->Subscribe(Topic("demo", "c_1"));
  ASSERT_TRUE(heard.Eventually(**publisher, Topic("demo", "c_1"), "a", "demo/c_1=a"));
  const std::string& endpoint = (*publisher)->endpoint();
  char remote[16];
  std::snprintf(remote, sizeof(remote), "0100007F:%04X",
                std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  EXPECT_TRUE(test::Eventually([&] {
    std::ifstream table("/proc/net/tcp");
    for (std::string line; std::getline(table, line);) {
      std::istringstream words(line);
      std::string number, local, peer, state, queues, timer;
      words >> number >> local >> peer >> state >> queues >> timer;
      if (peer == remote && state == "01" && timer.substr(0, 3) == "02:") return true;
    }
    return false;
  }));
}

TEST(PubSub, ATopicIsLeftWhenTheLastListenerLeaves) {
  auto publisher = Publisher::Bind("tcp://127.0.0.1:*");
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  Heard heard;
  auto subscriber = Subscriber::Connect({(*publisher)->endpoint()}, heard.Handler());
  ASSERT_TRUE(subscriber.ok()) << subscriber.status();
  const std::string topic = Topic("demo", "twice");
  (*subscriber)->Subscribe(topic);
  (*subscriber)->Subscribe(topic);
  (*subscriber)->Unsubscribe(topic);
  ASSERT_TRUE(heard.Eventually(**publisher, topic, "still", "demo/twice=still"));
  (*subscriber)->Unsubscribe(topic);
  (*subscriber)->Subscribe(Topic("demo", "marker"));
  // Commands are obeyed in order: once the marker is heard, the topic has been left.
  ASSERT_TRUE(heard.Eventually(**publisher, Topic("demo", "marker"), "x", "demo/marker=x"));
  (*publisher)->Publish(topic, "gone");
  ASSERT_TRUE(heard.Eventually(**publisher, Topic("demo", "marker"), "y", "demo/marker=y"));
  EXPECT_THAT(heard.Get(), Not(Contains("demo/twice=gone")));
}

TEST(PubSub, APublisherThatCannotBindSaysSo) {
  auto first = Publisher::Bind("tcp://127.0.0.1:*");
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(Publisher::Bind((*first)->endpoint()).ok());
  EXPECT_FALSE(Publisher::Bind("nonsense").ok());
  EXPECT_FALSE(Subscriber::Connect({"nonsense"}, [](std::string_view, std::string_view) {}).ok());
}

}  // namespace
}  // namespace kefu::events
