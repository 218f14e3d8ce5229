#include "gateway/directory/registrar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "gateway/auth/buyer_identity.h"
#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway::directory {
namespace {

using kefu::test::Await;
using test::World;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class RegistrarTest : public ::testing::Test {
 protected:
  RegistrarTest() {
    world_.here.registrar.SetAgentHook([this](ShopId, AgentInfo agent) -> Task<absl::Status> {
      if (!routing_answer_.ok()) co_return routing_answer_;
      routed_.push_back({agent.id.str(), agent.version});
      in_service_ = agent.in_service();
      co_return absl::OkStatus();
    });
  }
  Registrar& registrar() { return world_.here.registrar; }
  int64_t Owed(const std::string& shop) {
    return world_.Command({"ZCARD", "kf:gateway:{" + shop + "}:unsettled"}).Int();
  }

  World world_;
  absl::Status routing_answer_;
  std::vector<std::pair<std::string, uint64_t>> routed_;
  bool in_service_ = true;
};

// Shops

TEST_F(RegistrarTest, AShopIsFoundListedAndItsOriginsAreAllowed) {
  const CreatedShop created = world_.AddShop("demo", {"https://demo.example"});
  EXPECT_EQ(created.identity_key.size(), 64u);
  const auto shop = Await(world_.there.directory.GetShop(world_.demo));
  ASSERT_TRUE(shop.ok()) << shop.status();
  EXPECT_EQ(shop->display_name, "Shop demo");
  EXPECT_EQ(shop->create_time, test::kNow);
  EXPECT_THAT(*Await(world_.there.directory.ListShops()), ElementsAre(world_.demo));
  EXPECT_TRUE(*Await(world_.there.directory.OriginAllowed("https://demo.example")));
  EXPECT_FALSE(*Await(world_.there.directory.OriginAllowed("https://other.example")));
}

TEST_F(RegistrarTest, SecretsRestSealed) {
  const CreatedShop created = world_.AddShop("demo");
  const std::string stored = world_.Command({"HGET", "kf:gateway:{demo}:shop:demo", "s"}).str();
  EXPECT_NE(stored.find(created.identity_key_id), std::string::npos);
  EXPECT_EQ(stored.find(created.identity_key), std::string::npos);
}

TEST_F(RegistrarTest, CreatingAShopAgainByTheSameRequestAnswersTheSame) {
  const NewShop shop{world_.demo, "Demo", {}};
  const redis::Request request = world_.Fresh();
  const auto first = Await(registrar().CreateShop(request, shop));
  const auto second = Await(registrar().CreateShop(request, shop));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(second->identity_key, first->identity_key);
  EXPECT_EQ(second->identity_key_id, first->identity_key_id);
  EXPECT_EQ(ErrorReason(Await(registrar().CreateShop(world_.Fresh(), shop)).status()),
            "SHOP_TAKEN");
  EXPECT_EQ(
      ErrorReason(Await(registrar().CreateShop(world_.Named(request.id, "other"), shop)).status()),
      "REQUEST_ID_REUSED");
}

TEST_F(RegistrarTest, AShopCutOffBeforeItWasListedIsListedByTheNextAttempt) {
  world_.AddShop("demo", {"https://demo.example"});
  for (const char* key : {"shop:demo", "shops"})
    world_.Command({"DEL", std::string("kf:gateway:{sys}:") + key});
  world_.Command({"DEL", "kf:gateway:{sys}:" + OriginIndex("https://demo.example")});
  EXPECT_EQ(ErrorReason(
                Await(registrar().CreateShop(world_.Fresh(), {world_.demo, "Demo", {}})).status()),
            "SHOP_TAKEN");
  const auto page = Await(world_.there.directory.ListShopPage("", 10));
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->items.size(), 1u);
  EXPECT_EQ(page->items[0].display_name, "Shop demo");
  EXPECT_TRUE(*Await(world_.there.directory.OriginAllowed("https://demo.example")));
}

