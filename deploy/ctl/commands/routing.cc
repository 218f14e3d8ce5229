// kefuctl routing: who serves whom in a shop.
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <string>
#include <utility>
#include <vector>

#include "deploy/ctl/chat/terminal.h"
#include "deploy/ctl/commands/command.h"
#include "proto/kefu/gateway/v1/admin.pb.h"
#include "proto/kefu/gateway/v1/routing_config.pb.h"
#include "services/common/base/ids.h"

namespace kefu::ctl {
namespace {

namespace v1 = gateway::v1;

constexpr int kRefused = 2;
constexpr uint32_t kPage = 100;
constexpr char kService[] = "kefu.gateway.v1.RoutingConfigService/";

std::string RequestIdOf(const Given& given) {
  return ValueOf(given, kRequestId, "c-" + NewToken());
}

// The document of a file, as `routing get` prints it.
absl::StatusOr<v1::RoutingConfig> ReadConfig(const Given& given) {
  const std::string path = ValueOf(given, kFile);
  KEFU_ASSIGN_OR_RETURN(const std::string text, ReadSecret(path));
  v1::RoutingConfig config;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &config);
  if (parsed.ok()) return config;
  return Error(absl::StatusCode::kInvalidArgument, "BAD_FILE",
               fmt::format("{}: {}", path, std::string(parsed.message())));
}

Task<ExitCode> Get(Context& context, const Given&) {
  v1::GetRoutingConfigRequest request;
  absl::StatusOr<v1::GetRoutingConfigResponse> response =
      co_await context.AsPerson<v1::GetRoutingConfigResponse>(
          std::string(kService) + "GetRoutingConfig", std::move(request));
  if (!response.ok()) co_return response.status();
  if (context.globals().json) {
    context.Print(*response, "");
    co_return 0;
  }
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  const auto printed =
      google::protobuf::util::MessageToJsonString(response->config(), &json, options);
  if (!printed.ok()) co_return absl::InternalError("The document cannot be written as JSON.");
  PrintLine(json);
  co_return 0;
}

Task<ExitCode> Set(Context& context, const Given& given) {
  v1::SetRoutingConfigRequest request;
  KEFU_CO_ASSIGN_OR_RETURN(*request.mutable_config(), ReadConfig(given));
  request.set_request_id(RequestIdOf(given));
  if (given.contains("--force")) request.mutable_config()->clear_etag();
  absl::StatusOr<v1::SetRoutingConfigResponse> response =
      co_await context.AsPerson<v1::SetRoutingConfigResponse>(
          std::string(kService) + "SetRoutingConfig", std::move(request));
  if (!response.ok()) co_return response.status();
  context.Print(*response, fmt::format("version {}{}", response->version(),
                                       response->in_force() ? "" : ", in force in a moment"));
  co_return 0;
}

Task<ExitCode> Validate(Context& context, const Given& given) {
  v1::ValidateRoutingConfigRequest request;
  KEFU_CO_ASSIGN_OR_RETURN(*request.mutable_config(), ReadConfig(given));
  absl::StatusOr<v1::ValidateRoutingConfigResponse> response =
      co_await context.AsPerson<v1::ValidateRoutingConfigResponse>(
          std::string(kService) + "ValidateRoutingConfig", std::move(request));
  if (!response.ok()) co_return response.status();
  std::string text;
  for (const v1::ConfigViolation& violation : response->violations())
    text += fmt::format("{}: {}\n", violation.field(), violation.description());
  for (const v1::EligibleAgents& eligible : response->eligible()) {
    text += fmt::format("{}  step {}  {} agents\n", eligible.group(), eligible.step(),
                        eligible.agents());
  }
  if (!text.empty()) text.pop_back();
  context.Print(*response, text);
  co_return response->violations().empty() ? 0 : kRefused;
}

// "a_…", or the agent that signs in by that name.
Task<absl::StatusOr<std::string>> FindAgent(Context& context, std::string name) {
  if (AgentId::Parse(name).ok()) co_return name;
  std::string page_token;
  bool more = true;
  while (more) {
    v1::ListAgentsRequest request;
    request.set_page_size(kPage);
    request.set_page_token(page_token);
    absl::StatusOr<v1::ListAgentsResponse> page = co_await context.AsPerson<v1::ListAgentsResponse>(
        "kefu.gateway.v1.AdminService/ListAgents", std::move(request));
    if (!page.ok()) co_return page.status();
    for (const v1::Agent& agent : page->agents()) {
      if (agent.login() == name) co_return agent.agent();
    }
    page_token = page->next_page_token();
    more = !page_token.empty();
  }
  co_return Error(absl::StatusCode::kNotFound, "NO_SUCH_AGENT",
                  fmt::format("Nobody signs in as \"{}\" there.", name));
}

absl::Status AddSkill(const std::string& text, v1::SetAgentSkillsRequest* request) {
  const std::vector<std::string> parts = absl::StrSplit(text, '=');
  uint32_t level = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &level))
    return InvalidField("skill", fmt::format("\"{}\" is not like returns=3.", text));
  (*request->mutable_skills())[parts[0]] = level;
  return absl::OkStatus();
}

