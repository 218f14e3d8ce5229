#include "gateway/directory/routing_configs.h"

#include <utility>

#include "gateway/directory/storage/deciding.h"
#include "proto/kefu/gateway/v1/record.pb.h"
#include "services/common/base/status.h"
#include "services/common/redis/function.h"

namespace kefu::gateway::directory {
namespace {

constexpr uint32_t kRecordVersion = 1;

}  // namespace

std::string Encode(const RoutingConfigState& state) {
  v1::RoutingConfigRecord record;
  record.set_record_version(kRecordVersion);
  *record.mutable_config() = state.config;
  record.set_update_time_ms(state.update_time.ms);
  record.set_updated_by(state.updated_by);
  return record.SerializeAsString();
}

template <>
absl::StatusOr<RoutingConfigState> Decode<RoutingConfigState>(std::string_view bytes) {
  v1::RoutingConfigRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Error(absl::StatusCode::kDataLoss, "BAD_RECORD",
                 "A stored record cannot be read; restore it from a backup.");
  }
  if (record.record_version() > kRecordVersion) {
    return Error(absl::StatusCode::kFailedPrecondition, "RECORD_TOO_NEW",
                 "A later release wrote this record; run that release.");
  }
  return RoutingConfigState{
      std::move(*record.mutable_config()), {record.update_time_ms()}, record.updated_by()};
}

namespace {

constexpr size_t kCached = 2000;
constexpr int64_t kMaxAgeMs = 5000;

absl::Status Changed(uint64_t version) {
  return Error(absl::StatusCode::kAborted, "ETAG_MISMATCH",
               "The routing configuration was changed meanwhile; read it again.",
               {{"etag", std::to_string(version)}});
}

absl::StatusOr<RoutingConfigs::Shared> ToShared(uint64_t version, const std::string& state) {
  auto info = std::make_shared<RoutingConfigInfo>();
  if (version == 0) return info;
  KEFU_ASSIGN_OR_RETURN(RoutingConfigState decoded, Decode<RoutingConfigState>(state));
  *static_cast<RoutingConfigState*>(info.get()) = std::move(decoded);
  info->version = version;
  return info;
}

}  // namespace

RoutingConfigs::RoutingConfigs(redis::AggregateStore& store, Notices& notices, int64_t (*now_ms)())
    : store_(store), notices_(notices), configs_(kCached, kMaxAgeMs, now_ms) {
  notices_.Listen([this](const std::string& shop, const v1::DirectoryChanged& change) {
    if (change.kind() == kRoutingConfigType) configs_.Drop(shop);
  });
}

Task<absl::StatusOr<RoutingConfigs::Shared>> RoutingConfigs::Get(ShopId shop) {
  if (std::optional<Shared> known = configs_.Get(shop.str())) co_return *std::move(known);
  co_return co_await Read(std::move(shop));
}

Task<absl::StatusOr<RoutingConfigs::Shared>> RoutingConfigs::Read(ShopId shop) {
  const auto ticket = configs_.Begin();
  const redis::AggregateId id = IdOf(shop, kRoutingConfigType, shop.str());
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot, co_await store_.Load(id));
  KEFU_CO_ASSIGN_OR_RETURN(Shared read, ToShared(snapshot.version, snapshot.state));
  configs_.Put(shop.str(), read, ticket);
  co_return read;
}

Task<absl::StatusOr<RoutingConfigs::Shared>> RoutingConfigs::Set(
    redis::Request request, ShopId shop, v1::RoutingConfig config,
    std::optional<uint64_t> expected_version, std::string by) {
  config.clear_etag();
  auto decide = Deciding<RoutingConfigState>(
      [config = std::move(config), expected_version, by = std::move(by), name = shop.str()](
          const std::optional<RoutingConfigState>&, uint64_t version,
          TimePoint now) -> absl::StatusOr<Decision<RoutingConfigState>> {
        if (expected_version && *expected_version != version) return Changed(version);
        return Decision<RoutingConfigState>{{config, now, by},
                                            {{std::string(kRoutingConfigType), name}}};
      },
      {Sorted(kUnsettledConfigIndex, shop.str(), redis::IndexChange::kVersion)});
  const redis::AggregateId id = IdOf(shop, kRoutingConfigType, shop.str());
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Committed committed,
                           co_await store_.Update(id, std::move(request), std::move(decide)));
  for (const events::v1::Envelope& envelope : committed.events) notices_.Tell(envelope);
  KEFU_CO_ASSIGN_OR_RETURN(auto made, UnpackResult<RoutingConfigState>(committed.result));
  auto info = std::make_shared<RoutingConfigInfo>();
  *static_cast<RoutingConfigState*>(info.get()) = std::move(made.second);
  info->version = made.first;
  co_return info;
}

Task<absl::StatusOr<std::optional<uint64_t>>> RoutingConfigs::Unsettled(ShopId shop) {
  redis::Command command = {"ZSCORE", store_.Key(shop, kUnsettledConfigIndex), shop.str()};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value score,
                           co_await store_.ClientOf(shop).Call(std::move(command)));
  std::optional<uint64_t> version;
  if (score.is_nil()) co_return version;
  version = static_cast<uint64_t>(score.Int());
  co_return version;
}

Task<absl::Status> RoutingConfigs::MarkSettled(ShopId shop, uint64_t version) {
  redis::FunctionCall call{.function = "gateway_settled_v1",
                           .keys = {store_.Key(shop, kUnsettledConfigIndex)},
                           .arguments = {shop.str(), std::to_string(version)},
                           .now_ms = store_.TestNow()};
  co_return (co_await redis::CallFunction(store_.ClientOf(shop), std::move(call))).status();
}

}  // namespace kefu::gateway::directory
