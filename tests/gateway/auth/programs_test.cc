// Programs as agents: an agent without a person, and the API keys that make their holder that
// agent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/directory/storage/records.h"
#include "proto/kefu/gateway/v1/record.pb.h"
#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway::auth {
namespace {

using directory::AgentInfo;
using directory::Grant;
using directory::NewAgent;
using directory::StaffRole;
using kefu::test::Await;
using test::World;
using ::testing::ElementsAre;

using Scopes = std::vector<directory::Scope>;

class ProgramsTest : public ::testing::Test {
 protected:
  ProgramsTest() {
    world_.AddShop("demo");
    world_.AddPerson("li.wei");
  }
  static NewAgent Robot() {
    return {.program = true, .display_name = "Robot", .capacity = 200, .answer_limit_ms = 5000};
  }
  absl::StatusOr<AgentInfo> Create(NewAgent agent) {
    return Await(world_.here.registrar.CreateAgent(world_.Fresh(), world_.demo, std::move(agent)));
  }
  absl::StatusOr<directory::CreatedApiKey> KeyFor(const AgentId& agent, Scopes scopes) {
    std::optional<Grant> grant = Grant{agent, std::move(scopes)};
    return Await(world_.here.registrar.CreateApiKey(world_.Fresh(), world_.demo, "robot's key",
                                                    std::move(grant)));
  }
  absl::StatusOr<Caller> Authenticate(const std::string& token) {
    return Await(world_.there.authenticator.Authenticate(token));
  }
  static std::string FieldOf(const absl::Status& status) {
    const auto fields = FieldViolationsOf(status);
    return fields.empty() ? "" : fields[0].field;
  }
  World world_;
};

TEST_F(ProgramsTest, AProgramIsAnAgentWithoutPersonOrLogin) {
  const auto robot = Create(Robot());
  ASSERT_TRUE(robot.ok()) << robot.status();
  EXPECT_TRUE(robot->is_program());
  EXPECT_TRUE(robot->in_service());
  EXPECT_EQ(robot->answer_limit_ms, 5000);
  const auto second = Create(Robot());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(second->id, robot->id);
  EXPECT_EQ(Await(world_.there.directory.ListAgents(world_.demo, "", 10))->items.size(), 2u);
}

TEST_F(ProgramsTest, WhatAProgramCannotBeIsRefusedWithTheField) {
  NewAgent chief = Robot();
  chief.role = StaffRole::kSupervisor;
  EXPECT_EQ(FieldOf(Create(chief).status()), "agent.role");
  NewAgent named = Robot();
  named.login = "li.wei";
  EXPECT_EQ(FieldOf(Create(named).status()), "agent.login");
  for (const int64_t limit : {-1, 1, 999, 3'600'001}) {
    NewAgent hasty = Robot();
    hasty.answer_limit_ms = limit;
    EXPECT_EQ(FieldOf(Create(hasty).status()), "agent.answer_limit") << limit;
  }
  NewAgent person{.login = "li.wei", .display_name = "Li", .answer_limit_ms = 5000};
  EXPECT_EQ(FieldOf(Create(person).status()), "agent.answer_limit");
}

TEST_F(ProgramsTest, AnUpdateKeepsAProgramAProgram) {
  const AgentInfo robot = Create(Robot()).value();
  directory::UpdateAgent update{.agent = robot.id, .display_name = "Robbie", .capacity = 40};
  const auto updated =
      Await(world_.here.registrar.UpdateAgent(world_.Fresh(), world_.demo, update));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_TRUE(updated->is_program());
  EXPECT_EQ(updated->answer_limit_ms, 0);
  update.role = StaffRole::kAdmin;
  EXPECT_EQ(
      FieldOf(
          Await(world_.here.registrar.UpdateAgent(world_.Fresh(), world_.demo, update)).status()),
      "agent.role");
}

TEST_F(ProgramsTest, ItsKeyMakesTheHolderThatAgentWithinItsScopes) {
  const AgentInfo robot = Create(Robot()).value();
  const auto key = KeyFor(robot.id, {directory::Scope::kOrdersRead, directory::Scope::kSessions,
                                     directory::Scope::kOrdersRead});
  ASSERT_TRUE(key.ok()) << key.status();
  const auto caller = Authenticate(key->token);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->role, ROLE_AGENT);
  EXPECT_EQ(caller->shop, world_.demo);
  EXPECT_EQ(caller->subject, robot.id.str());
  ASSERT_TRUE(caller->program);
  EXPECT_EQ(caller->program->key, key->key.id);
  EXPECT_THAT(caller->program->scopes, ElementsAre(SCOPE_SESSIONS, SCOPE_ORDERS_READ));
  EXPECT_TRUE(Await(world_.there.authenticator.StillHolds(*caller)).ok());
}

