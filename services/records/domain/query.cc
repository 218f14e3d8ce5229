#include "services/records/domain/query.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/base/text.h"

namespace kefu::records::domain {
namespace {

constexpr std::string_view kQuotes[] = {"\"", "“", "”"};

// Length of the quote at the beginning, 0 if there is none.
size_t QuoteLength(std::string_view text) {
  for (const std::string_view quote : kQuotes) {
    if (text.substr(0, quote.size()) == quote) return quote.size();
  }
  return 0;
}

struct Part {
  std::string_view text;
  bool quoted = false;
};

absl::StatusOr<std::vector<Part>> SplitAtQuotes(std::string_view query) {
  std::vector<Part> parts;
  bool quoted = false;
  size_t from = 0;
  for (size_t at = 0; at < query.size();) {
    const size_t quote = QuoteLength(query.substr(at));
    if (quote != 0) {
      parts.push_back({query.substr(from, at - from), quoted});
      quoted = !quoted;
      from = at + quote;
    }
    at += std::max<size_t>(quote, 1);
  }
  if (quoted) return InvalidField("query", "has a quote that does not end");
  parts.push_back({query.substr(from), false});
  return parts;
}

// Begin and end of each term, by position.
using Places = std::map<std::pair<std::string_view, uint32_t>, Span>;

void FindPhrase(const std::vector<text::Token>& tokens, const Places& places,
                const text::Phrase& phrase, std::vector<Span>* spans) {
  for (const text::Token& token : tokens) {
    if (token.term != phrase.front()) continue;
    Span span{token.begin, token.end};
    bool whole = true;
    for (uint32_t i = 1; whole && i < phrase.size(); ++i) {
      const auto next = places.find({phrase[i], token.position + i});
      whole = next != places.end();
      if (whole) span.end = std::max(span.end, next->second.end);
    }
    if (whole) spans->push_back(span);
  }
}

std::vector<Span> Merge(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::vector<Span> merged;
  for (const Span& span : spans) {
    if (!merged.empty() && span.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, span.end);
    } else {
      merged.push_back(span);
    }
  }
  return merged;
}

}  // namespace

absl::StatusOr<Query> ParseQuery(const text::Analyser& analyser, std::string_view query) {
  KEFU_RETURN_IF_ERROR(CheckRequiredText("query", query, kMaxQueryBytes));
  KEFU_ASSIGN_OR_RETURN(const std::vector<Part> parts, SplitAtQuotes(query));
  Query parsed;
  for (const Part& part : parts) {
    if (part.quoted) {
      text::Phrase phrase = analyser.Sequence(part.text);
      if (!phrase.empty()) parsed.phrases.push_back(std::move(phrase));
    } else {
      for (text::Phrase& word : analyser.Words(part.text)) {
        parsed.phrases.push_back(std::move(word));
      }
    }
  }
  if (parsed.phrases.empty()) return InvalidField("query", "must have a word or a number in it");
  return parsed;
}

std::vector<Span> FindMatches(const std::vector<text::Token>& tokens, const Query& query) {
  Places places;
  for (const text::Token& token : tokens) {
    places.try_emplace({token.term, token.position}, Span{token.begin, token.end});
  }
  std::vector<Span> spans;
  for (const text::Phrase& phrase : query.phrases) {
    const size_t before = spans.size();
    FindPhrase(tokens, places, phrase, &spans);
    if (spans.size() == before) return {};
  }
  return Merge(std::move(spans));
}

}  // namespace kefu::records::domain
