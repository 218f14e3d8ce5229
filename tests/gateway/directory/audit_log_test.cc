#include "gateway/directory/storage/audit_log.h"

#include <gtest/gtest.h>

#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "tests/gateway/directory/support/world.h"

namespace kefu::gateway::directory {
namespace {

using kefu::test::Await;
using test::World;

AuditEntry AnEntry(const std::string& subject) {
  return {.role = 5, .subject = subject, .method = "m", .request_id = "request-1", .request = "{}"};
}

TEST(AuditLog, EntriesFormAChain) {
  World world;
  for (const char* subject : {"a", "b", "c"}) {
    ASSERT_TRUE(Await(world.here.audit_log.Append(world.demo, AnEntry(subject))).ok());
  }
  const auto entries = Await(world.there.audit_log.List(world.demo, 0, 100));
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_EQ((*entries)[0].entry.seq, 1u);
  EXPECT_EQ((*entries)[2].entry.subject, "c");
  EXPECT_EQ((*entries)[2].entry.time, test::kNow);
  EXPECT_TRUE(VerifyChain(*entries).ok());
  const auto rest = Await(world.there.audit_log.List(world.demo, 1, 1));
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ((*rest)[0].entry.subject, "b");
}

TEST(AuditLog, ShopsAndTheInstallationHaveTheirOwn) {
  World world;
  ASSERT_TRUE(Await(world.here.audit_log.Append(world.demo, AnEntry("shop"))).ok());
  ASSERT_TRUE(Await(world.here.audit_log.Append(std::nullopt, AnEntry("installation"))).ok());
  EXPECT_EQ((*Await(world.here.audit_log.List(world.demo, 0, 10)))[0].entry.subject, "shop");
  EXPECT_EQ((*Await(world.here.audit_log.List(std::nullopt, 0, 10)))[0].entry.subject,
            "installation");
  EXPECT_TRUE(Await(world.here.audit_log.List(ShopId::Parse("other").value(), 0, 10))->empty());
}

TEST(AuditLog, ManyWritersKeepTheChainWhole) {
  World world;
  boost::asio::io_context loop;
  constexpr int kWriters = 8, kEach = 10;
  for (int writer = 0; writer < kWriters; ++writer) {
    AuditLog& log = writer % 2 == 0 ? world.here.audit_log : world.there.audit_log;
    Spawn(loop.get_executor(), [](AuditLog& log, ShopId shop, std::string name) -> Task<> {
      for (int i = 0; i < kEach; ++i) {
        AuditEntry entry = AnEntry(name);
        const absl::Status status = co_await log.Append(shop, std::move(entry));
        EXPECT_TRUE(status.ok()) << status;
      }
    }(log, world.demo, std::to_string(writer)));
  }
  loop.run();
  const auto entries = Await(world.here.audit_log.List(world.demo, 0, 1000));
  EXPECT_EQ(entries->size(), static_cast<size_t>(kWriters * kEach));
  EXPECT_TRUE(VerifyChain(*entries).ok());
}

TEST(AuditLog, AnEntryThatDoesNotFollowTheHeadIsNotWritten) {
  World world;
  ASSERT_TRUE(Await(world.here.audit_log.Append(world.demo, AnEntry("a"))).ok());
  const std::string key = world.store.Key(world.demo, "");
  auto append = [&](const char* seq, const std::string& hash) {
    return world.Command({"FCALL", "gateway_audit_append_v1", "3", key + "audit",
                          key + "audit_head", key + "meta", "", seq, hash, "1", "new", "entry"});
  };
  EXPECT_EQ(append("0", "")[2].str(), "AUDIT_HEAD_MOVED");
  EXPECT_EQ(append("1", std::string(64, '0'))[2].str(), "AUDIT_HEAD_MOVED");
  EXPECT_EQ(Await(world.here.audit_log.List(world.demo, 0, 10))->size(), 1u);
}

}  // namespace
}  // namespace kefu::gateway::directory
