#include "tests/support/memory_cursors.h"

#include <algorithm>
#include <tuple>

#include "services/common/base/status.h"

namespace kefu::test {

using redis::Cursor;
using redis::DeadLetter;

absl::Status MemoryCursors::Move(Shop& shop, const std::string& source, Cursor expected,
                                 Cursor next) {
  Cursor& cursor = shop.cursors[source];
  if (cursor != expected) {
    return Error(
        absl::StatusCode::kAborted, "CURSOR_MOVED",
        "Somebody else has taken the event; read the cursor again.",
        {{"epoch", std::to_string(cursor.store_epoch)}, {"seq", std::to_string(cursor.seq)}});
  }
  cursor = next;
  return absl::OkStatus();
}

Task<absl::StatusOr<Cursor>> MemoryCursors::Get(ShopId shop, std::string source) {
  absl::MutexLock lock(&mutex_);
  const auto& cursors = shops_[shop].cursors;
  const auto found = cursors.find(source);
  co_return found == cursors.end() ? Cursor() : found->second;
}

Task<absl::StatusOr<std::map<std::string, Cursor>>> MemoryCursors::List(ShopId shop) {
  absl::MutexLock lock(&mutex_);
  std::map<std::string, Cursor> known;
  for (const auto& [source, cursor] : shops_[shop].cursors) {
    if (cursor != Cursor()) known[source] = cursor;
  }
  co_return known;
}

Task<absl::Status> MemoryCursors::Advance(ShopId shop, std::string source, Cursor expected,
                                          Cursor next) {
  co_return AdvanceNow(shop, source, expected, next);
}

absl::Status MemoryCursors::AdvanceNow(const ShopId& shop, const std::string& source,
                                       Cursor expected, Cursor next) {
  absl::MutexLock lock(&mutex_);
  return Move(shops_[shop], source, expected, next);
}

Task<absl::Status> MemoryCursors::Bury(ShopId shop, DeadLetter letter, Cursor expected,
                                       Cursor next) {
  absl::MutexLock lock(&mutex_);
  const EventKey key(letter.source, letter.event);
  const auto& dead = shops_[shop].dead;
  if (dead.size() >= redis::kMaxDeadLetters && !dead.contains(key))
    co_return redis::DeadLettersFull();
  KEFU_CO_RETURN_IF_ERROR(Move(shops_[shop], letter.source, expected, next));
  shops_[shop].dead[key] = std::move(letter);
  co_return absl::OkStatus();
}

Task<absl::StatusOr<std::vector<DeadLetter>>> MemoryCursors::ListDead(ShopId shop,
                                                                      redis::DeadQuery query) {
  absl::MutexLock lock(&mutex_);
  std::vector<DeadLetter> letters;
  for (const auto& [key, letter] : shops_[shop].dead) {
    const bool wanted = query.source.empty() || query.source == letter.source;
    if (wanted && (!query.after || PlaceOf(letter) > *query.after)) letters.push_back(letter);
  }
  std::sort(letters.begin(), letters.end(),
            [](const DeadLetter& a, const DeadLetter& b) { return PlaceOf(a) < PlaceOf(b); });
  letters.resize(std::min(letters.size(), query.limit));
  co_return letters;
}

Task<absl::StatusOr<std::map<std::string, size_t>>> MemoryCursors::CountDead(ShopId shop) {
  absl::MutexLock lock(&mutex_);
  std::map<std::string, size_t> counts;
  for (const auto& [key, letter] : shops_[shop].dead) ++counts[letter.source];
  co_return counts;
}

Task<absl::StatusOr<DeadLetter>> MemoryCursors::FindDead(ShopId shop, std::string source,
                                                         std::string event) {
  absl::MutexLock lock(&mutex_);
  const auto& dead = shops_[shop].dead;
  const auto found = dead.find({source, event});
  if (found == dead.end()) co_return redis::NoSuchDeadLetter();
  co_return found->second;
}

Task<absl::Status> MemoryCursors::UpdateDead(ShopId shop, DeadLetter letter) {
  absl::MutexLock lock(&mutex_);
  auto& dead = shops_[shop].dead;
  const auto found = dead.find({letter.source, letter.event});
  if (found == dead.end()) {
    co_return redis::NoSuchDeadLetter();
  }
  found->second.reason = letter.reason;
  found->second.message = letter.message;
  found->second.attempts = letter.attempts;
  co_return absl::OkStatus();
}

Task<absl::Status> MemoryCursors::DropDead(ShopId shop, std::string source, std::string event) {
  absl::MutexLock lock(&mutex_);
  if (shops_[shop].dead.erase({source, event}) == 0) {
    co_return redis::NoSuchDeadLetter();
  }
  co_return absl::OkStatus();
}

Task<absl::StatusOr<bool>> MemoryCursors::Lease(uint32_t bucket, std::string holder,
                                                int64_t lease_ms) {
  absl::MutexLock lock(&mutex_);
  const TimePoint now = clock_.Now();
  Held& held = leases_[bucket];
  if (!held.holder.empty() && held.holder != holder && now < held.until &&
      held.until <= now + lease_ms) {
    co_return false;
  }
  held = {holder, now + lease_ms};
  co_return true;
}

}  // namespace kefu::test
