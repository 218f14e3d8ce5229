// Every command on every kind of state: absent, present, and what makes it refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/directory/domain/agent.h"
#include "gateway/directory/domain/api_key.h"
#include "gateway/directory/domain/person.h"
#include "gateway/directory/domain/shop.h"
#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TimePoint kNow{1'700'000'000'000}, kLater{1'700'000'060'000};

const ShopId kShop = ShopId::Parse("demo").value();
const PersonId kPerson = PersonId::FromToken(std::string(26, 'p'));
const AgentId kAgent = AgentId::FromToken(std::string(26, 'a'));

std::string ReasonOf(const absl::Status& status) { return ErrorReason(status); }

CreateShop ACreateShop() {
  return {.shop = kShop,
          .display_name = "Demo",
          .origins = {"https://demo.example"},
          .sealed_salt = "salt",
          .identity_key = {"ik_1", "sealed-1"}};
}

TEST(ShopDecisions, CreatingMakesAShopWithOneIdentityKey) {
  const auto decision = Apply(std::nullopt, ACreateShop(), kNow);
  ASSERT_TRUE(decision.ok()) << decision.status();
  const Shop expected{.display_name = "Demo",
                      .origins = {"https://demo.example"},
                      .create_time = kNow,
                      .sealed_salt = "salt",
                      .identity_keys = {{"ik_1", "sealed-1"}}};
  EXPECT_EQ(decision->next, expected);
  EXPECT_THAT(decision->events, ElementsAre(DirectoryEvent{"shop", "demo"}));
}

TEST(ShopDecisions, CreatingIsRefusedWhereItCannotBe) {
  const Shop existing = Apply(std::nullopt, ACreateShop(), kNow)->next;
  EXPECT_EQ(ReasonOf(Apply(existing, ACreateShop(), kLater).status()), "SHOP_TAKEN");

  CreateShop reserved = ACreateShop();
  reserved.shop = ShopId::Parse("sys").value();
  EXPECT_EQ(FieldViolationsOf(Apply(std::nullopt, reserved, kNow).status())[0].field, "shop.shop");
  CreateShop nameless = ACreateShop();
  nameless.display_name = "";
  EXPECT_EQ(FieldViolationsOf(Apply(std::nullopt, nameless, kNow).status())[0].field,
            "shop.display_name");
  CreateShop wide_open = ACreateShop();
  wide_open.origins = {"*"};
  EXPECT_EQ(FieldViolationsOf(Apply(std::nullopt, wide_open, kNow).status())[0].field,
            "shop.origins");
}

TEST(ShopDecisions, RotatingKeepsTheNewestTwoKeys) {
  Shop shop = Apply(std::nullopt, ACreateShop(), kNow)->next;
  shop = Apply(shop, RotateIdentityKey{kShop, {"ik_2", "sealed-2"}}, kLater)->next;
  EXPECT_THAT(shop.identity_keys,
              ElementsAre(IdentityKey{"ik_2", "sealed-2"}, IdentityKey{"ik_1", "sealed-1"}));
  shop = Apply(shop, RotateIdentityKey{kShop, {"ik_3", "sealed-3"}}, kLater)->next;
  EXPECT_THAT(shop.identity_keys,
              ElementsAre(IdentityKey{"ik_3", "sealed-3"}, IdentityKey{"ik_2", "sealed-2"}));
  EXPECT_EQ(shop.FindIdentityKey("ik_1"), nullptr);
  EXPECT_EQ(shop.FindIdentityKey("ik_2")->sealed, "sealed-2");
  EXPECT_EQ(
      ReasonOf(
          Apply(std::optional<Shop>(), RotateIdentityKey{kShop, {"ik_2", "s"}}, kNow).status()),
      "NO_SUCH_SHOP");
}

Person APerson() {
  return Apply(std::nullopt, CreatePerson{kPerson, "li.wei", "Li Wei", "hash-1"}, kNow)->next;
}

TEST(PersonDecisions, CreatingMakesAnEnabledPersonWithoutShops) {
  const Person person = APerson();
  EXPECT_EQ(person.login, "li.wei");
  EXPECT_EQ(person.password_hash, "hash-1");
  EXPECT_FALSE(person.disabled);
  EXPECT_EQ(person.credentials_version, 1u);
  EXPECT_THAT(person.memberships, IsEmpty());
  EXPECT_EQ(person.create_time, kNow);
  EXPECT_EQ(
      ReasonOf(Apply(person, CreatePerson{kPerson, "li.wei", "Li Wei", "hash-1"}, kNow).status()),
      "REQUEST_ID_REUSED");
  EXPECT_EQ(
      ReasonOf(Apply(std::nullopt, CreatePerson{kPerson, "LI", "Li Wei", "h"}, kNow).status()),
      "INVALID_FIELD");
  EXPECT_EQ(ReasonOf(Apply(std::nullopt, CreatePerson{kPerson, "li.wei", "", "h"}, kNow).status()),
            "INVALID_FIELD");
}

