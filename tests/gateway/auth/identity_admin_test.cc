// What administrators do: agents, bad fields, erasure, the audit log.
#include "tests/gateway/auth/identity_rpc_fixture.h"

namespace kefu::gateway {
namespace {

TEST_F(IdentityRpcTest, AgentsAreMadeChangedAndListedByTheAdministrator) {
  AddDemoShop();
  const CallContext admin = Admin();
  world_.AddPerson("li.wei");
  v1::CreateAgentRequest create;
  create.set_request_id(RequestId());
  create.mutable_agent()->set_login("li.wei");
  create.mutable_agent()->set_display_name("Wei");
  create.mutable_agent()->set_role(ROLE_AGENT);
  create.mutable_agent()->set_capacity(60);
  create.mutable_agent()->set_agent("a_mine");  // not for the caller to choose
  const auto created = Await(admin_.CreateAgent(admin, create));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_NE(created->agent().agent(), "a_mine");
  EXPECT_EQ(created->agent().etag(), "1");

  v1::UpdateAgentRequest update;
  update.set_request_id(RequestId());
  *update.mutable_agent() = created->agent();
  update.mutable_agent()->set_disabled(true);
  update.mutable_agent()->set_person("p_other");
  update.mutable_agent()->set_login("somebody");
  const auto updated = Await(admin_.UpdateAgent(admin, update));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_TRUE(updated->agent().disabled());
  EXPECT_EQ(updated->agent().login(), "li.wei");
  EXPECT_EQ(updated->agent().person(), created->agent().person());
  update.set_request_id(RequestId());
  EXPECT_EQ(ErrorReason(Await(admin_.UpdateAgent(admin, update)).status()), "ETAG_MISMATCH");

  v1::ListAgentsRequest list;
  list.set_page_size(1);
  std::vector<std::string> logins;
  do {
    const auto page = Await(admin_.ListAgents(admin, list));
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_LE(page->agents_size(), 1);
    for (const v1::Agent& agent : page->agents()) logins.push_back(agent.login());
    list.set_page_token(page->next_page_token());
  } while (!list.page_token().empty());
  EXPECT_THAT(logins, ::testing::UnorderedElementsAre("chief", "li.wei"));
}

TEST_F(IdentityRpcTest, WhatAnAgentIsGoodAtIsChangedApartFromTheRest) {
  AddDemoShop();
  const CallContext admin = Admin();
  world_.AddPerson("li.wei");
  v1::CreateAgentRequest create;
  create.set_request_id(RequestId());
  create.mutable_agent()->set_login("li.wei");
  create.mutable_agent()->set_display_name("Wei");
  create.mutable_agent()->set_role(ROLE_AGENT);
  const auto created = Await(admin_.CreateAgent(admin, create));
  ASSERT_TRUE(created.ok()) << created.status();

  v1::RoutingConfig config;
  config.add_skills()->set_skill("returns");
  config.add_skills()->set_skill("invoices");
  config.add_languages("en");
  config.add_hours()->set_hours("day");
  ASSERT_TRUE(Await(routing_configs_.Set(world_.Fresh(), world_.demo, config, 0, "")).ok());

  v1::SetAgentSkillsRequest skills;
  skills.set_request_id(RequestId());
  skills.set_agent(created->agent().agent());
  skills.set_etag(created->agent().etag());
  (*skills.mutable_skills())["returns"] = 3;
  (*skills.mutable_skills())["invoices"] = 5;
  skills.add_languages("en");
  skills.set_hours("day");
  const auto skilled = Await(admin_.SetAgentSkills(admin, skills));
  ASSERT_TRUE(skilled.ok()) << skilled.status();
  EXPECT_EQ(skilled->agent().etag(), "2");
  EXPECT_EQ(skilled->agent().skills().at("returns"), 3u);

  // The same again, with the map in another order, is the same request.
  v1::SetAgentSkillsRequest again = skills;
  again.clear_skills();
  (*again.mutable_skills())["invoices"] = 5;
  (*again.mutable_skills())["returns"] = 3;
  const auto repeated = Await(admin_.SetAgentSkills(admin, again));
  ASSERT_TRUE(repeated.ok()) << repeated.status();
  EXPECT_EQ(repeated->agent().etag(), "2");

  v1::UpdateAgentRequest update;
  update.set_request_id(RequestId());
  *update.mutable_agent() = created->agent();
  update.mutable_agent()->set_etag("2");
  update.mutable_agent()->set_capacity(40);
  const auto updated = Await(admin_.UpdateAgent(admin, update));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->agent().skills().size(), 2u);
  EXPECT_EQ(updated->agent().hours(), "day");

