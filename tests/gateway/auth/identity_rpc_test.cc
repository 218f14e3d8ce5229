// The identity services as callers see them: answers, refusals with their fields, idempotency by
// request id.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "gateway/auth/buyer_identity.h"
#include "gateway/rpc/admin_service.h"
#include "gateway/rpc/auth_service.h"
#include "gateway/rpc/operator_service.h"
#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway {
namespace {

using kefu::test::Await;
using test::World;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Remembers what was linked; answers what the test says.
class FakeLinker final : public auth::ConversationLinker {
 public:
  Task<absl::Status> Link(server::CallScope, ShopId shop, ConversationId from, ConversationId to,
                          std::string request_id) override {
    links.push_back(shop.str() + " " + from.str() + " " + to.str());
    request_ids.push_back(request_id);
    co_return answer;
  }
  std::vector<std::string> links, request_ids;
  absl::Status answer;
};

class IdentityRpcTest : public ::testing::Test {
 protected:
  static CallContext From(Caller caller) {
    CallContext context;
    context.caller = std::move(caller);
    context.peer = "192.0.2.1";
    return context;
  }
  CallContext Anyone() { return From({}); }
  CallContext Operator() {
    Caller caller;
    caller.role = ROLE_OPERATOR;
    caller.subject = "operator";
    return From(caller);
  }
  CallContext Holding(const std::string& token) {
    return From(Await(world_.here.authenticator.Authenticate(token)).value());
  }
  std::string RequestId() { return "request-" + std::to_string(++requests_); }

  void AddStaff(const std::string& login, Role role) {
    v1::CreatePersonRequest person;
    person.set_request_id(RequestId());
    person.set_login(login);
    person.set_password("correct horse");
    person.set_display_name(login);
    ASSERT_TRUE(Await(operator_.CreatePerson(Operator(), person)).ok());
    v1::CreateAgentInRequest agent;
    agent.set_request_id(RequestId());
    agent.set_shop("demo");
    agent.mutable_agent()->set_login(login);
    agent.mutable_agent()->set_display_name(login);
    agent.mutable_agent()->set_role(role);
    agent.mutable_agent()->set_capacity(100);
    ASSERT_TRUE(Await(operator_.CreateAgentIn(Operator(), agent)).ok());
  }
  v1::CreateShopResponse AddDemoShop() {
    v1::CreateShopRequest request;
    request.set_request_id(RequestId());
    request.mutable_shop()->set_shop("demo");
    request.mutable_shop()->set_display_name("Demo");
    return Await(operator_.CreateShop(Operator(), request)).value();
  }
  v1::SignInResponse SignIn(const std::string& login,
                            const std::string& password = "correct horse") {
    v1::SignInRequest request;
    request.set_login(login);
    request.set_password(password);
    request.set_shop("demo");
    return Await(auth_.SignIn(Anyone(), request)).value();
  }
  CallContext Admin() {
    if (admin_token_.empty()) {
      AddStaff("chief", ROLE_ADMIN);
      admin_token_ = SignIn("chief").token();
    }
    return Holding(admin_token_);
  }
  v1::IdentifyBuyerRequest SignedRequest(const v1::CreateShopResponse& shop) {
    auth::IdentityClaim claim{
        "demo", "customer-1", "Wang", test::kNow.ms / 1000, shop.identity_key_id(), ""};
    v1::IdentifyBuyerRequest request;
    request.set_shop("demo");
    request.set_external_id("customer-1");
    request.set_display_name("Wang");
    request.set_timestamp(claim.timestamp);
    request.set_key_id(shop.identity_key_id());
    request.set_signature(auth::SignIdentity(shop.identity_key(), claim));
    return request;
  }
  v1::StartGuestResponse StartGuest() {
    v1::StartGuestRequest request;
    request.set_shop("demo");
    return Await(auth_.StartGuest(Anyone(), request)).value();
  }

