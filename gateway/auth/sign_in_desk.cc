#include "gateway/auth/sign_in_desk.h"

#include <algorithm>
#include <utility>

#include "gateway/directory/registrar.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"

namespace kefu::gateway::auth {
namespace {

constexpr size_t kMaxLogin = 64, kMaxPassword = 128;
// Read in place of a person when nobody has the login, so that both cost the same reads.
const char kNobody[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

absl::Status CheckFields(const Credentials& credentials) {
  if (credentials.login.empty() || credentials.login.size() > kMaxLogin) {
    return InvalidField("login", "Give the login, 1 to 64 bytes.");
  }
  if (credentials.password.empty() || credentials.password.size() > kMaxPassword) {
    return InvalidField("password", "Give the password, 1 to 128 bytes.");
  }
  if (!credentials.shop.empty()) KEFU_RETURN_IF_ERROR(ShopId::Parse(credentials.shop));
  return absl::OkStatus();
}

// Logins are stored in lower case; people do not always write them so.
std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

absl::Status ShopRequired() {
  return Error(absl::StatusCode::kFailedPrecondition, "SHOP_REQUIRED",
               "You serve several shops; name the one to enter.");
}

}  // namespace

Task<absl::StatusOr<std::optional<directory::PersonInfo>>> SignInDesk::FindPerson(
    std::string login) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<PersonId> id,
                           co_await deps_.directory.FindPerson(std::move(login)));
  const PersonId to_read = id.value_or(PersonId::FromToken(kNobody));
  absl::StatusOr<directory::PersonInfo> person = co_await deps_.directory.ReadPerson(to_read);
  std::optional<directory::PersonInfo> found;
  if (person.ok()) {
    found = *std::move(person);
  } else if (id || !absl::IsNotFound(person.status())) {
    co_return person.status();
  }
  co_return found;
}

Task<absl::StatusOr<std::optional<directory::AgentInfo>>> SignInDesk::FindAgent(
    directory::PersonInfo person, ShopId shop) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<AgentId> id,
                           co_await deps_.directory.FindAgentOf(shop, person.id));
  std::optional<directory::AgentInfo> found;
  if (!id) co_return found;
  KEFU_CO_ASSIGN_OR_RETURN(directory::AgentInfo agent,
                           co_await deps_.directory.GetAgent(shop, *id));
  if (agent.in_service()) found = std::move(agent);
  co_return found;
}

Task<absl::StatusOr<SignedIn>> SignInDesk::SignIn(Credentials credentials) {
  KEFU_CO_RETURN_IF_ERROR(CheckFields(credentials));
  const std::string login = LowerCase(std::move(credentials.login));
  // First a place in the queue: an attempt that is turned away there is not counted against
  // anybody.
  KEFU_CO_ASSIGN_OR_RETURN(directory::Passwords::Place place, deps_.passwords.Reserve());
  KEFU_CO_ASSIGN_OR_RETURN(AttemptLimiter::Attempt attempt,
                           co_await deps_.limiter.Admit(login, credentials.peer));
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<directory::PersonInfo> person,
                           co_await FindPerson(login));
  std::optional<std::string> hash;
  if (person) hash = person->password_hash;
  KEFU_CO_ASSIGN_OR_RETURN(const bool right,
                           co_await deps_.passwords.Verify(std::move(place), std::move(hash),
                                                           std::move(credentials.password)));
  if (!right || !person || person->disabled) co_return directory::BadCredentials();

  if (credentials.shop.empty() && person->memberships.size() > 1) co_return ShopRequired();
  if (credentials.shop.empty() && person->memberships.empty())
    co_return directory::BadCredentials();
  if (credentials.shop.empty()) credentials.shop = person->memberships.front().shop.str();
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(credentials.shop));
  KEFU_CO_ASSIGN_OR_RETURN(std::optional<directory::AgentInfo> agent,
                           co_await FindAgent(*person, shop));
  if (!agent) co_return directory::BadCredentials();

  const TimePoint now = deps_.clock.Now();
  auth::SignIn record{agent->id, person->id, agent->credentials_version,
                      person->credentials_version, now + kStaffTokenMs};
  KEFU_CO_ASSIGN_OR_RETURN(const std::string id,
                           co_await deps_.sign_ins.Start(shop, std::move(record), now));
  const absl::Status taken_back = co_await deps_.limiter.Succeeded(std::move(attempt));
  if (!taken_back.ok())
    log::Warn("a good sign-in still counts for its address", {{"error", taken_back.ToString()}});

  TokenClaims claims{.audience = Audience::kStaff,
                     .shop = shop,
                     .subject = agent->id.str(),
                     .sign_in = id,
                     .issue_time = now,
                     .expire_time = now + kStaffTokenMs};
  co_return SignedIn{deps_.tokens.Sign(claims), claims.expire_time, shop, *std::move(agent)};
}

}  // namespace kefu::gateway::auth
