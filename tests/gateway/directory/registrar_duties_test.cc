// What a change of an agent owes to others, and API keys.
#include "tests/gateway/directory/registrar_fixture.h"

namespace kefu::gateway::directory {
namespace {

TEST_F(RegistrarTest, UpdatingIsIdempotentByRequestAndGuardedByVersion) {
  world_.AddShop("demo");
  world_.AddPerson("li.wei");
  const AgentInfo agent = world_.AddAgent("demo", "li.wei");
  const UpdateAgent to_forty{
      .agent = agent.id, .display_name = "n", .capacity = 40, .expected_version = agent.version};
  const redis::Request request = world_.Fresh();
  const auto updated = Await(registrar().UpdateAgent(request, world_.demo, to_forty));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->version, agent.version + 1);
  UpdateAgent to_sixty = to_forty;
  to_sixty.capacity = 60;
  EXPECT_EQ(
      ErrorReason(Await(registrar().UpdateAgent(world_.Fresh(), world_.demo, to_sixty)).status()),
      "ETAG_MISMATCH");
  to_sixty.expected_version.reset();
  ASSERT_TRUE(Await(registrar().UpdateAgent(world_.Fresh(), world_.demo, to_sixty)).ok());
  // What the request made, though it has been changed since.
  const auto again = Await(registrar().UpdateAgent(request, world_.demo, to_forty));
  EXPECT_EQ(again->capacity, 40u);
  EXPECT_EQ(again->version, updated->version);
  EXPECT_EQ(Await(world_.here.directory.GetAgent(world_.demo, agent.id))->capacity, 60u);
}

// Routing

TEST_F(RegistrarTest, RoutingHearsOfEveryChangeOnce) {
  world_.AddShop("demo");
  world_.AddPerson("li.wei");
  const AgentInfo agent = world_.AddAgent("demo", "li.wei");
  ASSERT_TRUE(Await(registrar().UpdateAgent(world_.Fresh(), world_.demo,
                                            {.agent = agent.id, .display_name = "n"}))
                  .ok());
  EXPECT_THAT(routed_, ElementsAre(std::pair(agent.id.str(), 1ul), std::pair(agent.id.str(), 2ul)));
  EXPECT_EQ(Owed("demo"), 0);
  ASSERT_TRUE(Await(registrar().RepairAgents(world_.demo)).ok());
  EXPECT_EQ(routed_.size(), 2u);
}

TEST_F(RegistrarTest, WhatRoutingCouldNotBeToldIsOwedUntilRepaired) {
  world_.AddShop("demo");
  world_.AddPerson("li.wei");
  routing_answer_ = absl::UnavailableError("routing is away");
  const AgentInfo agent = world_.AddAgent("demo", "li.wei");
  EXPECT_EQ(Owed("demo"), 1);
  EXPECT_TRUE(absl::IsUnavailable(Await(registrar().RepairAgents(world_.demo))));
  EXPECT_EQ(Owed("demo"), 1);
  routing_answer_ = absl::OkStatus();
  ASSERT_TRUE(Await(registrar().RepairAgents(world_.demo)).ok());
  EXPECT_THAT(routed_, ElementsAre(std::pair(agent.id.str(), 1ul)));
  EXPECT_EQ(Owed("demo"), 0);
}

TEST_F(RegistrarTest, PayingForAnOldVersionLeavesTheNewOneOwed) {
  world_.Command({"ZADD", "kf:gateway:{demo}:unsettled", "5", "a_x"});
  auto settled = [&](const char* version) {
    return world_
        .Command({"FCALL", "gateway_settled_v1", "1", "kf:gateway:{demo}:unsettled", "", "a_x",
                  version})[1]
        .str();
  };
  EXPECT_EQ(settled("4"), "0");
  EXPECT_EQ(Owed("demo"), 1);
  EXPECT_EQ(settled("5"), "1");
  EXPECT_EQ(Owed("demo"), 0);
}

TEST_F(RegistrarTest, DisablingAPersonTakesAllTheirAgentsOutOfService) {
  for (const char* shop : {"aa", "bb"}) world_.AddShop(shop);
  world_.AddPerson("li.wei");
  const AgentInfo a = world_.AddAgent("aa", "li.wei"), b = world_.AddAgent("bb", "li.wei");
  routed_.clear();
  ASSERT_TRUE(Await(registrar().SetPersonDisabled(world_.Fresh(), "li.wei", true)).ok());
  EXPECT_THAT(routed_,
              UnorderedElementsAre(std::pair(a.id.str(), 2ul), std::pair(b.id.str(), 2ul)));
  EXPECT_FALSE(in_service_);
  EXPECT_FALSE(
      Await(world_.there.directory.GetAgent(ShopId::Parse("bb").value(), b.id))->in_service());
  ASSERT_TRUE(Await(registrar().SetPersonDisabled(world_.Fresh(), "li.wei", false)).ok());
  EXPECT_TRUE(in_service_);
  EXPECT_EQ(ErrorReason(Await(registrar().SetPersonDisabled(world_.Fresh(), "nobody", true))),
            "NO_SUCH_PERSON");
}

TEST_F(RegistrarTest, APersonWhoseAgentsWereNotToldIsRepaired) {
  world_.AddShop("demo");
  world_.AddPerson("li.wei");
  world_.AddAgent("demo", "li.wei");
  routing_answer_ = absl::UnavailableError("routing is away");
  ASSERT_TRUE(Await(registrar().SetPersonDisabled(world_.Fresh(), "li.wei", true)).ok());
  EXPECT_EQ(Owed("sys"), 1);
  routing_answer_ = absl::OkStatus();
  ASSERT_TRUE(Await(registrar().RepairPeople()).ok());
  EXPECT_EQ(Owed("sys"), 0);
  ASSERT_TRUE(Await(registrar().RepairAgents(world_.demo)).ok());
  EXPECT_EQ(Owed("demo"), 0);
  EXPECT_FALSE(in_service_);
}

// API keys

TEST_F(RegistrarTest, AKeysTokenLeadsToItsShop) {
  world_.AddShop("demo");
  const redis::Request request = world_.Fresh();
  const auto created = Await(registrar().CreateApiKey(request, world_.demo, "ERP"));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(Await(registrar().CreateApiKey(request, world_.demo, "ERP"))->token, created->token);
  const auto holder = Await(world_.there.directory.ResolveApiKey(created->token));
  ASSERT_TRUE(holder.ok()) << holder.status();
  EXPECT_EQ(holder->shop, world_.demo);
  EXPECT_EQ(holder->key_id, created->key.id);
  const auto keys = Await(world_.there.directory.ListApiKeys(world_.demo));
  ASSERT_EQ(keys->size(), 1u);
  EXPECT_EQ((*keys)[0].display_name, "ERP");
  const std::string secret = created->token.substr(created->token.rfind('.') + 1);
  const redis::Value stored =
      world_.Command({"HGETALL", "kf:gateway:{demo}:key:" + created->key.id});
  for (const redis::Value& field : stored.array()) {
    EXPECT_EQ(field.str().find(secret), std::string::npos);
  }
}

TEST_F(RegistrarTest, EverythingThatIsNotAKeysTokenIsRefusedAlike) {
  world_.AddShop("demo");
  world_.AddShop("other");
  const std::string token =
      Await(registrar().CreateApiKey(world_.Fresh(), world_.demo, "ERP"))->token;
  const std::string key_id = token.substr(8, 28), secret = token.substr(37);
  ASSERT_EQ("k1.demo." + key_id + "." + secret, token);
  std::set<std::string> answers;
  for (const std::string& bad :
       {std::string("k1."), std::string("k1.demo"), "k1.demo." + key_id, "k1.demo." + key_id + ".",
        "k1.demo." + key_id + ".x" + secret.substr(1), token + "x", token + ".x",
        "k1.other." + key_id + "." + secret, "k1.none." + key_id + "." + secret,
        "k1.DEMO." + key_id + "." + secret, "k1.demo.k_" + std::string(26, 'a') + "." + secret,
        "k1.demo.../../x." + secret, "k1.demo.k_x." + secret, "k2.demo." + key_id + "." + secret}) {
    const absl::Status status = Await(world_.here.directory.ResolveApiKey(bad)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << bad;
    answers.insert(ErrorReason(status) + ": " + std::string(status.message()));
  }
  EXPECT_EQ(answers.size(), 1u);
}

TEST_F(RegistrarTest, ARevokedKeyStopsEverywhereAtOnceAndIsNamedOnlyToItsHolder) {
  world_.AddShop("demo");
  const auto created = Await(registrar().CreateApiKey(world_.Fresh(), world_.demo, "ERP"));
  ASSERT_TRUE(Await(world_.there.directory.ResolveApiKey(created->token)).ok());
  const redis::Request request = world_.Fresh();
  ASSERT_TRUE(Await(registrar().RevokeApiKey(request, world_.demo, created->key.id)).ok());
  EXPECT_TRUE(Await(registrar().RevokeApiKey(request, world_.demo, created->key.id)).ok());
  EXPECT_EQ(ErrorReason(Await(world_.there.directory.ResolveApiKey(created->token)).status()),
            "TOKEN_REVOKED");
  EXPECT_EQ(ErrorReason(Await(world_.there.directory.ResolveApiKey(created->token + "x")).status()),
            "TOKEN_INVALID");
  EXPECT_EQ(ErrorReason(Await(registrar().RevokeApiKey(world_.Fresh(), world_.demo,
                                                       "k_" + std::string(26, 'a')))),
            "NO_SUCH_KEY");
}

TEST_F(RegistrarTest, ARevokedKeyStopsWithinFiveSecondsIfTheNoticeIsLost) {
  world_.AddShop("demo");
  const auto created = Await(registrar().CreateApiKey(world_.Fresh(), world_.demo, "ERP"));
  ASSERT_TRUE(Await(world_.there.directory.ResolveApiKey(created->token)).ok());
  world_.notices_arrive = false;
  ASSERT_TRUE(Await(registrar().RevokeApiKey(world_.Fresh(), world_.demo, created->key.id)).ok());
  EXPECT_FALSE(Await(world_.here.directory.ResolveApiKey(created->token)).ok());
  test::g_monotonic_ms += 4999;
  EXPECT_TRUE(
      Await(world_.there.directory.ResolveApiKey(created->token)).ok());  // what the bound is for
  test::g_monotonic_ms += 1;
  EXPECT_EQ(ErrorReason(Await(world_.there.directory.ResolveApiKey(created->token)).status()),
            "TOKEN_REVOKED");
}

// Master keys

TEST_F(RegistrarTest, AfterASweepTheOlderMasterKeyCanGo) {
  const CreatedShop created = world_.AddShop("demo");
  const auto buyer = auth::IdentifiedBuyer(world_.master_keys, created.shop, "customer-1");
  const std::string old_line = "m1 " + std::string(64, '1'),
                    new_line = "m2 " + std::string(64, '2');
  const KeyRing both = KeyRing::Parse(new_line + "\n" + old_line, 2).value();
  const KeyRing only_new = KeyRing::Parse(new_line, 2).value();
  Registrar sweeper(
      {world_.store, world_.here.directory, world_.here.notices, world_.passwords, both});

  EXPECT_FALSE(auth::IdentifiedBuyer(only_new, created.shop, "customer-1").ok());
  ASSERT_TRUE(Await(sweeper.Repair(world_.demo)).ok());
  const auto resealed = Await(world_.there.directory.GetShop(world_.demo));
  EXPECT_EQ(*auth::IdentifiedBuyer(only_new, *resealed, "customer-1"), *buyer);
  EXPECT_EQ(*only_new.Open(resealed->identity_keys[0].sealed,
                           IdentityKeyContext(world_.demo, created.identity_key_id)),
            created.identity_key);
  ASSERT_TRUE(Await(sweeper.Repair(world_.demo)).ok());
  EXPECT_EQ(Await(world_.there.directory.GetShop(world_.demo))->version, resealed->version);
}

TEST_F(RegistrarTest, OneSweepAfterAnotherPaysForAgentsAndPeople) {
  world_.AddShop("demo");
  world_.AddPerson("li.wei");
  world_.AddAgent("demo", "li.wei");
  routing_answer_ = absl::UnavailableError("routing is away");
  ASSERT_TRUE(Await(registrar().SetPersonDisabled(world_.Fresh(), "li.wei", true)).ok());
  routing_answer_ = absl::OkStatus();
  ASSERT_TRUE(Await(registrar().Repair(world_.demo)).ok());
  EXPECT_EQ(Owed("sys"), 0);
  EXPECT_EQ(Owed("demo"), 0);
  EXPECT_FALSE(in_service_);
}

// Acts that other services carry out

TEST_F(RegistrarTest, AnActOfOthersIsRememberedByItsRequest) {
  world_.AddShop("demo");
  const redis::Request request = world_.Fresh();
  EXPECT_EQ(*Await(registrar().Remembered(request, world_.demo)), std::nullopt);
  ASSERT_TRUE(Await(registrar().Remember(request, world_.demo, "result")).ok());
  EXPECT_EQ(*Await(registrar().Remembered(request, world_.demo)), "result");
  EXPECT_EQ(
      ErrorReason(
          Await(registrar().Remembered(world_.Named(request.id, "other"), world_.demo)).status()),
      "REQUEST_ID_REUSED");
  EXPECT_TRUE(Await(world_.there.directory.GetShop(world_.demo)).ok());
}

}  // namespace
}  // namespace kefu::gateway::directory