TEST_F(RegistrarTest, ShopsPageInOrder) {
  for (const char* id : {"cc", "aa", "bb"}) world_.AddShop(id);
  const auto first = Await(world_.here.directory.ListShopPage("", 2));
  ASSERT_EQ(first->items.size(), 2u);
  EXPECT_EQ(first->items[0].id.str(), "aa");
  EXPECT_EQ(first->next, "bb");
  const auto second = Await(world_.here.directory.ListShopPage(first->next, 2));
  ASSERT_EQ(second->items.size(), 1u);
  EXPECT_EQ(second->items[0].id.str(), "cc");
  EXPECT_EQ(second->next, "");
}

TEST_F(RegistrarTest, RotatingGivesANewKeyBesideTheOneBefore) {
  const CreatedShop created = world_.AddShop("demo");
  const redis::Request request = world_.Fresh();
  const auto rotated = Await(registrar().RotateIdentityKey(request, world_.demo));
  ASSERT_TRUE(rotated.ok()) << rotated.status();
  EXPECT_NE(rotated->key, created.identity_key);
  const auto again = Await(registrar().RotateIdentityKey(request, world_.demo));
  EXPECT_EQ(again->key, rotated->key);
  const auto shop = Await(world_.there.directory.GetShop(world_.demo));
  ASSERT_EQ(shop->identity_keys.size(), 2u);
  EXPECT_EQ(shop->identity_keys[0].key_id, rotated->key_id);
  EXPECT_EQ(shop->identity_keys[1].key_id, created.identity_key_id);
  EXPECT_EQ(ErrorReason(
                Await(registrar().RotateIdentityKey(world_.Fresh(), ShopId::Parse("none").value()))
                    .status()),
            "NO_SUCH_SHOP");
}

TEST_F(RegistrarTest, TheSameExternalIdIsTheSameBuyerInOneShopAndAnotherInTheNext) {
  const ShopInfo a = world_.AddShop("aa").shop, b = world_.AddShop("bb").shop;
  const auto buyer = auth::IdentifiedBuyer(world_.master_keys, a, "customer-1");
  EXPECT_EQ(*buyer, *auth::IdentifiedBuyer(world_.master_keys, a, "customer-1"));
  EXPECT_NE(*buyer, *auth::IdentifiedBuyer(world_.master_keys, a, "customer-2"));
  EXPECT_NE(*buyer, *auth::IdentifiedBuyer(world_.master_keys, b, "customer-1"));
}

// People and agents

TEST_F(RegistrarTest, ALoginBelongsToOnePersonOnly) {
  const redis::Request request = world_.Fresh();
  const NewPerson li{"li.wei", "Li Wei", "correct horse"};
  const auto person = Await(registrar().CreatePerson(request, li));
  ASSERT_TRUE(person.ok()) << person.status();
  EXPECT_EQ(*Await(registrar().CreatePerson(request, li)), *person);
  EXPECT_EQ(*Await(world_.there.directory.FindPerson("li.wei")), *person);
  EXPECT_EQ(*Await(world_.there.directory.FindPerson("nobody")), std::nullopt);
  const auto taken = Await(registrar().CreatePerson(world_.Fresh(), li));
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorReason(taken.status()), "LOGIN_TAKEN");
}

TEST_F(RegistrarTest, PasswordsRestHashedAndFormerOnesAreNotKept) {
  const PersonId person = world_.AddPerson("li.wei");
  const std::string before = Await(world_.here.directory.ReadPerson(person))->password_hash;
  ASSERT_TRUE(
      Await(registrar().ChangePassword(world_.Fresh(), person, "correct horse", "battery staple"))
          .ok());
  const redis::Value stored =
      world_.Command({"HGETALL", "kf:gateway:{sys}:person:" + person.str()});
  for (const redis::Value& field : stored.array()) {
    EXPECT_EQ(field.str().find("correct horse"), std::string::npos);
    EXPECT_EQ(field.str().find(before), std::string::npos);
  }
}

