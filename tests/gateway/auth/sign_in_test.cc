// Signing in, and what makes a staff token stop working, on two gateways.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway::auth {
namespace {

using directory::StaffRole;
using kefu::test::Await;
using test::World;

class SignInTest : public ::testing::Test {
 protected:
  explicit SignInTest(directory::PasswordLimits limits = World::kCheap) : world_(limits) {
    world_.AddShop("demo");
    world_.AddPerson("li.wei");
    agent_.emplace(world_.AddAgent("demo", "li.wei", StaffRole::kSupervisor));
  }
  absl::StatusOr<SignedIn> SignIn(const std::string& login, const std::string& password,
                                  const std::string& shop = "demo") {
    return Await(
        world_.here.desk.SignIn({login, password, shop, "192.0.2." + std::to_string(++address_)}));
  }
  std::string ReasonAt(test::Site& site, const std::string& token) {
    return ErrorReason(Await(site.authenticator.Authenticate(token)).status());
  }
  void Update(directory::UpdateAgent update) {
    update.agent = agent_->id;
    update.display_name = "n";
    ASSERT_TRUE(Await(world_.here.registrar.UpdateAgent(world_.Fresh(), world_.demo, update)).ok());
  }
  static directory::UpdateAgent AnUpdate() { return {.agent = AgentId::New()}; }

  World world_;
  std::optional<directory::AgentInfo> agent_;
  int address_ = 0;
};

TEST_F(SignInTest, TheTokenSaysWhoItIs) {
  const auto signed_in = SignIn("li.wei", "correct horse");
  ASSERT_TRUE(signed_in.ok()) << signed_in.status();
  EXPECT_EQ(signed_in->agent.id, agent_->id);
  EXPECT_EQ(signed_in->expire_time, test::kNow + kStaffTokenMs);
  const auto caller = Await(world_.there.authenticator.Authenticate(signed_in->token));
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->role, ROLE_SUPERVISOR);
  EXPECT_EQ(caller->shop, world_.demo);
  EXPECT_EQ(caller->subject, agent_->id.str());
  EXPECT_FALSE(caller->sign_in.empty());
}

TEST_F(SignInTest, TheShopMayBeLeftOutByWhoServesOneOnly) {
  EXPECT_EQ(SignIn("li.wei", "correct horse", "")->shop, world_.demo);
  world_.AddShop("other");
  world_.AddAgent("other", "li.wei");
  const auto unclear = SignIn("li.wei", "correct horse", "");
  EXPECT_EQ(unclear.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(unclear.status()), "SHOP_REQUIRED");
  EXPECT_EQ(SignIn("li.wei", "correct horse", "other")->shop.str(), "other");
}

TEST_F(SignInTest, LoginsAreFoundHoweverTheyAreTyped) {
  EXPECT_TRUE(SignIn("Li.Wei", "correct horse").ok());
}

TEST_F(SignInTest, WhoeverMayNotEnterGetsTheSameAnswer) {
  world_.AddShop("other");
  world_.AddPerson("stranger");
  world_.AddPerson("disabled");
  world_.AddAgent("demo", "disabled");
  ASSERT_TRUE(
      Await(world_.here.registrar.SetPersonDisabled(world_.Fresh(), "disabled", true)).ok());
  std::set<std::string> answers;
  for (const auto& [login, password, shop] :
       {std::tuple("nobody", "correct horse", "demo"), std::tuple("nobody", "correct horse", ""),
        std::tuple("li.wei", "wrong horse", "demo"), std::tuple("li.wei", "wrong horse", ""),
        std::tuple("li.wei", "correct horse", "none"),
        std::tuple("li.wei", "correct horse", "other"),
        std::tuple("stranger", "correct horse", "demo"),
        std::tuple("stranger", "correct horse", ""),
        std::tuple("disabled", "correct horse", "demo")}) {
    const absl::Status status = SignIn(login, password, shop).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << login << shop;
    answers.insert(ErrorReason(status) + ": " + status.ToString());
  }
  EXPECT_EQ(answers.size(), 1u);
}

