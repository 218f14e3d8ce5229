#include "deploy/ctl/backup/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ManifestTest : public ::testing::Test {
 protected:
  ManifestTest() {
    std::string folder = (fs::temp_directory_path() / "kefu-manifest-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    Write("from/blobs/shop/segment-1", "first");
    Write("from/blobs/segment-2", std::string(200000, 'x'));
    auto files = CopyTree(folder_ / "from/blobs", folder_ / "backup/blobs", "blobs/");
    EXPECT_TRUE(files.ok()) << files.status();
    manifest_.files = *files;
    manifest_.create_time = "2026-01-02T03:04:05Z";
    manifest_.redis_version = "7.0.15";
    manifest_.libraries = {"kefu_inquiries"};
    manifest_.keys = 12;
    EXPECT_TRUE(WriteManifest(folder_ / "backup", manifest_).ok());
  }
  ~ManifestTest() override { fs::remove_all(folder_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << text;
  }
  absl::Status Verify() const { return VerifyBackup(folder_ / "backup").status(); }

  fs::path folder_;
  Manifest manifest_;
};

TEST_F(ManifestTest, ItIsReadAsItWasWritten) {
  const auto read = VerifyBackup(folder_ / "backup");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->create_time, manifest_.create_time);
  EXPECT_EQ(read->libraries, manifest_.libraries);
  EXPECT_EQ(read->keys, 12u);
  EXPECT_EQ(read->files, manifest_.files);
  EXPECT_EQ(read->files.size(), 2u);
}

TEST_F(ManifestTest, AChangedByteIsFound) {
  Write("backup/blobs/shop/segment-1", "firsT");
  EXPECT_EQ(Verify().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(Verify().message()), HasSubstr("blobs/shop/segment-1"));
}

TEST_F(ManifestTest, AMissingFileIsFound) {
  fs::remove(folder_ / "backup/blobs/segment-2");
  EXPECT_EQ(Verify().code(), absl::StatusCode::kDataLoss);
}

TEST_F(ManifestTest, AFileTooManyIsFound) {
  Write("backup/blobs/stranger", "x");
  EXPECT_EQ(Verify().code(), absl::StatusCode::kDataLoss);
}

TEST_F(ManifestTest, AFolderWithoutAManifestIsNoBackup) {
  fs::remove(folder_ / "backup/manifest.json");
  EXPECT_EQ(ErrorReason(Verify()), "NO_BACKUP");
}

TEST_F(ManifestTest, ACopyNeverOverwrites) {
  const auto again = CopyTree(folder_ / "from/blobs", folder_ / "backup/blobs", "blobs/");
  EXPECT_FALSE(again.ok());
}

TEST_F(ManifestTest, FilesOutsideOfTheBackupAreRefused) {
  for (const char* path : {"../x", "/etc/passwd", "blobs/../../x", ""}) {
    Manifest manifest;
    manifest.files = {{path, 1, "00"}};
    EXPECT_FALSE(ParseManifest(ManifestJson(manifest)).ok()) << path;
  }
}

TEST_F(ManifestTest, WhatIsNoManifestIsRefused) {
  for (const char* text : {"", "{}", "[]", R"({"format":2})"})
    EXPECT_FALSE(ParseManifest(text).ok()) << text;
}

}  // namespace
}  // namespace kefu::ctl
