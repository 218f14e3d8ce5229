#include "tests/support/memory_outbox.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "services/common/base/page_token.h"
#include "services/common/base/status.h"

namespace kefu::test {

using events::v1::Envelope;
using google::protobuf::util::TimeUtil;

namespace {

constexpr int64_t kHourMs = 3'600'000, kWeekMs = 7 * 24 * kHourMs;
constexpr uint64_t kMaxNumber = std::numeric_limits<int64_t>::max();
constexpr size_t kMaxEvents = 1'000'000, kMaxBytes = size_t{512} << 20;
constexpr size_t kPageBytes = size_t{2} << 20;
constexpr uint64_t kTrimmedAtOnce = 1000;

uint32_t PageSize(uint32_t asked, uint32_t usual, uint32_t most) {
  return asked == 0 ? usual : std::min(asked, most);
}

bool IsServiceName(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

bool Wanted(const events::v1::ReadRequest& request, const std::string& type) {
  const auto& types = request.types();
  return types.empty() || std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

const MemoryOutbox::Shop& MemoryOutbox::Look(const ShopId& shop) const {
  const auto found = shops_.find(shop);
  return found == shops_.end() ? none_ : found->second;
}

TimePoint MemoryOutbox::Now(const Shop& log) const { return std::max(clock_.Now(), log.last); }

Envelope MemoryOutbox::Append(const ShopId& shop, const std::string& type,
                              const std::string& subject, const std::string& data,
                              uint32_t record_version) {
  absl::MutexLock lock(&mutex_);
  Shop& log = shops_[shop];
  log.listed = true;
  log.last = Now(log);
  Envelope& envelope = log.all.emplace_back();
  envelope.set_id(NewToken());
  envelope.set_source(source_);
  envelope.set_type(type);
  envelope.set_subject(subject);
  *envelope.mutable_time() = TimeUtil::MillisecondsToTimestamp(log.last.ms);
  envelope.set_shop(shop.str());
  envelope.set_seq(log.head());
  envelope.set_store_epoch(log.epoch);
  envelope.set_record_version(record_version);
  envelope.set_data(data.empty() ? "state of " + subject + " at " + std::to_string(log.head())
                                 : data);
  return envelope;
}

void MemoryOutbox::LoseTail(const ShopId& shop, uint64_t kept, bool new_epoch) {
  absl::MutexLock lock(&mutex_);
  Shop& log = shops_[shop];
  while (log.head() > kept) log.all.pop_back();
  log.first = std::min(log.first, log.head() + 1);
  if (new_epoch) ++log.epoch;
}

void MemoryOutbox::DropBefore(const ShopId& shop, uint64_t first) {
  absl::MutexLock lock(&mutex_);
  Shop& log = shops_[shop];
  log.first = std::max(log.first, std::min(first, log.head() + 1));
}

redis::Cursor MemoryOutbox::head(const ShopId& shop) const {
  absl::MutexLock lock(&mutex_);
  const Shop& log = Look(shop);
  return {log.epoch, log.head()};
}

std::vector<Envelope> MemoryOutbox::events(const ShopId& shop) const {
  absl::MutexLock lock(&mutex_);
  const Shop& log = Look(shop);
  return {log.all.begin() + static_cast<std::ptrdiff_t>(log.first - 1), log.all.end()};
}

redis::Cursor MemoryOutbox::reported(const std::string& consumer, const ShopId& shop) const {
  absl::MutexLock lock(&mutex_);
  const Shop& log = Look(shop);
  const auto found = log.reports.find(consumer);
  return found == log.reports.end() ? redis::Cursor() : found->second.position;
}

Task<absl::StatusOr<events::v1::ReadResponse>> MemoryOutbox::Read(server::CallScope, ShopId shop,
                                                                  events::v1::ReadRequest request) {
  const uint64_t after = request.after_seq();
  if (after >= kMaxNumber) co_return InvalidField("after_seq", "must be a position in the log");
  absl::MutexLock lock(&mutex_);
  const Shop& log = Look(shop);
  const std::string head = std::to_string(log.head());
  if (request.store_epoch() != 0 && request.store_epoch() != log.epoch) {
    co_return Error(absl::StatusCode::kOutOfRange, "STALE_EPOCH", "Read on in the epoch given.",
                    {{"epoch", std::to_string(log.epoch)}, {"head", head}});
  }
  const bool from_anywhere = after == 0 && request.store_epoch() == 0;
  if (!from_anywhere && after + 1 < log.first) {
    co_return Error(absl::StatusCode::kOutOfRange, "LOG_TRIMMED", "Take a snapshot.",
                    {{"first", std::to_string(log.first)}, {"head", head}});
  }
  events::v1::ReadResponse response;
  response.set_head_seq(log.head());
  response.set_store_epoch(log.epoch);
  uint64_t seq = std::max(after + 1, log.first);
  response.set_next_seq(std::max(after, log.head()));
  size_t bytes = 0;
  for (uint32_t left = PageSize(request.page_size(), 200, 1000);
       left > 0 && seq <= log.head() && bytes < kPageBytes; --left, ++seq) {
    const Envelope& envelope = log.at(seq);
    response.set_next_seq(seq);
    bytes += envelope.data().size();
    if (Wanted(request, envelope.type())) *response.add_envelopes() = envelope;
  }
  co_return response;
}

Task<absl::StatusOr<events::v1::ListHeadsResponse>> MemoryOutbox::ListHeads(
    server::CallScope, events::v1::ListHeadsRequest request) {
  const std::string query = page_token::Query({"heads", source_});
  KEFU_CO_ASSIGN_OR_RETURN(const std::string after,
                           page_token::Decode(query, request.page_token()));
  const int limit = static_cast<int>(PageSize(request.page_size(), 1000, 1000));
  absl::MutexLock lock(&mutex_);
  events::v1::ListHeadsResponse response;
  for (const auto& [shop, log] : shops_) {
    if (!log.listed || shop.str() <= after) continue;
    if (response.heads_size() == limit) {
      response.set_next_page_token(page_token::Encode(query, response.heads(limit - 1).shop()));
      break;
    }
    auto* const head = response.add_heads();
    head->set_shop(shop.str());
    head->set_head_seq(log.head());
    head->set_store_epoch(log.epoch);
  }
  co_return response;
}

Task<absl::Status> MemoryOutbox::ReportCursors(server::CallScope,
                                               events::v1::ReportCursorsRequest request) {
  if (!IsServiceName(request.consumer()))
    co_return InvalidField("consumer", "must be the name of a service");
  if (request.cursors_size() > 1000) co_return InvalidField("cursors", "must be at most 1000");
  std::map<ShopId, redis::Cursor> cursors;
  for (const auto& cursor : request.cursors()) {
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(cursor.shop()));
    if (cursor.seq() >= kMaxNumber || cursor.store_epoch() >= kMaxNumber)
      co_return InvalidField("cursors.seq", "must be a position in the log");
    cursors[shop] = {cursor.store_epoch(), cursor.seq()};
  }
  absl::MutexLock lock(&mutex_);
  for (const auto& [shop, position] : cursors) {
    Shop& log = shops_[shop];
    log.reports[request.consumer()] = {position, Now(log)};
  }
  co_return absl::OkStatus();
}

Task<absl::StatusOr<events::v1::SnapshotResponse>> MemoryOutbox::Snapshot(
    server::CallScope, ShopId shop, events::v1::SnapshotRequest request) {
  const std::string query = page_token::Query({"snapshot", source_, shop.str()});
  KEFU_CO_ASSIGN_OR_RETURN(const std::string after,
                           page_token::Decode(query, request.page_token()));
  const uint32_t limit = PageSize(request.page_size(), 200, 500);
  absl::MutexLock lock(&mutex_);
  const Shop& log = Look(shop);
  std::map<std::string, uint64_t> latest;
  for (const Envelope& envelope : log.all) latest[envelope.subject()] = envelope.seq();
  events::v1::SnapshotResponse response;
  response.set_head_seq(log.head());
  response.set_store_epoch(log.epoch);
  std::string shown = after;
  for (auto next = latest.upper_bound(after); next != latest.end(); ++next) {
    if (response.envelopes_size() == static_cast<int>(limit)) {
      response.set_next_page_token(page_token::Encode(query, shown));
      break;
    }
    shown = next->first;
    Envelope& envelope = *response.add_envelopes();
    envelope = log.at(next->second);
    // The same state is the same event.
    envelope.set_id(DeriveToken(
        "memory snapshot", page_token::Query({source_, shop.str(), shown, std::to_string(log.epoch),
                                              std::to_string(next->second)})));
    envelope.set_seq(0);
    envelope.set_store_epoch(log.epoch);
    *envelope.mutable_time() = TimeUtil::MillisecondsToTimestamp(Now(log).ms);
  }
  co_return response;
}

Task<absl::StatusOr<uint64_t>> MemoryOutbox::RaiseEpoch(server::CallScope, ShopId shop,
                                                        uint64_t observed) {
  if (observed >= kMaxNumber)
    co_return InvalidField("observed_epoch", "must be an epoch that was observed");
  absl::MutexLock lock(&mutex_);
  Shop& log = shops_[shop];
  log.epoch = std::max(log.epoch, observed + 1);
  co_return log.epoch;
}

Task<absl::StatusOr<uint64_t>> MemoryOutbox::Trim(ShopId shop) {
  absl::MutexLock lock(&mutex_);
  Shop& log = shops_[shop];
  const TimePoint now = Now(log);
  std::optional<uint64_t> passed;
  for (auto report = log.reports.begin(); report != log.reports.end();) {
    if (now - report->second.time > kWeekMs) {
      report = log.reports.erase(report);
      continue;
    }
    const uint64_t seq = report->second.position.seq;
    passed = passed ? std::min(*passed, seq) : seq;
    ++report;
  }
  size_t bytes = 0;
  for (uint64_t seq = log.first; seq <= log.head(); ++seq) bytes += log.at(seq).ByteSizeLong();
  uint64_t dropped = 0;
  for (; dropped < kTrimmedAtOnce && log.first <= log.head(); ++log.first, ++dropped) {
    const Envelope& envelope = log.at(log.first);
    const int64_t age = now.ms - TimeUtil::TimestampToMilliseconds(envelope.time());
    const bool read = passed && log.first <= *passed && age > kHourMs;
    const bool too_many = log.head() - log.first + 1 > kMaxEvents || bytes > kMaxBytes;
    if (age <= kWeekMs && !read && !too_many) break;
    bytes -= envelope.ByteSizeLong();
  }
  co_return dropped;
}

}  // namespace kefu::test
