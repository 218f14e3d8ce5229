#include "gateway/directory/key_ring.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"

namespace kefu::gateway::directory {
namespace {

const std::string kHexA(64, 'a'), kHexB(64, 'b');

KeyRing Ring(const std::string& text) { return KeyRing::Parse(text, 2).value(); }

TEST(KeyRing, ReadsKeysInTheOrderOfTheFile) {
  const KeyRing ring = Ring("# signs\nm2 " + kHexB + "\n\nm1 " + kHexA + "\r\n");
  EXPECT_EQ(ring.current().id, "m2");
  ASSERT_NE(ring.Find("m1"), nullptr);
  EXPECT_EQ(ring.Find("m1")->bytes[0], 0xaa);
  EXPECT_EQ(ring.Find("m3"), nullptr);
}

TEST(KeyRing, RefusesBadFilesWithoutRepeatingTheirKeys) {
  for (const std::string& bad :
       {std::string(), std::string("# nothing\n"), "m1" + kHexA, "M1 " + kHexA, "m.1 " + kHexA,
        " m1 " + kHexA, "m1 " + kHexA.substr(1), "m1 " + kHexA + "a",
        "m1 " + kHexA.substr(2) + "zz", "m1 " + kHexA + "\nm1 " + kHexB,
        "m1 " + kHexA + "\nm2 " + kHexA + "\nm3 " + kHexA, std::string(17, 'm') + " " + kHexA}) {
    const auto ring = KeyRing::Parse(bad, 2);
    ASSERT_FALSE(ring.ok()) << bad;
    EXPECT_EQ(std::string(ring.status().message()).find(kHexA.substr(0, 8)), std::string::npos);
  }
}

TEST(KeyRing, OpensWhatItSealedAlsoAfterARotation) {
  const KeyRing before = Ring("m1 " + kHexA);
  const std::string sealed = before.Seal("secret", "place");
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_NE(before.Seal("secret", "place"), sealed);
  EXPECT_EQ(*before.Open(sealed, "place"), "secret");
  EXPECT_EQ(*Ring("m2 " + kHexB + "\nm1 " + kHexA).Open(sealed, "place"), "secret");
  EXPECT_EQ(ErrorReason(Ring("m2 " + kHexB).Open(sealed, "place").status()), "UNSEAL_FAILED");
}

TEST(KeyRing, OpensNothingThatWasAlteredMovedOrCut) {
  const KeyRing ring = Ring("m1 " + kHexA);
  const std::string sealed = ring.Seal("secret", "place");
  EXPECT_FALSE(ring.Open(sealed, "elsewhere").ok());
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string altered = sealed;
    altered[i] ^= 1;
    EXPECT_FALSE(ring.Open(altered, "place").ok()) << i;
    EXPECT_FALSE(ring.Open(sealed.substr(0, i), "place").ok()) << i;
  }
}

TEST(KeyRing, DerivesApartByKeyPurposeAndText) {
  const KeyRing a = Ring("m1 " + kHexA), b = Ring("m1 " + kHexB);
  const std::string derived = DeriveBytes(a.current(), "purpose", "text");
  EXPECT_EQ(derived.size(), 32u);
  EXPECT_EQ(DeriveBytes(a.current(), "purpose", "text"), derived);
  EXPECT_NE(DeriveBytes(b.current(), "purpose", "text"), derived);
  EXPECT_NE(DeriveBytes(a.current(), "purpos", "etext"), derived);
}

TEST(Base64Url, HasExactlyOneSpellingPerText) {
  EXPECT_EQ(Base64Url("\xff\xfe\xfd"), "__79");
  EXPECT_EQ(Base64Url(""), "");
  EXPECT_EQ(*FromBase64Url("__79"), "\xff\xfe\xfd");
  EXPECT_EQ(*FromBase64Url("AA"), std::string(1, '\0'));
  for (const char* bad : {"//79", "AA==", "A", "AB", "AA A", "AA\n", "A*", "3SG\xbfs\xb7G8"})
    EXPECT_FALSE(FromBase64Url(bad).ok()) << bad;
}

}  // namespace
}  // namespace kefu::gateway::directory
