// The analyser as a tokenizer of SQLite's FTS5, under the name "kefu".
//
// What is indexed: a first line "<shop> <conversation> <agent>", then the text. Every term is
// "<shop>/<term of the analyser>", so that a shop's search walks through what is its own only; and
// the conversation and the agent are terms too, "<shop>/@<id>", at the first position.
// What is looked up: terms with blanks between them, as they are (FullTextTerm makes one).
// Threads: for one connection; used on whatever thread uses that.
#pragma once

#include <absl/status/status.h>

#include <string>
#include <string_view>

#include "services/common/text/analyser.h"

namespace soci {
class session;
}

namespace kefu::records::storage {

// `analyser` outlives the connection.
absl::Status RegisterTokenizer(soci::session& sql, const text::Analyser& analyser);

std::string FullTextTerm(std::string_view shop, std::string_view term);
std::string FullTextTermOfId(std::string_view shop, std::string_view id);

// What stands in the index for an entry (schema/001_search.sqlite.sql).
std::string FullTextLine(std::string_view shop, std::string_view conversation,
                         std::string_view agent, std::string_view text);

}  // namespace kefu::records::storage
