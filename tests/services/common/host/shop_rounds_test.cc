#include "services/common/host/shop_rounds.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <thread>

#include "tests/support/await.h"
#include "tests/support/eventually.h"

namespace kefu::host {
namespace {

class ShopRoundsTest : public testing::Test {
 protected:
  ShopRoundsTest() {
    for (int i = 0; i < 40; ++i) shops_.push_back(*ShopId::Parse("shop-" + std::to_string(i)));
  }
  ~ShopRoundsTest() override {
    tasks_.Stop();
    loop_.stop();
    thread_.join();
  }

  Task<> Serve(ShopId shop) {
    Count(shop);
    if (shop == shops_.front()) co_await tasks_.Sleep(int64_t{24} * 3600 * 1000);
  }
  void Count(const ShopId& shop) {
    const std::lock_guard lock(mutex_);
    ++served_[shop];
  }
  void Begin() {
    boost::asio::post(loop_, [this] { rounds_.Begin(shops_); });
  }
  // How often the one that was served least was; the first, which never ends, apart.
  int Rounds() {
    const std::lock_guard lock(mutex_);
    int least = 1000;
    for (size_t i = 1; i < shops_.size(); ++i) least = std::min(least, served_[shops_[i]]);
    return least;
  }
  int OfTheFirst() {
    const std::lock_guard lock(mutex_);
    return served_[shops_.front()];
  }

  std::vector<ShopId> shops_;
  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<Executor> guard_{loop_.get_executor()};
  std::thread thread_{[this] { loop_.run(); }};
  TaskGroup tasks_{loop_.get_executor()};
  ShopRounds rounds_{tasks_, [this](ShopId shop) { return Serve(std::move(shop)); }};
  std::mutex mutex_;
  std::map<ShopId, int> served_;
};

TEST_F(ShopRoundsTest, AShopThatTakesForeverHoldsUpNeitherTheOthersNorTheirNextRound) {
  Begin();
  ASSERT_TRUE(test::Eventually([&] { return Rounds() == 1; }));
  Begin();
  ASSERT_TRUE(test::Eventually([&] { return Rounds() == 2; }));
  EXPECT_EQ(OfTheFirst(), 1);
}

}  // namespace
}  // namespace kefu::host
