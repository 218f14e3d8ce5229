#include "gateway/rpc/identity_messages.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <charconv>

#include "gateway/directory/storage/records.h"
#include "services/common/base/ids.h"
#include "services/common/base/status.h"

namespace kefu::gateway::identity {
namespace {

using google::protobuf::util::TimeUtil;

constexpr uint32_t kDefaultPage = 100, kMaxPage = 500;

v1::Shop ShopMessage(const ShopId& id, const std::string& display_name,
                     const std::vector<std::string>& origins, TimePoint create_time) {
  v1::Shop message;
  message.set_shop(id.str());
  message.set_display_name(display_name);
  *message.mutable_create_time() = ToTimestamp(create_time);
  for (const std::string& origin : origins) message.add_origins(origin);
  return message;
}

// The same bytes for the same message, maps included, at every gateway.
std::string Canonical(const google::protobuf::MessageLite& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    google::protobuf::io::CodedOutputStream coded(&out);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(TimePoint time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(time.ms / 1000);
  timestamp.set_nanos(static_cast<int32_t>(time.ms % 1000) * 1'000'000);
  return timestamp;
}

v1::Shop ToMessage(const directory::ListedShop& shop) {
  return ShopMessage(shop.id, shop.display_name, shop.origins, shop.create_time);
}

v1::Shop ToMessage(const directory::ShopInfo& shop) {
  v1::Shop message = ShopMessage(shop.id, shop.display_name, shop.origins, shop.create_time);
  message.set_etag(std::to_string(shop.version));
  return message;
}

absl::StatusOr<directory::UpdateShop> ToUpdateShop(const ShopId& id, const v1::Shop& shop) {
  KEFU_ASSIGN_OR_RETURN(const std::optional<uint64_t> version, VersionOf("shop.etag", shop.etag()));
  return directory::UpdateShop{
      id, shop.display_name(), {shop.origins().begin(), shop.origins().end()}, version};
}

v1::Agent ToMessage(const directory::AgentInfo& agent) {
  v1::Agent message;
  message.set_agent(agent.id.str());
  if (agent.person) message.set_person(agent.person->str());
  message.set_program(agent.is_program());
  if (agent.answer_limit_ms > 0)
    *message.mutable_answer_limit() = TimeUtil::MillisecondsToDuration(agent.answer_limit_ms);
  message.set_login(agent.login);
  message.set_display_name(agent.display_name);
  message.set_role(directory::ToRole(agent.role));
  message.set_capacity(agent.capacity);
  message.set_disabled(agent.disabled);
  message.set_etag(std::to_string(agent.version));
  *message.mutable_create_time() = ToTimestamp(agent.create_time);
  for (const auto& [skill, level] : agent.abilities.skills)
    (*message.mutable_skills())[skill] = level;
  for (const std::string& tag : agent.abilities.languages) message.add_languages(tag);
  message.set_hours(agent.abilities.hours);
  return message;
}

v1::ApiKey ToMessage(const directory::ApiKeyInfo& key) {
  v1::ApiKey message;
  message.set_key_id(key.id);
  message.set_display_name(key.display_name);
  *message.mutable_create_time() = ToTimestamp(key.create_time);
  message.set_revoked(key.revoked);
  if (!key.grant) return message;
  message.set_agent(key.grant->agent.str());
  for (const directory::Scope scope : key.grant->scopes)
    message.add_scopes(directory::ToScope(scope));
  return message;
}

v1::AuditEntry ToMessage(const directory::ChainedEntry& chained) {
  const directory::AuditEntry& entry = chained.entry;
  v1::AuditEntry message;
  message.set_seq(entry.seq);
  *message.mutable_time() = ToTimestamp(entry.time);
  message.set_role(static_cast<Role>(entry.role));
  message.set_subject(entry.subject);
  message.set_method(entry.method);
  message.set_request_id(entry.request_id);
  message.set_request(entry.request);
  message.set_previous_hash(entry.previous_hash);
  message.set_hash(chained.hash);
  return message;
}

absl::StatusOr<directory::NewAgent> ToNewAgent(const v1::Agent& agent) {
  KEFU_ASSIGN_OR_RETURN(const directory::StaffRole role,
                        directory::ToStaffRole("agent.role", agent.role()));
  KEFU_ASSIGN_OR_RETURN(const int64_t answer_limit_ms, ToAnswerLimitMs(agent));
  return directory::NewAgent{.program = agent.program(),
                             .login = agent.login(),
                             .display_name = agent.display_name(),
                             .role = role,
                             .capacity = agent.capacity(),
                             .disabled = agent.disabled(),
                             .answer_limit_ms = answer_limit_ms};
}

absl::StatusOr<int64_t> ToAnswerLimitMs(const v1::Agent& agent) {
  if (!agent.has_answer_limit()) return 0;
  const google::protobuf::Duration& limit = agent.answer_limit();
  // 0 would mean for ever, which is said by leaving it out.
  const bool sane = limit.seconds() > 0 && limit.seconds() <= 3600 && limit.nanos() >= 0;
  if (!sane) return InvalidField("agent.answer_limit", "From 1 s to 1 h, or none.");
  return TimeUtil::DurationToMilliseconds(limit);
}

absl::StatusOr<std::optional<directory::Grant>> ToGrant(const v1::CreateApiKeyRequest& request) {
  if (request.agent().empty() && request.scopes().empty()) return std::nullopt;
  if (request.agent().empty())
    return InvalidField("agent", "Name the program to which the scopes are granted.");
  KEFU_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(request.agent()));
  directory::Grant grant{agent, {}};
  for (const int scope : request.scopes()) {
    KEFU_ASSIGN_OR_RETURN(const directory::Scope granted,
                          directory::ToGrantedScope("scopes", scope));
    grant.scopes.push_back(granted);
  }
  return grant;
}

absl::StatusOr<redis::Request> ToRequest(const directory::KeyRing& master_keys,
                                         const CallContext& context, std::string_view method,
                                         std::string_view request_id,
                                         const google::protobuf::MessageLite& request) {
  KEFU_RETURN_IF_ERROR(CheckRequestId(request_id));
  return directory::MakeRequest(master_keys, request_id, method, Canonical(request),
                                context.scope.trace.traceparent);
}

absl::StatusOr<std::optional<uint64_t>> VersionOf(std::string_view field, const std::string& etag) {
  if (etag.empty()) return std::optional<uint64_t>();
  uint64_t version = 0;
  const auto [end, error] = std::from_chars(etag.data(), etag.data() + etag.size(), version);
  if (error != std::errc() || end != etag.data() + etag.size()) {
    return InvalidField(field, "Send the etag as it was read, or none.");
  }
  return std::optional<uint64_t>(version);
}

uint32_t PageSize(uint32_t asked) { return asked == 0 ? kDefaultPage : std::min(asked, kMaxPage); }

std::string ToPageToken(std::string_view cursor) { return directory::Base64Url(cursor); }

absl::StatusOr<std::string> FromPageToken(std::string_view token) {
  absl::StatusOr<std::string> cursor = directory::FromBase64Url(token);
  if (!cursor.ok() || cursor->size() > 64) {
    return InvalidField("page_token", "Send what the last page answered as next_page_token.");
  }
  return cursor;
}

}  // namespace kefu::gateway::identity
