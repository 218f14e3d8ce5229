#include "services/common/events/stored_log.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "services/common/base/page_token.h"
#include "services/common/base/status.h"
#include "services/common/base/when_all.h"
#include "services/common/logging/log.h"
#include "services/common/redis/together.h"

namespace kefu::events {
namespace {

constexpr uint32_t kDefaultPage = 200, kMaxPage = 1000, kMaxSnapshotPage = 500;
constexpr int kMaxReported = 1000;
constexpr int64_t kTellEveryMs = 60'000;
constexpr int64_t kKeepMs = int64_t{7} * 24 * 3600 * 1000;
// Kept for whoever comes a little later, and for people who look at what happened.
constexpr int64_t kFreshMs = int64_t{3600} * 1000;
constexpr uint64_t kMaxEvents = 1'000'000;
constexpr uint64_t kMaxBytes = uint64_t{512} << 20;
constexpr uint64_t kMaxNumber = std::numeric_limits<int64_t>::max();

int64_t TimeoutOf(const server::CallScope& scope) {
  return std::clamp<int64_t>(scope.remaining_ms(), 1, redis::Client::kDefaultTimeoutMs);
}

uint64_t Number(const redis::Value& value) { return static_cast<uint64_t>(value.Int()); }

uint64_t SeqOf(const std::string& stream_id) {
  uint64_t seq = 0;
  // Ids are our own: "<seq>-0".
  return absl::SimpleAtoi(stream_id.substr(0, stream_id.find('-')), &seq) ? seq : 0;
}

absl::Status StaleEpoch(const redis::Value::Array& answer) {
  return Error(absl::StatusCode::kOutOfRange, "STALE_EPOCH",
               "The store was rolled back or restored; read on in the epoch given.",
               {{"epoch", answer[0].str()}, {"head", answer[1].str()}});
}

absl::Status LogTrimmed(const redis::Value::Array& answer) {
  return Error(absl::StatusCode::kOutOfRange, "LOG_TRIMMED",
               "Events after this position are gone; take a snapshot.",
               {{"first", answer[2].str()}, {"head", answer[1].str()}});
}

std::string HeadsQuery(const std::string& service, const std::string& stream) {
  return page_token::Query({"heads", service, stream});
}

}  // namespace

StoredLog::StoredLog(redis::ShardMap& shards, StoredLogLayout layout, ListShops list_shops,
                     const Clock* test_clock)
    : shards_(shards),
      layout_(std::move(layout)),
      list_shops_(std::move(list_shops)),
      test_clock_(test_clock) {}

std::string StoredLog::Key(const ShopId& shop, std::string_view name) const {
  return ("kf:" + layout_.service + ":{" + shop.str() + "}:").append(name);
}

redis::FunctionCall StoredLog::Prepare(std::string_view verb, std::vector<std::string> keys,
                                       std::vector<std::string> arguments) const {
  return {.function = (layout_.service + "_outbox_").append(verb).append("_v1"),
          .keys = std::move(keys),
          .arguments = std::move(arguments),
          .now_ms = test_clock_ ? std::to_string(test_clock_->Now().ms) : std::string()};
}

Task<absl::StatusOr<StoredPage>> StoredLog::Read(server::CallScope scope, ShopId shop,
                                                 uint64_t after_seq, uint64_t store_epoch,
                                                 uint32_t limit) {
  if (after_seq >= kMaxNumber) co_return InvalidField("after_seq", "must be a position in the log");
  redis::FunctionCall call =
      Prepare("read", {Key(shop, "meta"), Key(shop, layout_.stream)},
              {layout_.head_field, std::to_string(after_seq), std::to_string(limit)});
  KEFU_CO_ASSIGN_OR_RETURN(
      const redis::Value::Array answer,
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), TimeoutOf(scope)));
  if (answer.size() < 5) co_return absl::InternalError("outbox_read answered too little");
  StoredPage page{
      .store_epoch = Number(answer[0]), .head_seq = Number(answer[1]), .time = {answer[3].Int()}};
  if (store_epoch != 0 && store_epoch != page.store_epoch) co_return StaleEpoch(answer);
  const bool from_anywhere = after_seq == 0 && store_epoch == 0;
  if (!from_anywhere && after_seq + 1 < Number(answer[2])) co_return LogTrimmed(answer);
  for (const redis::Value& element : answer[4].array())
    page.elements.push_back({SeqOf(element[0].str()), element[1]});
  co_return page;
}

