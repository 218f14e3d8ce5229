#include "deploy/ctl/replay/staff.h"

#include <fmt/format.h>

#include <utility>

#include "proto/kefu/gateway/v1/admin.pb.h"
#include "proto/kefu/gateway/v1/agent.pb.h"
#include "proto/kefu/gateway/v1/auth.pb.h"

namespace kefu::ctl {
namespace {

namespace v1 = gateway::v1;

constexpr uint32_t kPage = 500;

// Hashing a password takes a while, on purpose.
CallOptions SlowOptions(const World& world, const std::string& bearer) {
  CallOptions options = world.Options(bearer);
  options.attempt_ms = 10000;
  return options;
}

Task<absl::Status> Hire(World* world, std::string operator_key, Login login, Role role,
                        uint32_t capacity) {
  v1::CreatePersonRequest person;
  person.set_request_id("p-" + NewToken());
  person.set_login(login.login);
  person.set_password(login.password);
  person.set_display_name(login.login);
  CallOptions slow = SlowOptions(*world, operator_key);
  absl::StatusOr<v1::CreatePersonResponse> created =
      co_await world->client.Call<v1::CreatePersonResponse>(
          "kefu.gateway.v1.OperatorService/CreatePerson", std::move(person), slow);
  if (!created.ok()) co_return created.status();
  v1::CreateAgentInRequest agent;
  agent.set_request_id("a-" + NewToken());
  agent.set_shop(world->shop);
  agent.mutable_agent()->set_login(login.login);
  agent.mutable_agent()->set_display_name(login.login);
  agent.mutable_agent()->set_role(role);
  agent.mutable_agent()->set_capacity(capacity);
  CallOptions options = world->Options(operator_key);
  absl::StatusOr<v1::CreateAgentInResponse> hired =
      co_await world->client.Call<v1::CreateAgentInResponse>(
          "kefu.gateway.v1.OperatorService/CreateAgentIn", std::move(agent), options);
  co_return hired.status();
}

}  // namespace

Task<absl::Status> HireStaff(World* world, std::string operator_key, size_t agents,
                             uint32_t capacity, Staff* staff) {
  // Logins are never free again, so every run has its own.
  const std::string run = NewToken().substr(0, 8);
  for (size_t i = 1; i <= agents; ++i) {
    staff->agents.push_back({fmt::format("replay-{}-{}", i, run), NewToken()});
    KEFU_CO_RETURN_IF_ERROR(
        co_await Hire(world, operator_key, staff->agents.back(), ROLE_AGENT, capacity));
  }
  staff->supervisor = Login{"replay-supervisor-" + run, NewToken()};
  co_return co_await Hire(world, operator_key, staff->supervisor, ROLE_SUPERVISOR, capacity);
}

Task<absl::Status> DismissStaff(World* world, std::string operator_key, Staff staff) {
  staff.agents.push_back(staff.supervisor);
  for (const Login& login : staff.agents) {
    if (login.login.empty()) continue;
    v1::SetPersonDisabledRequest request;
    request.set_request_id("d-" + NewToken());
    request.set_login(login.login);
    request.set_disabled(true);
    CallOptions options = world->Options(operator_key);
    absl::StatusOr<v1::SetPersonDisabledResponse> disabled =
        co_await world->client.Call<v1::SetPersonDisabledResponse>(
            "kefu.gateway.v1.OperatorService/SetPersonDisabled", std::move(request),
            std::move(options));
    // Not there: it was the one that could not be created.
    if (!disabled.ok() && disabled.status().code() != absl::StatusCode::kNotFound)
      co_return disabled.status();
  }
  co_return absl::OkStatus();
}

Task<absl::Status> StaffReader::SignIn() {
  v1::SignInRequest request;
  request.set_login(supervisor_.login);
  request.set_password(supervisor_.password);
  request.set_shop(world_.shop);
  CallOptions options = SlowOptions(world_, "");
  absl::StatusOr<v1::SignInResponse> response = co_await world_.client.Call<v1::SignInResponse>(
      "kefu.gateway.v1.AuthService/SignIn", std::move(request), std::move(options));
  if (!response.ok()) co_return response.status();
  token_ = response->token();
  co_return absl::OkStatus();
}

Task<absl::StatusOr<std::vector<LogEntry>>> StaffReader::Read(std::string conversation) {
  HistoryRecord record;
  record.process = "supervisor-1";
  record.op = "read";
  record.conversation = conversation;
  record.audience = "staff";
  record.t_invoke_us = WallUs();
  record.seqs.emplace();
  std::vector<LogEntry> log;
  uint64_t head_seq = 0;
  do {
    v1::AgentListMessagesRequest request;
    request.set_conversation(conversation);
    request.set_after_seq(log.empty() ? 0 : log.back().seq);
    request.set_page_size(kPage);
    CallOptions options = world_.Options(token_);
    absl::StatusOr<v1::AgentListMessagesResponse> page =
        co_await world_.client.Call<v1::AgentListMessagesResponse>(
            "kefu.gateway.v1.AgentService/ListMessages", std::move(request), std::move(options));
    if (!page.ok()) co_return page.status();
    if (page->entries().empty()) break;
    for (const common::v1::Entry& entry : page->entries()) {
      log.push_back({entry.seq(), entry.session(), entry.request_id()});
      record.seqs->push_back(entry.seq());
      record.client_ids.push_back(entry.request_id());
    }
    head_seq = page->head_seq();
    record.epoch = page->store_epoch();
  } while (log.back().seq < head_seq);
  record.t_return_us = WallUs();
  record.result = "ok";
  world_.history.Write(record);
  co_return log;
}

}  // namespace kefu::ctl
