// What is searched for in transcripts: words, each of which must be there, and where they are in a
// text. Words in double quotes, "…" or “…”, must follow each other. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "services/common/text/analyser.h"

namespace kefu::records::domain {

inline constexpr size_t kMaxQueryBytes = 200;

struct Query {
  // Each must be in the text.
  std::vector<text::Phrase> phrases;
};

// INVALID_ARGUMENT INVALID_FIELD: empty, too long, not UTF-8, nothing but punctuation, a quote
// that does not end.
absl::StatusOr<Query> ParseQuery(const text::Analyser& analyser, std::string_view query);

struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

// Where the phrases are, in bytes of the text that `tokens` were made of: by place, overlapping and
// touching ones as one. Empty if not all of them are there.
std::vector<Span> FindMatches(const std::vector<text::Token>& tokens, const Query& query);

}  // namespace kefu::records::domain