TEST(PersonDecisions, DisablingVoidsSignInsAndEnablingDoesNotBringThemBack) {
  const Person disabled = Apply(APerson(), SetPersonDisabled{kPerson, true}, kLater)->next;
  EXPECT_TRUE(disabled.disabled);
  EXPECT_EQ(disabled.credentials_version, 2u);
  const Person again = Apply(disabled, SetPersonDisabled{kPerson, true}, kLater)->next;
  EXPECT_EQ(again, disabled);
  const Person enabled = Apply(disabled, SetPersonDisabled{kPerson, false}, kLater)->next;
  EXPECT_FALSE(enabled.disabled);
  EXPECT_EQ(enabled.credentials_version, 2u);
  EXPECT_EQ(
      ReasonOf(Apply(std::optional<Person>(), SetPersonDisabled{kPerson, true}, kNow).status()),
      "NO_SUCH_PERSON");
}

TEST(PersonDecisions, ANewPasswordVoidsSignInsAndNeedsTheHashThatWasVerified) {
  const Person changed =
      Apply(APerson(), ChangePassword{kPerson, "hash-1", "hash-2"}, kLater)->next;
  EXPECT_EQ(changed.password_hash, "hash-2");
  EXPECT_EQ(changed.credentials_version, 2u);
  EXPECT_EQ(ReasonOf(Apply(changed, ChangePassword{kPerson, "hash-1", "hash-3"}, kLater).status()),
            "PASSWORD_CHANGED");
  EXPECT_EQ(
      ReasonOf(Apply(std::optional<Person>(), ChangePassword{kPerson, "a", "b"}, kNow).status()),
      "NO_SUCH_PERSON");
}

TEST(PersonDecisions, JoiningAShopIsNotedOnceAndNotTwice) {
  const AddMembership join{kPerson, {kShop, kAgent}};
  const Person joined = Apply(APerson(), join, kLater)->next;
  EXPECT_THAT(joined.memberships, ElementsAre(Membership{kShop, kAgent}));
  const auto again = Apply(joined, join, kLater);
  EXPECT_EQ(again->next, joined);
  EXPECT_THAT(again->events, IsEmpty());
  EXPECT_EQ(ReasonOf(Apply(std::optional<Person>(), join, kNow).status()), "NO_SUCH_PERSON");

  Person busy = APerson();
  for (int i = 0; i < 200; ++i) {
    busy.memberships.push_back({ShopId::Parse("shop-" + std::to_string(i)).value(), kAgent});
  }
  EXPECT_EQ(ReasonOf(Apply(busy, join, kLater).status()), "TOO_MANY_SHOPS");
}

CreateAgent ACreateAgent() {
  return {.agent = kAgent,
          .person = kPerson,
          .login = "li.wei",
          .display_name = "Wei",
          .role = StaffRole::kSupervisor,
          .capacity = 100};
}
Agent AnAgent() { return Apply(std::nullopt, ACreateAgent(), kNow)->next; }
UpdateAgent AnUpdate() {
  return {.agent = kAgent,
          .display_name = "Wei",
          .role = StaffRole::kSupervisor,
          .capacity = 100,
          .by = "a_other"};
}

TEST(AgentDecisions, CreatingTakesWhatWasGivenAndNothingElse) {
  const Agent agent = AnAgent();
  EXPECT_EQ(agent.person, kPerson);
  EXPECT_EQ(agent.role, StaffRole::kSupervisor);
  EXPECT_EQ(agent.capacity, 100u);
  EXPECT_TRUE(agent.in_service());
  EXPECT_EQ(ReasonOf(Apply(agent, ACreateAgent(), kNow).status()), "REQUEST_ID_REUSED");
  CreateAgent greedy = ACreateAgent();
  greedy.capacity = 1001;
  EXPECT_EQ(FieldViolationsOf(Apply(std::nullopt, greedy, kNow).status())[0].field,
            "agent.capacity");
  CreateAgent nameless = ACreateAgent();
  nameless.display_name = "";
  EXPECT_EQ(FieldViolationsOf(Apply(std::nullopt, nameless, kNow).status())[0].field,
            "agent.display_name");
}

