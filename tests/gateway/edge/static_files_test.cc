#include "gateway/edge/static_files.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "tests/gateway/edge/temp_folder.h"

namespace kefu::gateway {
namespace {

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest() {
    folder_.Write("root/index.html", "<title>kefu</title>");
    folder_.Write("root/widget/index.html", "widget");
    folder_.Write("root/assets/app-5f2c.js", "app()");
    folder_.Write("root/widget.js", "widget()");
    folder_.Write("root/.env", "SECRET=1");
    folder_.Write("root/.git/config", "x");
    folder_.Write("secret.txt", "secret");
    files_ = *StaticFiles::Load((folder_.path() / "root").string());
  }

  HttpResponse Get(const std::string& path, const std::string& if_none_match = "") {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    if (!if_none_match.empty()) request.headers.Add("If-None-Match", if_none_match);
    return files_.Serve(request);
  }

  TempFolder folder_;
  StaticFiles files_;
};

TEST_F(StaticFilesTest, TheRootIsItsIndexPage) {
  const HttpResponse response = Get("/");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content(), "<title>kefu</title>");
  EXPECT_EQ(response.headers.Get("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(response.headers.Get("cache-control"), "no-cache");
  EXPECT_EQ(Get("/widget/").content(), "widget");
}

TEST_F(StaticFilesTest, EveryAnswerCarriesTheStrictPolicy) {
  for (const auto* path : {"/", "/assets/app-5f2c.js", "/absent"}) {
    const HttpResponse response = Get(path);
    EXPECT_EQ(response.headers.Get("content-security-policy"),
              "default-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
              "form-action 'self'; frame-ancestors 'none'");
    EXPECT_EQ(response.headers.Get("x-content-type-options"), "nosniff");
    EXPECT_EQ(response.headers.Get("referrer-policy"), "no-referrer");
  }
}

TEST_F(StaticFilesTest, PagesOfOtherOriginsMayLoadTheWidgetAndNothingElse) {
  const HttpResponse widget = Get("/widget.js");
  EXPECT_EQ(widget.headers.Get("cross-origin-resource-policy"), "cross-origin");
  EXPECT_EQ(widget.headers.Get("access-control-allow-origin"), "*");
  const std::string etag(widget.headers.Get("etag"));
  EXPECT_EQ(Get("/widget.js", etag).headers.Get("cross-origin-resource-policy"), "cross-origin");
  for (const auto* path : {"/", "/widget/", "/assets/app-5f2c.js"}) {
    const HttpResponse response = Get(path);
    EXPECT_EQ(response.headers.Get("cross-origin-resource-policy"), "same-origin") << path;
    EXPECT_FALSE(response.headers.Has("access-control-allow-origin")) << path;
  }
}

TEST_F(StaticFilesTest, HashedAssetsNeverChange) {
  EXPECT_EQ(Get("/assets/app-5f2c.js").headers.Get("cache-control"),
            "public, max-age=31536000, immutable");
}

TEST_F(StaticFilesTest, AnUnchangedFileIsNotSentAgain) {
  const std::string etag(Get("/").headers.Get("etag"));
  EXPECT_EQ(Get("/", etag).status, 304);
  EXPECT_EQ(Get("/", "W/" + etag + ", \"other\"").status, 304);
  EXPECT_EQ(Get("/", "\"other\"").status, 200);
}

TEST_F(StaticFilesTest, HeadSendsNoBody) {
  HttpRequest request;
  request.method = "HEAD";
  request.path = "/";
  EXPECT_TRUE(files_.Serve(request).head_only);
  EXPECT_EQ(files_.Serve(request).content().size(), 19u);
}

TEST_F(StaticFilesTest, NothingButLoadedFilesCanBeReached) {
  for (const auto* path :
       {"/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/.env", "/.git/config",
        "//etc/passwd", "/assets", "/assets/", "", "index.html", "/index.html/"}) {
    EXPECT_EQ(Get(path).status, 404) << path;
  }
}

TEST_F(StaticFilesTest, ALinkOutOfTheRootIsRefused) {
  std::filesystem::create_symlink(folder_.path() / "secret.txt", folder_.path() / "root/link.txt");
  EXPECT_EQ(ErrorReason(StaticFiles::Load((folder_.path() / "root").string()).status()),
            "WEB_ROOT_INVALID");
}

TEST_F(StaticFilesTest, AMissingRootIsAnError) {
  EXPECT_EQ(ErrorReason(StaticFiles::Load((folder_.path() / "absent").string()).status()),
            "WEB_ROOT_MISSING");
}

}  // namespace
}  // namespace kefu::gateway
