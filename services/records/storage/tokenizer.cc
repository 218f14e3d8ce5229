#include "services/records/storage/tokenizer.h"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "services/common/base/status.h"

namespace kefu::records::storage {
namespace {

// FTS5's view of a token: a callback that may end the work.
class Sink {
 public:
  using Function = int (*)(void*, int, const char*, int, int, int);
  Sink(void* context, Function function) : context_(context), function_(function) {}

  // SQLITE_OK, or what ends the work.
  int Put(std::string_view term, bool same_position, size_t begin, size_t end) {
    return function_(context_, same_position ? FTS5_TOKEN_COLOCATED : 0, term.data(),
                     static_cast<int>(term.size()), static_cast<int>(begin), static_cast<int>(end));
  }

 private:
  void* context_;
  Function function_;
};

int PutVerbatim(std::string_view query, Sink sink) {
  for (size_t at = 0; at < query.size();) {
    const size_t end = std::min(query.find(' ', at), query.size());
    if (end > at) {
      const int result = sink.Put(query.substr(at, end - at), false, at, end);
      if (result != SQLITE_OK) return result;
    }
    at = end + 1;
  }
  return SQLITE_OK;
}

int PutLine(const text::Analyser& analyser, std::string_view line, Sink sink) {
  const size_t head_end = std::min(line.find('\n'), line.size());
  const std::string_view head = line.substr(0, head_end);
  const size_t shop_end = std::min(head.find(' '), head.size());
  const std::string_view shop = head.substr(0, shop_end);
  bool first = true;
  for (size_t at = shop_end + 1; at < head.size();) {
    const size_t end = std::min(head.find(' ', at), head.size());
    if (end > at) {
      const int result =
          sink.Put(FullTextTermOfId(shop, head.substr(at, end - at)), !first, at, end);
      if (result != SQLITE_OK) return result;
      first = false;
    }
    at = end + 1;
  }
  if (head_end == line.size()) return SQLITE_OK;
  const size_t text_begin = head_end + 1;
  int64_t position = -1;
  for (const text::Token& token : analyser.Analyse(line.substr(text_begin))) {
    const int result = sink.Put(FullTextTerm(shop, token.term), token.position == position,
                                text_begin + token.begin, text_begin + token.end);
    if (result != SQLITE_OK) return result;
    position = token.position;
  }
  return SQLITE_OK;
}

int Create(void* analyser, const char**, int, sqlite_api::Fts5Tokenizer** tokenizer) {
  *tokenizer = static_cast<sqlite_api::Fts5Tokenizer*>(analyser);
  return SQLITE_OK;
}

void Delete(sqlite_api::Fts5Tokenizer*) {}

int Tokenize(sqlite_api::Fts5Tokenizer* tokenizer, void* context, int flags, const char* text,
             int size, Sink::Function function) {
  const std::string_view given(text, static_cast<size_t>(size));
  const Sink sink(context, function);
  if ((flags & FTS5_TOKENIZE_QUERY) != 0) return PutVerbatim(given, sink);
  return PutLine(*reinterpret_cast<const text::Analyser*>(tokenizer), given, sink);
}

sqlite_api::fts5_api* Fts5Of(sqlite_api::sqlite3* database) {
  sqlite_api::fts5_api* api = nullptr;
  sqlite_api::sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  return api;
}

}  // namespace

absl::Status RegisterTokenizer(soci::session& sql, const text::Analyser& analyser) {
  auto* const backend = static_cast<soci::sqlite3_session_backend*>(sql.get_backend());
  sqlite_api::fts5_api* const api = Fts5Of(backend->conn_);
  sqlite_api::fts5_tokenizer tokenizer{Create, Delete, Tokenize};
  if (api == nullptr || api->xCreateTokenizer(api, "kefu", const_cast<text::Analyser*>(&analyser),
                                              &tokenizer, nullptr) != SQLITE_OK) {
    return Error(absl::StatusCode::kUnavailable, "NO_FULL_TEXT_SEARCH",
                 "This SQLite has no FTS5: install one that has.");
  }
  return absl::OkStatus();
}

std::string FullTextTerm(std::string_view shop, std::string_view term) {
  return std::string(shop) + '/' + std::string(term);
}

std::string FullTextTermOfId(std::string_view shop, std::string_view id) {
  return std::string(shop) + "/@" + std::string(id);
}

std::string FullTextLine(std::string_view shop, std::string_view conversation,
                         std::string_view agent, std::string_view text) {
  std::string line(shop);
  for (const std::string_view part : {conversation, agent}) line.append(" ").append(part);
  return line.append("\n").append(text);
}

}  // namespace kefu::records::storage