TEST(AgentDecisions, UpdatingSetsTheFourFieldsOnly) {
  UpdateAgent update = AnUpdate();
  update.display_name = "W";
  update.role = StaffRole::kAdmin;
  update.capacity = 40;
  const Agent updated = Apply(AnAgent(), 1, update, kLater)->next;
  Agent expected = AnAgent();
  expected.display_name = "W";
  expected.role = StaffRole::kAdmin;
  expected.capacity = 40;
  EXPECT_EQ(updated, expected);
}

TEST(AgentDecisions, UpdatingIsRefusedWhereItMustBe) {
  struct Case {
    const char* what;
    std::optional<Agent> state;
    void (*change)(UpdateAgent*);
    const char* reason;
  };
  const Case cases[] = {
      {"no agent", std::nullopt, [](UpdateAgent*) {}, "NO_SUCH_AGENT"},
      {"another version", AnAgent(), [](UpdateAgent* u) { u->expected_version = 6; },
       "ETAG_MISMATCH"},
      {"no name", AnAgent(), [](UpdateAgent* u) { u->display_name = ""; }, "INVALID_FIELD"},
      {"too much capacity", AnAgent(), [](UpdateAgent* u) { u->capacity = 1001; }, "INVALID_FIELD"},
      {"disabling oneself", AnAgent(),
       [](UpdateAgent* u) {
         u->by = kAgent.str();
         u->disabled = true;
       },
       "OWN_AGENT"},
      {"promoting oneself", AnAgent(),
       [](UpdateAgent* u) {
         u->by = kAgent.str();
         u->role = StaffRole::kAdmin;
       },
       "OWN_AGENT"},
  };
  for (const Case& c : cases) {
    UpdateAgent update = AnUpdate();
    c.change(&update);
    EXPECT_EQ(ReasonOf(Apply(c.state, 7, update, kLater).status()), c.reason) << c.what;
  }
  UpdateAgent right_version = AnUpdate();
  right_version.expected_version = 7;
  EXPECT_TRUE(Apply(AnAgent(), 7, right_version, kLater).ok());
  UpdateAgent own_name = AnUpdate();
  own_name.by = kAgent.str();
  EXPECT_TRUE(Apply(AnAgent(), 7, own_name, kLater).ok());
}

TEST(AgentDecisions, DisablingVoidsSignInsAndEnablingDoesNotBringThemBack) {
  UpdateAgent disable = AnUpdate();
  disable.disabled = true;
  const Agent disabled = Apply(AnAgent(), 1, disable, kLater)->next;
  EXPECT_FALSE(disabled.in_service());
  EXPECT_EQ(disabled.credentials_version, 2u);
  EXPECT_EQ(Apply(disabled, 2, disable, kLater)->next.credentials_version, 2u);
  const Agent enabled = Apply(disabled, 2, AnUpdate(), kLater)->next;
  EXPECT_TRUE(enabled.in_service());
  EXPECT_EQ(enabled.credentials_version, 2u);
}

TEST(AgentDecisions, TheAgentOfADisabledPersonIsNotInService) {
  const Agent away = Apply(AnAgent(), FollowPerson{kAgent, true}, kLater)->next;
  EXPECT_FALSE(away.in_service());
  EXPECT_FALSE(away.disabled);
  EXPECT_TRUE(Apply(away, FollowPerson{kAgent, false}, kLater)->next.in_service());
  EXPECT_EQ(ReasonOf(Apply(std::optional<Agent>(), FollowPerson{kAgent, true}, kNow).status()),
            "NO_SUCH_AGENT");
}

TEST(ApiKeyDecisions, AKeyIsMadeOnceAndRevokedForGood) {
  const CreateApiKey create{"k_1", "ERP", "hash", "m1"};
  const auto made = Apply(std::nullopt, create, kNow);
  ASSERT_TRUE(made.ok());
  EXPECT_FALSE(made->next.revoked);
  EXPECT_THAT(made->events, ElementsAre(DirectoryEvent{"key", "k_1"}));
  EXPECT_EQ(ReasonOf(Apply(made->next, create, kNow).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(ReasonOf(Apply(std::nullopt, CreateApiKey{"k_1", "", "hash", "m1"}, kNow).status()),
            "INVALID_FIELD");
  const ApiKey revoked = Apply(made->next, RevokeApiKey{"k_1"}, kLater)->next;
  EXPECT_TRUE(revoked.revoked);
  EXPECT_EQ(Apply(revoked, RevokeApiKey{"k_1"}, kLater)->next, revoked);
  EXPECT_EQ(ReasonOf(Apply(std::optional<ApiKey>(), RevokeApiKey{"k_1"}, kNow).status()),
            "NO_SUCH_KEY");
}

}  // namespace
}  // namespace kefu::gateway::directory
