#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "gateway/routing/storage/rows.h"
#include "services/common/base/ids.h"

namespace kefu::gateway::routing {
namespace {

using nlohmann::json;

const std::string kSession =
    SessionId(ConversationId::FromToken(DeriveToken("conversation", "log entry")), 1).str();

redis::Value Fields(const std::vector<std::string>& words) {
  redis::Value::Array values;
  for (const std::string& word : words) values.emplace_back(word);
  return redis::Value(std::move(values));
}

redis::Value Packed(const json& array) {
  const std::vector<uint8_t> bytes = json::to_msgpack(array);
  return Fields({"s", kSession, "w", "assigned", "at", "1700000000123", "m",
                 std::string(bytes.begin(), bytes.end())});
}

json Assigned() {
  return {1,
          7,
          3,
          "a_one",
          "a_two",
          4,
          5,
          1700000000000,
          1700000000100,
          2,
          "zh-CN",
          "@a_one",
          3,
          0,
          1,
          "session sales.1 2 1500 3 99 - 0",
          "sales"};
}

TEST(LogEntryTest, SaysTheSameInBothFormats) {
  const absl::StatusOr<LogFields> packed = ReadLogFields(Packed(Assigned()));
  const absl::StatusOr<LogFields> spread =
      ReadLogFields(Fields({"s",  kSession,
                            "st", "3",
                            "a",  "a_one",
                            "p",  "a_two",
                            "f",  "4",
                            "v",  "5",
                            "e",  "1700000000000",
                            "t",  "1700000000100",
                            "c",  "2",
                            "l",  "zh-CN",
                            "w",  "assigned",
                            "at", "1700000000123",
                            "ep", "7",
                            "cl", "@a_one",
                            "o",  "3",
                            "h",  "1",
                            "x",  "session sales.1 2 1500 3 99 - 0",
                            "g",  "sales"}));
  ASSERT_TRUE(packed.ok()) << packed.status();
  ASSERT_TRUE(spread.ok()) << spread.status();
  EXPECT_EQ(packed->change.session.SerializeAsString(), spread->change.session.SerializeAsString());
  EXPECT_EQ(packed->change.session.agent(), "a_one");
  EXPECT_EQ(packed->change.session.group(), "sales");
  EXPECT_EQ(packed->change.previous_agent, "a_two");
  EXPECT_EQ(spread->change.previous_agent, "a_two");
  EXPECT_EQ(packed->change.cause, "assigned");
  EXPECT_EQ(packed->change.assignment.class_name, "sales.1");
  EXPECT_TRUE(packed->change.held);
  EXPECT_EQ(packed->time, spread->time);
  EXPECT_EQ(packed->time, TimePoint{1700000000123});
  EXPECT_EQ(packed->epoch, 7u);
  EXPECT_EQ(spread->epoch, 7u);
}

TEST(LogEntryTest, MayCarryWhatALaterReleaseAppends) {
  json more = Assigned();
  more.push_back("news");
  more.push_back(json::array());
  EXPECT_TRUE(ReadLogFields(Packed(more)).ok());
}

TEST(LogEntryTest, ThatIsBrokenIsRefused) {
  json less = Assigned();
  less.erase(less.size() - 1);
  for (const redis::Value& fields :
       {Packed(less), Packed("text"), Fields({"s", kSession, "m", "\xc1"}),
        Fields({"s", kSession, "m", ""}), Fields({"s", "no id"})}) {
    EXPECT_EQ(ReadLogFields(fields).status().code(), absl::StatusCode::kInternal);
  }
}

}  // namespace
}  // namespace kefu::gateway::routing
