#include "gateway/routing/simulation/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "services/common/base/async.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {
namespace {

class CommandTest : public testing::Test {
 protected:
  struct Printed {
    absl::Status status;
    std::string out;
    std::string err;
  };

  static Printed Command(Arguments arguments, bool json = false) {
    boost::asio::io_context io(1);
    arguments.json = json;
    Printed printed;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    boost::asio::co_spawn(io.get_executor(), RunCommand(std::move(arguments)),
                          [&](std::exception_ptr error, absl::Status status) {
                            if (error) std::rethrow_exception(error);
                            printed.status = std::move(status);
                          });
    io.run();
    printed.out = testing::internal::GetCapturedStdout();
    printed.err = testing::internal::GetCapturedStderr();
    return printed;
  }

  static Arguments Poisson() {
    Arguments arguments;
    arguments.policies = {"fifo"};
    arguments.poisson = "rate=0.1,hours=1";
    arguments.service = "exponential:100";
    arguments.staff = 10;
    arguments.capacity = 20;
    arguments.repetitions = 2;
    return arguments;
  }

  // A file of the test's own.
  std::string File(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + "kefu-simulate-" + name;
    std::ofstream(path) << text;
    files_.push_back(path);
    return path;
  }
  ~CommandTest() override {
    for (const std::string& file : files_) std::remove(file.c_str());
  }

  std::vector<std::string> files_;
};

TEST_F(CommandTest, TheSameSeedPrintsTheSameAndSpeedGoesElsewhere) {
  const Printed once = Command(Poisson());
  const Printed again = Command(Poisson());
  EXPECT_TRUE(once.status.ok()) << once.status;
  EXPECT_EQ(once.out, again.out);
  EXPECT_THAT(once.out, testing::HasSubstr("service level"));
  EXPECT_THAT(once.err, testing::ContainsRegex("simulated [0-9]+ sessions in .* a second"));
}

TEST_F(CommandTest, JsonHasTwoPoliciesAndTheirDifference) {
  Arguments arguments = Poisson();
  arguments.policies = {"fifo", File("policy.json", R"({"groups": [{"group": "g"}],
      "defaultGroup": "g", "weights": {"widget": 10}, "timeouts": {"wrapUp": "0s"}})")};
  const Printed printed = Command(std::move(arguments), /*json=*/true);
  ASSERT_TRUE(printed.status.ok()) << printed.status;
  const nlohmann::json json = nlohmann::json::parse(printed.out);
  EXPECT_EQ(json["policies"].size(), 2u);
  const nlohmann::json& level = json["figures"]["service_level"];
  EXPECT_EQ(level["values"].size(), 2u);
  EXPECT_GT(level["difference"]["mean"].get<double>(), 0) << "twice as many slots";
}

TEST_F(CommandTest, RecordedArrivalsAreReadFromAFile) {
  Arguments arguments = Poisson();
  arguments.poisson.clear();
  arguments.arrivals = File("arrivals.jsonl", R"({"time": 10, "service": 60, "priority": "vip"}
{"time": 20, "service": 60})");
  arguments.staff = 1;
  const Printed printed = Command(std::move(arguments), /*json=*/true);
  ASSERT_TRUE(printed.status.ok()) << printed.status;
  const nlohmann::json json = nlohmann::json::parse(printed.out);
  EXPECT_EQ(json["figures"]["wait_max"]["values"][0], 50.0);
  EXPECT_EQ(json["by_trait"].size(), 2u);
}

TEST_F(CommandTest, WhatIsWrongInAFileIsNamedByFileLineAndField) {
  Arguments arguments = Poisson();
  arguments.poisson.clear();
  arguments.arrivals = File("wrong.jsonl", "{\"time\": 10}\n{\"time\": 11, \"patience\": true}");
  const std::vector<FieldViolation> violations = FieldViolationsOf(Command(arguments).status);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, arguments.arrivals + ": line 2: patience");
}

TEST_F(CommandTest, APolicyThatIsNotValidIsRefusedWithItsField) {
  Arguments arguments = Poisson();
  arguments.policies = {File("wrong.json", R"({"groups": [{"group": "g"}], "defaultGroup": "h"})")};
  const std::vector<FieldViolation> violations = FieldViolationsOf(Command(arguments).status);
  ASSERT_FALSE(violations.empty());
  EXPECT_THAT(violations[0].field, testing::EndsWith("default_group"));
}

}  // namespace
}  // namespace kefu::gateway::routing::simulation
