#include "services/logistics/domain/check_digit.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "services/common/base/parcel.h"
#include "services/logistics/domain/fields.h"

namespace kefu::logistics {
namespace {

using F = NumberFormat;

struct Vector {
  F format;
  const char* carrier;
  const char* number;
  bool good;
};

// INTEGRATIONS.md, section 2.
constexpr Vector kVectors[] = {
    {F::kS10, "ems", "RB123456785GB", true},
    {F::kS10, "ems", "EA473124829CN", true},
    {F::kS10, "ems", "RB123456786US", false},
    {F::kSscc18, "fedex", "000123450000000027", true},
    {F::kSscc18, "fedex", "006141411234567890", true},
    {F::kSscc18, "fedex", "000123450000000028", false},
    {F::kUps1Z, "ups", "1Z5R89390357567127", true},
    {F::kUps1Z, "ups", "1Z879E930346834440", true},
    {F::kUps1Z, "ups", "1Z1111111111111111", false},
    {F::kFedEx12, "fedex", "986578788855", true},
    {F::kFedEx12, "fedex", "477179081230", true},
    {F::kFedEx12, "fedex", "996578788855", false},
    {F::kFedEx15, "fedex", "041441760228964", true},
    {F::kFedEx15, "fedex", "568283610012734", true},
    {F::kFedEx15, "fedex", "568283610012732", false},
    {F::kUsps20, "usps", "03071790000523483741", true},
    {F::kUsps20, "usps", "71123456789123456787", true},
    {F::kUsps20, "usps", "03071790000523483742", false},
    {F::kUspsImpb, "usps", "9400111206206406260787", true},
    {F::kUspsImpb, "usps", "9400111201080805483016", true},
    {F::kUspsImpb, "usps", "9434611206206407667131", false},
    {F::kDhl10, "dhl", "3318810025", true},
    {F::kDhl10, "dhl", "8487135506", true},
    {F::kDhl10, "dhl", "3318810010", false},
};

TEST(CheckDigit, HoldsForGoodNumbersAndFailsForBadOnes) {
  for (const Vector& vector : kVectors) {
    EXPECT_EQ(CheckDigitHolds(vector.format, vector.number), vector.good) << vector.number;
    EXPECT_EQ(CheckDigitFails(vector.carrier, vector.number), !vector.good) << vector.number;
  }
}

TEST(CheckDigit, AnyOtherLastDigitFails) {
  for (const Vector& vector : kVectors) {
    if (!vector.good || vector.format == F::kS10) continue;
    std::string number = vector.number;
    for (char digit = '0'; digit <= '9'; ++digit) {
      number.back() = digit;
      EXPECT_EQ(CheckDigitHolds(vector.format, number), number == vector.number) << number;
    }
  }
}

TEST(CheckDigit, APackageBarcodeMayHaveItsZipCodeInFront) {
  EXPECT_EQ(CheckDigitHolds(F::kUspsImpb, "420902109400111206206406260787"), true);
  EXPECT_EQ(CheckDigitHolds(F::kUspsImpb, "4209021012349400111206206406260787"), true);
  EXPECT_EQ(CheckDigitHolds(F::kUspsImpb, "420902109400111206206406260788"), false);
}

TEST(CheckDigit, AnotherShapeIsNotJudged) {
  for (const char* number : {"", "1", "1Z", "ABC", "12345678901", "1Z5R8939035756712A"}) {
    for (int format = 0; format <= static_cast<int>(F::kDhl10); ++format)
      EXPECT_EQ(CheckDigitHolds(static_cast<F>(format), number), std::nullopt) << number;
  }
}

TEST(CheckDigit, ChineseDomesticCarriersHaveNone) {
  for (const char* carrier : {"shunfeng", "yuantong", "jd", "upsie"}) {
    EXPECT_FALSE(CheckDigitFails(carrier, "1Z1111111111111111"));
    EXPECT_FALSE(CheckDigitFails(carrier, "3318810010"));
    EXPECT_FALSE(CheckDigitFails(carrier, "SF1234567890123"));
  }
  EXPECT_TRUE(CheckDigitFails("fedex-ground", "568283610012732"));
}

// Numbers of the shared data, as far as their formats are known here.
TEST(CheckDigit, AgreesWithTheCollectedNumbers) {
  const std::string path = std::string(KEFU_SOURCE_DIR) + "/../shared/data/tracking/vectors.jsonl";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "no shared data beside the checkout: " << path;
  const std::map<std::string, F> formats = {{"S10", F::kS10},
                                            {"FedEx Ground (SSCC-18)", F::kSscc18},
                                            {"UPS", F::kUps1Z},
                                            {"FedEx Express (12)", F::kFedEx12},
                                            {"FedEx Ground", F::kFedEx15},
                                            {"USPS 20", F::kUsps20},
                                            {"DHL Express", F::kDhl10}};
  int judged = 0;
  for (std::string line; std::getline(file, line);) {
    const auto vector = nlohmann::json::parse(line);
    const auto format = formats.find(vector["format"].get<std::string>());
    if (format == formats.end() || vector["why"] == "no_match") continue;
    const auto number = NormalTrackingNumber("number", vector["number"].get<std::string>());
    ASSERT_TRUE(number.ok()) << line;
    EXPECT_EQ(CheckDigitHolds(format->second, *number), vector["valid"].get<bool>()) << line;
    ++judged;
  }
  EXPECT_GE(judged, 20);
}

}  // namespace
}  // namespace kefu::logistics
