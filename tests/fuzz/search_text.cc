// Text to be indexed and queries to find it by.
#include <memory>

#include "services/records/domain/query.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {

void Try(std::string_view input) {
  static const auto* const analyser =
      new std::unique_ptr<text::Analyser>(text::Analyser::New().value());
  const std::vector<text::Token> tokens = (*analyser)->Analyse(input);
  uint32_t position = 0;
  for (const text::Token& token : tokens) {
    Expect(token.begin < token.end && token.end <= input.size(), "a term stands in its text");
    Expect(token.position >= position, "terms come in their order");
    Expect(!token.term.empty() && token.term.size() <= 64, "a term is not too long");
    position = token.position;
  }
  const auto query = records::domain::ParseQuery(**analyser, input);
  if (!query.ok()) return;
  uint32_t end = 0;
  for (const auto& span : records::domain::FindMatches(tokens, *query)) {
    Expect(span.begin < span.end && span.end <= input.size(), "a match stands in its text");
    Expect(span.begin >= end, "matches do not overlap");
    end = span.end;
  }
}

}  // namespace kefu::fuzz
