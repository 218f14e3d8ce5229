#include "gateway/routing/simulation/policy.h"

#include <google/protobuf/util/json_util.h>

#include <utility>

#include "gateway/routing/config/validate.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing::simulation {
namespace {

// Any but 0, which stands for a shop without a configuration.
constexpr uint64_t kVersion = 1;

}  // namespace

Policy FifoPolicy() {
  return {"fifo", std::make_shared<const config::Plan>(config::DefaultConfig(), 0)};
}

absl::StatusOr<Policy> PolicyOf(std::string name, v1::RoutingConfig config) {
  KEFU_RETURN_IF_ERROR(
      InvalidFields(config::Validate(config, [](const std::string&) { return true; })));
  for (int i = 0; i < config.groups_size(); ++i) {
    if (config.groups(i).strategy() != v1::SkillGroup::STRATEGY_MANUAL_CLAIM) continue;
    return InvalidField("groups[" + std::to_string(i) + "].strategy",
                        "What agents would claim is not known; simulate another strategy.");
  }
  return Policy{std::move(name), std::make_shared<const config::Plan>(std::move(config), kVersion)};
}

absl::StatusOr<Policy> ParsePolicy(std::string name, std::string_view json) {
  v1::RoutingConfig document;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, &document);
  if (!parsed.ok()) return InvalidField("config", parsed.message().as_string());
  return PolicyOf(std::move(name), std::move(document));
}

}  // namespace kefu::gateway::routing::simulation
