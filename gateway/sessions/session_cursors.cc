#include "gateway/sessions/session_cursors.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::sessions {

using redis::Cursor;

SessionCursors::SessionCursors(redis::ShardMap& shards, routing::Router& router)
    : router_(router), letters_(redis::NewRedisCursors(shards, "gateway")) {}

void SessionCursors::Passed(const ShopId& shop, TimePoint time) {
  absl::MutexLock lock(&mutex_);
  TimePoint& passed = passed_[shop];
  passed = std::max(passed, time);
}

TimePoint SessionCursors::PassedOf(const ShopId& shop) {
  absl::MutexLock lock(&mutex_);
  // Unknown after a start: nothing is known to be old.
  return passed_[shop];
}

Task<absl::Status> SessionCursors::UpToDate(ShopId shop) {
  const absl::StatusOr<routing::Router::Cursor> cursor = co_await router_.GetCursor(shop, kSource);
  if (!cursor.ok()) co_return cursor.status();
  const absl::StatusOr<bool> stands =
      co_await router_.AdvanceCursor(shop, kSource, *cursor, *cursor, std::nullopt);
  co_return stands.status();
}

Task<absl::StatusOr<Cursor>> SessionCursors::Get(ShopId shop, std::string source) {
  const absl::StatusOr<routing::Router::Cursor> cursor =
      co_await router_.GetCursor(std::move(shop), std::move(source));
  if (!cursor.ok()) co_return cursor.status();
  co_return Cursor{cursor->store_epoch, cursor->seq};
}

Task<absl::StatusOr<std::map<std::string, Cursor>>> SessionCursors::List(ShopId shop) {
  const absl::StatusOr<Cursor> cursor = co_await Get(std::move(shop), kSource);
  if (!cursor.ok()) co_return cursor.status();
  std::map<std::string, Cursor> cursors;
  if (*cursor != Cursor()) cursors[kSource] = *cursor;
  co_return cursors;
}

Task<absl::Status> SessionCursors::Advance(ShopId shop, std::string source, Cursor expected,
                                           Cursor next) {
  const TimePoint passed = PassedOf(shop);
  const routing::Router::Cursor from{expected.store_epoch, expected.seq};
  const routing::Router::Cursor to{next.store_epoch, next.seq};
  const absl::StatusOr<bool> moved =
      co_await router_.AdvanceCursor(std::move(shop), std::move(source), from, to, passed);
  if (!moved.ok()) co_return moved.status();
  if (*moved) co_return absl::OkStatus();
  co_return Error(absl::StatusCode::kAborted, "CURSOR_MOVED",
                  "Somebody else has taken the event; read the cursor again.");
}

Task<absl::Status> SessionCursors::Bury(ShopId shop, redis::DeadLetter letter, Cursor expected,
                                        Cursor next) {
  std::string source = letter.source;
  const Cursor stays;
  KEFU_CO_RETURN_IF_ERROR(co_await letters_->Bury(shop, std::move(letter), stays, stays));
  co_return co_await Advance(std::move(shop), std::move(source), expected, next);
}

Task<absl::StatusOr<std::vector<redis::DeadLetter>>> SessionCursors::ListDead(
    ShopId shop, redis::DeadQuery query) {
  return letters_->ListDead(std::move(shop), std::move(query));
}

Task<absl::StatusOr<std::map<std::string, size_t>>> SessionCursors::CountDead(ShopId shop) {
  return letters_->CountDead(std::move(shop));
}

Task<absl::StatusOr<redis::DeadLetter>> SessionCursors::FindDead(ShopId shop, std::string source,
                                                                 std::string event) {
  return letters_->FindDead(std::move(shop), std::move(source), std::move(event));
}

Task<absl::Status> SessionCursors::UpdateDead(ShopId shop, redis::DeadLetter letter) {
  return letters_->UpdateDead(std::move(shop), std::move(letter));
}

Task<absl::Status> SessionCursors::DropDead(ShopId shop, std::string source, std::string event) {
  return letters_->DropDead(std::move(shop), std::move(source), std::move(event));
}

Task<absl::StatusOr<bool>> SessionCursors::Lease(uint32_t bucket, std::string holder,
                                                 int64_t lease_ms) {
  return letters_->Lease(bucket, std::move(holder), lease_ms);
}

}  // namespace kefu::gateway::sessions