Task<absl::StatusOr<StoredPage>> StoredLog::Head(server::CallScope scope, ShopId shop) {
  constexpr uint64_t kFromAnywhere = 0, kAnyEpoch = 0;
  constexpr uint32_t kNoElements = 0;
  co_return co_await Read(std::move(scope), std::move(shop), kFromAnywhere, kAnyEpoch, kNoElements);
}

Task<absl::StatusOr<v1::ListHeadsResponse>> StoredLog::ListHeads(server::CallScope scope,
                                                                 v1::ListHeadsRequest request) {
  const size_t limit =
      request.page_size() == 0 ? kMaxPage : std::min(request.page_size(), kMaxPage);
  const std::string query = HeadsQuery(layout_.service, layout_.stream);
  KEFU_CO_ASSIGN_OR_RETURN(std::string after, page_token::Decode(query, request.page_token()));
  KEFU_CO_ASSIGN_OR_RETURN(std::vector<ShopId> shops,
                           co_await list_shops_(std::move(after), limit + 1));
  v1::ListHeadsResponse response;
  if (shops.size() > limit) {
    shops.erase(shops.begin() + static_cast<std::ptrdiff_t>(limit), shops.end());
    response.set_next_page_token(page_token::Encode(query, shops.back().str()));
  }
  // One call for each cell, beside each other: one that is down takes nothing from the others.
  std::map<redis::Client*, Cell> cells;
  for (const ShopId& shop : shops) cells[&shards_.Of(shop)].shops.push_back(shop);
  const int64_t timeout_ms = std::max<int64_t>(1, TimeoutOf(scope) / 2);
  std::vector<Task<>> calls;
  for (auto& [client, cell] : cells) calls.push_back(AskForHeads(client, timeout_ms, &cell));
  co_await WhenAll(std::move(calls));
  std::vector<const Cell*> missing;
  for (const auto& [client, cell] : cells) {
    for (const v1::ListHeadsResponse::Head& head : cell.heads) *response.add_heads() = head;
    if (!cell.status.ok()) missing.push_back(&cell);
  }
  if (!missing.empty() && missing.size() == cells.size()) co_return missing.front()->status;
  std::sort(response.mutable_heads()->begin(), response.mutable_heads()->end(),
            [](const auto& a, const auto& b) { return a.shop() < b.shop(); });
  for (const Cell* const cell : missing) TellOfMissing(*cell);
  co_return response;
}

Task<> StoredLog::AskForHeads(redis::Client* client, int64_t timeout_ms, Cell* cell) {
  std::vector<std::string> keys;
  for (const ShopId& shop : cell->shops) keys.push_back(Key(shop, "meta"));
  redis::FunctionCall call = Prepare("heads", std::move(keys), {layout_.head_field});
  const auto answer = co_await redis::CallFunction(*client, std::move(call), timeout_ms);
  cell->status = answer.status();
  if (!answer.ok() || answer->empty()) co_return;
  const redis::Value& heads = (*answer)[0];
  for (size_t i = 0; i < cell->shops.size(); ++i) {
    v1::ListHeadsResponse::Head& head = cell->heads.emplace_back();
    head.set_shop(cell->shops[i].str());
    head.set_store_epoch(Number(heads[2 * i]));
    head.set_head_seq(Number(heads[2 * i + 1]));
  }
}

// Heads are asked for every other second, by every consumer.
void StoredLog::TellOfMissing(const Cell& cell) {
  const int64_t now = MonotonicMs();
  int64_t told = told_of_missing_ms_;
  if (now - told < kTellEveryMs && told != 0) return;
  if (!told_of_missing_ms_.compare_exchange_strong(told, now)) return;
  log::Error("a cell of the store does not answer: events of its shops wait",
             {{"source", layout_.service},
              {"shops", static_cast<int64_t>(cell.shops.size())},
              {"first", cell.shops.front().str()},
              {"last", cell.shops.back().str()},
              {"reason", ErrorReason(cell.status)}});
}

