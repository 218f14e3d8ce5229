#include "gateway/auth/buyer_identity.h"

#include <gtest/gtest.h>

#include <set>

#include "gateway/directory/registrar.h"
#include "services/common/base/status.h"

namespace kefu::gateway::auth {
namespace {

using directory::KeyRing;

constexpr TimePoint kNow{1'700'000'000'000};
constexpr int64_t kSeconds = 1'700'000'000;

class BuyerIdentityTest : public ::testing::Test {
 protected:
  BuyerIdentityTest() { claim_.signature = SignIdentity(kKey, claim_); }

  std::string ReasonOf(const IdentityClaim& claim) {
    return ErrorReason(CheckIdentity(ring_, &shop_, claim, kNow).status());
  }

  const std::string kKey = std::string(64, 'c'), kOlderKey = std::string(64, 'd');
  const KeyRing ring_ = KeyRing::Parse("m1 " + std::string(64, '1'), 2).value();
  const ShopId id_ = ShopId::Parse("demo").value();
  const directory::ShopInfo shop_{
      directory::Shop{
          .sealed_salt = ring_.Seal("salt", directory::BuyerSaltContext(id_)),
          .identity_keys = {{"ik_2", ring_.Seal(kKey, directory::IdentityKeyContext(id_, "ik_2"))},
                            {"ik_1",
                             ring_.Seal(kOlderKey, directory::IdentityKeyContext(id_, "ik_1"))}}},
      id_, 1};
  IdentityClaim claim_{.shop = "demo",
                       .external_id = "customer-1",
                       .display_name = "Wang",
                       .timestamp = kSeconds,
                       .key_id = "ik_2",
                       .signature = ""};
};

TEST_F(BuyerIdentityTest, TheSignatureIsTheOneThatTheDocumentedFormGives) {
  // As Python's hmac.new(key, text, "sha256").hexdigest() gives it.
  EXPECT_EQ(SignIdentity(kKey, claim_),
            "c5fd49d0f70f1a0cac0a1d8e6609b23bd059e23174eb70a969bebd5069a8defb");
  claim_.priority = common::v1::PRIORITY_VIP;
  EXPECT_EQ(SignIdentity(kKey, claim_),
            "9cb0af9bbc6c0109687cfd5b601548eb3ccc0e84d7b2ce4278b0cf06b733f301");
}

TEST_F(BuyerIdentityTest, WhatABuyerIsToTheShopIsSignedAndIsMemberOrVip) {
  claim_.priority = common::v1::PRIORITY_MEMBER;
  claim_.signature = SignIdentity(kKey, claim_);
  EXPECT_EQ(ReasonOf(claim_), "");
  EXPECT_TRUE(CheckIdentityFields(claim_).ok());
  claim_.priority = common::v1::PRIORITY_VIP;
  EXPECT_EQ(ReasonOf(claim_), "BAD_SIGNATURE");
  claim_.priority = common::v1::PRIORITY_URGENT;
  EXPECT_EQ(ErrorReason(CheckIdentityFields(claim_)), "INVALID_FIELD");
}

TEST_F(BuyerIdentityTest, ARightSignatureLeadsToTheBuyer) {
  const auto buyer = CheckIdentity(ring_, &shop_, claim_, kNow);
  ASSERT_TRUE(buyer.ok()) << buyer.status();
  EXPECT_EQ(*buyer, BuyerId::FromToken(DeriveToken("salt", "customer-1")));
}

TEST_F(BuyerIdentityTest, TheKeyBeforeStillCounts) {
  claim_.key_id = "ik_1";
  EXPECT_EQ(ReasonOf(claim_), "BAD_SIGNATURE");
  claim_.signature = SignIdentity(kOlderKey, claim_);
  EXPECT_EQ(ReasonOf(claim_), "");
}

TEST_F(BuyerIdentityTest, MissingWrongAndMisplacedSignaturesAreRefusedAlike) {
  const std::pair<const char*, void (*)(IdentityClaim*)> changes[] = {
      {"missing", [](IdentityClaim* c) { c->signature = ""; }},
      {"short", [](IdentityClaim* c) { c->signature.pop_back(); }},
      {"long", [](IdentityClaim* c) { c->signature += "0"; }},
      {"wrong", [](IdentityClaim* c) { c->signature[0] = c->signature[0] == '0' ? '1' : '0'; }},
      {"over another buyer", [](IdentityClaim* c) { c->external_id = "customer-2"; }},
      {"over another name", [](IdentityClaim* c) { c->display_name = "Li"; }},
      {"over no name", [](IdentityClaim* c) { c->display_name = ""; }},
      {"over another priority", [](IdentityClaim* c) { c->priority = common::v1::PRIORITY_VIP; }},
      {"over another time", [](IdentityClaim* c) { c->timestamp += 1; }},
      {"over another shop", [](IdentityClaim* c) { c->shop = "other"; }},
      {"with another key", [](IdentityClaim* c) { c->key_id = "ik_1"; }},
      {"with an unknown key", [](IdentityClaim* c) { c->key_id = "ik_9"; }},
      {"without a key", [](IdentityClaim* c) { c->key_id = ""; }},
  };
  std::set<std::string> answers;
  for (const auto& [what, change] : changes) {
    IdentityClaim claim = claim_;
    change(&claim);
    const absl::Status status = CheckIdentity(ring_, &shop_, claim, kNow).status();
    EXPECT_EQ(ErrorReason(status), "BAD_SIGNATURE") << what;
    answers.insert(status.ToString());
  }
  answers.insert(CheckIdentity(ring_, nullptr, claim_, kNow).status().ToString());
  EXPECT_EQ(answers.size(), 1u) << "a shop that does not exist must not show";
}

TEST_F(BuyerIdentityTest, TheTimeMayBeThreeHundredSecondsOff) {
  for (const int64_t off : {-300, 0, 300}) {
    IdentityClaim claim = claim_;
    claim.timestamp += off;
    claim.signature = SignIdentity(kKey, claim);
    EXPECT_EQ(ReasonOf(claim), "") << off;
  }
  for (const int64_t timestamp :
       {kSeconds - 301, kSeconds + 301, int64_t{0}, INT64_MIN, INT64_MAX, kSeconds * 1000}) {
    IdentityClaim claim = claim_;
    claim.timestamp = timestamp;
    claim.signature = SignIdentity(kKey, claim);
    EXPECT_EQ(ReasonOf(claim), "TIMESTAMP_OUT_OF_RANGE") << timestamp;
  }
}

TEST_F(BuyerIdentityTest, FieldsThatCouldMoveTheirBoundariesAreRefused) {
  const std::pair<const char*, void (*)(IdentityClaim*)> changes[] = {
      {"external_id", [](IdentityClaim* c) { c->external_id = ""; }},
      {"external_id", [](IdentityClaim* c) { c->external_id = std::string(129, 'x'); }},
      {"external_id", [](IdentityClaim* c) { c->external_id = "customer-1\nWang"; }},
      {"display_name", [](IdentityClaim* c) { c->display_name = "a\nb"; }},
      {"display_name", [](IdentityClaim* c) { c->display_name = std::string(129, 'x'); }},
  };
  for (const auto& [field, change] : changes) {
    IdentityClaim claim = claim_;
    change(&claim);
    const absl::Status status = CheckIdentityFields(claim);
    ASSERT_EQ(ErrorReason(status), "INVALID_FIELD");
    EXPECT_EQ(FieldViolationsOf(status)[0].field, field);
  }
  EXPECT_TRUE(CheckIdentityFields(claim_).ok());
}

}  // namespace
}  // namespace kefu::gateway::auth
