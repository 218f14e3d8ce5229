#include "gateway/sessions/parking_lot.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "proto/kefu/gateway/v1/record.pb.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"

namespace kefu::gateway::sessions {
namespace {

constexpr uint32_t kVersion = 1;
constexpr char kType[] = "parked";
constexpr char kTimer[] = "parked:";
// None of them stands in one; Remove takes its name.
constexpr char kNoIndex[] = "parked";
// As long as whoever took them may need.
constexpr int64_t kClaimMs = 10'000;

redis::AggregateId IdOf(const ShopId& shop, const SessionId& session) {
  return {shop, kType, session.str()};
}

std::string Encode(const Parking& parking) {
  v1::ParkedRecord record;
  record.set_record_version(kVersion);
  record.set_reason(parking.reason);
  record.set_due_time_ms(parking.due.ms);
  record.set_text(parking.text);
  record.set_times(parking.times);
  record.set_over(parking.over);
  return record.SerializeAsString();
}

absl::StatusOr<Parking> Decode(const std::string& bytes) {
  KEFU_ASSIGN_OR_RETURN(const auto record, ParseRecord<v1::ParkedRecord>(bytes, kVersion));
  return Parking{
      record.reason(), {record.due_time_ms()}, record.text(), record.times(), record.over()};
}

// What is not there was never parked.
absl::StatusOr<Parking> Read(const redis::Snapshot& snapshot) {
  if (snapshot.version == 0) {
    Parking never;
    never.over = true;
    return never;
  }
  return Decode(snapshot.state);
}

absl::StatusOr<redis::Change> Set(const SessionId& session, const Parking& before,
                                  const Parking& next) {
  Parking parking = next;
  parking.times = before.times + 1;
  parking.over = false;
  return redis::Change{.state = Encode(parking), .timers = {{kTimer + session.str(), parking.due}}};
}

}  // namespace

v1::Parked ToMessage(const Parking& parking) {
  v1::Parked message;
  message.set_reason(parking.reason);
  *message.mutable_due_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(parking.due.ms);
  message.set_text(parking.text);
  return message;
}

Task<absl::StatusOr<Parking>> ParkingLot::Park(ShopId shop, SessionId session, Parking parking) {
  redis::Aggregates::Decide decide =
      [session, parking = std::move(parking)](
          const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
    KEFU_ASSIGN_OR_RETURN(const Parking before, Read(snapshot));
    if (!before.over) return redis::Change{.unchanged = true};
    return Set(session, before, parking);
  };
  redis::AggregateId id = IdOf(shop, session);
  redis::Request repeatable;
  KEFU_CO_ASSIGN_OR_RETURN(
      const redis::Committed committed,
      co_await store_.Update(std::move(id), std::move(repeatable), std::move(decide)));
  co_return Decode(committed.state);
}

Task<absl::StatusOr<Parking>> ParkingLot::Repark(redis::Request request, ShopId shop,
                                                 SessionId session, Parking parking) {
  redis::Aggregates::Decide decide =
      [session, parking = std::move(parking)](
          const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
    KEFU_ASSIGN_OR_RETURN(const Parking before, Read(snapshot));
    return Set(session, before, parking);
  };
  redis::AggregateId id = IdOf(shop, session);
  KEFU_CO_ASSIGN_OR_RETURN(
      const redis::Committed committed,
      co_await store_.Update(std::move(id), std::move(request), std::move(decide)));
  co_return Decode(committed.state);
}

Task<absl::StatusOr<std::optional<Parking>>> ParkingLot::Find(ShopId shop, SessionId session) {
  redis::AggregateId id = IdOf(shop, session);
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot, co_await store_.Load(std::move(id)));
  KEFU_CO_ASSIGN_OR_RETURN(Parking parking, Read(snapshot));
  std::optional<Parking> found;
  if (!parking.over) found = std::move(parking);
  co_return found;
}

Task<absl::Status> ParkingLot::Leave(ShopId shop, SessionId session, uint32_t times) {
  redis::Aggregates::Decide decide =
      [session, times](const redis::Snapshot& snapshot) -> absl::StatusOr<redis::Change> {
    KEFU_ASSIGN_OR_RETURN(Parking parking, Read(snapshot));
    if (parking.over || parking.times != times) return redis::Change{.unchanged = true};
    parking.over = true;
    return redis::Change{.state = Encode(parking),
                         .timers = {{kTimer + session.str(), std::nullopt}}};
  };
  redis::AggregateId id = IdOf(shop, session);
  redis::Request repeatable;
  const auto committed =
      co_await store_.Update(std::move(id), std::move(repeatable), std::move(decide));
  co_return committed.status();
}

Task<absl::Status> ParkingLot::Forget(ShopId shop, SessionId session) {
  // Its timer finds nothing and goes.
  redis::AggregateId id = IdOf(shop, session);
  std::string index = kNoIndex;
  co_return co_await store_.Remove(std::move(id), std::move(index));
}

Task<absl::StatusOr<std::vector<ParkingLot::Due>>> ParkingLot::TakeDue(ShopId shop, size_t limit) {
  KEFU_CO_ASSIGN_OR_RETURN(std::vector<timers::DueItem> items,
                           co_await timers_.Claim(shop, limit, kClaimMs));
  std::vector<Due> due;
  for (timers::DueItem& item : items) {
    const std::string_view key = item.key;
    const std::string_view prefix = kTimer;
    if (key.substr(0, prefix.size()) != prefix) continue;  // another one's timer
    absl::StatusOr<SessionId> session = SessionId::Parse(key.substr(prefix.size()));
    if (session.ok()) due.push_back({*std::move(session), std::move(item)});
  }
  co_return due;
}

Task<absl::Status> ParkingLot::Complete(ShopId shop, Due due) {
  co_return co_await timers_.Complete(std::move(shop), std::move(due.item));
}

Task<absl::StatusOr<std::optional<TimePoint>>> ParkingLot::NextDue(ShopId shop) {
  return timers_.NextDue(std::move(shop));
}

}  // namespace kefu::gateway::sessions
