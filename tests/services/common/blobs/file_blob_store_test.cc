#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "services/common/base/status.h"
#include "services/common/blobs/blob_store.h"
#include "services/common/blobs/crc32c.h"

namespace kefu::blobs {
namespace {

class FileBlobStoreTest : public testing::Test {
 protected:
  FileBlobStoreTest() {
    char folder[] = "/tmp/kefu-blobs-XXXXXX";
    folder_ = mkdtemp(folder);
    store_ = NewFileBlobStore(folder_ + "/made/when/needed");
  }
  ~FileBlobStoreTest() override { std::filesystem::remove_all(folder_); }

  std::string PathOf(const std::string& name) const {
    return folder_ + "/made/when/needed/" + name;
  }

  std::string folder_;
  std::unique_ptr<BlobStore> store_;
};

TEST(Crc32cTest, MatchesTheReferenceValue) { EXPECT_EQ(Crc32c("123456789"), 0xE3069283u); }

TEST_F(FileBlobStoreTest, GivesBackWhatWasPut) {
  const std::string bytes("a\0b\xff", 4);
  ASSERT_TRUE(store_->Put("demo/c_1/1-2", bytes).ok());
  EXPECT_EQ(*store_->Get("demo/c_1/1-2"), bytes);
}

TEST_F(FileBlobStoreTest, KeepsAnEmptyBlob) {
  ASSERT_TRUE(store_->Put("empty", "").ok());
  EXPECT_EQ(*store_->Get("empty"), "");
}

TEST_F(FileBlobStoreTest, TakesTheSameBytesTwiceAndRefusesOthers) {
  ASSERT_TRUE(store_->Put("x", "one").ok());
  EXPECT_TRUE(store_->Put("x", "one").ok());
  EXPECT_EQ(store_->Put("x", "two").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*store_->Get("x"), "one");
}

TEST_F(FileBlobStoreTest, SaysThatABlobIsAbsent) {
  EXPECT_EQ(store_->Get("nothing").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileBlobStoreTest, DetectsAFlippedBit) {
  ASSERT_TRUE(store_->Put("x", std::string(1000, 'x')).ok());
  std::fstream file(PathOf("x"), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(500);
  file.put('y');
  file.close();
  EXPECT_EQ(store_->Get("x").status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(FileBlobStoreTest, DetectsACutTail) {
  ASSERT_TRUE(store_->Put("x", std::string(1000, 'x')).ok());
  std::filesystem::resize_file(PathOf("x"), 900);
  EXPECT_EQ(store_->Get("x").status().code(), absl::StatusCode::kDataLoss);
  std::filesystem::resize_file(PathOf("x"), 3);
  EXPECT_EQ(store_->Get("x").status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(FileBlobStoreTest, DeletesOnceAndAgain) {
  ASSERT_TRUE(store_->Put("x", "one").ok());
  EXPECT_TRUE(store_->Delete("x").ok());
  EXPECT_TRUE(store_->Delete("x").ok());
  EXPECT_EQ(store_->Get("x").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileBlobStoreTest, RefusesNamesThatLeaveTheFolder) {
  for (const char* name : {"", "..", "a/../b", "/etc/passwd", "a//b", "a/", "a b", "a\n", "./a"}) {
    EXPECT_EQ(store_->Put(name, "x").code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(store_->Get(name).status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(store_->Delete(name).code(), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST_F(FileBlobStoreTest, LeavesNoTemporaryFileBehind) {
  ASSERT_TRUE(store_->Put("x", "one").ok());
  EXPECT_FALSE(store_->Put("x", "two").ok());
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(PathOf("")))
    ++files;
  EXPECT_EQ(files, 1u);
}

}  // namespace
}  // namespace kefu::blobs