  World world_;
  FakeLinker linker_;
  int raised_ = 0;
  std::vector<std::string> erased_;
  int requests_ = 0;
  std::string admin_token_;
  AuthService auth_{{world_.here.directory, world_.here.registrar, world_.here.desk,
                     world_.here.sign_ins, world_.here.limiter, world_.tokens, world_.master_keys,
                     linker_, world_.clock}};
  OperatorService operator_{{world_.here.directory, world_.here.registrar, world_.master_keys,
                             [this](server::CallScope, ShopId, std::string)
                                 -> Task<absl::StatusOr<std::map<std::string, uint64_t>>> {
                               co_return std::map<std::string, uint64_t>{
                                   {"inquiries", static_cast<uint64_t>(++raised_) + 1}};
                             }}};
  directory::RoutingConfigs routing_configs_{world_.store, world_.here.notices};
  AdminService admin_{
      {world_.here.directory, world_.here.registrar, routing_configs_, world_.here.audit_log,
       world_.master_keys,
       [this](server::CallScope, ShopId shop, BuyerId buyer, std::string) -> Task<absl::Status> {
         erased_.push_back(shop.str() + " " + buyer.str());
         co_return absl::OkStatus();
       }}};
};

std::string FieldOf(const absl::Status& status) {
  const auto violations = FieldViolationsOf(status);
  return violations.empty() ? ErrorReason(status) : violations[0].field;
}

TEST_F(IdentityRpcTest, FromAnEmptyInstallationToASignedInAdministrator) {
  AddDemoShop();
  const CallContext admin = Admin();
  EXPECT_EQ(admin.caller.role, ROLE_ADMIN);
  const auto who = Await(auth_.WhoAmI(admin, {}));
  EXPECT_EQ(who->role(), ROLE_ADMIN);
  EXPECT_EQ(who->shop(), "demo");
  EXPECT_EQ(who->subject(), admin.caller.subject);
  const auto shops = Await(operator_.ListShops(Operator(), {}));
  ASSERT_EQ(shops->shops_size(), 1);
  EXPECT_EQ(shops->shops(0).display_name(), "Demo");
  EXPECT_EQ(shops->next_page_token(), "");
}

TEST_F(IdentityRpcTest, SigningOutEndsTheToken) {
  AddDemoShop();
  AddStaff("li.wei", ROLE_AGENT);
  const std::string token = SignIn("li.wei").token();
  ASSERT_TRUE(Await(auth_.SignOut(Holding(token), {})).ok());
  EXPECT_EQ(ErrorReason(Await(world_.there.authenticator.Authenticate(token)).status()),
            "TOKEN_REVOKED");
}

TEST_F(IdentityRpcTest, ChangingThePasswordKeepsThisSignInAndIsLimited) {
  AddDemoShop();
  AddStaff("li.wei", ROLE_AGENT);
  const std::string mine = SignIn("li.wei").token(), other = SignIn("li.wei").token();
  v1::ChangePasswordRequest request;
  request.set_request_id(RequestId());
  request.set_old_password("correct horse");
  request.set_new_password("battery staple");
  const CallContext context = Holding(mine);
  ASSERT_TRUE(Await(auth_.ChangePassword(context, request)).ok());
  EXPECT_TRUE(Await(auth_.ChangePassword(context, request)).ok());  // the answer was lost
  EXPECT_TRUE(Await(world_.there.authenticator.Authenticate(mine)).ok());
  EXPECT_FALSE(Await(world_.there.authenticator.Authenticate(other)).ok());
  request.set_old_password("a guess");
  std::string reason;
  for (int i = 0; i < 10 && reason != "TOO_MANY_ATTEMPTS"; ++i) {
    request.set_request_id(RequestId());
    reason = ErrorReason(Await(auth_.ChangePassword(context, request)).status());
  }
  EXPECT_EQ(reason, "TOO_MANY_ATTEMPTS");
}

TEST_F(IdentityRpcTest, EveryGuestIsSomebodyNew) {
  AddDemoShop();
  const v1::StartGuestResponse a = StartGuest(), b = StartGuest();
  EXPECT_NE(a.buyer(), b.buyer());
  const CallContext guest = Holding(a.token());
  EXPECT_EQ(guest.caller.role, ROLE_BUYER);
  EXPECT_EQ(guest.caller.subject, a.buyer());
  EXPECT_EQ(a.conversation().substr(2), a.buyer().substr(2));
  EXPECT_EQ(a.expire_time().seconds(), (test::kNow.ms + auth::kGuestTokenMs) / 1000);
}

TEST_F(IdentityRpcTest, AGuestNeedsAShopThatExistsAndAProperName) {
  AddDemoShop();
  v1::StartGuestRequest request;
  request.set_shop("none");
  EXPECT_EQ(ErrorReason(Await(auth_.StartGuest(Anyone(), request)).status()), "NO_SUCH_SHOP");
  request.set_shop("NO SHOP");
  EXPECT_EQ(FieldOf(Await(auth_.StartGuest(Anyone(), request)).status()), "shop");
  request.set_shop("demo");
  request.set_display_name("a\nb");
  EXPECT_EQ(FieldOf(Await(auth_.StartGuest(Anyone(), request)).status()), "display_name");
}

TEST_F(IdentityRpcTest, AnIdentifiedBuyerIsTheSameEveryTime) {
  const v1::IdentifyBuyerRequest request = SignedRequest(AddDemoShop());
  const auto first = Await(auth_.IdentifyBuyer(Anyone(), request));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Await(auth_.IdentifyBuyer(Anyone(), request))->buyer(), first->buyer());
  EXPECT_EQ(Holding(first->token()).caller.subject, first->buyer());
  EXPECT_EQ(first->expire_time().seconds(), (test::kNow.ms + auth::kIdentifiedTokenMs) / 1000);
  EXPECT_THAT(linker_.links, IsEmpty());
}

