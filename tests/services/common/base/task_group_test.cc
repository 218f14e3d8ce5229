#include "services/common/base/task_group.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <thread>

#include "tests/support/await.h"

namespace kefu {
namespace {

class TaskGroupTest : public ::testing::Test {
 protected:
  ~TaskGroupTest() override {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }

  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<Executor> guard_{loop_.get_executor()};
  std::thread thread_{[this] { loop_.run(); }};
};

Task<> SleepLong(TaskGroup* group, std::atomic<int>* ended) {
  bool goes_on = true;
  while (goes_on) goes_on = co_await group->Sleep(3'600'000);
  ++*ended;
}

TEST_F(TaskGroupTest, StopWakesWhatSleepsAndWaitsForIt) {
  TaskGroup group(loop_.get_executor());
  std::atomic<int> ended = 0;
  for (int i = 0; i < 3; ++i) group.Spawn(SleepLong(&group, &ended));
  group.Stop();
  EXPECT_EQ(ended, 3);
}

TEST_F(TaskGroupTest, NothingBeginsOnceItStopped) {
  TaskGroup group(loop_.get_executor());
  group.Stop();
  std::atomic<int> ended = 0;
  group.Spawn(SleepLong(&group, &ended));
  group.Stop();
  EXPECT_EQ(ended, 0);
}

Task<int> Seven() { co_return 7; }

TEST_F(TaskGroupTest, WhatIsRunForAnotherLoopIsAnsweredThere) {
  TaskGroup group(loop_.get_executor());
  EXPECT_EQ(test::Await(group.Run(Seven(), 0)), 7);
  group.Stop();
  EXPECT_EQ(test::Await(group.Run(Seven(), 0)), 0);
}

Task<bool> Throw() {
  throw std::runtime_error("broken");
  co_return true;
}

Task<> Catch(TaskGroup* group, std::promise<bool>* caught) {
  bool thrown = false;
  try {
    co_await group->Run(Throw(), false);
  } catch (const std::runtime_error&) {
    thrown = true;
  }
  caught->set_value(thrown);
}

TEST_F(TaskGroupTest, WhatThrewIsNotWaitedFor) {
  TaskGroup group(loop_.get_executor());
  std::promise<bool> caught;
  Spawn(loop_.get_executor(), Catch(&group, &caught));
  ASSERT_TRUE(caught.get_future().get());
  std::promise<void> stopped;
  std::thread stopping([&] {
    group.Stop();
    stopped.set_value();
  });
  const bool in_time =
      stopped.get_future().wait_for(std::chrono::seconds(5)) == std::future_status::ready;
  EXPECT_TRUE(in_time);
  if (in_time) {
    stopping.join();
  } else {
    stopping.detach();
    std::abort();  // it refers to what is here
  }
}

TEST_F(TaskGroupTest, OnALoopThatWasStoppedNothingIsWaitedFor) {
  TaskGroup group(loop_.get_executor());
  std::atomic<int> ended = 0;
  group.Spawn(SleepLong(&group, &ended));
  loop_.stop();
  thread_.join();
  group.Stop();
  EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace kefu
