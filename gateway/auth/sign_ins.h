// Sign-ins of staff: what a staff token stands for, so that signing out, disabling and a new
// password end it.
//
// A sign-in holds while its record exists, the agent and the person are enabled, and neither's
// credentials have a later version than at sign-in. Each of the three is remembered for 5 s at most
// and dropped by notices.
//
// Keys: `kf:gateway:{shop}:signin:<id>` (SignInRecord, expires). Threads: thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>

#include "gateway/directory/directory.h"
#include "gateway/directory/notices.h"
#include "gateway/directory/stale_cache.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/task.h"
#include "services/common/redis/aggregate_store.h"

namespace kefu::gateway::auth {

struct SignIn {
  AgentId agent;
  PersonId person;
  uint64_t agent_credentials = 0;
  uint64_t person_credentials = 0;
  TimePoint expire_time;
};

class SignIns {
 public:
  // `now_ms` is a monotonic clock.
  SignIns(redis::AggregateStore& store, directory::Directory& directory,
          directory::Notices& notices, int64_t (*now_ms)() = MonotonicMs);

  // Answers the sign-in's id.
  Task<absl::StatusOr<std::string>> Start(ShopId shop, SignIn sign_in, TimePoint now);
  // Ends it for all gateways. Ending it again is no error.
  Task<absl::Status> End(ShopId shop, std::string id);
  // The person changed the password during this sign-in, which goes on.
  Task<absl::Status> Keep(ShopId shop, std::string id, uint64_t person_credentials, TimePoint now);

  // The agent as the directory has it now. UNAUTHENTICATED TOKEN_REVOKED if the sign-in does not
  // hold any more.
  Task<absl::StatusOr<directory::AgentInfo>> Check(ShopId shop, std::string id, std::string agent);

 private:
  // None: there is no such sign-in.
  Task<absl::StatusOr<std::optional<SignIn>>> Read(ShopId shop, std::string id);
  Task<absl::Status> Write(ShopId shop, std::string id, SignIn sign_in, TimePoint now);

  redis::AggregateStore& store_;
  directory::Directory& directory_;
  directory::Notices& notices_;
  directory::StaleCache<std::optional<SignIn>> known_;
};

}  // namespace kefu::gateway::auth
