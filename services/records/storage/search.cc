#include "services/records/storage/search.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "services/records/storage/schema.h"
#include "services/records/storage/tokenizer.h"

namespace kefu::records::storage {
namespace {

using soci::into;
using soci::use;

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
  const std::string match = MatchOf(shop, query);
  const long long from = query.from ? FirstEntryIdAt(*query.from) : 0;
  long long before = query.to ? FirstEntryIdAt(*query.to) : std::numeric_limits<long long>::max();
  if (query.before_id) before = std::min<long long>(before, *query.before_id);
  const long long limit = query.limit;
  long long id = 0, seq = 0, time = 0;
  int kind = 0;
  Hit hit;
  std::string agent;
  soci::statement found =
      (sql.prepare << "SELECT e.id, e.conversation, e.session, e.seq, e.time_ms, e.sender_kind, "
                      "e.agent, e.text FROM search JOIN entries e ON e.id = search.rowid "
                      "WHERE search MATCH :match AND search.rowid >= :from AND "
                      "search.rowid < :before ORDER BY search.rowid DESC LIMIT :limit",
       use(match, "match"), use(from, "from"), use(before, "before"), use(limit, "limit"), into(id),
       into(hit.conversation), into(hit.session), into(seq), into(time), into(kind), into(agent),
       into(hit.text));
  std::vector<Hit> hits;
  found.execute();
  while (found.fetch()) {
    hit.id = id;
    hit.seq = static_cast<uint64_t>(seq);
    hit.time = {time};
    hit.sender_kind = kind;
    hit.sender = SenderOf(kind, hit.conversation, agent);
    hits.push_back(hit);
  }
  return hits;
}

}  // namespace kefu::records::storage