TEST_F(ProgramsTest, KeysAreForProgramsAndGrantSomething) {
  const AgentInfo person = world_.AddAgent("demo", "li.wei");
  EXPECT_EQ(ErrorReason(KeyFor(person.id, {directory::Scope::kSessions}).status()),
            "AGENT_IS_A_PERSON");
  EXPECT_EQ(ErrorReason(KeyFor(AgentId::New(), {directory::Scope::kSessions}).status()),
            "NO_SUCH_AGENT");
  const AgentInfo robot = Create(Robot()).value();
  EXPECT_EQ(FieldOf(KeyFor(robot.id, {}).status()), "scopes");
  for (const int scope : std::initializer_list<int>{SCOPE_UNSPECIFIED, SCOPE_ANY, Scope_MAX + 1})
    EXPECT_FALSE(directory::ToGrantedScope("scopes", scope).ok()) << scope;
  EXPECT_TRUE(directory::ToGrantedScope("scopes", SCOPE_CASES_DECIDE).ok());
}

TEST_F(ProgramsTest, ARevokedKeyHoldsNoLongerAndTheOtherKeyOfTheProgramDoes) {
  const AgentInfo robot = Create(Robot()).value();
  const auto old_key = KeyFor(robot.id, {directory::Scope::kSessions});
  const auto new_key = KeyFor(robot.id, {directory::Scope::kSessions});
  const Caller caller = Authenticate(old_key->token).value();
  ASSERT_TRUE(
      Await(world_.here.registrar.RevokeApiKey(world_.Fresh(), world_.demo, old_key->key.id)).ok());
  EXPECT_EQ(ErrorReason(Authenticate(old_key->token).status()), "TOKEN_REVOKED");
  EXPECT_EQ(ErrorReason(Await(world_.there.authenticator.StillHolds(caller))), "TOKEN_REVOKED");
  EXPECT_TRUE(Authenticate(new_key->token).ok());
}

TEST_F(ProgramsTest, ADisabledProgramsKeysHoldNoLongerUntilItIsEnabled) {
  const AgentInfo robot = Create(Robot()).value();
  const auto key = KeyFor(robot.id, {directory::Scope::kSessions});
  const Caller caller = Authenticate(key->token).value();
  directory::UpdateAgent update{.agent = robot.id, .display_name = "Robot", .disabled = true};
  ASSERT_TRUE(Await(world_.here.registrar.UpdateAgent(world_.Fresh(), world_.demo, update)).ok());
  EXPECT_EQ(ErrorReason(Authenticate(key->token).status()), "TOKEN_REVOKED");
  EXPECT_EQ(ErrorReason(Await(world_.there.authenticator.StillHolds(caller))), "TOKEN_REVOKED");
  update.disabled = false;
  ASSERT_TRUE(Await(world_.here.registrar.UpdateAgent(world_.Fresh(), world_.demo, update)).ok());
  EXPECT_TRUE(Authenticate(key->token).ok());
}

// A release that does not know programs must not take their keys for integrators'.
TEST_F(ProgramsTest, OnlyProgramsAndTheirKeysHaveTheNewRecordVersions) {
  const auto version_of = [&](const std::string& key) {
    v1::ApiKeyRecord record;  // all records begin with their version
    EXPECT_TRUE(record.ParseFromString(world_.Command({"HGET", key, "s"}).str())) << key;
    return record.record_version();
  };
  const AgentInfo robot = Create(Robot()).value(), person = world_.AddAgent("demo", "li.wei");
  EXPECT_EQ(version_of("kf:gateway:{demo}:agent:" + robot.id.str()), 3u);
  EXPECT_EQ(version_of("kf:gateway:{demo}:agent:" + person.id.str()), 2u);
  const auto its_key = KeyFor(robot.id, {directory::Scope::kSessions});
  const auto plain = Await(world_.here.registrar.CreateApiKey(world_.Fresh(), world_.demo, "ERP"));
  EXPECT_EQ(version_of("kf:gateway:{demo}:key:" + its_key->key.id), 2u);
  EXPECT_EQ(version_of("kf:gateway:{demo}:key:" + plain->key.id), 1u);
}

}  // namespace
}  // namespace kefu::gateway::auth
