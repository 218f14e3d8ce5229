#include <algorithm>
#include <utility>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/base/status.h"
#include "services/common/events/consumer_state.h"
#include "services/common/logging/log.h"

namespace kefu::events {
namespace {

using redis::Cursor;
using EventLog = v1::EventLogService::StubInterface::async_interface;

constexpr int64_t kSoonMs = 10;
constexpr int64_t kMeasureEveryMs = 250;
// How long a comparison says something about the present.
constexpr int64_t kFreshMs = 10'000;

}  // namespace

Task<> Consumer::State::KeepComparing(SourceLink* link) {
  bool goes_on = true;
  while (goes_on) {
    co_await Compare(link);
    goes_on = co_await tasks->Sleep(options.compare_heads_ms);
  }
}

Task<> Consumer::State::CompareSoon(SourceLink* link) {
  const bool goes_on = co_await tasks->Sleep(kSoonMs);
  comparing_soon.erase(link);
  if (goes_on) co_await Compare(link);
}

Task<> Consumer::State::Compare(SourceLink* link) {
  const int64_t asked_ms = MonotonicMs();
  const absl::Status compared = co_await CompareAll(link, asked_ms);
  if (compared.ok()) SeeMissing(*link, asked_ms);
  const auto [known, first] = reachable.try_emplace(link, true);
  if (known->second == compared.ok()) co_return;
  known->second = compared.ok();
  if (compared.ok()) {
    log::Info("a source answers again", {{"consumer", options.service}, {"source", link->name}});
  } else {
    log::Warn(
        "a source does not answer",
        {{"consumer", options.service}, {"source", link->name}, {"reason", ErrorReason(compared)}});
  }
}

// Shops whose head was told before and is not now: their cell of the publisher's store is away.
void Consumer::State::SeeMissing(SourceLink& link, int64_t asked_ms) {
  std::vector<const ShopId*> missing;
  for (const auto& [key, entry] : entries) {
    if (key.first == &link && entry.compared_ms != 0 && entry.compared_ms < asked_ms)
      missing.push_back(&key.second);
  }
  link.unseen_shops.Set(static_cast<double>(missing.size()));
  const bool told = std::exchange(link.misses_shops, !missing.empty());
  if (told == link.misses_shops) return;
  if (missing.empty()) {
    log::Info("a source tells of all shops again",
              {{"consumer", options.service}, {"source", link.name}});
  } else {
    log::Warn("a source does not tell of some shops: see to its store",
              {{"consumer", options.service},
               {"source", link.name},
               {"shops", static_cast<int64_t>(missing.size())},
               {"first", missing.front()->str()},
               {"last", missing.back()->str()}});
  }
}

Task<absl::Status> Consumer::State::CompareAll(SourceLink* link, int64_t asked_ms) {
  std::string page_token;
  do {
    v1::ListHeadsRequest request;
    request.set_source(link->name);
    request.set_page_token(page_token);
    server::CallScope scope = NewScope("", "");
    absl::StatusOr<v1::ListHeadsResponse> heads = co_await link->channels.Call<v1::EventLogService>(
        &EventLog::ListHeads, std::move(scope), std::move(request));
    if (!heads.ok()) co_return heads.status();
    for (const v1::ListHeadsResponse::Head& head : heads->heads()) {
      const absl::StatusOr<ShopId> shop = ShopId::Parse(head.shop());
      if (!shop.ok()) continue;
      Entry& entry = EntryOf(*link, *shop);
      entry.compared_ms = std::max(entry.compared_ms, asked_ms);
      entry.follower.SeeHead({head.store_epoch(), head.head_seq()});
      Enqueue(entry);
    }
    page_token = heads->next_page_token();
  } while (!page_token.empty() && !tasks->stopping());
  co_return absl::OkStatus();
}

std::vector<std::pair<ShopId, Cursor>> Consumer::State::Positions(SourceLink* link) const {
  std::vector<std::pair<ShopId, Cursor>> positions;
  for (const auto& [key, entry] : entries) {
    const std::optional<Cursor>& cursor = entry.follower.cursor();
    if (key.first == link && cursor && GoesOn(key.second)) {
      positions.emplace_back(key.second, *cursor);
    }
  }
  return positions;
}

Task<> Consumer::State::KeepMeasuring() {
  bool goes_on = true;
  while (goes_on) {
    for (const auto& link : links) Measure(*link);
    goes_on = co_await tasks->Sleep(kMeasureEveryMs);
  }
}

void Consumer::State::Measure(SourceLink& link) {
  const int64_t now = SystemClock().Now().ms;
  uint64_t events = 0;
  int64_t oldest_ms = now;
  for (const auto& [key, entry] : entries) {
    if (key.first != &link || !leases.Holds(key.second)) continue;
    events += entry.follower.lag_events();
    if (const int64_t at = entry.follower.oldest_ms(); at != 0) oldest_ms = std::min(oldest_ms, at);
  }
  link.lag_events.Set(static_cast<double>(events));
  link.lag_seconds.Set(static_cast<double>(now - oldest_ms) / 1000);
}

Task<bool> Consumer::State::UpToDate(ShopId shop, std::string source) {
  for (const auto& link : links) {
    if (link->name != source) continue;
    const auto entry = entries.find({link.get(), shop});
    if (entry == entries.end() || entry->second.compared_ms == 0 ||
        MonotonicMs() - entry->second.compared_ms > kFreshMs) {
      co_return false;
    }
    co_return entry->second.follower.cursor() &&
        *entry->second.follower.cursor() == entry->second.follower.head();
  }
  co_return false;
}

Task<absl::StatusOr<std::vector<v1::ConsumerCursor>>> Consumer::State::ListCursors(
    std::optional<ShopId> shop) {
  std::vector<ShopId> shops;
  if (shop) {
    shops.push_back(*shop);
  } else {
    for (const auto& [key, entry] : entries) shops.push_back(key.second);
    std::sort(shops.begin(), shops.end());
    shops.erase(std::unique(shops.begin(), shops.end()), shops.end());
  }
  std::vector<v1::ConsumerCursor> cursors;
  for (const ShopId& one : shops) KEFU_CO_RETURN_IF_ERROR(co_await AddCursors(one, &cursors));
  co_return cursors;
}

Task<absl::Status> Consumer::State::AddCursors(ShopId shop,
                                               std::vector<v1::ConsumerCursor>* cursors) {
  const auto stored = co_await options.cursors.List(shop);
  if (!stored.ok()) co_return stored.status();
  const auto dead = co_await options.cursors.CountDead(shop);
  if (!dead.ok()) co_return dead.status();
  for (const auto& link : links) {
    const auto entry = entries.find({link.get(), shop});
    const auto cursor = stored->find(link->name);
    if (entry == entries.end() && cursor == stored->end()) continue;
    v1::ConsumerCursor& shown = cursors->emplace_back();
    shown.set_source(link->name);
    shown.set_shop(shop.str());
    if (cursor != stored->end()) {
      shown.set_store_epoch(cursor->second.store_epoch);
      shown.set_seq(cursor->second.seq);
    }
    // What is heard of elsewhere may be older than what this process did itself.
    if (entry != entries.end()) {
      shown.set_head_seq(std::max(entry->second.follower.head().seq, shown.seq()));
    }
    const auto count = dead->find(link->name);
    if (count != dead->end()) shown.set_dead_letters(static_cast<uint32_t>(count->second));
  }
  co_return absl::OkStatus();
}

}  // namespace kefu::events
