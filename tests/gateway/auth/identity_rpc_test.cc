// The identity services as callers see them: answers, refusals, idempotency by request id.
#include "tests/gateway/auth/identity_rpc_fixture.h"

namespace kefu::gateway {
namespace {

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

TEST_F(IdentityRpcTest, AnAdministratorChangesTheirShopAndTheOperatorAnyShop) {
  AddDemoShop();
  world_.AddShop("other");
  const CallContext admin = Admin();
  v1::UpdateShopRequest request;
  request.set_request_id(RequestId());
  *request.mutable_shop() = Await(admin_.GetShop(admin, {}))->shop();
  request.mutable_shop()->add_origins("https://new.example");
  const auto updated = Await(admin_.UpdateShop(admin, request));
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_NE(updated->shop().etag(), request.shop().etag());
  EXPECT_EQ(Await(admin_.GetShop(admin, {}))->shop().SerializeAsString(),
            updated->shop().SerializeAsString());

  request.set_request_id(RequestId());
  EXPECT_EQ(ErrorReason(Await(admin_.UpdateShop(admin, request)).status()), "ETAG_MISMATCH");
  request.mutable_shop()->set_shop("other");
  EXPECT_EQ(FieldOf(Await(admin_.UpdateShop(admin, request)).status()), "shop.shop");
  *request.mutable_shop() = updated->shop();
  request.mutable_shop()->set_origins(0, "new.example/path");
  EXPECT_EQ(FieldOf(Await(admin_.UpdateShop(admin, request)).status()), "shop.origins");

  v1::UpdateShopOfRequest of;
  of.set_request_id(RequestId());
  of.mutable_shop()->set_shop("other");
  of.mutable_shop()->set_display_name("Other");
  EXPECT_EQ(Await(operator_.UpdateShopOf(Operator(), of))->shop().display_name(), "Other");
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

}  // namespace
}  // namespace kefu::gateway
