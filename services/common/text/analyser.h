// The one text analyser: turns what people write into terms to index and to look up, so that
// whatever is searched in kefu is searched alike.
//
//   const auto analyser = Analyser::New();                    // once per process, about 30 ms
//   for (const Token& token : (*analyser)->Analyse("訂單 iPhone15 delivered")) …
//     订 订单 单 | iphone15 iphon 15 | deliv
//
// - Ideographs, kana and hangul: each character is a term, and each two neighbours are one. So a
//   word of one or two characters is one look-up, a longer one a row of them.
// - Words (letters and digits): lower case, full-width forms and accents of Latin folded; purely
//   English ones are stemmed (Snowball). A word of letters and digits is a term as a whole, and its
//   parts are terms at the same place.
// - Traditional characters become simplified ones (OpenCC), each by itself: so a text and a query
//   fold alike, whatever stands beside them.
// - Everything else separates: blanks, punctuation, emoji, bytes that are not UTF-8.
//
// Terms never hold ASCII other than a-z, 0-9 and the apostrophe, and at most 64 bytes.
// Threads: pure and thread-safe after New.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kefu::text {

struct Token {
  std::string term;
  // Counts characters (ideographs) and words from 0. Several terms may stand at one position.
  uint32_t position = 0;
  // Bytes of the original that it stands for.
  uint32_t begin = 0;
  uint32_t end = 0;
};

// Terms that a text has at consecutive positions exactly if it has the words that they stand for.
using Phrase = std::vector<std::string>;

class Analyser {
 public:
  // UNAVAILABLE NO_CONVERSION_TABLE if OpenCC's data is not installed.
  static absl::StatusOr<std::unique_ptr<Analyser>> New();

  // For the index, by position.
  std::vector<Token> Analyse(std::string_view text) const;

  // For looking up: a phrase for each word and each run of ideographs.
  std::vector<Phrase> Words(std::string_view text) const;
  // All of it as one phrase; empty if there is no word in it.
  Phrase Sequence(std::string_view text) const;

 private:
  Analyser() = default;
  struct Run;
  std::vector<Run> RunsOf(std::string_view text) const;
  char32_t Fold(char32_t character) const;

  std::unordered_map<char32_t, char32_t> simplified_;
};

}  // namespace kefu::text
