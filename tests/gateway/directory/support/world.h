// Two gateways' identity parts on one private Redis, with clocks set by hand and notices that can
// be cut.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/auth/attempt_limiter.h"
#include "gateway/auth/authenticator.h"
#include "gateway/auth/shop_auditor.h"
#include "gateway/auth/sign_in_desk.h"
#include "gateway/auth/sign_ins.h"
#include "gateway/auth/tokens.h"
#include "gateway/directory/directory.h"
#include "gateway/directory/notices.h"
#include "gateway/directory/passwords.h"
#include "gateway/directory/registrar.h"
#include "gateway/directory/storage/audit_log.h"
#include "services/common/base/clock.h"
#include "services/common/redis/aggregate_store.h"
#include "services/common/redis/shard_map.h"
#include "tests/support/await.h"
#include "tests/support/redis_server.h"

namespace kefu::gateway::test {

inline constexpr TimePoint kNow{1'700'000'000'000};
inline constexpr char kOperatorKey[] = "operator-key-of-at-least-32-bytes";

// The monotonic clock of all caches.
inline int64_t g_monotonic_ms = 1'000'000;
inline int64_t ManualMonotonicMs() { return g_monotonic_ms; }

class World;

// One gateway.
struct Site {
  Site(World& world, bool* notices_arrive, std::vector<Site*>* sites);

  directory::Notices notices;
  directory::Directory directory;
  directory::Registrar registrar;
  directory::AuditLog audit_log;
  auth::SignIns sign_ins;
  auth::AttemptLimiter limiter;
  auth::SignInDesk desk;
  auth::TokenAuthenticator authenticator;
  auth::ShopAuditor auditor;
};

class World {
 public:
  // Password hashing costs as little as it can, unless the test is about what it costs.
  static constexpr directory::PasswordLimits kCheap{.operations = 1, .memory_bytes = 8192};
  explicit World(directory::PasswordLimits limits = kCheap) : passwords(limits) {
    server_.LoadFunctions("gateway");
    sites_ = {&here, &there};
  }

  // A request with a fresh id.
  redis::Request Fresh() { return Named("request-" + std::to_string(++requests_)); }
  redis::Request Named(const std::string& id, const std::string& payload = "payload") const {
    return directory::MakeRequest(master_keys, id, "method", payload, "");
  }

  directory::CreatedShop AddShop(const std::string& id, std::vector<std::string> origins = {}) {
    return kefu::test::Await(here.registrar.CreateShop(Fresh(), {ShopId::Parse(id).value(),
                                                                 "Shop " + id, std::move(origins)}))
        .value();
  }
  PersonId AddPerson(const std::string& login, const std::string& password = "correct horse") {
    return kefu::test::Await(
               here.registrar.CreatePerson(Fresh(), {login, "Person " + login, password}))
        .value();
  }
  directory::AgentInfo AddAgent(const std::string& shop, const std::string& login,
                                directory::StaffRole role = directory::StaffRole::kAgent) {
    return kefu::test::Await(
               here.registrar.CreateAgent(
                   Fresh(), ShopId::Parse(shop).value(),
                   {.login = login, .display_name = login, .role = role, .capacity = 100}))
        .value();
  }
  auth::SignedIn SignIn(const std::string& login, const std::string& shop = "demo") {
    return kefu::test::Await(here.desk.SignIn({login, "correct horse", shop, "192.0.2.1"})).value();
  }
  redis::ShardMap& shards() { return *shards_; }
  redis::Value Command(redis::Command command) {
    return kefu::test::Await(shards_->System().Call(std::move(command))).value();
  }

 private:
  kefu::test::RedisServer server_;
  std::unique_ptr<redis::ShardMap> shards_ = redis::ShardMap::Single({server_.address(), "", ""});
  std::vector<Site*> sites_;
  int requests_ = 0;

 public:
  ManualClock clock{kNow};
  redis::AggregateStore store{*shards_, "gateway", &clock};
  const directory::KeyRing master_keys =
      directory::KeyRing::Parse("m1 " + std::string(64, '1'), 2).value();
  const directory::KeyRing token_keys =
      directory::KeyRing::Parse("t1 " + std::string(64, '2'), 2).value();
  auth::Tokens tokens{token_keys};
  directory::Passwords passwords;
  // Off: what one gateway tells, the other does not hear.
  bool notices_arrive = true;
  Site here{*this, &notices_arrive, &sites_};
  Site there{*this, &notices_arrive, &sites_};
  const ShopId demo = ShopId::Parse("demo").value();
};

inline Site::Site(World& world, bool* notices_arrive, std::vector<Site*>* sites)
    : notices(
          [this, notices_arrive, sites](std::string_view topic, std::string_view envelope) {
            if (!*notices_arrive || !directory::Notices::IsTopic(topic)) return;
            for (Site* site : *sites) {
              if (site != this) site->notices.OnEnvelope(envelope);
            }
          },
          [](const std::string&) {}),
      directory(world.store, notices, ManualMonotonicMs),
      registrar({world.store, directory, notices, world.passwords, world.master_keys}),
      audit_log(world.store),
      sign_ins(world.store, directory, notices, ManualMonotonicMs),
      limiter(world.store),
      desk({directory, world.passwords, limiter, sign_ins, world.tokens, world.clock}),
      authenticator(world.tokens, sign_ins, directory, world.clock, kOperatorKey),
      auditor(audit_log, directory) {}

}  // namespace kefu::gateway::test
