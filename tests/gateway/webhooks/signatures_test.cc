#include "gateway/webhooks/signatures.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace kefu::gateway::webhooks {
namespace {

Headers AfterShipHeader(std::string_view value) {
  Headers headers;
  headers.Add("AfterShip-Hmac-SHA256", value);
  return headers;
}

std::string FormOf(const std::string& param, const std::string& sign) {
  std::string encoded;
  for (const char c : param) {
    char hex[4];
    snprintf(hex, sizeof(hex), "%%%02X", static_cast<unsigned char>(c));
    encoded += hex;
  }
  return "sign=" + sign + "&param=" + encoded;
}

// INTEGRATIONS.md, section 4.
constexpr char kAfterShipBody[] = R"({"event":"tracking_update","msg":{"tag":"Delivered"}})";
constexpr char kAfterShipSignature[] = "aL1uqxhigLKU14dG/ifi+EsUUzpvHhkPv+PuVPhIx+g=";
constexpr char kKuaidiParam[] =
    R"({"status":"polling","lastResult":{"state":"3","com":"shunfeng","nu":"SF1234567890123"}})";
constexpr char kKuaidiSignature[] = "42460F4F25C44B0E81FBEB9A190E16E1";

TEST(Signatures, OfTheSpecificationHold) {
  EXPECT_EQ(HmacSha256Base64("as-secret", kAfterShipBody), kAfterShipSignature);
  EXPECT_EQ(SaltedMd5(kKuaidiParam, "salt123"), kKuaidiSignature);
  EXPECT_TRUE(SignatureHolds("aftership", "as-secret", AfterShipHeader(kAfterShipSignature),
                             kAfterShipBody));
  EXPECT_TRUE(
      SignatureHolds("kuaidi100", "salt123", Headers(), FormOf(kKuaidiParam, kKuaidiSignature)));
}

TEST(Signatures, OneChangedByteIsEnoughToFail) {
  std::string body = kAfterShipBody;
  const Headers headers = AfterShipHeader(kAfterShipSignature);
  for (size_t i = 0; i < body.size(); ++i) {
    std::string altered = body;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_FALSE(SignatureHolds("aftership", "as-secret", headers, altered)) << i;
  }
  EXPECT_FALSE(SignatureHolds("aftership", "as-secret", headers, body + " "));
  EXPECT_FALSE(SignatureHolds("aftership", "as-secre", headers, body));
  for (size_t i = 0; i < sizeof(kAfterShipSignature) - 1; ++i) {
    std::string altered = kAfterShipSignature;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(SignatureHolds("aftership", "as-secret", AfterShipHeader(altered), body)) << i;
  }
}

TEST(Signatures, NoneIsNotAGoodOne) {
  EXPECT_FALSE(SignatureHolds("aftership", "as-secret", Headers(), kAfterShipBody));
  EXPECT_FALSE(SignatureHolds("aftership", "as-secret", AfterShipHeader(""), kAfterShipBody));
  EXPECT_FALSE(SignatureHolds("kuaidi100", "salt123", Headers(), ""));
  EXPECT_FALSE(SignatureHolds("kuaidi100", "salt123", Headers(), "param=%7B%7D"));
  EXPECT_FALSE(SignatureHolds("kuaidi100", "salt123", Headers(), FormOf(kKuaidiParam, "")));
  EXPECT_FALSE(SignatureHolds("fax", "salt123", Headers(), ""));
}

TEST(Signatures, OfOneSourceDoNotHoldForAnother) {
  EXPECT_FALSE(SignatureHolds("kuaidi100", "as-secret", AfterShipHeader(kAfterShipSignature),
                              kAfterShipBody));
  EXPECT_FALSE(
      SignatureHolds("aftership", "salt123", Headers(), FormOf(kKuaidiParam, kKuaidiSignature)));
}

TEST(Signatures, ForTheParamThatIsReadNotAnotherOfThatName) {
  const std::string good = FormOf(kKuaidiParam, kKuaidiSignature);
  EXPECT_FALSE(SignatureHolds("kuaidi100", "salt123", Headers(), "param=%7B%7D&" + good));
}

TEST(Signatures, OfTheCollectedVectorsAreJudgedAsTheySay) {
  const std::string path =
      std::string(KEFU_SOURCE_DIR) + "/../shared/data/payloads/signature_vectors.json";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "no shared data beside the checkout: " << path;
  int judged = 0;
  for (const auto& vector : nlohmann::json::parse(file)) {
    const std::string scheme = vector["scheme"];
    const std::string secret = vector["secret"], body = vector["body"], value = vector["value"];
    bool holds = false;
    if (scheme == "aftership") {
      holds = SignatureHolds(scheme, secret, AfterShipHeader(value), body);
    } else if (scheme == "kuaidi100") {
      holds = SignatureHolds(scheme, secret, Headers(), FormOf(body, value));
    } else {
      continue;
    }
    EXPECT_EQ(holds, vector["valid"].get<bool>()) << vector.dump();
    ++judged;
  }
  EXPECT_GE(judged, 4);
}

}  // namespace
}  // namespace kefu::gateway::webhooks
