#include "services/common/base/form.h"

#include <gtest/gtest.h>

namespace kefu {
namespace {

TEST(Form, FieldsAreDecoded) {
  EXPECT_EQ(FormField("param=%7B%22a%22%3A1%7D&sign=AB", "param"), "{\"a\":1}");
  EXPECT_EQ(FormField("param=%E5%BC%A0+%2B&sign=AB", "param"), "张 +");
  EXPECT_EQ(FormField("a=1&sign=AB", "sign"), "AB");
}

TEST(Form, TheFirstFieldOfANameCounts) {
  EXPECT_EQ(FormField("a=1&a=2", "a"), "1");
  EXPECT_EQ(FormField("%61=1", "a"), "1");
}

TEST(Form, AFieldMayBeEmptyButMustBeThere) {
  EXPECT_EQ(FormField("a=&b", "a"), "");
  EXPECT_EQ(FormField("a=&b", "b"), "");
  EXPECT_EQ(FormField("a=1", "b"), std::nullopt);
  EXPECT_EQ(FormField("", "a"), std::nullopt);
}

TEST(Form, WhatCannotBeDecodedIsNoValue) {
  for (const char* bad : {"a=%", "a=%4", "a=%zz", "a=1%2"})
    EXPECT_EQ(FormField(bad, "a"), std::nullopt) << bad;
  EXPECT_EQ(FormDecode("%41"), "A");
}

}  // namespace
}  // namespace kefu
