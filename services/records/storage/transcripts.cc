#include "services/records/storage/transcripts.h"

#include <optional>
#include <utility>
#include <vector>

#include "services/records/domain/rounds.h"
#include "services/records/storage/schema.h"
#include "services/records/storage/statement.h"
#include "services/records/storage/tokenizer.h"

namespace kefu::records::storage {
namespace {

struct StoredEntry {
  int64_t id = 0;
  std::string session;
  std::string agent;
  uint64_t store_epoch = 0;
  std::string text;
};

std::optional<StoredEntry> FindEntry(soci::session& sql, const ShopId& shop,
                                     const std::string& conversation, uint64_t seq) {
  StoredEntry found;
  Statement entry(sql,
                  "SELECT id, session, agent, store_epoch, text FROM entries "
                  "WHERE shop = :shop AND conversation = :conversation AND seq = :seq");
  entry.Set("shop", shop.str()).Set("conversation", conversation).Set("seq", seq);
  entry.Get(&found.id).Get(&found.session).Get(&found.agent).Get(&found.store_epoch);
  entry.Get(&found.text);
  if (!entry.Next()) return std::nullopt;
  return found;
}

// The first free id of the time.
int64_t NewEntryId(soci::session& sql, TimePoint time) {
  constexpr int64_t kIdsOfOneTime = int64_t{1} << kEntryIdShift;
  for (int64_t first = FirstEntryIdAt(time);; first += kIdsOfOneTime) {
    int64_t last = 0;
    Statement ids(sql, "SELECT COALESCE(MAX(id), 0) FROM entries WHERE id >= :first AND id < :end");
    ids.Set("first", first).Set("end", first + kIdsOfOneTime).Get(&last).Next();
    if (last == 0) return first;
    if (last + 1 < first + kIdsOfOneTime) return last + 1;
  }
}

void Unindex(soci::session& sql, const ShopId& shop, const std::string& conversation,
             const StoredEntry& entry) {
  if (entry.text.empty()) return;
  Statement(sql, "INSERT INTO search (search, rowid, line) VALUES ('delete', :id, :line)")
      .Set("id", entry.id)
      .Set("line", FullTextLine(shop.str(), conversation, entry.agent, entry.text))
      .Run();
}

void DropText(soci::session& sql, const ShopId& shop, const std::string& conversation,
              const StoredEntry& entry) {
  if (entry.text.empty()) return;
  Unindex(sql, shop, conversation, entry);
  Statement(sql, "UPDATE entries SET text = '' WHERE id = :id").Set("id", entry.id).Run();
}

// By an entry that came before it, which happens when events are handled again.
bool IsRecalled(soci::session& sql, const ShopId& shop, const EntryFact& entry) {
  int64_t by = 0;
  Statement recalls(sql,
                    "SELECT COUNT(*) FROM entries WHERE shop = :shop AND "
                    "conversation = :conversation AND seq > :seq AND recalls = :seq");
  recalls.Set("shop", shop.str()).Set("conversation", entry.session.conversation().str());
  recalls.Set("seq", entry.seq).Get(&by).Next();
  return by > 0;
}

void InsertEntry(soci::session& sql, const ShopId& shop, const EntryFact& entry) {
  const std::string conversation = entry.session.conversation().str();
  const std::string text = IsRecalled(sql, shop, entry) ? "" : entry.text;
  const int64_t id = NewEntryId(sql, entry.time);
  Statement(sql,
            "INSERT INTO entries (id, shop, conversation, seq, session, store_epoch, time_ms, "
            "sender_kind, agent, is_message, recalls, stars, text) VALUES (:id, :shop, "
            ":conversation, :seq, :session, :epoch, :time, :kind, :agent, :message, :recalls, "
            ":stars, :text)")
      .Set("id", id)
      .Set("shop", shop.str())
      .Set("conversation", conversation)
      .Set("seq", entry.seq)
      .Set("session", entry.session.str())
      .Set("epoch", entry.store_epoch)
      .Set("time", entry.time.ms)
      .Set("kind", entry.sender_kind)
      .Set("agent", entry.agent)
      .Set("message", entry.is_message)
      .Set("recalls", entry.recalls)
      .Set("stars", entry.stars)
      .Set("text", text)
      .Run();
  if (!text.empty()) {
    Statement(sql, "INSERT INTO search (rowid, line) VALUES (:id, :line)")
        .Set("id", id)
        .Set("line", FullTextLine(shop.str(), conversation, entry.agent, text))
        .Run();
  }
  if (entry.recalls == 0) return;
  const auto recalled = FindEntry(sql, shop, conversation, entry.recalls);
  if (recalled) DropText(sql, shop, conversation, *recalled);
}

// A session is known by whatever is heard of it first; its buyer and conversation are in its name.
void EnsureSession(soci::session& sql, const ShopId& shop, const SessionId& session) {
  const ConversationId conversation = session.conversation();
  Statement(sql,
            "INSERT INTO sessions (shop, session, conversation, buyer) VALUES (:shop, :session, "
            ":conversation, :buyer) ON CONFLICT (shop, session) DO NOTHING")
      .Set("shop", shop.str())
      .Set("session", session.str())
      .Set("conversation", conversation.str())
      .Set("buyer", BuyerOf(conversation).str())
      .Run();
}

domain::Party PartyOf(int sender_kind, bool is_message) {
  constexpr int kBuyer = 1, kAgent = 2;  // kefu.common.v1.Sender.Kind
  if (!is_message) return domain::Party::kNobody;
  if (sender_kind == kBuyer) return domain::Party::kBuyer;
  return sender_kind == kAgent ? domain::Party::kPerson : domain::Party::kNobody;
}

domain::Tally LoadTally(soci::session& sql, const ShopId& shop, const std::string& session) {
  domain::Tally tally;
  bool answered = false;
  int64_t first_response_ms = 0;
  Statement row(sql,
                "SELECT last_seq, buyer_messages, agent_messages, waiting_seq, waiting_ms, "
                "answered, first_response_ms FROM sessions "
                "WHERE shop = :shop AND session = :session");
  row.Set("shop", shop.str()).Set("session", session);
  row.Get(&tally.last_seq).Get(&tally.buyer_messages).Get(&tally.agent_messages);
  row.Get(&tally.waiting_seq).Get(&tally.waiting_since.ms);
  row.Get(&answered).Get(&first_response_ms).Next();
  if (answered) tally.first_response_ms = first_response_ms;
  return tally;
}

void StoreTally(soci::session& sql, const ShopId& shop, const std::string& session,
                const domain::Tally& tally) {
  Statement(sql,
            "UPDATE sessions SET last_seq = :last, buyer_messages = :buyer, agent_messages = "
            ":agent, waiting_seq = :waiting, waiting_ms = :since, answered = :answered, "
            "first_response_ms = :first WHERE shop = :shop AND session = :session")
      .Set("last", tally.last_seq)
      .Set("buyer", tally.buyer_messages)
      .Set("agent", tally.agent_messages)
      .Set("waiting", tally.waiting_seq)
      .Set("since", tally.waiting_since.ms)
      .Set("answered", tally.first_response_ms.has_value())
      .Set("first", tally.first_response_ms.value_or(0))
      .Set("shop", shop.str())
      .Set("session", session)
      .Run();
}

void StoreRound(soci::session& sql, const ShopId& shop, const std::string& session,
                const domain::Round& round) {
  Statement(sql,
            "INSERT INTO rounds (shop, session, asked_seq, asked_ms, answered_seq, answered_ms, "
            "agent) VALUES (:shop, :session, :asked_seq, :asked, :answered_seq, :answered, :agent) "
            "ON CONFLICT (shop, session, asked_seq) DO UPDATE SET asked_ms = excluded.asked_ms, "
            "answered_seq = excluded.answered_seq, answered_ms = excluded.answered_ms, "
            "agent = excluded.agent")
      .Set("shop", shop.str())
      .Set("session", session)
      .Set("asked_seq", round.asked_seq)
      .Set("asked", round.asked.ms)
      .Set("answered_seq", round.answered_seq)
      .Set("answered", round.answered.ms)
      .Set("agent", round.agent)
      .Run();
}

std::vector<domain::Said> LoadSaid(soci::session& sql, const ShopId& shop,
                                   const std::string& session) {
  domain::Said said;
  int kind = 0;
  bool is_message = false;
  Statement entries(sql,
                    "SELECT seq, time_ms, sender_kind, is_message, agent FROM entries "
                    "WHERE shop = :shop AND session = :session ORDER BY seq");
  entries.Set("shop", shop.str()).Set("session", session);
  entries.Get(&said.seq).Get(&said.time.ms).Get(&kind).Get(&is_message).Get(&said.agent);
  std::vector<domain::Said> all;
  while (entries.Next()) {
    said.party = PartyOf(kind, is_message);
    all.push_back(said);
  }
  return all;
}

// The last rating that is there: it may come late, or have been in a tail that was lost.
void RateAnew(soci::session& sql, const ShopId& shop, const std::string& session) {
  Statement(sql,
            "UPDATE sessions SET stars = COALESCE((SELECT entries.stars FROM entries "
            "WHERE entries.shop = :shop AND entries.session = :session AND entries.stars > 0 "
            "ORDER BY seq DESC LIMIT 1), 0) WHERE shop = :shop AND session = :session")
      .Set("shop", shop.str())
      .Set("session", session)
      .Run();
}

// When an entry comes late, or out of a tail that was lost: everything anew.
void Refold(soci::session& sql, const ShopId& shop, const std::string& session) {
  const domain::Rounds folded = domain::FoldAll(LoadSaid(sql, shop, session));
  Statement(sql, "DELETE FROM rounds WHERE shop = :shop AND session = :session")
      .Set("shop", shop.str())
      .Set("session", session)
      .Run();
  for (const domain::Round& round : folded.rounds) StoreRound(sql, shop, session, round);
  StoreTally(sql, shop, session, folded.tally);
  RateAnew(sql, shop, session);
}

void FoldIn(soci::session& sql, const ShopId& shop, const EntryFact& entry) {
  const std::string& session = entry.session.str();
  domain::Tally tally = LoadTally(sql, shop, session);
  if (entry.seq <= tally.last_seq) return Refold(sql, shop, session);
  const domain::Party party = PartyOf(entry.sender_kind, entry.is_message);
  const auto round = domain::Fold({entry.seq, entry.time, party, entry.agent}, &tally);
  if (round) StoreRound(sql, shop, session, *round);
  StoreTally(sql, shop, session, tally);
  if (entry.stars > 0) RateAnew(sql, shop, session);
}

}  // namespace

absl::Status Keep(soci::session& sql, const ShopId& shop, const EntryFact& entry) {
  const std::string conversation = entry.session.conversation().str();
  const auto stored = FindEntry(sql, shop, conversation, entry.seq);
  if (stored && stored->store_epoch >= entry.store_epoch) {
    if (entry.redacted) DropText(sql, shop, conversation, *stored);
    return absl::OkStatus();
  }
  if (stored) {
    Unindex(sql, shop, conversation, *stored);
    Statement(sql, "DELETE FROM entries WHERE id = :id").Set("id", stored->id).Run();
    if (stored->session != entry.session.str()) Refold(sql, shop, stored->session);
  }
  EnsureSession(sql, shop, entry.session);
  InsertEntry(sql, shop, entry);
  // Until its opening is heard of, a session began with its first entry.
  Statement(sql,
            "UPDATE sessions SET open_ms = :time WHERE shop = :shop AND session = :session AND "
            "state = 0 AND (open_ms = 0 OR open_ms > :time)")
      .Set("time", entry.time.ms)
      .Set("shop", shop.str())
      .Set("session", entry.session.str())
      .Run();
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
  Statement(sql,
            "UPDATE sessions SET category = :category, state = :state, reopened = :reopened, "
            "open_ms = :open, close_ms = :close, close_reason = :reason "
            "WHERE shop = :shop AND session = :session AND (reopened < :reopened OR "
            "(reopened = :reopened AND state <= :state))")
      .Set("category", session.category)
      .Set("state", session.state)
      .Set("reopened", session.reopened)
      .Set("open", session.open_time.ms)
      .Set("close", session.close_time.ms)
      .Set("reason", session.close_reason)
      .Set("shop", shop.str())
      .Set("session", session.session.str())
      .Run();
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const OwnerFact& owner) {
  if (owner.agent.empty()) return absl::OkStatus();  // it waits again: the last owner stays
  EnsureSession(sql, shop, owner.session);
  Statement(sql,
            "UPDATE sessions SET agent = :agent, fence = :fence "
            "WHERE shop = :shop AND session = :session AND fence <= :fence")
      .Set("agent", owner.agent)
      .Set("fence", owner.fence)
      .Set("shop", shop.str())
      .Set("session", owner.session.str())
      .Run();
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const AssignmentFact& assignment) {
  EnsureSession(sql, shop, assignment.session);
  Statement(sql,
            "UPDATE sessions SET assign_ms = :time WHERE shop = :shop AND session = :session AND "
            "(assign_ms = 0 OR assign_ms > :time)")
      .Set("time", assignment.time.ms)
      .Set("shop", shop.str())
      .Set("session", assignment.session.str())
      .Run();
  return absl::OkStatus();
}

absl::Status Keep(soci::session& sql, const ShopId& shop, const ErasureFact& erasure) {
  const std::string conversation = ConversationOf(erasure.buyer).str();
  StoredEntry entry;
  std::vector<StoredEntry> with_text;
  Statement entries(sql,
                    "SELECT id, agent, text FROM entries WHERE shop = :shop AND "
                    "conversation = :conversation AND time_ms <= :time AND text <> ''");
  entries.Set("shop", shop.str()).Set("conversation", conversation);
  entries.Set("time", erasure.time.ms);
  entries.Get(&entry.id).Get(&entry.agent).Get(&entry.text);
  while (entries.Next()) with_text.push_back(entry);
  for (const StoredEntry& found : with_text) DropText(sql, shop, conversation, found);
  Statement(sql,
            "DELETE FROM dead_letters WHERE shop = :shop AND source = 'inquiries' AND "
            "(subject = :conversation OR subject LIKE :sessions)")
      .Set("shop", shop.str())
      .Set("conversation", conversation)
      .Set("sessions", "s_" + std::string(erasure.buyer.token()) + "_%")
      .Run();
  Statement(sql,
            "INSERT INTO chores (name, asked) VALUES ('scrub', 1) "
            "ON CONFLICT (name) DO UPDATE SET asked = chores.asked + 1")
      .Run();
  return absl::OkStatus();
}

}  // namespace kefu::records::storage
