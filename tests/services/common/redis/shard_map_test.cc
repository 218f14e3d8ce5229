#include "services/common/redis/shard_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "services/common/base/status.h"

namespace kefu::redis {
namespace {

using ::testing::HasSubstr;

constexpr char kTwoCells[] = R"(
default: one
cells:
  one: {inquiries: "unix:/1", gateway: "unix:/1g"}
  two: {inquiries: "unix:/2", gateway: "unix:/2g"}
shops:
  big: two
)";

TEST(ShardTable, FindsTheCellOfAShop) {
  const auto table = ParseShardTable(kTwoCells, "inquiries");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->CellOf("big"), "two");
  EXPECT_EQ(table->CellOf("small"), "one");
  EXPECT_EQ(table->addresses.at("two"), "unix:/2");
}

TEST(ShardTable, SaysWhatIsWrong) {
  const auto problem = [](std::string_view yaml) {
    return std::string(ParseShardTable(yaml, "inquiries").status().message());
  };
  EXPECT_THAT(problem("x: y"), HasSubstr("needs `default` and `cells`"));
  EXPECT_THAT(problem("default: a\ncells: {b: {inquiries: x}}"),
              HasSubstr("Cell `a` is not among"));
  EXPECT_THAT(problem("default: a\ncells: {a: {gateway: x}}"),
              HasSubstr("no address for inquiries"));
  EXPECT_THAT(problem("default: a\ncells: {a: {inquiries: x}}\nshops: {Bad: a}"),
              HasSubstr("shop id"));
  EXPECT_THAT(problem("default: a\ncells: {a: {inquiries: x}}\nmore: 1"), HasSubstr("Unknown key"));
  EXPECT_FALSE(ParseShardTable("{", "inquiries").ok());
}

TEST(ShardMap, WithoutItsFileThereIsNone) {
  const auto map =
      ShardMap::Load(::testing::TempDir() + "/kefu-no-such-shards.yaml", "inquiries", {});
  EXPECT_EQ(ErrorReason(map.status()), "BAD_SHARD_FILE");
  EXPECT_THAT(std::string(map.status().message()), HasSubstr("kefu-no-such-shards.yaml"));
}

TEST(ShardMap, TakesUpAChangedFileAndKeepsTheOldTableIfItIsBad) {
  const std::string path = ::testing::TempDir() + "/kefu-shards.yaml";
  const auto write = [&](const std::string& text, int second) {
    std::ofstream(path) << text;
    std::filesystem::last_write_time(
        path, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(second));
  };
  write(kTwoCells, 0);
  auto map = ShardMap::Load(path, "inquiries", {});
  ASSERT_TRUE(map.ok()) << map.status();
  const ShopId shop = *ShopId::Parse("small");
  Client* before = &(*map)->Of(shop);
  EXPECT_EQ(before, &(*map)->System());
  write("broken", 1);
  EXPECT_FALSE((*map)->Refresh().ok());
  EXPECT_EQ(&(*map)->Of(shop), before);
  write(std::string(kTwoCells) + "  small: two\n", 2);
  ASSERT_TRUE((*map)->Refresh().ok());
  EXPECT_EQ(&(*map)->Of(shop), &(*map)->Of(*ShopId::Parse("big")));
  EXPECT_NE(&(*map)->Of(shop), before);
}

}  // namespace
}  // namespace kefu::redis
