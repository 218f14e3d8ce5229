#include "services/common/seal/sealing.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"

namespace kefu::seal {
namespace {

const std::string kOld = "k1 " + std::string(64, 'a') + "\n";
const std::string kNew = "k2 " + std::string(64, 'b') + "\n";

TEST(SealingTest, OpensWhatItSealed) {
  const Secret secret = Secret::Random();
  const std::string sealed = Seal(secret, "你好", "c_1");
  EXPECT_EQ(sealed.find("你好"), std::string::npos);
  EXPECT_EQ(*Unseal(secret, sealed, "c_1"), "你好");
}

TEST(SealingTest, SealsTheSameTextDifferentlyEachTime) {
  const Secret secret = Secret::Random();
  EXPECT_NE(Seal(secret, "x", "c"), Seal(secret, "x", "c"));
}

TEST(SealingTest, RefusesAnotherKeyAnotherContextAndDamage) {
  const Secret secret = Secret::Random();
  std::string sealed = Seal(secret, "text", "c_1");
  EXPECT_EQ(ErrorReason(Unseal(Secret::Random(), sealed, "c_1").status()), "SEAL_BROKEN");
  EXPECT_EQ(ErrorReason(Unseal(secret, sealed, "c_2").status()), "SEAL_BROKEN");
  sealed.back() ^= 1;
  EXPECT_EQ(ErrorReason(Unseal(secret, sealed, "c_1").status()), "SEAL_BROKEN");
  EXPECT_EQ(ErrorReason(Unseal(secret, "", "c_1").status()), "SEAL_BROKEN");
}

TEST(SealingTest, HashesDependOnKeyAndPayload) {
  const Secret secret = Secret::Random();
  EXPECT_EQ(PayloadHash(secret, "a"), PayloadHash(secret, "a"));
  EXPECT_NE(PayloadHash(secret, "a"), PayloadHash(secret, "b"));
  EXPECT_NE(PayloadHash(secret, "a"), PayloadHash(Secret::Random(), "a"));
  EXPECT_EQ(PayloadHash(secret, "a").size(), kPayloadHashSize);
}

TEST(MasterKeysTest, ANewKeyInFrontStillOpensWhatTheOldOneWrapped) {
  const MasterKeys before = *MasterKeys::Parse(kOld);
  const MasterKeys after = *MasterKeys::Parse(kNew + kOld);
  const DataKey key = DataKey::Random();
  const WrappedKey wrapped = before.Wrap(key, "demo/b_1");
  EXPECT_EQ(after.Unwrap(wrapped, "demo/b_1")->secret.view(), key.secret.view());
  EXPECT_FALSE(after.IsCurrent(wrapped.master_id));
  EXPECT_TRUE(after.IsCurrent(after.Wrap(key, "demo/b_1").master_id));
}

TEST(MasterKeysTest, FingerprintsDependOnTheFirstKeyAndTheText) {
  const MasterKeys keys = *MasterKeys::Parse(kOld);
  EXPECT_EQ(keys.Fingerprint("a"), MasterKeys::Parse(kOld + kNew)->Fingerprint("a"));
  EXPECT_NE(keys.Fingerprint("a"), keys.Fingerprint("b"));
  EXPECT_NE(keys.Fingerprint("a"), MasterKeys::Parse(kNew)->Fingerprint("a"));
}

TEST(MasterKeysTest, ASaysWhichKeyIsMissing) {
  const DataKey key = DataKey::Random();
  const WrappedKey wrapped = MasterKeys::Parse(kOld)->Wrap(key, "demo/b_1");
  const absl::Status status = MasterKeys::Parse(kNew)->Unwrap(wrapped, "demo/b_1").status();
  EXPECT_EQ(ErrorReason(status), "MASTER_KEY_MISSING");
  EXPECT_NE(std::string(status.message()).find("k1"), std::string::npos);
}

TEST(MasterKeysTest, AWrappedKeyIsBoundToItsBuyerAndItsId) {
  const MasterKeys keys = *MasterKeys::Parse(kOld);
  WrappedKey wrapped = keys.Wrap(DataKey::Random(), "demo/b_1");
  EXPECT_FALSE(keys.Unwrap(wrapped, "demo/b_2").ok());
  EXPECT_FALSE(keys.Unwrap(wrapped, "other/b_1").ok());
  wrapped.id = "anotherx";
  EXPECT_FALSE(keys.Unwrap(wrapped, "demo/b_1").ok());
}

TEST(MasterKeysTest, RefusesFilesOfAnotherFormWithoutTellingTheKey) {
  for (const std::string& text :
       {std::string(""), std::string("k1\n"), std::string("k1 abcd\n"), kOld + kOld,
        kOld + kNew + "k3 " + std::string(64, 'c'), "k1 " + std::string(64, 'g'),
        "k1 " + std::string(64, 'a') + " more"}) {
    const absl::Status status = MasterKeys::Parse(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(std::string(status.message()).find("aaaa"), std::string::npos);
  }
}

}  // namespace
}  // namespace kefu::seal
