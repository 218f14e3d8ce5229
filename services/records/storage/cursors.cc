#include "services/records/storage/cursors.h"

#include <absl/strings/escaping.h>

#include <string>
#include <utility>
#include <vector>

#include "proto/kefu/events/v1/envelope.pb.h"
#include "services/common/base/async.h"
#include "services/common/base/clock.h"

namespace kefu::records::storage {
namespace {

using redis::Cursor;
using redis::DeadLetter;
using soci::into;
using soci::use;

// Cursors are read on the consumer's behalf, which has no deadline of its own.
constexpr int64_t kReadWithinMs = 10'000;

int64_t ReadDeadline() { return MonotonicMs() + kReadWithinMs; }

Cursor FindCursor(soci::session& sql, const ShopId& shop, const std::string& source) {
  unsigned long long epoch = 0, seq = 0;
  sql << "SELECT store_epoch, seq FROM cursors WHERE shop = :shop AND source = :source",
      use(shop.str(), "shop"), use(source, "source"), into(epoch), into(seq);
  return {epoch, seq};
}

absl::Status FoundLetter(soci::session& sql) {
  long long changed = 0;
  sql << "SELECT changes()", into(changed);
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
  sql << "INSERT INTO dead_letters (shop, source, event, subject, envelope, reason, message, "
         "attempts, time_ms) VALUES (:shop, :source, :event, :subject, :envelope, :reason, "
         ":message, :attempts, :time) ON CONFLICT (shop, source, event) DO UPDATE SET "
         "envelope = excluded.envelope, reason = excluded.reason, message = excluded.message, "
         "attempts = excluded.attempts, time_ms = excluded.time_ms",
      use(shop.str(), "shop"), use(letter.source, "source"), use(letter.event, "event"),
      use(envelope.subject(), "subject"), use(encoded, "envelope"), use(letter.reason, "reason"),
      use(letter.message, "message"), use(static_cast<long long>(letter.attempts), "attempts"),
      use(static_cast<long long>(letter.time.ms), "time");
}

absl::StatusOr<std::vector<DeadLetter>> ReadLetters(soci::session& sql, const ShopId& shop) {
  DeadLetter letter;
  std::string encoded;
  long long attempts = 0, time = 0;
  soci::statement letters =
      (sql.prepare << "SELECT source, event, envelope, reason, message, attempts, time_ms "
                      "FROM dead_letters WHERE shop = :shop ORDER BY time_ms, source, event",
       use(shop.str(), "shop"), into(letter.source), into(letter.event), into(encoded),
       into(letter.reason), into(letter.message), into(attempts), into(time));
  std::vector<DeadLetter> found;
  letters.execute();
  while (letters.fetch()) {
    if (!absl::Base64Unescape(ToAbsl(encoded), &letter.envelope)) {
      return Error(absl::StatusCode::kInternal, "BAD_RECORD", "A dead letter cannot be read.");
    }
    letter.attempts = static_cast<uint32_t>(attempts);
    letter.time = {time};
    found.push_back(letter);
  }
  return found;
}

absl::StatusOr<bool> TakeLease(soci::session& sql, uint32_t bucket, const std::string& holder,
                               TimePoint now, int64_t lease_ms) {
  long long until = 0;
  std::string held_by;
  sql << "SELECT holder, until_ms FROM leases WHERE bucket = :bucket", use(bucket, "bucket"),
      into(held_by), into(until);
  // One that ends later than it could was given before the clock was put back: it is void.
  const bool in_force =
      sql.got_data() && held_by != holder && until > now.ms && until <= now.ms + lease_ms;
  if (in_force) return false;
  sql << "INSERT INTO leases (bucket, holder, until_ms) VALUES (:bucket, :holder, :until) "
         "ON CONFLICT (bucket) DO UPDATE SET holder = excluded.holder, until_ms = "
         "excluded.until_ms",
      use(bucket, "bucket"), use(holder, "holder"),
      use(static_cast<long long>(now.ms + lease_ms), "until");
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
      unsigned long long epoch = 0, seq = 0;
      soci::statement rows =
          (sql.prepare << "SELECT source, store_epoch, seq FROM cursors WHERE shop = :shop",
           use(shop.str(), "shop"), into(source), into(epoch), into(seq));
      Cursors found;
      rows.execute();
      while (rows.fetch()) found[source] = {epoch, seq};
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
      KEFU_RETURN_IF_ERROR(MoveCursor(sql, shop, {letter.source, expected, next}, std::nullopt));
      InsertLetter(sql, shop, letter);
      return absl::OkStatus();
    };
    co_return co_await database_.Write(std::move(bury));
  }

  Task<absl::StatusOr<std::vector<DeadLetter>>> ListDead(ShopId shop) override {
    std::function<absl::StatusOr<std::vector<DeadLetter>>(soci::session&)> read =
        [shop](soci::session& sql) { return ReadLetters(sql, shop); };
    co_return co_await database_.Query<std::vector<DeadLetter>>(std::move(read), ReadDeadline());
  }

  Task<absl::Status> UpdateDead(ShopId shop, DeadLetter letter) override {
    Work update = [shop, letter](soci::session& sql) {
      sql << "UPDATE dead_letters SET reason = :reason, message = :message, attempts = :attempts "
             "WHERE shop = :shop AND source = :source AND event = :event",
          use(letter.reason, "reason"), use(letter.message, "message"),
          use(static_cast<long long>(letter.attempts), "attempts"), use(shop.str(), "shop"),
          use(letter.source, "source"), use(letter.event, "event");
      return FoundLetter(sql);
    };
    co_return co_await database_.Write(std::move(update));
  }

  Task<absl::Status> DropDead(ShopId shop, std::string source, std::string event) override {
    Work drop = [shop, source, event](soci::session& sql) {
      sql << "DELETE FROM dead_letters WHERE shop = :shop AND source = :source AND event = :event",
          use(shop.str(), "shop"), use(source, "source"), use(event, "event");
      return FoundLetter(sql);
    };
    co_return co_await database_.Write(std::move(drop));
  }

  Task<absl::StatusOr<bool>> Lease(uint32_t bucket, std::string holder, int64_t lease_ms) override {
    auto taken = std::make_shared<bool>(false);
    Work lease = [this, bucket, holder, lease_ms, taken](soci::session& sql) -> absl::Status {
      KEFU_ASSIGN_OR_RETURN(*taken, TakeLease(sql, bucket, holder, clock_.Now(), lease_ms));
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
  sql << "INSERT INTO cursors (shop, source, store_epoch, seq, event_ms) "
         "VALUES (:shop, :source, :epoch, :seq, :time) ON CONFLICT (shop, source) DO UPDATE SET "
         "store_epoch = excluded.store_epoch, seq = excluded.seq, "
         "event_ms = CASE WHEN excluded.event_ms = 0 THEN event_ms ELSE excluded.event_ms END",
      use(shop.str(), "shop"), use(move.source, "source"),
      use(static_cast<unsigned long long>(move.next.store_epoch), "epoch"),
      use(static_cast<unsigned long long>(move.next.seq), "seq"),
      use(static_cast<long long>(event_time ? event_time->ms : 0), "time");
  return absl::OkStatus();
}

}  // namespace kefu::records::storage
