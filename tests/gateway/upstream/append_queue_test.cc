#include "gateway/upstream/append_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace kefu::gateway {
namespace {

using inquiries::v1::AppendItem;
using inquiries::v1::AppendStreamRequest;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kNow = 1000;
constexpr int64_t kLater = 4000;

AppendItem Item(uint64_t call, const std::string& shop, size_t text_bytes = 1) {
  AppendItem item;
  item.set_call(call);
  item.mutable_append()->set_shop(shop);
  item.mutable_append()->mutable_content()->mutable_text()->set_body(std::string(text_bytes, 'x'));
  return item;
}

std::vector<uint64_t> CallsOf(const AppendStreamRequest& batch) {
  std::vector<uint64_t> calls;
  for (const AppendItem& item : batch.items()) calls.push_back(item.call());
  return calls;
}

std::vector<uint64_t> Taken(AppendQueue& queue, int64_t now_ms = kNow) {
  AppendStreamRequest batch;
  const bool taken = queue.Take(now_ms, &batch);
  EXPECT_EQ(taken, batch.items_size() > 0);
  return CallsOf(batch);
}

TEST(AppendQueueTest, WhatWaitsGoesTogether) {
  AppendQueue queue({});
  for (uint64_t call = 1; call <= 3; ++call) EXPECT_TRUE(queue.Push(Item(call, "a"), kLater));
  EXPECT_THAT(Taken(queue), ElementsAre(1, 2, 3));
  EXPECT_THAT(Taken(queue), IsEmpty());
  EXPECT_EQ(queue.under_way(), 3u);
}

TEST(AppendQueueTest, SaysHowMuchTimeIsLeftWhenItGoes) {
  AppendQueue queue({});
  queue.Push(Item(1, "a"), kLater);
  AppendStreamRequest batch;
  ASSERT_TRUE(queue.Take(kNow, &batch));
  EXPECT_EQ(batch.items(0).remaining_ms(), kLater - kNow);
}

TEST(AppendQueueTest, DropsWhatIsOverdue) {
  AppendQueue queue({});
  queue.Push(Item(1, "a"), kNow);
  queue.Push(Item(2, "a"), kNow + 1);
  EXPECT_THAT(Taken(queue), ElementsAre(2));
  EXPECT_EQ(queue.waiting(), 0u);
}

TEST(AppendQueueTest, ShopsTakeTurns) {
  AppendQueue queue({});
  for (uint64_t call = 1; call <= 3; ++call) queue.Push(Item(call, "a"), kLater);
  queue.Push(Item(11, "b"), kLater);
  queue.Push(Item(12, "b"), kLater);
  EXPECT_THAT(Taken(queue), ElementsAre(1, 11, 2, 12, 3));
}

TEST(AppendQueueTest, OneShopAloneGetsHalfOfTheCreditAndTheNextFindsRoomAtOnce) {
  AppendQueue queue({.items = 8});
  for (uint64_t call = 1; call <= 20; ++call) queue.Push(Item(call, "flood"), kLater);
  EXPECT_THAT(Taken(queue), ElementsAre(1, 2, 3, 4));
  queue.Push(Item(100, "calm"), kLater);
  EXPECT_THAT(Taken(queue), ElementsAre(100));
  EXPECT_THAT(Taken(queue), IsEmpty());  // the flood holds more than is free
  queue.Answered(1);
  EXPECT_THAT(Taken(queue), ElementsAre(5));
  queue.Answered(100);
  EXPECT_THAT(Taken(queue), IsEmpty());  // as much
}

TEST(AppendQueueTest, BytesCountAsItemsDo) {
  const size_t bytes = Item(1, "a", 1000).ByteSizeLong();
  AppendQueue queue({.bytes = 4 * bytes + 4});
  for (uint64_t call = 1; call <= 4; ++call) queue.Push(Item(call, "a", 1000), kLater);
  EXPECT_THAT(Taken(queue), ElementsAre(1, 2));
}

TEST(AppendQueueTest, WhatIsLargerThanTheCreditGoesAlone) {
  AppendQueue queue({.bytes = 100});
  queue.Push(Item(1, "a", 1000), kLater);
  queue.Push(Item(2, "a", 1000), kLater);
  EXPECT_THAT(Taken(queue), ElementsAre(1));
  queue.Answered(1);
  EXPECT_THAT(Taken(queue), ElementsAre(2));
}

TEST(AppendQueueTest, RefusesWhenTooManyWait) {
  AppendQueue queue({.items = 2, .waiting = 2});
  EXPECT_TRUE(queue.Push(Item(1, "a"), kLater));
  EXPECT_TRUE(queue.Push(Item(2, "b"), kLater));
  EXPECT_FALSE(queue.Push(Item(3, "a"), kLater));
  EXPECT_EQ(queue.waiting(), 2u);
}

TEST(AppendQueueTest, AnAnswerNobodyWaitsForChangesNothing) {
  AppendQueue queue({});
  queue.Push(Item(1, "a"), kLater);
  Taken(queue);
  queue.Answered(7);
  queue.Answered(1);
  queue.Answered(1);
  EXPECT_EQ(queue.under_way(), 0u);
}

// Whatever happens: the credit is kept, each call goes once at most and in its shop's order, and a
// shop with nothing under way never waits while there is credit.
TEST(AppendQueueTest, RandomWalk) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const AppendQueue::Limits limits{.items = 16, .bytes = 4000, .waiting = 64};
    AppendQueue queue(limits);
    std::map<uint64_t, std::pair<std::string, size_t>> under_way;
    std::map<std::string, std::deque<uint64_t>> waiting;
    uint64_t last = 0;
    for (int step = 0; step < 3000; ++step) {
      const uint32_t act = random() % 4;
      if (act < 2) {
        const std::string shop(1, static_cast<char>('a' + random() % (1 + random() % 5)));
        if (queue.Push(Item(++last, shop, random() % 500), kLater)) waiting[shop].push_back(last);
      } else if (act == 2 && !under_way.empty()) {
        const auto one = std::next(under_way.begin(), random() % under_way.size());
        queue.Answered(one->first);
        under_way.erase(one);
      } else {
        AppendStreamRequest batch;
        queue.Take(kNow, &batch);
        for (const AppendItem& item : batch.items()) {
          std::deque<uint64_t>& line = waiting[item.append().shop()];
          ASSERT_EQ(line.front(), item.call());
          line.pop_front();
          AppendItem sent = item;
          sent.clear_remaining_ms();
          under_way[item.call()] = {item.append().shop(), sent.ByteSizeLong()};
        }
        size_t bytes = 0;
        std::map<std::string, size_t> by_shop;
        for (const auto& [call, sent] : under_way) {
          bytes += sent.second;
          ++by_shop[sent.first];
        }
        ASSERT_LE(under_way.size(), limits.items);
        ASSERT_LE(bytes, limits.bytes);
        for (const auto& [shop, line] : waiting) {
          const bool room = under_way.size() < limits.items && bytes + 600 <= limits.bytes;
          ASSERT_FALSE(!line.empty() && by_shop.count(shop) == 0 && room) << shop;
        }
      }
      ASSERT_EQ(queue.under_way(), under_way.size());
    }
  }
}

}  // namespace
}  // namespace kefu::gateway