  skills.set_request_id(RequestId());
  EXPECT_EQ(ErrorReason(Await(admin_.SetAgentSkills(admin, skills)).status()), "ETAG_MISMATCH");
  skills.clear_etag();
  (*skills.mutable_skills())["returns"] = 6;
  skills.add_languages("fr");
  const auto refused = Await(admin_.SetAgentSkills(admin, skills)).status();
  ASSERT_EQ(FieldViolationsOf(refused).size(), 2u) << refused;
  EXPECT_EQ(FieldViolationsOf(refused)[0].field, "skills[\"returns\"]");
  EXPECT_EQ(FieldViolationsOf(refused)[1].field, "languages[1]");
}

TEST_F(IdentityRpcTest, BadFieldsAreNamed) {
  AddDemoShop();
  const CallContext admin = Admin();
  v1::CreateShopRequest shop;
  shop.set_request_id(RequestId());
  shop.mutable_shop()->set_shop("NO SHOP");
  EXPECT_EQ(FieldOf(Await(operator_.CreateShop(Operator(), shop)).status()), "shop.shop");
  shop.mutable_shop()->set_shop("sys");
  shop.mutable_shop()->set_display_name("S");
  EXPECT_EQ(FieldOf(Await(operator_.CreateShop(Operator(), shop)).status()), "shop.shop");
  v1::CreatePersonRequest person;
  person.set_request_id("x");
  EXPECT_EQ(FieldOf(Await(operator_.CreatePerson(Operator(), person)).status()), "request_id");
  person.set_request_id(RequestId());
  person.set_login("li.wei");
  person.set_display_name("Li");
  person.set_password("short");
  EXPECT_EQ(FieldOf(Await(operator_.CreatePerson(Operator(), person)).status()), "password");
  v1::CreateAgentRequest agent;
  agent.set_request_id(RequestId());
  agent.mutable_agent()->set_login("chief");
  for (const Role role : {ROLE_UNSPECIFIED, ROLE_BUYER, ROLE_INTEGRATOR, ROLE_OPERATOR}) {
    agent.mutable_agent()->set_role(role);
    EXPECT_EQ(FieldOf(Await(admin_.CreateAgent(admin, agent)).status()), "agent.role");
  }
  v1::UpdateAgentRequest update;
  update.set_request_id(RequestId());
  update.mutable_agent()->set_agent("a_x");
  EXPECT_EQ(FieldOf(Await(admin_.UpdateAgent(admin, update)).status()), "agent");
  update.mutable_agent()->set_agent(admin.caller.subject);
  update.mutable_agent()->set_role(ROLE_ADMIN);
  update.mutable_agent()->set_etag("1x");
  EXPECT_EQ(FieldOf(Await(admin_.UpdateAgent(admin, update)).status()), "agent.etag");
  v1::RevokeApiKeyRequest revoke;
  revoke.set_request_id(RequestId());
  revoke.set_key_id("k_../../x");
  EXPECT_EQ(FieldOf(Await(admin_.RevokeApiKey(admin, revoke)).status()), "key_id");
  v1::ListAgentsRequest list;
  list.set_page_token("*");
  EXPECT_EQ(FieldOf(Await(admin_.ListAgents(admin, list)).status()), "page_token");
}

TEST_F(IdentityRpcTest, ErasingGoesToWhoeverKeepsTheData) {
  AddDemoShop();
  v1::AdminEraseBuyerRequest request;
  request.set_request_id(RequestId());
  request.set_buyer("x");
  EXPECT_EQ(FieldOf(Await(admin_.EraseBuyer(Admin(), request)).status()), "buyer");
  const std::string buyer = StartGuest().buyer();
  request.set_buyer(buyer);
  ASSERT_TRUE(Await(admin_.EraseBuyer(Admin(), request)).ok());
  EXPECT_THAT(erased_, ElementsAre("demo " + buyer));
}

TEST_F(IdentityRpcTest, TheAuditLogPagesAndItsHashesCanBeChecked) {
  AddDemoShop();
  const CallContext admin = Admin();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Await(world_.here.auditor.Record(admin, "Service/Method", "{}")).ok());
  }
  v1::ListAuditEntriesRequest request;
  request.set_after_seq(1);
  request.set_page_size(1);
  const auto page = Await(admin_.ListAuditEntries(admin, request));
  ASSERT_EQ(page->entries_size(), 1);
  const v1::AuditEntry& entry = page->entries(0);
  EXPECT_EQ(entry.seq(), 2u);
  EXPECT_EQ(entry.subject(), admin.caller.subject);
  EXPECT_EQ(entry.role(), ROLE_ADMIN);
  EXPECT_EQ(directory::AuditHash(
                {.seq = 2,
                 .time = {entry.time().seconds() * 1000 + entry.time().nanos() / 1'000'000},
                 .role = entry.role(),
                 .subject = entry.subject(),
                 .method = entry.method(),
                 .request_id = entry.request_id(),
                 .request = entry.request(),
                 .previous_hash = entry.previous_hash()}),
            entry.hash());
}

TEST_F(IdentityRpcTest, EveryMethodOfTheThreeServicesHasItsHandler) {
  Registry registry;
  auth_.Register(registry);
  operator_.Register(registry);
  admin_.Register(registry);
  EXPECT_THAT(registry.Missing({"kefu.gateway.v1.AuthService", "kefu.gateway.v1.OperatorService",
                                "kefu.gateway.v1.AdminService"}),
              IsEmpty());
}

}  // namespace
}  // namespace kefu::gateway
