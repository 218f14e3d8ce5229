#include "gateway/auth/authenticator.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway::auth {
namespace {

using kefu::test::Await;
using test::World;

class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest() { world_.AddShop("demo"); }
  absl::StatusOr<Caller> Authenticate(const std::string& bearer) {
    return Await(world_.here.authenticator.Authenticate(bearer));
  }
  std::string GuestToken(TimePoint expire_time) {
    return world_.tokens.Sign({.audience = Audience::kBuyer,
                               .shop = world_.demo,
                               .subject = BuyerId::FromToken(std::string(26, 'b')).str(),
                               .display_name = "Wang",
                               .issue_time = test::kNow,
                               .expire_time = expire_time});
  }
  World world_;
};

TEST_F(AuthenticatorTest, NoTokenAndAnUnknownOneAreToldApartFromAnExpiredOne) {
  EXPECT_EQ(ErrorReason(Authenticate("").status()), "TOKEN_MISSING");
  EXPECT_EQ(ErrorReason(Authenticate("x").status()), "TOKEN_INVALID");
  EXPECT_EQ(ErrorReason(Authenticate(std::string(100'000, 'x')).status()), "TOKEN_INVALID");
  const std::string guest = GuestToken(test::kNow + 1000);
  EXPECT_TRUE(Authenticate(guest).ok());
  world_.clock.Advance(1000);
  EXPECT_EQ(ErrorReason(Authenticate(guest).status()), "TOKEN_EXPIRED");
  for (const char* bearer : {"", "x"}) {
    EXPECT_EQ(Authenticate(bearer).status().code(), absl::StatusCode::kUnauthenticated);
    EXPECT_FALSE(Authenticate(bearer).status().message().empty());
  }
}

TEST_F(AuthenticatorTest, ABuyerIsTheBuyerOfTheTokensShop) {
  const auto caller = Authenticate(GuestToken(test::kNow + 1000));
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->role, ROLE_BUYER);
  EXPECT_EQ(caller->shop, world_.demo);
  EXPECT_EQ(caller->subject, BuyerId::FromToken(std::string(26, 'b')).str());
  EXPECT_EQ(caller->display_name, "Wang");
  EXPECT_EQ(caller->sign_in, "");
}

TEST_F(AuthenticatorTest, AnApiKeyIsAnIntegratorOfItsShop) {
  const auto created =
      Await(world_.here.registrar.CreateApiKey(world_.Fresh(), world_.demo, "ERP"));
  const auto caller = Authenticate(created->token);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->role, ROLE_INTEGRATOR);
  EXPECT_EQ(caller->shop, world_.demo);
  EXPECT_EQ(caller->subject, created->key.id);
}

TEST_F(AuthenticatorTest, OnlyTheWholeOperatorKeyIsTheOperators) {
  const std::string key = test::kOperatorKey;
  const auto caller = Authenticate(key);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->role, ROLE_OPERATOR);
  EXPECT_EQ(caller->shop, std::nullopt);
  EXPECT_EQ(caller->subject, "operator");
  for (const std::string& bad :
       {key.substr(1), key.substr(0, key.size() - 1), key + "x", " " + key}) {
    EXPECT_EQ(ErrorReason(Authenticate(bad).status()), "TOKEN_INVALID") << bad;
  }
}

TEST_F(AuthenticatorTest, AStaffTokenOfASignInThatNeverWasIsRefused) {
  const std::string made_up = world_.tokens.Sign({.audience = Audience::kStaff,
                                                  .shop = world_.demo,
                                                  .subject = AgentId::New().str(),
                                                  .sign_in = NewToken(),
                                                  .issue_time = test::kNow,
                                                  .expire_time = test::kNow + 1000});
  EXPECT_EQ(ErrorReason(Authenticate(made_up).status()), "TOKEN_REVOKED");
}

TEST_F(AuthenticatorTest, ASignInIsNoOtherAgents) {
  world_.AddPerson("li.wei");
  world_.AddAgent("demo", "li.wei");
  const auto caller = Authenticate(world_.SignIn("li.wei").token);
  ASSERT_TRUE(caller.ok());
  const std::string borrowed = world_.tokens.Sign({.audience = Audience::kStaff,
                                                   .shop = world_.demo,
                                                   .subject = AgentId::New().str(),
                                                   .sign_in = caller->sign_in,
                                                   .issue_time = test::kNow,
                                                   .expire_time = test::kNow + 1000});
  EXPECT_EQ(ErrorReason(Authenticate(borrowed).status()), "TOKEN_REVOKED");
}

TEST(OperatorKey, ShortOnesAreRefusedAtStart) {
  EXPECT_FALSE(CheckOperatorKey(std::string(31, 'x')).ok());
  EXPECT_TRUE(CheckOperatorKey(std::string(32, 'x')).ok());
}

// Auditor

class AuditorTest : public AuthenticatorTest {
 protected:
  absl::Status Record(Caller caller, const std::string& json) {
    CallContext context;
    context.caller = std::move(caller);
    context.scope.trace.request_id = "request-1";
    return Await(world_.here.auditor.Record(context, "Service/Method", json));
  }
  Caller Operator() {
    Caller caller;
    caller.role = ROLE_OPERATOR;
    caller.subject = "operator";
    return caller;
  }
  size_t Entries(std::optional<ShopId> shop) {
    return Await(world_.here.audit_log.List(shop, 0, 100))->size();
  }
};

TEST_F(AuditorTest, AnActGoesToTheCallersShopWhateverTheRequestNames) {
  Caller admin;
  admin.role = ROLE_ADMIN;
  admin.shop = world_.demo;
  admin.subject = "a_x";
  world_.AddShop("other");
  ASSERT_TRUE(Record(admin, R"({"shop":"other"})").ok());
  const auto entries = Await(world_.here.audit_log.List(world_.demo, 0, 100));
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ((*entries)[0].entry.subject, "a_x");
  EXPECT_EQ((*entries)[0].entry.role, ROLE_ADMIN);
  EXPECT_EQ((*entries)[0].entry.method, "Service/Method");
  EXPECT_EQ((*entries)[0].entry.request_id, "request-1");
  EXPECT_EQ((*entries)[0].entry.request, R"({"shop":"other"})");
}

TEST_F(AuditorTest, AnOperatorsActGoesToTheShopItNamesOrToTheInstallation) {
  ASSERT_TRUE(Record(Operator(), R"({"shop":"demo"})").ok());
  ASSERT_TRUE(Record(Operator(), R"({"shop":{"shop":"demo"}})").ok());
  EXPECT_EQ(Entries(world_.demo), 2u);
  for (const char* json : {R"({"shop":"none"})", R"({"shop":"NO SHOP"})", R"({"shop":7})",
                           R"({"login":"li"})", "{}", "broken"}) {
    ASSERT_TRUE(Record(Operator(), json).ok()) << json;
  }
  EXPECT_EQ(Entries(std::nullopt), 6u);
  EXPECT_EQ(Entries(ShopId::Parse("none").value()), 0u);
}

}  // namespace
}  // namespace kefu::gateway::auth