Task<absl::Status> StoredLog::ReportCursors(server::CallScope scope,
                                            v1::ReportCursorsRequest request) {
  const std::string& consumer = request.consumer();
  const bool plain =
      !consumer.empty() && consumer.size() <= 64 &&
      std::all_of(consumer.begin(), consumer.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
      });
  if (!plain) co_return InvalidField("consumer", "must be the name of a service");
  if (request.cursors_size() > kMaxReported)
    co_return InvalidField("cursors", "must be at most 1000");
  std::vector<redis::Addressed> commands;
  for (const v1::ReportCursorsRequest::Cursor& cursor : request.cursors()) {
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(cursor.shop()));
    if (cursor.seq() >= kMaxNumber || cursor.store_epoch() >= kMaxNumber)
      co_return InvalidField("cursors.seq", "must be a position in the log");
    redis::FunctionCall call =
        Prepare("report", {Key(shop, "meta"), Key(shop, layout_.consumers)},
                {consumer, std::to_string(cursor.store_epoch()), std::to_string(cursor.seq())});
    commands.push_back({&shards_.Of(shop), redis::ToCommand(std::move(call))});
  }
  const auto replies = co_await redis::SendTogether(std::move(commands), TimeoutOf(scope));
  KEFU_CO_RETURN_IF_ERROR(replies.status());
  for (const redis::Value& reply : *replies)
    KEFU_CO_RETURN_IF_ERROR(redis::ParseFunctionReply(reply).status());
  co_return absl::OkStatus();
}

Task<absl::StatusOr<uint64_t>> StoredLog::RaiseEpoch(server::CallScope scope, ShopId shop,
                                                     uint64_t observed) {
  if (observed >= kMaxNumber)
    co_return InvalidField("observed_epoch", "must be an epoch that was observed");
  redis::FunctionCall call =
      Prepare("raise_epoch", {Key(shop, "meta")}, {std::to_string(observed)});
  KEFU_CO_ASSIGN_OR_RETURN(
      const redis::Value::Array answer,
      co_await redis::CallFunction(shards_.Of(shop), std::move(call), TimeoutOf(scope)));
  if (answer.empty()) co_return absl::InternalError("outbox_raise_epoch answered nothing");
  co_return Number(answer[0]);
}

Task<absl::StatusOr<uint64_t>> StoredLog::Trim(ShopId shop) {
  redis::FunctionCall call = Prepare(
      "trim", {Key(shop, "meta"), Key(shop, layout_.stream), Key(shop, layout_.consumers)},
      {layout_.head_field, layout_.time_field, std::to_string(kKeepMs), std::to_string(kFreshMs),
       std::to_string(kMaxEvents), std::to_string(kMaxBytes), layout_.reader_field});
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Value::Array answer,
                           co_await redis::CallFunction(shards_.Of(shop), std::move(call)));
  if (answer.empty()) co_return absl::InternalError("outbox_trim answered nothing");
  co_return Number(answer[0]);
}

uint32_t ReadPageSize(const v1::ReadRequest& request) {
  return request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kMaxPage);
}

bool Wanted(const v1::ReadRequest& request, std::string_view type) {
  return request.types().empty() ||
         std::find(request.types().begin(), request.types().end(), type) != request.types().end();
}

void SetTime(v1::Envelope* envelope, TimePoint time) {
  envelope->mutable_time()->set_seconds(time.ms / 1000);
  envelope->mutable_time()->set_nanos(static_cast<int32_t>(time.ms % 1000) * 1'000'000);
}

v1::Envelope SnapshotEnvelope(std::string_view source, const ShopId& shop, const StoredPage& head,
                              SnapshotItem item) {
  // The epoch, too: after a loss the same version may stand for another state.
  const std::string identity = page_token::Query({source, shop.str(), item.type, item.subject,
                                                  item.version, std::to_string(head.store_epoch)});
  v1::Envelope envelope;
  envelope.set_id(DeriveToken("kefu snapshot", identity));
  envelope.set_source(std::string(source));
  envelope.set_type(std::string(item.type));
  envelope.set_subject(std::string(item.subject));
  SetTime(&envelope, head.time);
  envelope.set_shop(shop.str());
  envelope.set_store_epoch(head.store_epoch);
  envelope.set_record_version(item.record_version);
  envelope.set_data(std::move(item.data));
  return envelope;
}

uint32_t SnapshotPageSize(const v1::SnapshotRequest& request) {
  return request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kMaxSnapshotPage);
}

}  // namespace kefu::events
