#include "deploy/ctl/commands/admin.h"

#include <absl/strings/ascii.h>
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>

#include "proto/kefu/gateway/v1/admin.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/status.h"

namespace kefu::ctl {
namespace {

namespace v1 = gateway::v1;
using google::protobuf::util::TimeUtil;

constexpr uint32_t kPage = 100;

absl::StatusOr<Role> RoleOf(const std::string& name) {
  if (name == "agent") return ROLE_AGENT;
  if (name == "supervisor") return ROLE_SUPERVISOR;
  if (name == "admin") return ROLE_ADMIN;
  return InvalidField("role", fmt::format("\"{}\" is not agent, supervisor or admin.", name));
}

std::string RoleName(Role role) {
  switch (role) {
    case ROLE_AGENT:
      return "agent";
    case ROLE_SUPERVISOR:
      return "supervisor";
    case ROLE_ADMIN:
      return "admin";
    default:
      return Role_Name(role);
  }
}

std::string ShopLine(const v1::Shop& shop) {
  return fmt::format("{}  {}  {}{}{}", shop.shop(), TimeUtil::ToString(shop.create_time()),
                     shop.display_name(), shop.origins().empty() ? "" : "  ",
                     fmt::join(shop.origins(), " "));
}

std::string AgentLine(const v1::Agent& agent) {
  return fmt::format("{}  {}  {}  capacity {}  {}{}", agent.agent(),
                     agent.program() ? "(program)" : agent.login(), RoleName(agent.role()),
                     agent.capacity(), agent.display_name(), agent.disabled() ? "  disabled" : "");
}

// "orders:read" for SCOPE_ORDERS_READ.
std::string ScopeName(int scope) {
  std::string name = absl::AsciiStrToLower(Scope_Name(static_cast<Scope>(scope)).substr(6));
  std::replace(name.begin(), name.end(), '_', ':');
  return name;
}

absl::StatusOr<Scope> ScopeOf(const std::string& name) {
  std::string known;
  for (int scope = SCOPE_ANY + 1; scope <= Scope_MAX; ++scope) {
    if (ScopeName(scope) == name) return static_cast<Scope>(scope);
    known += (known.empty() ? "" : ", ") + ScopeName(scope);
  }
  return InvalidField("scopes", fmt::format("\"{}\" is none of {}.", name, known));
}

std::string KeyLine(const v1::ApiKey& key) {
  std::string line = fmt::format("{}  {}  {}", key.key_id(), TimeUtil::ToString(key.create_time()),
                                 key.display_name());
  if (!key.agent().empty()) line += "  " + key.agent();
  for (const int scope : key.scopes()) line += "  " + ScopeName(scope);
  return line + (key.revoked() ? "  revoked" : "");
}

Task<absl::StatusOr<std::vector<v1::Shop>>> AllShops(Context& context) {
  std::vector<v1::Shop> shops;
  std::string page_token;
  do {
    v1::ListShopsRequest request;
    request.set_page_size(kPage);
    request.set_page_token(page_token);
    absl::StatusOr<v1::ListShopsResponse> page = co_await context.AsOperator<v1::ListShopsResponse>(
        "kefu.gateway.v1.OperatorService/ListShops", std::move(request));
    if (!page.ok()) co_return page.status();
    for (v1::Shop& shop : *page->mutable_shops()) shops.push_back(std::move(shop));
    page_token = page->next_page_token();
  } while (!page_token.empty());
  co_return shops;
}

}  // namespace

Task<ExitCode> CreateShop(Context& context, ShopArguments arguments) {
  v1::CreateShopRequest request;
  request.set_request_id("s-" + NewToken());
  request.mutable_shop()->set_shop(arguments.shop);
  request.mutable_shop()->set_display_name(arguments.name);
  for (const std::string& origin : arguments.origins) request.mutable_shop()->add_origins(origin);
  absl::StatusOr<v1::CreateShopResponse> response =
      co_await context.AsOperator<v1::CreateShopResponse>(
          "kefu.gateway.v1.OperatorService/CreateShop", std::move(request));
  if (!response.ok()) co_return response.status();
  context.Print(*response, fmt::format("shop {}\nidentity key {} {}", response->shop().shop(),
                                       response->identity_key_id(), response->identity_key()));
  co_return 0;
}

Task<ExitCode> ListShops(Context& context) {
  absl::StatusOr<std::vector<v1::Shop>> shops = co_await AllShops(context);
  if (!shops.ok()) co_return shops.status();
  for (const v1::Shop& shop : *shops) {
    context.Print(shop, ShopLine(shop));
  }
  co_return 0;
}

Task<ExitCode> UpdateShop(Context& context, ShopArguments arguments) {
  absl::StatusOr<std::vector<v1::Shop>> shops = co_await AllShops(context);
  if (!shops.ok()) co_return shops.status();
  const auto known = std::find_if(shops->begin(), shops->end(), [&](const v1::Shop& shop) {
    return shop.shop() == arguments.shop;
  });
  if (known == shops->end())
    co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_SHOP", "There is no such shop.");
  v1::UpdateShopOfRequest request;
  request.set_request_id("u-" + NewToken());
  *request.mutable_shop() = *known;
  if (!arguments.name.empty()) request.mutable_shop()->set_display_name(arguments.name);
  if (!arguments.origins.empty()) request.mutable_shop()->clear_origins();
  for (const std::string& origin : arguments.origins) {
    if (!origin.empty()) request.mutable_shop()->add_origins(origin);
  }
  absl::StatusOr<v1::UpdateShopOfResponse> response =
      co_await context.AsOperator<v1::UpdateShopOfResponse>(
          "kefu.gateway.v1.OperatorService/UpdateShopOf", std::move(request));
  if (!response.ok()) co_return response.status();
  context.Print(*response, ShopLine(response->shop()));
  co_return 0;
}

Task<ExitCode> CreatePerson(Context& context, PersonArguments arguments) {
  KEFU_CO_ASSIGN_OR_RETURN(const std::string password, ReadSecret(arguments.password_file));
  v1::CreatePersonRequest request;
  request.set_request_id("p-" + NewToken());
  request.set_login(arguments.login);
  request.set_password(password);
  request.set_display_name(arguments.name.empty() ? arguments.login : arguments.name);
  absl::StatusOr<v1::CreatePersonResponse> response =
      co_await context.AsOperator<v1::CreatePersonResponse>(
          "kefu.gateway.v1.OperatorService/CreatePerson", std::move(request));
  if (!response.ok()) co_return response.status();
  context.Print(*response, "person " + response->person());
  co_return 0;
}

Task<ExitCode> DisablePerson(Context& context, PersonArguments arguments) {
  v1::SetPersonDisabledRequest request;
  request.set_request_id("d-" + NewToken());
  request.set_login(arguments.login);
  request.set_disabled(arguments.disabled);
  absl::StatusOr<v1::SetPersonDisabledResponse> response =
      co_await context.AsOperator<v1::SetPersonDisabledResponse>(
          "kefu.gateway.v1.OperatorService/SetPersonDisabled", std::move(request));
  if (!response.ok()) co_return response.status();
  context.Print(*response, fmt::format("{} is {}", arguments.login,
                                       arguments.disabled ? "disabled" : "enabled"));
  co_return 0;
}

Task<ExitCode> CreateAgent(Context& context, AgentArguments arguments) {
  v1::Agent agent;
  KEFU_CO_ASSIGN_OR_RETURN(const Role role, RoleOf(arguments.role));
  if (arguments.program) {
    agent.set_program(true);
    if (arguments.answer_limit > 0)
      agent.mutable_answer_limit()->set_seconds(arguments.answer_limit);
  }
  agent.set_login(arguments.login);
  agent.set_display_name(arguments.name.empty() ? arguments.login : arguments.name);
  agent.set_role(role);
  agent.set_capacity(arguments.capacity);
  const std::string request_id = "a-" + NewToken();
  if (context.has_operator_key()) {
    v1::CreateAgentInRequest request;
    request.set_request_id(request_id);
    request.set_shop(arguments.shop);
    *request.mutable_agent() = std::move(agent);
    absl::StatusOr<v1::CreateAgentInResponse> response =
        co_await context.AsOperator<v1::CreateAgentInResponse>(
            "kefu.gateway.v1.OperatorService/CreateAgentIn", std::move(request));
    if (!response.ok()) co_return response.status();
    context.Print(*response, AgentLine(response->agent()));
    co_return 0;
  }
  v1::CreateAgentRequest request;
  request.set_request_id(request_id);
  *request.mutable_agent() = std::move(agent);
  absl::StatusOr<v1::CreateAgentResponse> response =
      co_await context.AsPerson<v1::CreateAgentResponse>("kefu.gateway.v1.AdminService/CreateAgent",
                                                         std::move(request));
  if (!response.ok()) co_return response.status();
  context.Print(*response, AgentLine(response->agent()));
  co_return 0;
}

Task<ExitCode> ListAgents(Context& context) {
  std::string page_token;
  do {
    v1::ListAgentsRequest request;
    request.set_page_size(kPage);
    request.set_page_token(page_token);
    absl::StatusOr<v1::ListAgentsResponse> page = co_await context.AsPerson<v1::ListAgentsResponse>(
        "kefu.gateway.v1.AdminService/ListAgents", std::move(request));
    if (!page.ok()) co_return page.status();
    for (const v1::Agent& agent : page->agents()) context.Print(agent, AgentLine(agent));
    page_token = page->next_page_token();
  } while (!page_token.empty());
  co_return 0;
}

Task<ExitCode> CreateKey(Context& context, KeyArguments arguments) {
  v1::CreateApiKeyRequest request;
  request.set_request_id("k-" + NewToken());
  request.set_display_name(arguments.name);
  request.set_agent(arguments.agent);
  for (const std::string& name : arguments.scopes) {
    KEFU_CO_ASSIGN_OR_RETURN(const Scope scope, ScopeOf(name));
    request.add_scopes(scope);
  }
  absl::StatusOr<v1::CreateApiKeyResponse> response =
      co_await context.AsPerson<v1::CreateApiKeyResponse>(
          "kefu.gateway.v1.AdminService/CreateApiKey", std::move(request));
  if (!response.ok()) co_return response.status();
  context.Print(*response, fmt::format("key {}\nsecret {} (shown this once)",
                                       response->key().key_id(), response->secret()));
  co_return 0;
}

Task<ExitCode> ListKeys(Context& context) {
  absl::StatusOr<v1::ListApiKeysResponse> response =
      co_await context.AsPerson<v1::ListApiKeysResponse>("kefu.gateway.v1.AdminService/ListApiKeys",
                                                         v1::ListApiKeysRequest());
  if (!response.ok()) co_return response.status();
  for (const v1::ApiKey& key : response->keys()) {
    context.Print(key, KeyLine(key));
  }
  co_return 0;
}

Task<ExitCode> RevokeKey(Context& context, std::string key_id) {
  v1::RevokeApiKeyRequest request;
  request.set_request_id("k-" + NewToken());
  request.set_key_id(key_id);
  absl::StatusOr<v1::RevokeApiKeyResponse> response =
      co_await context.AsPerson<v1::RevokeApiKeyResponse>(
          "kefu.gateway.v1.AdminService/RevokeApiKey", std::move(request));
  if (!response.ok()) co_return response.status();
  context.Print(*response, key_id + " is revoked");
  co_return 0;
}

Task<ExitCode> RotateIdentityKey(Context& context) {
  v1::RotateIdentityKeyRequest request;
  request.set_request_id("i-" + NewToken());
  absl::StatusOr<v1::RotateIdentityKeyResponse> response =
      co_await context.AsPerson<v1::RotateIdentityKeyResponse>(
          "kefu.gateway.v1.AdminService/RotateIdentityKey", std::move(request));
  if (!response.ok()) co_return response.status();
  context.Print(*response, fmt::format("identity key {} {}", response->key_id(), response->key()));
  co_return 0;
}

Task<ExitCode> ListAudit(Context& context, uint64_t after_seq, uint32_t limit) {
  while (limit > 0) {
    v1::ListAuditEntriesRequest request;
    request.set_after_seq(after_seq);
    request.set_page_size(std::min(limit, kPage));
    absl::StatusOr<v1::ListAuditEntriesResponse> page =
        co_await context.AsPerson<v1::ListAuditEntriesResponse>(
            "kefu.gateway.v1.AdminService/ListAuditEntries", std::move(request));
    if (!page.ok()) co_return page.status();
    if (page->entries().empty()) break;
    for (const v1::AuditEntry& entry : page->entries()) {
      context.Print(entry, fmt::format("{}  {}  {} {}  {}  {}", entry.seq(),
                                       TimeUtil::ToString(entry.time()), RoleName(entry.role()),
                                       entry.subject(), entry.method(), entry.request()));
      after_seq = entry.seq();
    }
    limit -= std::min<uint32_t>(limit, static_cast<uint32_t>(page->entries_size()));
  }
  co_return 0;
}

Task<ExitCode> RaiseEpoch(Context& context, std::string shop) {
  std::vector<std::string> shops = {shop};
  if (shop.empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(const std::vector<v1::Shop> all, co_await AllShops(context));
    shops.clear();
    for (const v1::Shop& each : all) shops.push_back(each.shop());
  }
  for (const std::string& each : shops) {
    v1::RaiseStoreEpochRequest request;
    request.set_request_id("e-" + NewToken());
    request.set_shop(each);
    absl::StatusOr<v1::RaiseStoreEpochResponse> response =
        co_await context.AsOperator<v1::RaiseStoreEpochResponse>(
            "kefu.gateway.v1.OperatorService/RaiseStoreEpoch", std::move(request));
    if (!response.ok()) co_return response.status();
    std::string text = each + ":";
    for (const auto& [service, epoch] : response->epochs())
      text += fmt::format(" {} {}", service, epoch);
    context.Print(*response, text);
  }
  co_return 0;
}

}  // namespace kefu::ctl
