#include "gateway/auth/tokens.h"

#include <gtest/gtest.h>

#include <set>

#include "proto/kefu/gateway/v1/record.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway::auth {
namespace {

using directory::Base64Url;
using directory::KeyRing;

constexpr TimePoint kNow{1'700'000'000'000};
const std::string kHex1(64, '1'), kHex2(64, '2');

KeyRing Ring(const std::string& text) { return KeyRing::Parse(text, 2).value(); }

TokenClaims StaffClaims() {
  return {.audience = Audience::kStaff,
          .shop = ShopId::Parse("demo").value(),
          .subject = AgentId::FromToken(std::string(26, 'a')).str(),
          .sign_in = std::string(26, 's'),
          .issue_time = kNow,
          .expire_time = kNow + kStaffTokenMs};
}
TokenClaims BuyerClaims() {
  return {.audience = Audience::kBuyer,
          .shop = ShopId::Parse("demo").value(),
          .subject = BuyerId::FromToken(std::string(26, 'b')).str(),
          .display_name = "\xe5\xb0\x8f\xe7\x8e\x8b",
          .identified = true,
          .priority = common::v1::PRIORITY_VIP,
          .issue_time = kNow,
          .expire_time = kNow + kIdentifiedTokenMs};
}

class TokensTest : public ::testing::Test {
 protected:
  std::string ReasonOf(const std::string& token, TimePoint now = kNow) {
    return ErrorReason(tokens_.Verify(token, now).status());
  }
  const KeyRing ring_ = Ring("t1 " + kHex1);
  const Tokens tokens_{ring_};
};

TEST_F(TokensTest, WhatWasSignedIsRead) {
  const std::string staff = tokens_.Sign(StaffClaims());
  EXPECT_EQ(staff.substr(0, 6), "v1.t1.");
  const auto claims = tokens_.Verify(staff, kNow);
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->audience, Audience::kStaff);
  EXPECT_EQ(claims->shop.str(), "demo");
  EXPECT_EQ(claims->subject, StaffClaims().subject);
  EXPECT_EQ(claims->sign_in, StaffClaims().sign_in);
  EXPECT_EQ(claims->expire_time, StaffClaims().expire_time);

  const auto buyer = tokens_.Verify(tokens_.Sign(BuyerClaims()), kNow);
  ASSERT_TRUE(buyer.ok()) << buyer.status();
  EXPECT_EQ(buyer->audience, Audience::kBuyer);
  EXPECT_EQ(buyer->display_name, BuyerClaims().display_name);
  EXPECT_TRUE(buyer->identified);
  EXPECT_EQ(buyer->priority, common::v1::PRIORITY_VIP);
}

TEST_F(TokensTest, ATokenHoldsUntilItsLastMillisecond) {
  const std::string token = tokens_.Sign(StaffClaims());
  EXPECT_EQ(ReasonOf(token, kNow + kStaffTokenMs + -1), "");
  EXPECT_EQ(ReasonOf(token, kNow + kStaffTokenMs), "TOKEN_EXPIRED");
  // From a gateway whose clock is a little ahead, but not from the future.
  EXPECT_EQ(ReasonOf(token, kNow + -300'000), "");
  EXPECT_EQ(ReasonOf(token, kNow + -300'001), "TOKEN_INVALID");
}

TEST_F(TokensTest, BothActiveKeysVerifyAndTheFirstSigns) {
  const std::string old_token = tokens_.Sign(StaffClaims());
  const KeyRing rotated = Ring("t2 " + kHex2 + "\nt1 " + kHex1), later = Ring("t2 " + kHex2);
  EXPECT_TRUE(Tokens(rotated).Verify(old_token, kNow).ok());
  const std::string new_token = Tokens(rotated).Sign(StaffClaims());
  EXPECT_EQ(new_token.substr(0, 6), "v1.t2.");
  EXPECT_TRUE(Tokens(later).Verify(new_token, kNow).ok());
  EXPECT_EQ(ErrorReason(Tokens(later).Verify(old_token, kNow).status()), "TOKEN_INVALID");
}

TEST_F(TokensTest, NoSingleCharacterCanBeChangedOrLeftOut) {
  const std::string token = tokens_.Sign(StaffClaims());
  for (size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'A', 'B', '.', '=', '-'}) {
      std::string changed = token;
      if (changed[i] == c) continue;
      changed[i] = c;
      EXPECT_FALSE(tokens_.Verify(changed, kNow).ok()) << i << c;
    }
    EXPECT_FALSE(tokens_.Verify(token.substr(0, i), kNow).ok()) << i;
    EXPECT_FALSE(tokens_.Verify(std::string(token).erase(i, 1), kNow).ok()) << i;
  }
}

TEST_F(TokensTest, TricksWithAlgorithmsKeysAndFormsAreRefusedAlike) {
  const std::string token = tokens_.Sign(StaffClaims());
  const size_t middle = token.find('.', 3), last = token.rfind('.');
  const std::string payload = token.substr(middle + 1, last - middle - 1),
                    mac = token.substr(last + 1);
  v1::TokenPayload admin;
  ASSERT_TRUE(admin.ParseFromString(*directory::FromBase64Url(payload)));
  admin.set_subject(AgentId::FromToken(std::string(26, 'z')).str());
  const std::string forged = Base64Url(admin.SerializeAsString());
  const std::string other_key = Tokens(Ring("t1 " + kHex2)).Sign(StaffClaims());

  std::set<std::string> answers;
  for (const std::string& bad :
       {std::string("v1."), std::string("v1..."), std::string("v1...."), "v1.t1." + payload,
        "v1.t1." + payload + ".", "v1.t1.." + mac, "v1.." + payload + "." + mac,
        "v1.none." + payload + "." + mac, "v1.t9." + payload + "." + mac,
        "v2.t1." + payload + "." + mac, "v0.t1." + payload + "." + mac, "t1." + payload + "." + mac,
        token + ".", token + "." + mac, token + "=", token + " ", " " + token,
        "v1.t1." + forged + "." + mac, "v1.t1." + forged + ".",
        "v1.t1." + payload + "." + Base64Url(std::string(32, '\0')), other_key,
        // A JSON web token without a signature, and one that names another algorithm.
        std::string("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."),
        std::string("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.x"), std::string(100'000, 'v'),
        "v1.t1." + std::string(100'000, 'A') + "." + mac}) {
    const absl::Status status = tokens_.Verify(bad, kNow).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << bad.substr(0, 200);
    answers.insert(ErrorReason(status) + std::string(status.message()));
  }
  EXPECT_EQ(answers.size(), 1u);
}

TEST_F(TokensTest, ClaimsThatDoNotFitTheirAudienceAreRefusedThoughSigned) {
  TokenClaims buyer_as_staff = StaffClaims();
  buyer_as_staff.subject = BuyerClaims().subject;
  TokenClaims staff_as_buyer = BuyerClaims();
  staff_as_buyer.subject = StaffClaims().subject;
  TokenClaims without_sign_in = StaffClaims();
  without_sign_in.sign_in = "";
  TokenClaims buyer_with_sign_in = BuyerClaims();
  buyer_with_sign_in.sign_in = std::string(26, 's');
  TokenClaims odd_subject = BuyerClaims();
  odd_subject.subject = "b_../../x";
  for (const TokenClaims& claims :
       {buyer_as_staff, staff_as_buyer, without_sign_in, buyer_with_sign_in, odd_subject}) {
    EXPECT_EQ(ReasonOf(tokens_.Sign(claims)), "TOKEN_INVALID") << claims.subject;
  }
}

}  // namespace
}  // namespace kefu::gateway::auth
