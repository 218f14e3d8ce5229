#include "gateway/auth/sign_ins.h"

#include <algorithm>
#include <utility>

#include "proto/kefu/gateway/v1/record.pb.h"
#include "services/common/base/status.h"

namespace kefu::gateway::auth {
namespace {

constexpr size_t kCached = 20'000;
constexpr int64_t kMaxAgeMs = 5000;
constexpr uint32_t kVersion = 1;
constexpr std::string_view kKind = "sign_in";

std::string PlaceOf(std::string_view shop, std::string_view id) {
  return std::string(shop).append("/").append(id);
}

std::string KeyName(std::string_view id) { return std::string("signin:").append(id); }

absl::Status Revoked() {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_REVOKED",
               "This sign-in has ended; sign in again.");
}

absl::StatusOr<SignIn> Decode(const std::string& bytes) {
  v1::SignInRecord record;
  const bool parsed = record.ParseFromString(bytes) && record.record_version() <= kVersion;
  const auto agent = AgentId::Parse(record.agent());
  const auto person = PersonId::Parse(record.person());
  // It can be had again by signing in.
  if (!parsed || !agent.ok() || !person.ok()) return Revoked();
  return SignIn{*agent,
                *person,
                record.agent_credentials_version(),
                record.person_credentials_version(),
                {record.expire_time_ms()}};
}

}  // namespace

SignIns::SignIns(redis::AggregateStore& store, directory::Directory& directory,
                 directory::Notices& notices, int64_t (*now_ms)())
    : store_(store), directory_(directory), notices_(notices), known_(kCached, kMaxAgeMs, now_ms) {
  notices_.Listen([this](const std::string& shop, const v1::DirectoryChanged& change) {
    if (change.kind() == kKind) known_.Drop(PlaceOf(shop, change.subject()));
  });
}

Task<absl::StatusOr<std::string>> SignIns::Start(ShopId shop, SignIn sign_in, TimePoint now) {
  std::string id = NewToken();
  KEFU_CO_RETURN_IF_ERROR(co_await Write(shop, id, std::move(sign_in), now));
  co_return id;
}

Task<absl::Status> SignIns::Write(ShopId shop, std::string id, SignIn sign_in, TimePoint now) {
  v1::SignInRecord record;
  record.set_record_version(kVersion);
  record.set_agent(sign_in.agent.str());
  record.set_person(sign_in.person.str());
  record.set_agent_credentials_version(sign_in.agent_credentials);
  record.set_person_credentials_version(sign_in.person_credentials);
  record.set_expire_time_ms(sign_in.expire_time.ms);
  const int64_t lifetime_ms = std::max<int64_t>(1, sign_in.expire_time - now);
  redis::Command command = {"SET", store_.Key(shop, KeyName(id)), record.SerializeAsString(), "PX",
                            std::to_string(lifetime_ms)};
  co_return (co_await store_.ClientOf(shop).Call(std::move(command))).status();
}

Task<absl::Status> SignIns::End(ShopId shop, std::string id) {
  redis::Command command = {"DEL", store_.Key(shop, KeyName(id))};
  KEFU_CO_RETURN_IF_ERROR(co_await store_.ClientOf(shop).Call(std::move(command)));
  notices_.Tell(shop, kKind, id);
  co_return absl::OkStatus();
}

Task<absl::Status> SignIns::Keep(ShopId shop, std::string id, uint64_t person_credentials,
                                 TimePoint now) {
  known_.Drop(PlaceOf(shop.str(), id));
  KEFU_CO_ASSIGN_OR_RETURN(std::optional<SignIn> sign_in, co_await Read(shop, id));
  if (!sign_in) co_return Revoked();
  sign_in->person_credentials = person_credentials;
  KEFU_CO_RETURN_IF_ERROR(co_await Write(shop, id, *std::move(sign_in), now));
  notices_.Tell(shop, kKind, id);
  co_return absl::OkStatus();
}

Task<absl::StatusOr<std::optional<SignIn>>> SignIns::Read(ShopId shop, std::string id) {
  const std::string place = PlaceOf(shop.str(), id);
  if (std::optional<std::optional<SignIn>> known = known_.Get(place)) co_return *std::move(known);
  notices_.Watch(shop);  // a shop that this gateway signed a token for
  const auto ticket = known_.Begin();
  redis::Command command = {"GET", store_.Key(shop, KeyName(id))};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value reply,
                           co_await store_.ClientOf(shop).Call(std::move(command)));
  std::optional<SignIn> sign_in;
  if (!reply.is_nil()) {
    KEFU_CO_ASSIGN_OR_RETURN(sign_in, Decode(reply.str()));
  }
  known_.Put(place, sign_in, ticket);
  co_return sign_in;
}

Task<absl::StatusOr<directory::AgentInfo>> SignIns::Check(ShopId shop, std::string id,
                                                          std::string agent) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<SignIn> sign_in, co_await Read(shop, id));
  if (!sign_in || sign_in->agent.str() != agent) co_return Revoked();
  KEFU_CO_ASSIGN_OR_RETURN(directory::AgentInfo info,
                           co_await directory_.GetAgent(shop, sign_in->agent));
  if (!info.in_service() || info.credentials_version > sign_in->agent_credentials)
    co_return Revoked();
  KEFU_CO_ASSIGN_OR_RETURN(const directory::PersonInfo person,
                           co_await directory_.GetPerson(sign_in->person));
  if (person.disabled || person.credentials_version > sign_in->person_credentials)
    co_return Revoked();
  co_return info;
}

}  // namespace kefu::gateway::auth
