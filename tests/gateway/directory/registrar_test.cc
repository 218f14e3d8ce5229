// Shops, people and agents: found again, made once.
#include "tests/gateway/directory/registrar_fixture.h"

namespace kefu::gateway::directory {
namespace {

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

TEST_F(RegistrarTest, AShopsNameAndOriginsChangeAndFormerOriginsCountNoMore) {
  const CreatedShop created =
      world_.AddShop("demo", {"https://old.example", "https://kept.example"});
  const redis::Request request = world_.Fresh();
  const UpdateShop update{
      world_.demo, "New", {"https://kept.example", "https://new.example"}, created.shop.version};
  const auto updated = Await(registrar().UpdateShop(request, update));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->display_name, "New");
  EXPECT_EQ(updated->identity_keys.size(), 1u);
  EXPECT_EQ(Await(registrar().UpdateShop(request, update))->version, updated->version);
  EXPECT_EQ(ErrorReason(Await(registrar().UpdateShop(world_.Fresh(), update)).status()),
            "ETAG_MISMATCH");

  EXPECT_EQ(Await(world_.there.directory.ListShopPage("", 10))->items[0].display_name, "New");
  const auto allowed = [&](const char* origin) {
    return *Await(world_.there.directory.OriginAllowed(origin));
  };
  EXPECT_FALSE(allowed("https://old.example"));
  EXPECT_TRUE(allowed("https://kept.example"));
  EXPECT_TRUE(allowed("https://new.example"));
}

TEST_F(RegistrarTest, AnOriginOfTwoShopsCountsUntilBothHaveGivenItUp) {
  const std::string origin = "https://both.example";
  world_.AddShop("demo", {origin});
  world_.AddShop("other", {origin});
  const auto give_up = [&](const char* shop) {
    const UpdateShop update{*ShopId::Parse(shop), "Shop", {}, std::nullopt};
    return Await(registrar().UpdateShop(world_.Fresh(), update)).status();
  };
  const auto members = [&] {
    return world_.Command({"SCARD", "kf:gateway:{sys}:" + OriginIndex(origin)}).Int();
  };
  ASSERT_TRUE(give_up("demo").ok());
  EXPECT_EQ(members(), 1);
  ASSERT_TRUE(give_up("other").ok());
  EXPECT_EQ(members(), 0);
  EXPECT_EQ(ErrorReason(give_up("none")), "NO_SUCH_SHOP");
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

}  // namespace
}  // namespace kefu::gateway::directory
