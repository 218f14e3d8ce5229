#include "services/common/redis/cursors.h"

#include <absl/strings/numbers.h>

#include <cstdio>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/redis/function.h"

namespace kefu::redis {
namespace {

DeadLetter ToDeadLetter(const Value& packed) {
  return {.source = packed[0].str(),
          .event = packed[1].str(),
          .envelope = packed[2].str(),
          .reason = packed[3].str(),
          .message = packed[4].str(),
          .attempts = static_cast<uint32_t>(packed[5].Int()),
          .time = {packed[6].Int()}};
}

class RedisCursors final : public CursorStore {
 public:
  RedisCursors(ShardMap& shards, std::string service, const Clock* test_clock)
      : shards_(shards), service_(std::move(service)), test_clock_(test_clock) {}

  Task<absl::StatusOr<Cursor>> Get(ShopId shop, std::string source) override {
    FunctionCall call = Prepare("cursor_get", {Key(shop, "cursors")}, {std::move(source)});
    KEFU_CO_ASSIGN_OR_RETURN(const Value::Array reply,
                             co_await CallFunction(shards_.Of(shop), std::move(call)));
    co_return reply.empty() ? Cursor() : CursorFromText(reply[0].str());
  }

  Task<absl::StatusOr<std::map<std::string, Cursor>>> List(ShopId shop) override {
    FunctionCall call = Prepare("cursor_list", {Key(shop, "cursors")}, {});
    KEFU_CO_ASSIGN_OR_RETURN(const Value::Array reply,
                             co_await CallFunction(shards_.Of(shop), std::move(call)));
    std::map<std::string, Cursor> cursors;
    const Value::Array& flat = reply.empty() ? reply : reply[0].array();
    for (size_t i = 0; i + 1 < flat.size(); i += 2)
      cursors[flat[i].str()] = CursorFromText(flat[i + 1].str());
    co_return cursors;
  }

  Task<absl::Status> Advance(ShopId shop, std::string source, Cursor expected,
                             Cursor next) override {
    FunctionCall call = Prepare("cursor_advance", {Key(shop, "cursors")},
                                {std::move(source), ToText(expected), ToText(next)});
    co_return (co_await CallFunction(shards_.Of(shop), std::move(call))).status();
  }

  Task<absl::Status> Bury(ShopId shop, DeadLetter letter, Cursor expected, Cursor next) override {
    FunctionCall call = Prepare("bury", {Key(shop, "cursors"), Key(shop, "dead")},
                                {letter.source, ToText(expected), ToText(next), letter.event,
                                 letter.envelope, letter.reason, letter.message,
                                 std::to_string(letter.attempts), std::to_string(letter.time.ms)});
    co_return (co_await CallFunction(shards_.Of(shop), std::move(call))).status();
  }

  Task<absl::StatusOr<std::vector<DeadLetter>>> ListDead(ShopId shop, DeadQuery query) override {
    FunctionCall call = Prepare("dead_page", {Key(shop, "dead")},
                                {query.source, query.after ? ToText(*query.after) : std::string(),
                                 std::to_string(query.limit)});
    KEFU_CO_ASSIGN_OR_RETURN(const Value::Array reply,
                             co_await CallFunction(shards_.Of(shop), std::move(call)));
    std::vector<DeadLetter> letters;
    for (const Value& packed : reply.empty() ? reply : reply[0].array())
      letters.push_back(ToDeadLetter(packed));
    co_return letters;
  }

  Task<absl::StatusOr<std::map<std::string, size_t>>> CountDead(ShopId shop) override {
    FunctionCall call = Prepare("dead_count", {Key(shop, "dead")}, {});
    KEFU_CO_ASSIGN_OR_RETURN(const Value::Array reply,
                             co_await CallFunction(shards_.Of(shop), std::move(call)));
    std::map<std::string, size_t> counts;
    const Value::Array& flat = reply.empty() ? reply : reply[0].array();
    for (size_t i = 0; i + 1 < flat.size(); i += 2)
      counts[flat[i].str()] = static_cast<size_t>(flat[i + 1].Int());
    co_return counts;
  }

