// Who is who: the directory, credentials, sign-in and the methods about them, put together.
//
// Threads: any, once constructed; Stop from a thread that is not an event loop. What it is made of
// outlives it.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <string>

#include "gateway/auth/attempt_limiter.h"
#include "gateway/auth/authenticator.h"
#include "gateway/auth/caller.h"
#include "gateway/auth/shop_auditor.h"
#include "gateway/auth/sign_in_desk.h"
#include "gateway/auth/sign_ins.h"
#include "gateway/auth/tokens.h"
#include "gateway/config.h"
#include "gateway/directory/directory.h"
#include "gateway/directory/key_ring.h"
#include "gateway/directory/notices.h"
#include "gateway/directory/passwords.h"
#include "gateway/directory/registrar.h"
#include "gateway/directory/routing_configs.h"
#include "gateway/directory/storage/audit_log.h"
#include "gateway/edge/registry.h"
#include "gateway/routing/known_agent.h"
#include "gateway/rpc/admin_service.h"
#include "gateway/rpc/auth_service.h"
#include "gateway/rpc/operator_service.h"
#include "gateway/sessions/inquiries_acts.h"
#include "services/common/base/clock.h"
#include "services/common/events/publisher.h"
#include "services/common/redis/aggregate_store.h"

namespace kefu::gateway {

// What keys and secrets a gateway has.
struct Secrets {
  directory::KeyRing master_keys;
  directory::KeyRing token_keys;
};
absl::StatusOr<Secrets> ParseSecrets(const Config& config);

class Identity {
 public:
  struct Parts {
    const Config& config;
    const Secrets& secrets;
    const Clock& clock;
    redis::AggregateStore& store;
    events::Publisher& publisher;
    sessions::InquiriesActs& acts;
    // Has OnEnvelope of notices() called for what comes in under the topic.
    std::function<void(const std::string& topic)> watch;
  };
  explicit Identity(const Parts& parts);

  void Register(Registry& registry);
  void Stop() { passwords_.Stop(); }

  directory::Notices& notices() { return notices_; }
  directory::Directory& directory() { return directory_; }
  directory::Registrar& registrar() { return registrar_; }
  directory::RoutingConfigs& routing_configs() { return routing_configs_; }
  Authenticator& authenticator() { return authenticator_; }
  Auditor& auditor() { return auditor_; }

  // An agent in service. NOT_FOUND NO_SUCH_AGENT.
  Task<absl::StatusOr<routing::KnownAgent>> FindAgent(ShopId shop, AgentId id);
  Task<absl::Status> StillSignedIn(Caller caller);
  // The buyer that the shop's own id stands for.
  Task<absl::StatusOr<BuyerId>> IdentifiedBuyer(ShopId shop, std::string external_id);

 private:
  const Secrets& secrets_;
  directory::Passwords passwords_;
  directory::Notices notices_;
  directory::Directory directory_;
  directory::Registrar registrar_;
  directory::RoutingConfigs routing_configs_;
  directory::AuditLog audit_log_;
  auth::Tokens tokens_;
  auth::SignIns sign_ins_;
  auth::AttemptLimiter attempts_;
  auth::SignInDesk desk_;
  auth::TokenAuthenticator authenticator_;
  auth::ShopAuditor auditor_;
  AuthService auth_;
  OperatorService operator_;
  AdminService admin_;
};

// As routing knows an agent of the directory.
routing::KnownAgent ToKnown(const directory::AgentInfo& agent);

}  // namespace kefu::gateway