TEST_F(SignInTest, AnUnknownLoginIsHashedAsAKnownOneIs) {
  const auto hashes = [&](const std::string& login) {
    const uint64_t before = world_.passwords.verified();
    EXPECT_FALSE(SignIn(login, "wrong horse").ok());
    return world_.passwords.verified() - before;
  };
  EXPECT_EQ(hashes("li.wei"), 1u);
  EXPECT_EQ(hashes("nobody"), 1u);
}

TEST_F(SignInTest, BadFieldsAreNamed) {
  for (const auto& [login, password, shop, field] :
       {std::tuple(std::string(), std::string("x"), "demo", "login"),
        std::tuple(std::string(65, 'x'), std::string("x"), "demo", "login"),
        std::tuple(std::string("li.wei"), std::string(), "demo", "password"),
        std::tuple(std::string("li.wei"), std::string(129, 'x'), "demo", "password"),
        std::tuple(std::string("li.wei"), std::string("x"), "NO SHOP", "shop")}) {
    const absl::Status status = SignIn(login, password, shop).status();
    ASSERT_EQ(ErrorReason(status), "INVALID_FIELD") << field;
    EXPECT_EQ(FieldViolationsOf(status)[0].field, field);
  }
}

TEST_F(SignInTest, TheEleventhAttemptIsRefusedEvenWithTheRightPassword) {
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(ErrorReason(SignIn("li.wei", "wrong horse").status()), "BAD_CREDENTIALS");
  EXPECT_EQ(ErrorReason(SignIn("li.wei", "correct horse").status()), "TOO_MANY_ATTEMPTS");
  world_.clock.Advance(60'000);
  EXPECT_TRUE(SignIn("li.wei", "correct horse").ok());
}

TEST_F(SignInTest, AnUnknownLoginIsLimitedLikeAKnownOne) {
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(ErrorReason(SignIn("nobody", "wrong horse").status()), "BAD_CREDENTIALS");
  EXPECT_EQ(ErrorReason(SignIn("nobody", "wrong horse").status()), "TOO_MANY_ATTEMPTS");
}

TEST_F(SignInTest, AnOfficeBehindOneAddressCanBeginItsDay) {
  for (int i = 0; i < 12; ++i) {
    const std::string login = "agent-" + std::to_string(i);
    world_.AddPerson(login);
    world_.AddAgent("demo", login);
    EXPECT_TRUE(Await(world_.here.desk.SignIn({login, "correct horse", "demo", "192.0.2.1"})).ok())
        << i;
  }
}

// What ends a sign-in: told by notice, or found out within five seconds.
enum class Ending { kSignOut, kAgentDisabled, kPersonDisabled, kPasswordChanged };

class EndedSignInTest : public SignInTest, public ::testing::WithParamInterface<Ending> {
 protected:
  void End(const std::string& sign_in) {
    switch (GetParam()) {
      case Ending::kSignOut:
        ASSERT_TRUE(Await(world_.here.sign_ins.End(world_.demo, sign_in)).ok());
        break;
      case Ending::kAgentDisabled:
        SetDisabled(true);
        break;
      case Ending::kPersonDisabled:
        ASSERT_TRUE(
            Await(world_.here.registrar.SetPersonDisabled(world_.Fresh(), "li.wei", true)).ok());
        break;
      case Ending::kPasswordChanged:
        ASSERT_TRUE(Await(world_.here.registrar.ChangePassword(world_.Fresh(), *agent_->person,
                                                               "correct horse", "battery staple"))
                        .ok());
        break;
    }
  }
  void Restore() {
    if (GetParam() == Ending::kAgentDisabled) SetDisabled(false);
    if (GetParam() == Ending::kPersonDisabled) {
      ASSERT_TRUE(
          Await(world_.here.registrar.SetPersonDisabled(world_.Fresh(), "li.wei", false)).ok());
    }
  }
  void SetDisabled(bool disabled) {
    directory::UpdateAgent update = AnUpdate();
    update.disabled = disabled;
    Update(update);
  }
};

TEST_P(EndedSignInTest, TheTokenStopsEverywhereAtOnceAndStaysSo) {
  const std::string token = world_.SignIn("li.wei").token;
  const auto caller = Await(world_.there.authenticator.Authenticate(token));
  ASSERT_TRUE(caller.ok());
  ASSERT_EQ(ReasonAt(world_.here, token), "");
  End(caller->sign_in);
  EXPECT_EQ(ReasonAt(world_.here, token), "TOKEN_REVOKED");
  EXPECT_EQ(ReasonAt(world_.there, token), "TOKEN_REVOKED");
  Restore();
  EXPECT_EQ(ReasonAt(world_.there, token), "TOKEN_REVOKED");
}

TEST_P(EndedSignInTest, TheTokenStopsWithinFiveSecondsIfTheNoticeIsLost) {
  const std::string token = world_.SignIn("li.wei").token;
  const auto caller = Await(world_.there.authenticator.Authenticate(token));
  ASSERT_TRUE(caller.ok());
  world_.notices_arrive = false;
  End(caller->sign_in);
  EXPECT_EQ(ReasonAt(world_.here, token), "TOKEN_REVOKED");
  test::g_monotonic_ms += 5000;
  EXPECT_EQ(ReasonAt(world_.there, token), "TOKEN_REVOKED");
}

INSTANTIATE_TEST_SUITE_P(AllEndings, EndedSignInTest,
                         ::testing::Values(Ending::kSignOut, Ending::kAgentDisabled,
                                           Ending::kPersonDisabled, Ending::kPasswordChanged));

TEST_F(SignInTest, SigningOutEndsOneSignInOnly) {
  const std::string first = world_.SignIn("li.wei").token, second = world_.SignIn("li.wei").token;
  const auto caller = Await(world_.here.authenticator.Authenticate(first));
  ASSERT_TRUE(Await(world_.here.sign_ins.End(world_.demo, caller->sign_in)).ok());
  EXPECT_EQ(ReasonAt(world_.here, first), "TOKEN_REVOKED");
  EXPECT_EQ(ReasonAt(world_.here, second), "");
  EXPECT_TRUE(Await(world_.here.sign_ins.End(world_.demo, caller->sign_in)).ok());
}

TEST_F(SignInTest, WhoChangedThePasswordStaysSignedInThere) {
  const std::string mine = world_.SignIn("li.wei").token, elsewhere = world_.SignIn("li.wei").token;
  const auto caller = Await(world_.there.authenticator.Authenticate(mine));
  const auto version = Await(world_.here.registrar.ChangePassword(
      world_.Fresh(), *agent_->person, "correct horse", "battery staple"));
  ASSERT_TRUE(
      Await(world_.here.sign_ins.Keep(world_.demo, caller->sign_in, *version, world_.clock.Now()))
          .ok());
  EXPECT_EQ(ReasonAt(world_.there, mine), "");
  EXPECT_EQ(ReasonAt(world_.there, elsewhere), "TOKEN_REVOKED");
  EXPECT_EQ(ErrorReason(SignIn("li.wei", "correct horse").status()), "BAD_CREDENTIALS");
  EXPECT_TRUE(SignIn("li.wei", "battery staple").ok());
}

TEST_F(SignInTest, ANewRoleCountsWithoutANewSignIn) {
  const std::string token = world_.SignIn("li.wei").token;
  ASSERT_EQ(Await(world_.there.authenticator.Authenticate(token))->role, ROLE_SUPERVISOR);
  Update(AnUpdate());
  EXPECT_EQ(Await(world_.there.authenticator.Authenticate(token))->role, ROLE_AGENT);
}

TEST_F(SignInTest, ASignInExpiresInTheStoreToo) {
  world_.SignIn("li.wei");
  const redis::Value keys = world_.Command({"KEYS", "kf:gateway:{demo}:signin:*"});
  ASSERT_EQ(keys.size(), 1u);
  const int64_t lifetime = world_.Command({"PTTL", keys[0].str()}).Int();
  EXPECT_GT(lifetime, kStaffTokenMs - 60'000);
  EXPECT_LE(lifetime, kStaffTokenMs);
}

}  // namespace
}  // namespace kefu::gateway::auth
