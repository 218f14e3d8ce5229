#include "gateway/directory/outbox.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/directory/directory.h"
#include "gateway/directory/notices.h"
#include "gateway/directory/storage/records.h"
#include "proto/kefu/gateway/v1/events.pb.h"
#include "services/common/base/status.h"
#include "services/common/events/stored_log.h"

namespace kefu::gateway::directory {
namespace {

constexpr char kService[] = "gateway";

absl::StatusOr<v1::AgentUpdated> AgentUpdatedOf(const std::string& id,
                                                const redis::Snapshot& snapshot) {
  KEFU_ASSIGN_OR_RETURN(const Agent agent, Decode<Agent>(snapshot.state));
  v1::AgentUpdated updated;
  updated.set_agent(id);
  updated.set_display_name(agent.display_name);
  updated.set_role(ToRole(agent.role));
  updated.set_disabled(!agent.in_service());
  updated.set_version(snapshot.version);
  updated.set_program(agent.is_program());
  return updated;
}

absl::StatusOr<std::vector<redis::NewEvent>> ShowAgent(const std::string& id,
                                                       const redis::Snapshot& snapshot) {
  KEFU_ASSIGN_OR_RETURN(const v1::AgentUpdated updated, AgentUpdatedOf(id, snapshot));
  return std::vector<redis::NewEvent>{
      {std::string(kAgentUpdated), id, updated.SerializeAsString()}};
}

// The agent that the event is about, if it is about one.
std::optional<std::string> AgentOf(const events::v1::Envelope& envelope) {
  v1::DirectoryChanged change;
  if (envelope.type() != kDirectoryChanged || !change.ParseFromString(envelope.data()) ||
      change.kind() != "agent" || !AgentId::Parse(change.subject()).ok()) {
    return std::nullopt;
  }
  return change.subject();
}

class DirectoryOutbox final : public events::Outbox {
 public:
  DirectoryOutbox(redis::ShardMap& shards, redis::AggregateStore& store)
      : store_(store),
        log_(events::NewAggregateOutbox(
            shards, store, kService, kDirectorySource,
            {{std::string(kAgentType), std::string(kAgentsIndex), ShowAgent}},
            std::string(kShopsIndex))) {}

  const std::string& source() const override { return log_->source(); }

  Task<absl::StatusOr<events::v1::ReadResponse>> Read(server::CallScope scope, ShopId shop,
                                                      events::v1::ReadRequest request) override {
    events::v1::ReadRequest everything = request;
    everything.clear_types();
    KEFU_CO_ASSIGN_OR_RETURN(events::v1::ReadResponse response,
                             co_await log_->Read(std::move(scope), shop, std::move(everything)));
    KEFU_CO_RETURN_IF_ERROR(co_await FillIn(shop, response));
    auto& envelopes = *response.mutable_envelopes();
    envelopes.erase(std::remove_if(envelopes.begin(), envelopes.end(),
                                   [&request](const events::v1::Envelope& envelope) {
                                     return !events::Wanted(request, envelope.type());
                                   }),
                    envelopes.end());
    co_return response;
  }

  Task<absl::StatusOr<events::v1::ListHeadsResponse>> ListHeads(
      server::CallScope scope, events::v1::ListHeadsRequest request) override {
    return log_->ListHeads(std::move(scope), std::move(request));
  }
  Task<absl::Status> ReportCursors(server::CallScope scope,
                                   events::v1::ReportCursorsRequest request) override {
    return log_->ReportCursors(std::move(scope), std::move(request));
  }
  Task<absl::StatusOr<events::v1::SnapshotResponse>> Snapshot(
      server::CallScope scope, ShopId shop, events::v1::SnapshotRequest request) override {
    return log_->Snapshot(std::move(scope), std::move(shop), std::move(request));
  }
  Task<absl::StatusOr<uint64_t>> RaiseEpoch(server::CallScope scope, ShopId shop,
                                            uint64_t observed) override {
    return log_->RaiseEpoch(std::move(scope), std::move(shop), observed);
  }
  Task<absl::StatusOr<uint64_t>> Trim(ShopId shop) override { return log_->Trim(std::move(shop)); }

 private:
  // The log says only that an agent changed; readers want to know to what.
  Task<absl::Status> FillIn(ShopId shop, events::v1::ReadResponse& response) {
    std::map<std::string, redis::Snapshot> agents;
    for (const events::v1::Envelope& envelope : response.envelopes()) {
      if (auto agent = AgentOf(envelope)) agents.emplace(*std::move(agent), redis::Snapshot());
    }
    if (agents.empty()) co_return absl::OkStatus();
    std::vector<std::string> ids;
    for (const auto& [id, snapshot] : agents) ids.push_back(id);
    const std::string type(kAgentType);
    KEFU_CO_ASSIGN_OR_RETURN(std::vector<redis::Snapshot> loaded,
                             co_await store_.LoadMany(shop, type, ids));
    for (size_t i = 0; i < ids.size(); ++i) agents[ids[i]] = std::move(loaded[i]);
    for (events::v1::Envelope& envelope : *response.mutable_envelopes()) {
      const std::optional<std::string> id = AgentOf(envelope);
      if (!id || agents[*id].version == 0) continue;
      KEFU_CO_ASSIGN_OR_RETURN(const v1::AgentUpdated updated, AgentUpdatedOf(*id, agents[*id]));
      envelope.set_type(std::string(kAgentUpdated));
      envelope.set_data(updated.SerializeAsString());
    }
    co_return absl::OkStatus();
  }

  redis::AggregateStore& store_;
  const std::unique_ptr<events::Outbox> log_;
};

}  // namespace

std::unique_ptr<events::Outbox> NewDirectoryOutbox(redis::ShardMap& shards,
                                                   redis::AggregateStore& store) {
  return std::make_unique<DirectoryOutbox>(shards, store);
}

}  // namespace kefu::gateway::directory
