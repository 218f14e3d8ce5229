#include "services/common/redis/cursors.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <tuple>
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

  Task<absl::StatusOr<std::vector<DeadLetter>>> ListDead(ShopId shop) override {
    FunctionCall call = Prepare("dead_list", {Key(shop, "dead")}, {});
    KEFU_CO_ASSIGN_OR_RETURN(const Value::Array reply,
                             co_await CallFunction(shards_.Of(shop), std::move(call)));
    std::vector<DeadLetter> letters;
    for (const Value& packed : reply.empty() ? reply : reply[0].array())
      letters.push_back(ToDeadLetter(packed));
    std::sort(letters.begin(), letters.end(), [](const DeadLetter& a, const DeadLetter& b) {
      return std::tie(a.time, a.source, a.event) < std::tie(b.time, b.source, b.event);
    });
    co_return letters;
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

std::unique_ptr<CursorStore> NewRedisCursors(ShardMap& shards, std::string service,
                                             const Clock* test_clock) {
  return std::make_unique<RedisCursors>(shards, std::move(service), test_clock);
}

}  // namespace kefu::redis
