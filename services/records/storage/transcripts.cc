#include "services/records/storage/transcripts.h"

#include <optional>
#include <utility>
#include <vector>

#include "services/records/domain/rounds.h"
#include "services/records/storage/schema.h"
#include "services/records/storage/tokenizer.h"

namespace kefu::records::storage {
namespace {

using soci::into;
using soci::use;

struct StoredEntry {
  long long id = 0;
  std::string session;
  std::string agent;
  long long store_epoch = 0;
  std::string text;
};

std::optional<StoredEntry> FindEntry(soci::session& sql, const ShopId& shop,
                                     const std::string& conversation, uint64_t seq) {
  StoredEntry found;
  sql << "SELECT id, session, agent, store_epoch, text FROM entries "
         "WHERE shop = :shop AND conversation = :conversation AND seq = :seq",
      use(shop.str(), "shop"), use(conversation, "conversation"),
      use(static_cast<long long>(seq), "seq"), into(found.id), into(found.session),
      into(found.agent), into(found.store_epoch), into(found.text);
  if (!sql.got_data()) return std::nullopt;
  return found;
}

// The first free id of the time.
long long NewEntryId(soci::session& sql, TimePoint time) {
  for (long long first = FirstEntryIdAt(time);; first += 1LL << kEntryIdShift) {
    const long long end = first + (1LL << kEntryIdShift);
    long long last = 0;
    sql << "SELECT COALESCE(MAX(id), 0) FROM entries WHERE id >= :first AND id < :end",
        use(first, "first"), use(end, "end"), into(last);
    if (last == 0) return first;
    if (last + 1 < end) return last + 1;
  }
}

void Unindex(soci::session& sql, const ShopId& shop, const std::string& conversation,
             const StoredEntry& entry) {
  if (entry.text.empty()) return;
  const std::string line = FullTextLine(shop.str(), conversation, entry.agent, entry.text);
  sql << "INSERT INTO search (search, rowid, line) VALUES ('delete', :id, :line)",
      use(entry.id, "id"), use(line, "line");
}

void DropText(soci::session& sql, const ShopId& shop, const std::string& conversation,
              const StoredEntry& entry) {
  if (entry.text.empty()) return;
  Unindex(sql, shop, conversation, entry);
  sql << "UPDATE entries SET text = '' WHERE id = :id", use(entry.id, "id");
}

// By an entry that came before it, which happens when events are handled again.
bool IsRecalled(soci::session& sql, const ShopId& shop, const EntryFact& entry) {
  long long by = 0;
  sql << "SELECT COUNT(*) FROM entries WHERE shop = :shop AND conversation = :conversation "
         "AND seq > :seq AND recalls = :seq",
      use(shop.str(), "shop"), use(entry.session.conversation().str(), "conversation"),
      use(static_cast<long long>(entry.seq), "seq"), into(by);
  return by > 0;
}

void InsertEntry(soci::session& sql, const ShopId& shop, const EntryFact& entry) {
  const std::string conversation = entry.session.conversation().str();
  const std::string text = IsRecalled(sql, shop, entry) ? "" : entry.text;
  const long long id = NewEntryId(sql, entry.time);
  sql << "INSERT INTO entries (id, shop, conversation, seq, session, store_epoch, time_ms, "
         "sender_kind, agent, is_message, recalls, text) VALUES (:id, :shop, :conversation, :seq, "
         ":session, :epoch, :time, :kind, :agent, :message, :recalls, :text)",
      use(id, "id"), use(shop.str(), "shop"), use(conversation, "conversation"),
      use(static_cast<long long>(entry.seq), "seq"), use(entry.session.str(), "session"),
      use(static_cast<long long>(entry.store_epoch), "epoch"),
      use(static_cast<long long>(entry.time.ms), "time"), use(entry.sender_kind, "kind"),
      use(entry.agent, "agent"), use(entry.is_message ? 1 : 0, "message"),
      use(static_cast<long long>(entry.recalls), "recalls"), use(text, "text");
  if (!text.empty()) {
    const std::string line = FullTextLine(shop.str(), conversation, entry.agent, text);
    sql << "INSERT INTO search (rowid, line) VALUES (:id, :line)", use(id, "id"), use(line, "line");
  }
  if (entry.recalls == 0) return;
  const auto recalled = FindEntry(sql, shop, conversation, entry.recalls);
  if (recalled) DropText(sql, shop, conversation, *recalled);
}

// A session is known by whatever is heard of it first; its buyer and conversation are in its name.
void EnsureSession(soci::session& sql, const ShopId& shop, const SessionId& session) {
  const ConversationId conversation = session.conversation();
  sql << "INSERT INTO sessions (shop, session, conversation, buyer) "
         "VALUES (:shop, :session, :conversation, :buyer) ON CONFLICT (shop, session) DO NOTHING",
      use(shop.str(), "shop"), use(session.str(), "session"),
      use(conversation.str(), "conversation"), use(BuyerOf(conversation).str(), "buyer");
}

domain::Party PartyOf(long long sender_kind, bool is_message) {
  constexpr long long kBuyer = 1, kAgent = 2;  // kefu.common.v1.Sender.Kind
  if (!is_message) return domain::Party::kNobody;
  if (sender_kind == kBuyer) return domain::Party::kBuyer;
  return sender_kind == kAgent ? domain::Party::kPerson : domain::Party::kNobody;
}

domain::Tally LoadTally(soci::session& sql, const ShopId& shop, const std::string& session) {
  domain::Tally tally;
  long long last = 0, buyer = 0, agent = 0, waiting = 0, since = 0, answered = 0, first = 0;
  sql << "SELECT last_seq, buyer_messages, agent_messages, waiting_seq, waiting_ms, answered, "
         "first_response_ms FROM sessions WHERE shop = :shop AND session = :session",
      use(shop.str(), "shop"), use(session, "session"), into(last), into(buyer), into(agent),
      into(waiting), into(since), into(answered), into(first);
  tally.last_seq = static_cast<uint64_t>(last);
  tally.buyer_messages = static_cast<uint32_t>(buyer);
  tally.agent_messages = static_cast<uint32_t>(agent);
  tally.waiting_seq = static_cast<uint64_t>(waiting);
  tally.waiting_since = {since};
  if (answered != 0) tally.first_response_ms = first;
  return tally;
}

void StoreTally(soci::session& sql, const ShopId& shop, const std::string& session,
                const domain::Tally& tally) {
  sql << "UPDATE sessions SET last_seq = :last, buyer_messages = :buyer, agent_messages = :agent, "
         "waiting_seq = :waiting, waiting_ms = :since, answered = :answered, "
         "first_response_ms = :first WHERE shop = :shop AND session = :session",
      use(static_cast<long long>(tally.last_seq), "last"),
      use(static_cast<long long>(tally.buyer_messages), "buyer"),
      use(static_cast<long long>(tally.agent_messages), "agent"),
      use(static_cast<long long>(tally.waiting_seq), "waiting"),
      use(static_cast<long long>(tally.waiting_since.ms), "since"),
      use(tally.first_response_ms ? 1 : 0, "answered"),
      use(static_cast<long long>(tally.first_response_ms.value_or(0)), "first"),
      use(shop.str(), "shop"), use(session, "session");
}

void StoreRound(soci::session& sql, const ShopId& shop, const std::string& session,
                const domain::Round& round) {
  sql << "INSERT INTO rounds (shop, session, asked_seq, asked_ms, answered_seq, answered_ms, "
         "agent) "
         "VALUES (:shop, :session, :asked_seq, :asked, :answered_seq, :answered, :agent) "
         "ON CONFLICT (shop, session, asked_seq) DO UPDATE SET asked_ms = excluded.asked_ms, "
         "answered_seq = excluded.answered_seq, answered_ms = excluded.answered_ms, "
         "agent = excluded.agent",
      use(shop.str(), "shop"), use(session, "session"),
      use(static_cast<long long>(round.asked_seq), "asked_seq"),
      use(static_cast<long long>(round.asked.ms), "asked"),
      use(static_cast<long long>(round.answered_seq), "answered_seq"),
      use(static_cast<long long>(round.answered.ms), "answered"), use(round.agent, "agent");
}

std::vector<domain::Said> LoadSaid(soci::session& sql, const ShopId& shop,
                                   const std::string& session) {
  long long seq = 0, time = 0, kind = 0, is_message = 0;
  std::string agent;
  soci::statement entries =
      (sql.prepare << "SELECT seq, time_ms, sender_kind, is_message, agent FROM entries "
                      "WHERE shop = :shop AND session = :session ORDER BY seq",
       use(shop.str(), "shop"), use(session, "session"), into(seq), into(time), into(kind),
       into(is_message), into(agent));
  std::vector<domain::Said> all;
  entries.execute();
  while (entries.fetch()) {
    all.push_back({static_cast<uint64_t>(seq), {time}, PartyOf(kind, is_message != 0), agent});
  }
  return all;
}

// When an entry comes late, or out of a tail that was lost: everything anew.
void Refold(soci::session& sql, const ShopId& shop, const std::string& session) {
  const domain::Rounds folded = domain::FoldAll(LoadSaid(sql, shop, session));
  sql << "DELETE FROM rounds WHERE shop = :shop AND session = :session", use(shop.str(), "shop"),
      use(session, "session");
  for (const domain::Round& round : folded.rounds) StoreRound(sql, shop, session, round);
  StoreTally(sql, shop, session, folded.tally);
}

void FoldIn(soci::session& sql, const ShopId& shop, const EntryFact& entry) {
  const std::string& session = entry.session.str();
  domain::Tally tally = LoadTally(sql, shop, session);
  if (entry.seq <= tally.last_seq) return Refold(sql, shop, session);
  const domain::Party party = PartyOf(entry.sender_kind, entry.is_message);
  const auto round = domain::Fold({entry.seq, entry.time, party, entry.agent}, &tally);
  if (round) StoreRound(sql, shop, session, *round);
  StoreTally(sql, shop, session, tally);
}

}  // namespace

absl::Status Keep(soci::session& sql, const ShopId& shop, const EntryFact& entry) {
  const std::string conversation = entry.session.conversation().str();
  const auto stored = FindEntry(sql, shop, conversation, entry.seq);
  if (stored && static_cast<uint64_t>(stored->store_epoch) >= entry.store_epoch) {
    if (entry.redacted) DropText(sql, shop, conversation, *stored);
    return absl::OkStatus();
  }
  if (stored) {
    Unindex(sql, shop, conversation, *stored);
    sql << "DELETE FROM entries WHERE id = :id", use(stored->id, "id");
    if (stored->session != entry.session.str()) Refold(sql, shop, stored->session);
  }
  EnsureSession(sql, shop, entry.session);
  InsertEntry(sql, shop, entry);
  // Until its opening is heard of, a session began with its first entry.
  sql << "UPDATE sessions SET open_ms = :time WHERE shop = :shop AND session = :session AND "
         "state = 0 AND (open_ms = 0 OR open_ms > :time)",
      use(static_cast<long long>(entry.time.ms), "time"), use(shop.str(), "shop"),
      use(entry.session.str(), "session");
  if (stored) {
    Refold(sql, shop, entry.session.str());
  } else {
    FoldIn(sql, shop, entry);
  }
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const SessionFact& session) {
  EnsureSession(sql, shop, session.session);
  // Opened, closed, opened again, closed again: each is later than what is before it.
  sql << "UPDATE sessions SET category = :category, state = :state, reopened = :reopened, "
         "open_ms = :open, close_ms = :close, close_reason = :reason "
         "WHERE shop = :shop AND session = :session AND (reopened < :reopened OR "
         "(reopened = :reopened AND state <= :state))",
      use(session.category, "category"), use(session.state, "state"),
      use(static_cast<long long>(session.reopened), "reopened"),
      use(static_cast<long long>(session.open_time.ms), "open"),
      use(static_cast<long long>(session.close_time.ms), "close"),
      use(session.close_reason, "reason"), use(shop.str(), "shop"),
      use(session.session.str(), "session");
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const OwnerFact& owner) {
  if (owner.agent.empty()) return absl::OkStatus();  // it waits again: the last owner stays
  EnsureSession(sql, shop, owner.session);
  sql << "UPDATE sessions SET agent = :agent, fence = :fence "
         "WHERE shop = :shop AND session = :session AND fence <= :fence",
      use(owner.agent, "agent"), use(static_cast<long long>(owner.fence), "fence"),
      use(shop.str(), "shop"), use(owner.session.str(), "session");
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const AssignmentFact& assignment) {
  EnsureSession(sql, shop, assignment.session);
  sql << "UPDATE sessions SET assign_ms = :time WHERE shop = :shop AND session = :session AND "
         "(assign_ms = 0 OR assign_ms > :time)",
      use(static_cast<long long>(assignment.time.ms), "time"), use(shop.str(), "shop"),
      use(assignment.session.str(), "session");
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const ErasureFact& erasure) {
  const std::string conversation = ConversationOf(erasure.buyer).str();
  StoredEntry entry;
  std::vector<StoredEntry> with_text;
  soci::statement entries =
      (sql.prepare << "SELECT id, agent, text FROM entries WHERE shop = :shop AND "
                      "conversation = :conversation AND text <> ''",
       use(shop.str(), "shop"), use(conversation, "conversation"), into(entry.id),
       into(entry.agent), into(entry.text));
  entries.execute();
  while (entries.fetch()) with_text.push_back(entry);
  for (const StoredEntry& found : with_text) DropText(sql, shop, conversation, found);
  const std::string sessions = "s_" + std::string(erasure.buyer.token()) + "_%";
  sql << "DELETE FROM dead_letters WHERE shop = :shop AND source = 'inquiries' AND "
         "(subject = :conversation OR subject LIKE :sessions)",
      use(shop.str(), "shop"), use(conversation, "conversation"), use(sessions, "sessions");
  sql << "INSERT INTO chores (name, asked) VALUES ('scrub', 1) "
         "ON CONFLICT (name) DO UPDATE SET asked = chores.asked + 1";
  return absl::OkStatus();
}

}  // namespace kefu::records::storage