TEST_F(IdentityRpcTest, AShopThatDoesNotExistAnswersLikeAWrongSignature) {
  v1::IdentifyBuyerRequest request = SignedRequest(AddDemoShop());
  request.set_signature(std::string(64, '0'));
  const absl::Status wrong = Await(auth_.IdentifyBuyer(Anyone(), request)).status();
  EXPECT_EQ(ErrorReason(wrong), "BAD_SIGNATURE");
  request.set_shop("none");
  EXPECT_EQ(Await(auth_.IdentifyBuyer(Anyone(), request)).status(), wrong);
}

TEST_F(IdentityRpcTest, AGuestsConversationGoesOnInTheIdentifiedOne) {
  v1::IdentifyBuyerRequest request = SignedRequest(AddDemoShop());
  const v1::StartGuestResponse guest = StartGuest();
  request.set_guest_token(guest.token());
  const auto identified = Await(auth_.IdentifyBuyer(Anyone(), request));
  ASSERT_TRUE(identified.ok()) << identified.status();
  EXPECT_THAT(linker_.links,
              ElementsAre("demo " + guest.conversation() + " " + identified->conversation()));
  EXPECT_TRUE(CheckRequestId(linker_.request_ids[0]).ok()) << linker_.request_ids[0];
  ASSERT_TRUE(Await(auth_.IdentifyBuyer(Anyone(), request)).ok());
  EXPECT_EQ(linker_.request_ids[1], linker_.request_ids[0]);

  linker_.answer = absl::FailedPreconditionError("linked elsewhere");
  EXPECT_TRUE(Await(auth_.IdentifyBuyer(Anyone(), request)).ok());
  linker_.answer = absl::NotFoundError("no conversation yet");
  EXPECT_TRUE(Await(auth_.IdentifyBuyer(Anyone(), request)).ok());
  linker_.answer = absl::UnavailableError("away");
  EXPECT_TRUE(absl::IsUnavailable(Await(auth_.IdentifyBuyer(Anyone(), request)).status()));
}

TEST_F(IdentityRpcTest, OnlyAGuestOfThisShopIsLinked) {
  v1::IdentifyBuyerRequest request = SignedRequest(AddDemoShop());
  world_.AddShop("other");
  AddStaff("li.wei", ROLE_AGENT);
  v1::StartGuestRequest elsewhere;
  elsewhere.set_shop("other");
  const std::string identified = Await(auth_.IdentifyBuyer(Anyone(), request))->token();
  for (const std::string& token :
       {std::string("x"), identified, SignIn("li.wei").token(),
        Await(auth_.StartGuest(Anyone(), elsewhere))->token(), StartGuest().token() + "x"}) {
    request.set_guest_token(token);
    EXPECT_EQ(ErrorReason(Await(auth_.IdentifyBuyer(Anyone(), request)).status()), "TOKEN_INVALID");
  }
  EXPECT_THAT(linker_.links, IsEmpty());
}

TEST_F(IdentityRpcTest, WritesAnswerTheSameToTheSameRequestAndRefuseAnother) {
  AddDemoShop();
  AddStaff("li.wei", ROLE_AGENT);
  const CallContext admin = Admin();
  v1::CreateApiKeyRequest key;
  key.set_request_id(RequestId());
  key.set_display_name("ERP");
  const auto made = Await(admin_.CreateApiKey(admin, key));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(Await(admin_.CreateApiKey(admin, key))->SerializeAsString(), made->SerializeAsString());
  key.set_display_name("CRM");
  EXPECT_EQ(ErrorReason(Await(admin_.CreateApiKey(admin, key)).status()), "REQUEST_ID_REUSED");

  v1::RotateIdentityKeyRequest rotate;
  rotate.set_request_id(RequestId());
  const auto rotated = Await(admin_.RotateIdentityKey(admin, rotate));
  EXPECT_EQ(Await(admin_.RotateIdentityKey(admin, rotate))->key(), rotated->key());

  v1::RaiseStoreEpochRequest raise;
  raise.set_request_id(RequestId());
  raise.set_shop("demo");
  EXPECT_EQ(Await(operator_.RaiseStoreEpoch(Operator(), raise))->epochs().at("inquiries"), 2u);
  EXPECT_EQ(Await(operator_.RaiseStoreEpoch(Operator(), raise))->epochs().at("inquiries"), 2u);
  EXPECT_EQ(raised_, 1);
  raise.set_request_id(RequestId());
  EXPECT_EQ(Await(operator_.RaiseStoreEpoch(Operator(), raise))->epochs().at("inquiries"), 3u);
  raise.set_shop("none");
  EXPECT_EQ(ErrorReason(Await(operator_.RaiseStoreEpoch(Operator(), raise)).status()),
            "NO_SUCH_SHOP");
}

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
