#include "services/common/base/parcel.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"

namespace kefu {
namespace {

TEST(Parcel, SpellingsOfOneNumberAreOneNumber) {
  EXPECT_EQ(*NormalTrackingNumber("n", " sf 1234 5678 90123 "), "SF1234567890123");
  EXPECT_EQ(*NormalTrackingNumber("n", "SF1234567890123"), "SF1234567890123");
}

TEST(Parcel, WhatIsNoNumberIsRefused) {
  for (const char* bad : {"", "123", "    ", "12345_", "1234|5", "圆通12345",
                          "12345678901234567890123456789012345678901"}) {
    EXPECT_FALSE(NormalTrackingNumber("n", bad).ok()) << bad;
  }
}

TEST(Parcel, CarriersAreShortAndPlain) {
  for (const char* good : {"ups", "4px", "sf-express", "china_ems"})
    EXPECT_TRUE(CheckCarrier("c", good).ok()) << good;
  for (const char* bad : {"", "u", "-ups", "UPS", "u|s", "a b"})
    EXPECT_FALSE(CheckCarrier("c", bad).ok()) << bad;
  EXPECT_FALSE(CheckCarrier("c", std::string(33, 'a')).ok());
}

TEST(Parcel, ARefusalNamesTheField) {
  const auto fields = FieldViolationsOf(CheckCarrier("parcels[1].carrier", "UPS"));
  ASSERT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields[0].field, "parcels[1].carrier");
  const auto number = NormalTrackingNumber("tracking_number", std::string(1000, ' ') + "1234");
  ASSERT_EQ(FieldViolationsOf(number.status()).size(), 1u);
  EXPECT_EQ(FieldViolationsOf(number.status())[0].field, "tracking_number");
}

}  // namespace
}  // namespace kefu
