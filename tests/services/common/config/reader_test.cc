#include "services/common/config/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace kefu::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Reader, ReadsNestedValuesAndLeavesDefaults) {
  Reader reader(
      "listen: 127.0.0.1:1\nredis:\n  address: unix:/x\nthreads: 3\nlist: [a, b]\non: true\n");
  std::string listen, address, absent = "default";
  int64_t threads = 1;
  bool on = false;
  std::vector<std::string> list;
  reader.Required("listen", &listen);
  reader.Optional("redis.address", &address);
  reader.Optional("redis.absent", &absent);
  reader.Optional("threads", &threads, 1, 8);
  reader.Optional("list", &list);
  reader.Optional("on", &on);
  EXPECT_TRUE(reader.Finish().ok()) << reader.Finish();
  EXPECT_EQ(listen, "127.0.0.1:1");
  EXPECT_EQ(address, "unix:/x");
  EXPECT_EQ(absent, "default");
  EXPECT_EQ(threads, 3);
  EXPECT_TRUE(on);
  EXPECT_THAT(list, ElementsAre("a", "b"));
}

std::string Problem(std::string_view yaml) {
  Reader reader(yaml);
  std::string listen, password;
  int64_t threads = 1;
  reader.Required("listen", &listen);
  reader.Optional("server.threads", &threads, 1, 8);
  reader.Secret("server.password", &password);
  return std::string(reader.Finish().message());
}

TEST(Reader, NamesWhatIsWrong) {
  EXPECT_THAT(Problem("{}"), HasSubstr("listen: is needed"));
  EXPECT_THAT(Problem("listen: x\nlisten_: y"), HasSubstr("listen_: unknown key"));
  EXPECT_THAT(Problem("listen: x\nserver: {thread: 3}"), HasSubstr("server.thread: unknown key"));
  EXPECT_THAT(Problem("listen: x\nserver: {threads: 9}"),
              HasSubstr("server.threads: must be 1 to 8"));
  EXPECT_THAT(Problem("listen: x\nserver: {threads: many}"),
              HasSubstr("server.threads: expected a whole number"));
  EXPECT_THAT(Problem("listen: x\nserver: {password: abc}"),
              HasSubstr("secrets do not stand in this file"));
  EXPECT_THAT(Problem("listen: x\nserver: {password_file: /nowhere}"),
              HasSubstr("Cannot read /nowhere"));
  EXPECT_THAT(Problem("listen: [x"), HasSubstr("(file)"));
  EXPECT_THAT(Problem("just text"), HasSubstr("expected keys and values"));
}

TEST(Reader, ReadsSecretsFromFilesAndTheEnvironment) {
  const std::string path = ::testing::TempDir() + "/kefu-secret";
  std::ofstream(path) << "from-file\n";
  setenv("KEFU_TEST_SECRET", "from-environment", 1);
  Reader reader("a:\n  password_file: " + path + "\nb:\n  password_env: KEFU_TEST_SECRET\n");
  std::string a, b, c;
  reader.Secret("a.password", &a, /*required=*/true);
  reader.Secret("b.password", &b, /*required=*/true);
  reader.Secret("c.password", &c, /*required=*/true);
  EXPECT_EQ(a, "from-file");
  EXPECT_EQ(b, "from-environment");
  EXPECT_THAT(std::string(reader.Finish().message()), HasSubstr("c.password: is needed"));
}

}  // namespace
}  // namespace kefu::config