TEST_F(RegistrarTest, ChangingAPasswordNeedsTheOldOneAndAnswersARepetition) {
  const PersonId person = world_.AddPerson("li.wei");
  const redis::Request request = world_.Fresh();
  EXPECT_EQ(ErrorReason(Await(registrar().ChangePassword(world_.Fresh(), person, "wrong horse",
                                                         "battery staple"))
                            .status()),
            "BAD_CREDENTIALS");
  EXPECT_EQ(ErrorReason(
                Await(registrar().ChangePassword(world_.Fresh(), person, "correct horse", "short"))
                    .status()),
            "INVALID_FIELD");
  EXPECT_EQ(*Await(registrar().ChangePassword(request, person, "correct horse", "battery staple")),
            2u);
  EXPECT_EQ(*Await(registrar().ChangePassword(request, person, "correct horse", "battery staple")),
            2u);
  EXPECT_EQ(ErrorReason(Await(registrar().ChangePassword(world_.Fresh(), person, "correct horse",
                                                         "another one"))
                            .status()),
            "BAD_CREDENTIALS");
}

TEST_F(RegistrarTest, AnAgentIsFoundByIdByPersonAndInTheList) {
  world_.AddShop("demo");
  const PersonId person = world_.AddPerson("li.wei");
  const AgentInfo agent = world_.AddAgent("demo", "li.wei", StaffRole::kSupervisor);
  const auto found = Await(world_.there.directory.GetAgent(world_.demo, agent.id));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->role, StaffRole::kSupervisor);
  EXPECT_EQ(found->person, person);
  EXPECT_EQ(*Await(world_.there.directory.FindAgentOf(world_.demo, person)), agent.id);
  EXPECT_THAT(Await(world_.there.directory.ReadPerson(person))->memberships,
              ElementsAre(Membership{world_.demo, agent.id}));
  const auto page = Await(world_.there.directory.ListAgents(world_.demo, "", 10));
  ASSERT_EQ(page->items.size(), 1u);
  EXPECT_EQ(page->items[0].login, "li.wei");
}

TEST_F(RegistrarTest, AnAgentOfOneShopIsUnknownInAnother) {
  world_.AddShop("demo");
  world_.AddShop("other");
  world_.AddPerson("li.wei");
  const AgentInfo agent = world_.AddAgent("demo", "li.wei");
  const ShopId other = ShopId::Parse("other").value();
  EXPECT_EQ(ErrorReason(Await(world_.here.directory.GetAgent(other, agent.id)).status()),
            "NO_SUCH_AGENT");
  EXPECT_EQ(ErrorReason(Await(registrar().UpdateAgent(world_.Fresh(), other,
                                                      {.agent = agent.id, .display_name = "x"}))
                            .status()),
            "NO_SUCH_AGENT");
  EXPECT_THAT(Await(world_.here.directory.ListAgents(other, "", 10))->items, IsEmpty());
}

TEST_F(RegistrarTest, CreatingAnAgentIsRefusedWhereItCannotBe) {
  world_.AddShop("demo");
  world_.AddPerson("li.wei");
  const AgentInfo agent = world_.AddAgent("demo", "li.wei");
  auto create = [&](const std::string& shop, const std::string& login) {
    return ErrorReason(Await(registrar().CreateAgent(world_.Fresh(), ShopId::Parse(shop).value(),
                                                     {.login = login, .display_name = "n"}))
                           .status());
  };
  EXPECT_EQ(create("none", "li.wei"), "NO_SUCH_SHOP");
  EXPECT_EQ(create("demo", "nobody"), "NO_SUCH_PERSON");
  EXPECT_EQ(create("demo", ""), "INVALID_FIELD");
  EXPECT_EQ(create("demo", "li.wei"), "AGENT_EXISTS");
}

TEST_F(RegistrarTest, AnAgentCutOffFromItsPersonIsJoinedByTheNextAttempt) {
  world_.AddShop("demo");
  const PersonId person = world_.AddPerson("li.wei");
  const std::string record = "kf:gateway:{sys}:person:" + person.str();
  const std::string without = world_.Command({"HGET", record, "s"}).str();
  const AgentInfo agent = world_.AddAgent("demo", "li.wei");
  world_.Command({"HSET", record, "s", without});
  ASSERT_THAT(Await(world_.here.directory.ReadPerson(person))->memberships, IsEmpty());
  EXPECT_FALSE(Await(registrar().CreateAgent(world_.Fresh(), world_.demo,
                                             {.login = "li.wei", .display_name = "n"}))
                   .ok());
  EXPECT_THAT(Await(world_.here.directory.ReadPerson(person))->memberships,
              ElementsAre(Membership{world_.demo, agent.id}));
}

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
