#include "services/common/base/mask.h"

#include <gtest/gtest.h>

namespace kefu {
namespace {

TEST(MaskTest, PhonesShowTheirEndsOnly) {
  EXPECT_EQ(MaskPhone("13812345678"), "138****5678");
  EXPECT_EQ(MaskPhone("+86 138-1234-5678"), "138****5678");
  EXPECT_EQ(MaskPhone("+1 415 555 26711"), "141****6711");
  EXPECT_EQ(MaskPhone("62345678"), "****5678");
  EXPECT_EQ(MaskPhone("12345"), "****");
  EXPECT_EQ(MaskPhone(""), "");
  EXPECT_EQ(MaskPhone("call me"), "");
}

TEST(MaskTest, NamesShowTheirFirstCharacter) {
  EXPECT_EQ(MaskName("张三"), "张*");
  EXPECT_EQ(MaskName("张"), "张*");
  EXPECT_EQ(MaskName("John Smith"), "J*");
  EXPECT_EQ(MaskName(""), "");
}

TEST(MaskTest, WhatIsMaskedStaysAsItIs) {
  for (const char* phone :
       {"13812345678", "62345678", "12345", "", "138****5678", "+8613812345678"}) {
    EXPECT_EQ(MaskPhone(MaskPhone(phone)), MaskPhone(phone)) << phone;
    EXPECT_EQ(PhoneTail(MaskPhone(phone)), PhoneTail(phone)) << phone;
  }
  EXPECT_EQ(MaskName(MaskName("张三")), "张*");
  EXPECT_EQ(MaskName(MaskName("\xff")), "*");
  EXPECT_EQ(MaskName("***"), "*");
}

TEST(MaskTest, HalfMaskedPhonesShowNoMoreThanMaskedOnes) {
  EXPECT_EQ(MaskPhone("1381234*5678"), "138****5678");
  EXPECT_EQ(MaskPhone("*12345678"), "****");
}

TEST(MaskTest, TailsAreTheLastFourDigitsOfWhatIsLongEnough) {
  EXPECT_EQ(PhoneTail("138 1234 5678"), "5678");
  EXPECT_EQ(PhoneTail("12345"), std::nullopt);
  EXPECT_EQ(PhoneTail(""), std::nullopt);
}

}  // namespace
}  // namespace kefu
