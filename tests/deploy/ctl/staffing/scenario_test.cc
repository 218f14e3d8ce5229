#include "deploy/ctl/staffing/scenario.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace kefu::ctl {
namespace {

using Json = nlohmann::json;

Json Ask(const std::string& line) { return Json::parse(AnswerStaffing(line, 7).line); }

Json Ask(const std::string& model, const Json& in) {
  return Ask(Json{{"model", model}, {"in", in}}.dump());
}

Json ErrorOf(const std::string& line) {
  const Answer answer = AnswerStaffing(line, 7);
  EXPECT_FALSE(answer.answered) << answer.line;
  const Json parsed = Json::parse(answer.line);
  EXPECT_FALSE(parsed.contains("out"));
  EXPECT_EQ(parsed["error"]["line"], 7);
  return parsed["error"];
}

std::string FieldOf(const std::string& model, const Json& in) {
  return ErrorOf(Json{{"model", model}, {"in", in}}.dump()).value("field", "");
}

const Json kLoad = {{"arrivals_per_hour", 200}, {"aht_s", 180}};

Json With(Json in, const Json& more) {
  in.update(more);
  return in;
}

// A vector whose source gives six digits, times in minutes.
bool IsPublished(const Json& vector) { return vector.contains("source"); }

TEST(StaffingLines, OfTheCollectedVectorsAreAnsweredAsTheySay) {
  const char* folder = std::getenv("KEFU_SHARED_DATA");
  const std::string path =
      (folder != nullptr ? std::string(folder) : std::string(KEFU_SOURCE_DIR) + "/../shared/data") +
      "/queueing/erlang_vectors.jsonl";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "no shared data beside the checkout: " << path;
  int judged = 0;
  for (std::string line; std::getline(file, line); ++judged) {
    const Json vector = Json::parse(line);
    const Json answer = Ask(line);
    ASSERT_TRUE(answer.contains("out")) << answer;
    EXPECT_EQ(answer["id"], vector["id"]);
    EXPECT_EQ(answer["in"], vector["in"]);
    for (const auto& [name, wanted] : vector["out"].items()) {
      ASSERT_TRUE(answer["out"].contains(name)) << name << " of " << answer;
      const double tolerance = IsPublished(vector) && name == "asa" ? 60e-6 : 1e-6;
      EXPECT_NEAR(answer["out"][name].get<double>(), wanted.get<double>(), tolerance)
          << name << " of " << line;
    }
  }
  EXPECT_GE(judged, 104);
}

TEST(StaffingLines, KeepWhatTheyHadAndLoseOldResults) {
  const Json answer =
      Ask(R"({"id":"q1","note":{"a":[1]},"model":"erlang_b","in":{"traffic_erlang":10,"lines":15},)"
          R"("out":{"blocking":7,"old":1},"error":{"line":1}})");
  EXPECT_EQ(answer["note"], Json::parse(R"({"a":[1]})"));
  EXPECT_EQ(answer["out"], (Json{{"blocking", 0.0364969455}}));
  EXPECT_FALSE(answer.contains("error"));
}

TEST(StaffingLines, SayThatAQueueGrowsForEverAndHowManyWouldDo) {
  const Json out = Ask("erlang_c", With(kLoad, {{"agents", 10}, {"target_s", 20}}))["out"];
  EXPECT_EQ(out["stable"], false);
  EXPECT_EQ(out["wait_probability"], 1.0);
  EXPECT_EQ(out["service_level"], 0.0);
  EXPECT_TRUE(out["asa"].is_null());
  EXPECT_TRUE(out["queue_length"].is_null());
  EXPECT_EQ(out["stable_agents"], 11);
  // With abandonment the same team has a wait.
  const Json leaving = Ask("erlang_a", With(kLoad, {{"agents", 10}, {"patience_s", 120}}))["out"];
  EXPECT_EQ(leaving["stable"], true);
  EXPECT_TRUE(leaving["asa"].is_number());
}

TEST(StaffingLines, ThatAreNoQuestionSayWhy) {
  EXPECT_EQ(ErrorOf("not json")["reason"], "NOT_JSON");
  EXPECT_EQ(ErrorOf("[1,2]")["reason"], "NOT_JSON");
  EXPECT_EQ(ErrorOf(R"({"model":"erlang_c","in":{"agents":1e999}})")["reason"], "NOT_JSON");
  EXPECT_EQ(ErrorOf("{}")["field"], "in");
  EXPECT_EQ(ErrorOf(R"({"model":"erlang_x","in":{}})")["field"], "model");
  EXPECT_EQ(ErrorOf(R"({"in":{}})")["field"], "model");
  EXPECT_FALSE(AnswerStaffing("\xff\xfe{", 1).answered);
}

TEST(StaffingLines, NameTheFieldThatIsWrong) {
  EXPECT_EQ(FieldOf("erlang_c", kLoad), "agents");
  EXPECT_EQ(FieldOf("erlang_c", With(kLoad, {{"agents", "14"}})), "agents");
  EXPECT_EQ(FieldOf("erlang_c", With(kLoad, {{"agents", -14}})), "agents");
  EXPECT_EQ(FieldOf("erlang_c", With(kLoad, {{"agents", 14}, {"agnets", 3}})), "agnets");
  // Erlang C knows no patience.
  EXPECT_EQ(FieldOf("erlang_c", With(kLoad, {{"agents", 14}, {"patience_s", 30}})), "patience_s");
  EXPECT_EQ(FieldOf("erlang_a", With(kLoad, {{"agents", 14}})), "patience_s");
  EXPECT_EQ(FieldOf("staffing", kLoad), "service_level");
  EXPECT_EQ(FieldOf("staffing", With(kLoad, {{"service_level", 80}, {"target_s", 20}})),
            "service_level");
  EXPECT_EQ(FieldOf("erlang_c",
                    With(kLoad, {{"agents", 9}, {"chats_per_agent", 3}, {"sharing", "half"}})),
            "sharing");
  EXPECT_EQ(
      FieldOf("plan",
              {{"arrivals", {10, -1}}, {"aht_s", 180}, {"service_level", 0.8}, {"target_s", 20}}),
      "intervals[1].arrivals");
  EXPECT_EQ(FieldOf("plan", {{"arrivals", {10, "many"}}, {"aht_s", 180}}), "arrivals[1]");
  EXPECT_EQ(FieldOf("plan", {{"arrivals", {10, 12}}, {"aht_s", {180}}}), "aht_s");
}

TEST(StaffingLines, MakeATableOfAForecast) {
  const Json goal = {{"service_level", 0.8}, {"target_s", 20}, {"shrinkage", 0.3}};
  const Json out =
      Ask("plan", With(goal, {{"arrivals", {100, 0, 50}}, {"aht_s", {180, 180, 360}}}))["out"];
  ASSERT_EQ(out["rows"].size(), 3u);
  const Json first = Ask("staffing", With(goal, kLoad))["out"];
  EXPECT_EQ(out["rows"][0], first);
  EXPECT_EQ(out["rows"][1]["agents"], 0);
  EXPECT_EQ(out["peak_agents"], 14);
  EXPECT_EQ(out["peak_agents_with_shrinkage"], 20);
}

TEST(StaffingLines, KnowSeveralChatsAtATime) {
  const Json in = {{"arrivals_per_hour", 2880},
                   {"aht_s", 1},
                   {"agents", 1},
                   {"chats_per_agent", 3},
                   {"sharing", "processor"}};
  const Json out = Ask("erlang_c", in)["out"];
  EXPECT_NEAR(out["wait_probability"].get<double>(), 0.512, 1e-9);
  EXPECT_NEAR(out["asa"].get<double>(), 2.56, 1e-9);
}

TEST(StaffingLines, PredictTheWaitOfABuyer) {
  const Json in = {{"ahead", 9}, {"agents", 50}, {"aht_s", 300}, {"patience_s", 180}};
  const Json out = Ask("expected_wait", in)["out"];
  EXPECT_NEAR(out["expected_wait_s"].get<double>(), 52.5401, 5e-5);
  EXPECT_LT(out["low_s"].get<double>(), 52.5);
  EXPECT_GT(out["high_s"].get<double>(), 52.6);
}

}  // namespace
}  // namespace kefu::ctl
