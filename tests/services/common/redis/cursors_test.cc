#include "services/common/redis/cursors.h"

#include "tests/contract/cursor_store_contract.h"
#include "tests/support/memory_cursors.h"
#include "tests/support/redis_server.h"

namespace kefu::contract {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

class RedisWorld final : public CursorStoreWorld {
 public:
  RedisWorld() { server_.LoadFunctions("gateway"); }
  redis::CursorStore& store() override { return *store_; }
  ManualClock& clock() override { return clock_; }

 private:
  test::RedisServer server_;
  ManualClock clock_{{kNow}};
  const std::unique_ptr<redis::ShardMap> shards_ =
      redis::ShardMap::Single({server_.address(), "", ""});
  const std::unique_ptr<redis::CursorStore> store_ =
      redis::NewRedisCursors(*shards_, "gateway", &clock_);
};

class MemoryWorld final : public CursorStoreWorld {
 public:
  redis::CursorStore& store() override { return store_; }
  ManualClock& clock() override { return clock_; }

 private:
  ManualClock clock_{{kNow}};
  test::MemoryCursors store_{clock_};
};

INSTANTIATE_TEST_SUITE_P(
    Cursors, CursorStoreContract,
    testing::Values(Subject{"redis", [] { return std::make_unique<RedisWorld>(); }},
                    Subject{"memory", [] { return std::make_unique<MemoryWorld>(); }}),
    SubjectName);

TEST(CursorText, ReadsWhatItWrites) {
  const redis::Cursor cursor{3, 18'446'744'073'709'551'615u};
  EXPECT_EQ(redis::CursorFromText(redis::ToText(cursor)), cursor);
}

TEST(CursorText, WhatIsNotACursorReadsAsTheBeginning) {
  for (const char* text : {"", "1", ":", "1:", "a:b", "1:2:3"})
    EXPECT_EQ(redis::CursorFromText(text), redis::Cursor()) << text;
}

}  // namespace
}  // namespace kefu::contract
