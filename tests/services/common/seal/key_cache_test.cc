#include "services/common/seal/key_cache.h"

#include <gtest/gtest.h>

namespace kefu::seal {
namespace {

TEST(KeyCacheTest, DropsTheKeyNotUsedForLongest) {
  KeyCache cache(2);
  cache.Remember("a", DataKey::Random());
  cache.Remember("b", DataKey::Random());
  EXPECT_NE(cache.Find("a"), nullptr);
  cache.Remember("c", DataKey::Random());
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.Find("b"), nullptr);
  EXPECT_NE(cache.Find("a"), nullptr);
}

TEST(KeyCacheTest, ANewKeyTakesThePlaceOfTheOldWhichItsHoldersKeep) {
  KeyCache cache(2);
  const DataKeyPtr held = cache.Remember("a", DataKey::Random());
  const DataKeyPtr next = cache.Remember("a", DataKey::Random());
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.Find("a"), next);
  EXPECT_NE(held->id, next->id);
}

TEST(KeyCacheTest, ForgetsWhatItIsToldTo) {
  KeyCache cache(2);
  cache.Remember("a", DataKey::Random());
  cache.Forget("a");
  cache.Forget("b");
  EXPECT_EQ(cache.Find("a"), nullptr);
  EXPECT_EQ(cache.size(), 0u);
}

}  // namespace
}  // namespace kefu::seal