  Task<absl::StatusOr<DeadLetter>> FindDead(ShopId shop, std::string source,
                                            std::string event) override {
    FunctionCall call =
        Prepare("dead_get", {Key(shop, "dead")}, {std::move(source), std::move(event)});
    KEFU_CO_ASSIGN_OR_RETURN(const Value::Array reply,
                             co_await CallFunction(shards_.Of(shop), std::move(call)));
    if (reply.empty()) co_return absl::InternalError("dead_get answered nothing");
    co_return ToDeadLetter(reply[0]);
  }

  Task<absl::Status> UpdateDead(ShopId shop, DeadLetter letter) override {
    FunctionCall call = Prepare("dead_update", {Key(shop, "dead")},
                                {letter.source, letter.event, letter.reason, letter.message,
                                 std::to_string(letter.attempts)});
    co_return (co_await CallFunction(shards_.Of(shop), std::move(call))).status();
  }

  Task<absl::Status> DropDead(ShopId shop, std::string source, std::string event) override {
    FunctionCall call =
        Prepare("dead_drop", {Key(shop, "dead")}, {std::move(source), std::move(event)});
    co_return (co_await CallFunction(shards_.Of(shop), std::move(call))).status();
  }

  Task<absl::StatusOr<bool>> Lease(uint32_t bucket, std::string holder, int64_t lease_ms) override {
    FunctionCall call = Prepare("bucket_lease", {"kf:" + service_ + ":{sys}:leases"},
                                {std::to_string(bucket), holder, std::to_string(lease_ms)});
    KEFU_CO_ASSIGN_OR_RETURN(const Value::Array reply,
                             co_await CallFunction(shards_.System(), std::move(call)));
    co_return !reply.empty() && reply[0].str() == "1";
  }

 private:
  std::string Key(const ShopId& shop, std::string_view name) const {
    return ("kf:" + service_ + ":{" + shop.str() + "}:").append(name);
  }

  FunctionCall Prepare(std::string_view verb, std::vector<std::string> keys,
                       std::vector<std::string> arguments) const {
    return {.function = (service_ + "_").append(verb).append("_v1"),
            .keys = std::move(keys),
            .arguments = std::move(arguments),
            .now_ms = test_clock_ ? std::to_string(test_clock_->Now().ms) : std::string()};
  }

  ShardMap& shards_;
  const std::string service_;
  const Clock* const test_clock_;
};

}  // namespace

std::string ToText(const Cursor& cursor) {
  return std::to_string(cursor.store_epoch) + ":" + std::to_string(cursor.seq);
}

Cursor CursorFromText(std::string_view text) {
  const size_t colon = text.find(':');
  Cursor cursor;
  if (colon == std::string_view::npos ||
      !absl::SimpleAtoi(ToAbsl(text.substr(0, colon)), &cursor.store_epoch) ||
      !absl::SimpleAtoi(ToAbsl(text.substr(colon + 1)), &cursor.seq)) {
    return {};
  }
  return cursor;
}

absl::Status NoSuchDeadLetter() {
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_DEAD_LETTER",
               "There is no such dead letter; it may have been handled.");
}

absl::Status DeadLettersFull() {
  return Error(
      absl::StatusCode::kResourceExhausted, "DEAD_LETTERS_FULL",
      "Too many events of the shop were refused: mend what refuses them, then retry or "
      "discard its dead letters (kefuctl events dead-letters); the log goes on by itself.");
}

DeadPlace PlaceOf(const DeadLetter& letter) { return {letter.time, letter.source, letter.event}; }

// As functions/cursors.lua, dead_place.
std::string ToText(const DeadPlace& place) {
  char time[24];
  std::snprintf(time, sizeof(time), "%020lld", static_cast<long long>(place.time.ms));
  return time + (" " + place.source) + " " + place.event;
}

DeadPlace DeadPlaceFromText(std::string_view text) {
  const size_t first = text.find(' ');
  const size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
  DeadPlace place;
  if (second == std::string_view::npos ||
      !absl::SimpleAtoi(ToAbsl(text.substr(0, first)), &place.time.ms)) {
    return {};
  }
  place.source = text.substr(first + 1, second - first - 1);
  place.event = text.substr(second + 1);
  return place;
}

std::unique_ptr<CursorStore> NewRedisCursors(ShardMap& shards, std::string service,
                                             const Clock* test_clock) {
  return std::make_unique<RedisCursors>(shards, std::move(service), test_clock);
}

}  // namespace kefu::redis