Task<ExitCode> SetSkills(Context& context, const Given& given) {
  v1::SetAgentSkillsRequest request;
  request.set_request_id(RequestIdOf(given));
  absl::StatusOr<std::string> agent = co_await FindAgent(context, ValueOf(given, "agent"));
  if (!agent.ok()) co_return agent.status();
  request.set_agent(*agent);
  if (const auto skills = given.find("--skill"); skills != given.end()) {
    for (const std::string& text : skills->second)
      KEFU_CO_RETURN_IF_ERROR(AddSkill(text, &request));
  }
  if (const auto tags = given.find("--language"); tags != given.end()) {
    for (const std::string& tag : tags->second) request.add_languages(tag);
  }
  request.set_hours(ValueOf(given, "--hours"));
  absl::StatusOr<v1::SetAgentSkillsResponse> response =
      co_await context.AsPerson<v1::SetAgentSkillsResponse>(
          "kefu.gateway.v1.AdminService/SetAgentSkills", std::move(request));
  if (!response.ok()) co_return response.status();
  context.Print(*response,
                fmt::format("{}  {} skills, {} languages", response->agent().agent(),
                            response->agent().skills_size(), response->agent().languages_size()));
  co_return 0;
}

}  // namespace

Noun RoutingNoun() {
  const Option file = {.name = kFile,
                       .help = "JSON as `routing get` prints it; - for standard input",
                       .required = true};
  return {
      .name = "routing",
      .help = "Who serves whom: skill groups, relaxation, hours (administrator)",
      .commands = {
          {.verb = "get",
           .help = "Print the configuration, as JSON to be changed and set",
           .method = "kefu.gateway.v1.RoutingConfigService/GetRoutingConfig",
           .run = Get},
          {.verb = "set",
           .help = "Replace the configuration; refused if it changed since it was printed",
           .method = "kefu.gateway.v1.RoutingConfigService/SetRoutingConfig",
           .options = {file, {.name = "--force", .help = "Whatever is there now", .flag = true}},
           .run = Set},
          {.verb = "validate",
           .help = "Say what is wrong with it, or how many agents every step would have",
           .method = "kefu.gateway.v1.RoutingConfigService/ValidateRoutingConfig",
           .options = {file},
           .run = Validate},
          {.verb = "groups",
           .help = "The skill groups by name, open or not",
           .method = "kefu.gateway.v1.RoutingConfigService/ListGroups",
           .rows = "groups",
           .columns = {"group", "display_name", "open"}},
          {.verb = "hours",
           .help = "Open or not, and when that changes",
           .method = "kefu.gateway.v1.RoutingConfigService/GetHours",
           .options = {{.name = "--hours", .field = "hours", .help = "Only these"}},
           .rows = "hours",
           .columns = {"hours", "open", "next_change", "next_opening"}},
          {.verb = "set-skills",
           .help = "Say what an agent is good at; what is not named is gone",
           .method = "kefu.gateway.v1.AdminService/SetAgentSkills",
           .options = {{.name = "agent", .help = "a_…, or the login", .required = true},
                       {.name = "--skill", .help = "returns=3; repeatable", .repeated = true},
                       {.name = "--language", .help = "zh-CN; repeatable", .repeated = true},
                       {.name = "--hours", .help = "Business hours of the agent's shifts"}},
           .run = SetSkills},
      }};
}

}  // namespace kefu::ctl
