#include "gateway/directory/storage/records.h"

#include <gtest/gtest.h>

#include "proto/kefu/gateway/v1/record.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

const ShopId kShop = ShopId::Parse("demo").value();

TEST(Records, EveryStateComesBackAsItWas) {
  const Shop shop{"Demo",
                  {"https://a.example", "https://b.example"},
                  {5},
                  std::string("\0salt", 5),
                  {{"ik_1", "k"}, {"ik_2", "l"}}};
  EXPECT_EQ(*Decode<Shop>(Encode(shop)), shop);
  const ShopEntry entry{"Demo", {"https://a.example"}, {5}};
  EXPECT_EQ(*Decode<ShopEntry>(Encode(entry)), entry);
  const Person person{"li", "Li", "hash", true, 3, {{kShop, AgentId::New()}}, {6}};
  EXPECT_EQ(*Decode<Person>(Encode(person)), person);
  for (const StaffRole role : {StaffRole::kAgent, StaffRole::kSupervisor, StaffRole::kAdmin}) {
    const Agent agent{PersonId::New(),
                      "li",
                      "Li",
                      role,
                      100,
                      true,
                      true,
                      4,
                      {7},
                      {{{"returns", 3}, {"invoices", 5}}, {"zh-CN", "en"}, "day"}};
    EXPECT_EQ(*Decode<Agent>(Encode(agent)), agent);
  }
  const ApiKey key{"ERP", std::string(32, '\xff'), "m1", true, {8}};
  EXPECT_EQ(*Decode<ApiKey>(Encode(key)), key);
}

TEST(Records, WhatALaterReleaseWroteIsNotMisread) {
  v1::AgentRecord record;
  record.set_record_version(4);
  EXPECT_EQ(ErrorReason(Decode<Agent>(record.SerializeAsString()).status()), "RECORD_TOO_NEW");
}

TEST(Records, AnAgentOfTheFirstVersionHasNoSkills) {
  v1::AgentRecord record;
  record.set_record_version(1);
  record.set_person(PersonId::New().str());
  record.set_login("li");
  record.set_role(ROLE_AGENT);
  record.set_capacity(60);
  const auto agent = Decode<Agent>(record.SerializeAsString());
  ASSERT_TRUE(agent.ok()) << agent.status();
  EXPECT_EQ(agent->abilities, Abilities());
  EXPECT_EQ(agent->capacity, 60u);
  v1::AgentRecord written;
  ASSERT_TRUE(written.ParseFromString(Encode(*agent)));
  EXPECT_EQ(written.record_version(), 2u);
}

TEST(Records, BrokenBytesAreToldApart) {
  EXPECT_EQ(ErrorReason(Decode<Person>("\xff\xff\xff").status()), "BAD_RECORD");
  v1::AgentRecord no_person;
  no_person.set_record_version(1);
  no_person.set_role(ROLE_AGENT);
  EXPECT_EQ(ErrorReason(Decode<Agent>(no_person.SerializeAsString()).status()), "BAD_RECORD");
}

TEST(Records, OnlyStaffRolesAreStaffRoles) {
  for (int role = Role_MIN; role <= Role_MAX; ++role) {
    const bool staff = role == ROLE_AGENT || role == ROLE_SUPERVISOR || role == ROLE_ADMIN;
    const auto converted = ToStaffRole("agent.role", static_cast<Role>(role));
    ASSERT_EQ(converted.ok(), staff) << role;
    if (staff) {
      EXPECT_EQ(ToRole(*converted), role);
    }
  }
}

}  // namespace
}  // namespace kefu::gateway::directory
