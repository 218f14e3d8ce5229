#include "services/records/storage/search.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "services/records/storage/schema.h"
#include "services/records/storage/statement.h"
#include "services/records/storage/tokenizer.h"

namespace kefu::records::storage {
namespace {

// FTS5's language: phrases in quotes. No term has a quote or a blank in it.
std::string MatchOf(const ShopId& shop, const SearchQuery& query) {
  std::string match;
  const auto add = [&match](const std::string& phrase) {
    if (!match.empty()) match += " AND ";
    match += '"' + phrase + '"';
  };
  for (const text::Phrase& phrase : query.query.phrases) {
    std::string terms;
    for (const std::string& term : phrase) {
      if (!terms.empty()) terms += ' ';
      terms += FullTextTerm(shop.str(), term);
    }
    add(terms);
  }
  for (const std::string& id : {query.conversation, query.agent}) {
    if (!id.empty()) add(FullTextTermOfId(shop.str(), id));
  }
  return match;
}

std::string SenderOf(int kind, const std::string& conversation, const std::string& agent) {
  constexpr int kBuyer = 1;  // kefu.common.v1.Sender.Kind
  if (kind != kBuyer) return agent;
  const auto id = ConversationId::Parse(conversation);
  return id.ok() ? BuyerOf(*id).str() : "";
}

}  // namespace

std::vector<Hit> Search(soci::session& sql, const ShopId& shop, const SearchQuery& query) {
  int64_t before = query.to ? FirstEntryIdAt(*query.to) : std::numeric_limits<int64_t>::max();
  if (query.before_id) before = std::min(before, *query.before_id);
  Hit hit;
  std::string agent;
  const std::string owned = query.owner.empty()
                                ? ""
                                : "AND EXISTS (SELECT 1 FROM sessions s WHERE s.shop = :shop AND "
                                  "s.session = e.session AND s.agent = :owner) ";
  Statement found(sql,
                  "SELECT e.id, e.conversation, e.session, e.seq, e.time_ms, e.sender_kind, "
                  "e.agent, e.text FROM search JOIN entries e ON e.id = search.rowid "
                  "WHERE search MATCH :match AND search.rowid >= :from AND "
                  "search.rowid < :before " +
                      owned + "ORDER BY search.rowid DESC LIMIT :limit");
  found.Set("match", MatchOf(shop, query));
  found.Set("from", query.from ? FirstEntryIdAt(*query.from) : 0);
  found.Set("before", before);
  if (!query.owner.empty()) found.Set("shop", shop.str()).Set("owner", query.owner);
  found.Set("limit", query.limit);
  found.Get(&hit.id).Get(&hit.conversation).Get(&hit.session).Get(&hit.seq).Get(&hit.time.ms);
  found.Get(&hit.sender_kind).Get(&agent).Get(&hit.text);
  std::vector<Hit> hits;
  while (found.Next()) {
    hit.sender = SenderOf(hit.sender_kind, hit.conversation, agent);
    hits.push_back(hit);
  }
  return hits;
}

}  // namespace kefu::records::storage
