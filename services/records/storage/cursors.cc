#include "services/records/storage/cursors.h"

#include <absl/strings/escaping.h>

#include <string>
#include <utility>
#include <vector>

#include "proto/kefu/events/v1/envelope.pb.h"
#include "services/common/base/async.h"
#include "services/common/base/clock.h"
#include "services/common/base/record.h"
#include "services/records/storage/statement.h"

namespace kefu::records::storage {
namespace {

using redis::Cursor;
using redis::DeadLetter;

// Cursors are read on the consumer's behalf, which has no deadline of its own.
constexpr int64_t kReadWithinMs = 10'000;

int64_t ReadDeadline() { return MonotonicMs() + kReadWithinMs; }

Cursor FindCursor(soci::session& sql, const ShopId& shop, const std::string& source) {
  Cursor cursor;
  Statement row(sql,
                "SELECT store_epoch, seq FROM cursors WHERE shop = :shop AND source = :source");
  row.Set("shop", shop.str()).Set("source", source);
  row.Get(&cursor.store_epoch).Get(&cursor.seq).Next();
  return cursor;
}

// Of the statement before.
absl::Status FoundLetter(soci::session& sql) {
  int64_t changed = 0;
  Statement(sql, "SELECT changes()").Get(&changed).Next();
  if (changed > 0) return absl::OkStatus();
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_DEAD_LETTER",
               "There is no such dead letter; it may have been handled.");
}

void InsertLetter(soci::session& sql, const ShopId& shop, const DeadLetter& letter) {
  events::v1::Envelope envelope;
  // What is no envelope has no subject.
  if (!envelope.ParseFromString(letter.envelope)) envelope.Clear();
  std::string encoded;
  absl::Base64Escape(ToAbsl(letter.envelope), &encoded);
  Statement(sql,
            "INSERT INTO dead_letters (shop, source, event, subject, envelope, reason, message, "
            "attempts, time_ms) VALUES (:shop, :source, :event, :subject, :envelope, :reason, "
            ":message, :attempts, :time) ON CONFLICT (shop, source, event) DO UPDATE SET "
            "envelope = excluded.envelope, reason = excluded.reason, message = excluded.message, "
            "attempts = excluded.attempts, time_ms = excluded.time_ms")
      .Set("shop", shop.str())
      .Set("source", letter.source)
      .Set("event", letter.event)
      .Set("subject", envelope.subject())
      .Set("envelope", encoded)
      .Set("reason", letter.reason)
      .Set("message", letter.message)
      .Set("attempts", letter.attempts)
      .Set("time", letter.time.ms)
      .Run();
}

absl::StatusOr<std::vector<DeadLetter>> Letters(Statement& rows) {
  DeadLetter letter;
  std::string encoded;
  rows.Get(&letter.source).Get(&letter.event).Get(&encoded).Get(&letter.reason);
  rows.Get(&letter.message).Get(&letter.attempts).Get(&letter.time.ms);
  std::vector<DeadLetter> found;
  while (rows.Next()) {
    if (!absl::Base64Unescape(ToAbsl(encoded), &letter.envelope)) return BadRecord("dead letter");
    found.push_back(letter);
  }
  return found;
}

absl::StatusOr<std::vector<DeadLetter>> ReadLetters(soci::session& sql, const ShopId& shop,
                                                    const redis::DeadQuery& query) {
  const redis::DeadPlace after = query.after.value_or(redis::DeadPlace{.time = {-1}});
  Statement rows(sql,
                 "SELECT source, event, envelope, reason, message, attempts, time_ms "
                 "FROM dead_letters WHERE shop = :shop AND (:source = '' OR source = :source) AND "
                 "(time_ms > :time OR (time_ms = :time AND (source > :after OR (source = :after "
                 "AND event > :event)))) ORDER BY time_ms, source, event LIMIT :limit");
  rows.Set("shop", shop.str()).Set("source", query.source).Set("time", after.time.ms);
  rows.Set("after", after.source).Set("event", after.event);
  rows.Set("limit", static_cast<int64_t>(query.limit));
  return Letters(rows);
}

absl::StatusOr<std::map<std::string, size_t>> CountLetters(soci::session& sql, const ShopId& shop) {
  std::string source;
  int64_t count = 0;
  Statement rows(sql,
                 "SELECT source, COUNT(*) FROM dead_letters WHERE shop = :shop GROUP BY source");
  rows.Set("shop", shop.str()).Get(&source).Get(&count);
  std::map<std::string, size_t> counts;
  while (rows.Next()) counts[source] = static_cast<size_t>(count);
  return counts;
}

absl::StatusOr<DeadLetter> FindLetter(soci::session& sql, const ShopId& shop,
                                      const std::string& source, const std::string& event) {
  Statement rows(sql,
                 "SELECT source, event, envelope, reason, message, attempts, time_ms "
                 "FROM dead_letters WHERE shop = :shop AND source = :source AND event = :event");
  rows.Set("shop", shop.str()).Set("source", source).Set("event", event);
  KEFU_ASSIGN_OR_RETURN(std::vector<DeadLetter> found, Letters(rows));
  if (found.empty()) return redis::NoSuchDeadLetter();
  return std::move(found.front());
}

// Room for one more, or one that is there already.
absl::Status CheckRoom(soci::session& sql, const ShopId& shop, const DeadLetter& letter) {
  if (FindLetter(sql, shop, letter.source, letter.event).ok()) return absl::OkStatus();
  KEFU_ASSIGN_OR_RETURN(const auto counts, CountLetters(sql, shop));
  size_t all = 0;
  for (const auto& [source, count] : counts) all += count;
  return all < redis::kMaxDeadLetters ? absl::OkStatus() : redis::DeadLettersFull();
}

bool TakeLease(soci::session& sql, uint32_t bucket, const std::string& holder, TimePoint now,
               int64_t lease_ms) {
  int64_t until = 0;
  std::string held_by;
  Statement held(sql, "SELECT holder, until_ms FROM leases WHERE bucket = :bucket");
  const bool found = held.Set("bucket", bucket).Get(&held_by).Get(&until).Next();
  // One that ends later than it could was given before the clock was put back: it is void.
  const bool in_force = found && held_by != holder && until > now.ms && until <= now.ms + lease_ms;
  if (in_force) return false;
  Statement(sql,
            "INSERT INTO leases (bucket, holder, until_ms) VALUES (:bucket, :holder, :until) "
            "ON CONFLICT (bucket) DO UPDATE SET holder = excluded.holder, until_ms = "
            "excluded.until_ms")
      .Set("bucket", bucket)
      .Set("holder", holder)
      .Set("until", now.ms + lease_ms)
      .Run();
  return true;
}

class SqlCursors final : public redis::CursorStore {
 public:
  SqlCursors(Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  Task<absl::StatusOr<Cursor>> Get(ShopId shop, std::string source) override {
    std::function<absl::StatusOr<Cursor>(soci::session&)> find =
        [shop, source](soci::session& sql) { return FindCursor(sql, shop, source); };
    co_return co_await database_.Query<Cursor>(std::move(find), ReadDeadline());
  }

  Task<absl::StatusOr<std::map<std::string, Cursor>>> List(ShopId shop) override {
    using Cursors = std::map<std::string, Cursor>;
    std::function<absl::StatusOr<Cursors>(soci::session&)> find =
        [shop](soci::session& sql) -> absl::StatusOr<Cursors> {
      std::string source;
      Cursor cursor;
      Statement rows(sql, "SELECT source, store_epoch, seq FROM cursors WHERE shop = :shop");
      rows.Set("shop", shop.str()).Get(&source).Get(&cursor.store_epoch).Get(&cursor.seq);
      Cursors found;
      while (rows.Next()) found[source] = cursor;
      return found;
    };
    co_return co_await database_.Query<Cursors>(std::move(find), ReadDeadline());
  }

  Task<absl::Status> Advance(ShopId shop, std::string source, Cursor expected,
                             Cursor next) override {
    Work move = [shop, cursor = redis::CursorMove{source, expected, next}](soci::session& sql) {
      return MoveCursor(sql, shop, cursor, std::nullopt);
    };
    co_return co_await database_.Write(std::move(move));
  }

  Task<absl::Status> Bury(ShopId shop, DeadLetter letter, Cursor expected, Cursor next) override {
    Work bury = [shop, letter, expected, next](soci::session& sql) -> absl::Status {
      KEFU_RETURN_IF_ERROR(CheckRoom(sql, shop, letter));
      KEFU_RETURN_IF_ERROR(MoveCursor(sql, shop, {letter.source, expected, next}, std::nullopt));
      InsertLetter(sql, shop, letter);
      return absl::OkStatus();
    };
    co_return co_await database_.Write(std::move(bury));
  }

  Task<absl::StatusOr<std::vector<DeadLetter>>> ListDead(ShopId shop,
                                                         redis::DeadQuery query) override {
    std::function<absl::StatusOr<std::vector<DeadLetter>>(soci::session&)> read =
        [shop, query](soci::session& sql) { return ReadLetters(sql, shop, query); };
    co_return co_await database_.Query<std::vector<DeadLetter>>(std::move(read), ReadDeadline());
  }

  Task<absl::StatusOr<std::map<std::string, size_t>>> CountDead(ShopId shop) override {
    using Counts = std::map<std::string, size_t>;
    std::function<absl::StatusOr<Counts>(soci::session&)> count = [shop](soci::session& sql) {
      return CountLetters(sql, shop);
    };
    co_return co_await database_.Query<Counts>(std::move(count), ReadDeadline());
  }

  Task<absl::StatusOr<DeadLetter>> FindDead(ShopId shop, std::string source,
                                            std::string event) override {
    std::function<absl::StatusOr<DeadLetter>(soci::session&)> find =
        [shop, source, event](soci::session& sql) { return FindLetter(sql, shop, source, event); };
    co_return co_await database_.Query<DeadLetter>(std::move(find), ReadDeadline());
  }

  Task<absl::Status> UpdateDead(ShopId shop, DeadLetter letter) override {
    Work update = [shop, letter](soci::session& sql) {
      Statement(sql,
                "UPDATE dead_letters SET reason = :reason, message = :message, attempts = "
                ":attempts WHERE shop = :shop AND source = :source AND event = :event")
          .Set("reason", letter.reason)
          .Set("message", letter.message)
          .Set("attempts", letter.attempts)
          .Set("shop", shop.str())
          .Set("source", letter.source)
          .Set("event", letter.event)
          .Run();
      return FoundLetter(sql);
    };
    co_return co_await database_.Write(std::move(update));
  }

  Task<absl::Status> DropDead(ShopId shop, std::string source, std::string event) override {
    Work drop = [shop, source, event](soci::session& sql) {
      Statement(sql,
                "DELETE FROM dead_letters WHERE shop = :shop AND source = :source AND "
                "event = :event")
          .Set("shop", shop.str())
          .Set("source", source)
          .Set("event", event)
          .Run();
      return FoundLetter(sql);
    };
    co_return co_await database_.Write(std::move(drop));
  }

  Task<absl::StatusOr<bool>> Lease(uint32_t bucket, std::string holder, int64_t lease_ms) override {
    auto taken = std::make_shared<bool>(false);
    Work lease = [this, bucket, holder, lease_ms, taken](soci::session& sql) -> absl::Status {
      *taken = TakeLease(sql, bucket, holder, clock_.Now(), lease_ms);
      return absl::OkStatus();
    };
    KEFU_CO_RETURN_IF_ERROR(co_await database_.Write(std::move(lease)));
    co_return *taken;
  }

 private:
  Database& database_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<redis::CursorStore> NewSqlCursors(Database& database, const Clock& clock) {
  return std::make_unique<SqlCursors>(database, clock);
}

absl::Status MoveCursor(soci::session& sql, const ShopId& shop, const redis::CursorMove& move,
                        std::optional<TimePoint> event_time) {
  const Cursor at = FindCursor(sql, shop, move.source);
  if (at != move.expected) {
    return Error(absl::StatusCode::kAborted, "CURSOR_MOVED",
                 "Somebody else has taken the event; read the cursor again.",
                 {{"epoch", std::to_string(at.store_epoch)}, {"seq", std::to_string(at.seq)}});
  }
  Statement(sql,
            "INSERT INTO cursors (shop, source, store_epoch, seq, event_ms) "
            "VALUES (:shop, :source, :epoch, :seq, :time) ON CONFLICT (shop, source) DO UPDATE SET "
            "store_epoch = excluded.store_epoch, seq = excluded.seq, event_ms = CASE WHEN "
            "excluded.event_ms = 0 THEN cursors.event_ms ELSE excluded.event_ms END")
      .Set("shop", shop.str())
      .Set("source", move.source)
      .Set("epoch", move.next.store_epoch)
      .Set("seq", move.next.seq)
      .Set("time", event_time ? event_time->ms : 0)
      .Run();
  return absl::OkStatus();
}

}  // namespace kefu::records::storage
