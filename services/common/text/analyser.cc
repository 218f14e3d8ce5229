#include "services/common/text/analyser.h"

#include <libstemmer.h>
#include <opencc/opencc.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "services/common/base/status.h"
#include "services/common/text/characters.h"

namespace kefu::text {
namespace {

constexpr size_t kMaxTerm = 64;

// What OpenCC has anything to say about.
constexpr std::pair<char32_t, char32_t> kConverted[] = {
    {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0x20000, 0x2FA1F}};

// libstemmer's objects have a buffer of their own, so each thread has one.
std::string Stem(const std::string& word) {
  struct Delete {
    void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
  };
  thread_local const std::unique_ptr<sb_stemmer, Delete> stemmer(
      sb_stemmer_new("english", "UTF_8"));
  const sb_symbol* stem =
      sb_stemmer_stem(stemmer.get(), reinterpret_cast<const sb_symbol*>(word.data()),
                      static_cast<int>(word.size()));
  if (stem == nullptr) return word;  // out of memory: the word itself is found, its forms are not
  return {reinterpret_cast<const char*>(stem),
          static_cast<size_t>(sb_stemmer_length(stemmer.get()))};
}

bool IsEnglish(const std::string& word) {
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '\''; });
}

std::string TermOf(std::string word) {
  if (IsEnglish(word)) word = Stem(word);
  if (word.size() > kMaxTerm) {
    size_t end = kMaxTerm;
    while ((static_cast<unsigned char>(word[end]) & 0xC0) == 0x80) --end;
    word.resize(end);
  }
  return word;
}

}  // namespace

// Ideographs that stand side by side, or one word.
struct Analyser::Run {
  struct Piece {
    std::string folded;
    CharacterClass kind;
    uint32_t begin;
    uint32_t end;
  };
  bool ideographs = false;
  std::vector<Piece> pieces;

  std::string Joined(size_t from, size_t to) const {
    std::string joined;
    for (size_t i = from; i < to; ++i) joined += pieces[i].folded;
    return joined;
  }
  Token TokenOf(size_t from, size_t to, uint32_t position) const {
    std::string term = Joined(from, to);
    if (!ideographs) term = TermOf(std::move(term));
    return {std::move(term), position, pieces[from].begin, pieces[to - 1].end};
  }

  // Positions that it takes.
  uint32_t width() const { return ideographs ? static_cast<uint32_t>(pieces.size()) : 1; }
  void AppendTokens(uint32_t position, std::vector<Token>* tokens) const;
  void AppendLookup(bool more_follows, Phrase* phrase) const;
};

void Analyser::Run::AppendTokens(uint32_t position, std::vector<Token>* tokens) const {
  if (ideographs) {
    for (size_t i = 0; i < pieces.size(); ++i) {
      const uint32_t here = position + static_cast<uint32_t>(i);
      tokens->push_back(TokenOf(i, i + 1, here));
      if (i + 1 < pieces.size()) tokens->push_back(TokenOf(i, i + 2, here));
    }
    return;
  }
  tokens->push_back(TokenOf(0, pieces.size(), position));
  // Parts, where letters and digits meet.
  const auto is_digit = [&](size_t i) { return pieces[i].kind == CharacterClass::kDigit; };
  size_t from = 0;
  for (size_t i = 1; i <= pieces.size(); ++i) {
    if (i < pieces.size() && is_digit(i) == is_digit(i - 1)) continue;
    if (from != 0 || i != pieces.size()) tokens->push_back(TokenOf(from, i, position));
    from = i;
  }
}

void Analyser::Run::AppendLookup(bool more_follows, Phrase* phrase) const {
  if (!ideographs) {
    phrase->push_back(TokenOf(0, pieces.size(), 0).term);
    return;
  }
  for (size_t i = 0; i + 1 < pieces.size(); ++i) phrase->push_back(Joined(i, i + 2));
  // Pairs cover the run; its last character only keeps the place of what follows.
  if (pieces.size() == 1 || more_follows) phrase->push_back(pieces.back().folded);
}

absl::StatusOr<std::unique_ptr<Analyser>> Analyser::New() {
  // On lines of their own, so that no phrase of OpenCC's is found across them.
  std::string all;
  for (const auto& [first, last] : kConverted) {
    for (char32_t character = first; character <= last; ++character) {
      AppendUtf8(character, &all);
      all.push_back('\n');
    }
  }
  std::string converted;
  try {
    converted = opencc::SimpleConverter("t2s.json").Convert(all);
  } catch (const std::exception& failure) {
    return Error(absl::StatusCode::kUnavailable, "NO_CONVERSION_TABLE",
                 std::string("Install OpenCC's data: ") + failure.what() + ".");
  }
  auto analyser = std::unique_ptr<Analyser>(new Analyser);
  size_t at = 0;
  for (const auto& [first, last] : kConverted) {
    for (char32_t character = first; character <= last && at < converted.size(); ++character) {
      const Decoded simple = DecodeAt(converted, at);
      if (simple.character != character && simple.character != 0) {
        analyser->simplified_[character] = simple.character;
      }
      at = std::min(converted.find('\n', at), converted.size() - 1) + 1;
    }
  }
  return analyser;
}

char32_t Analyser::Fold(char32_t character) const {
  const auto found = simplified_.find(character);
  return found == simplified_.end() ? FoldCase(character) : found->second;
}

std::vector<Analyser::Run> Analyser::RunsOf(std::string_view text) const {
  std::vector<Run> runs;
  bool open = false;  // what comes may belong to the last run
  for (size_t at = 0; at < text.size();) {
    const Decoded decoded = DecodeAt(text, at);
    CharacterClass kind = ClassOf(decoded.character);
    const size_t end = at + decoded.length;
    const bool in_word = open && !runs.back().ideographs;
    if (kind == CharacterClass::kApostrophe) {
      // Only between two letters is it part of a word.
      const bool inside = in_word && runs.back().pieces.back().kind == CharacterClass::kLetter &&
                          end < text.size() &&
                          ClassOf(DecodeAt(text, end).character) == CharacterClass::kLetter;
      kind = inside ? CharacterClass::kLetter : CharacterClass::kSeparator;
    }
    if (kind == CharacterClass::kMark) {
      if (in_word) runs.back().pieces.back().end = static_cast<uint32_t>(end);
    } else if (kind == CharacterClass::kSeparator) {
      open = false;
    } else {
      const bool ideograph = kind == CharacterClass::kIdeograph;
      if (!open || runs.back().ideographs != ideograph) runs.push_back({ideograph, {}});
      Run::Piece piece{"", kind, static_cast<uint32_t>(at), static_cast<uint32_t>(end)};
      const bool apostrophe = ClassOf(decoded.character) == CharacterClass::kApostrophe;
      AppendUtf8(apostrophe ? U'\'' : Fold(decoded.character), &piece.folded);
      runs.back().pieces.push_back(std::move(piece));
      open = true;
    }
    at = end;
  }
  return runs;
}

std::vector<Token> Analyser::Analyse(std::string_view text) const {
  std::vector<Token> tokens;
  uint32_t position = 0;
  for (const Run& run : RunsOf(text)) {
    run.AppendTokens(position, &tokens);
    position += run.width();
  }
  return tokens;
}

std::vector<Phrase> Analyser::Words(std::string_view text) const {
  std::vector<Phrase> words;
  for (const Run& run : RunsOf(text)) run.AppendLookup(false, &words.emplace_back());
  return words;
}

Phrase Analyser::Sequence(std::string_view text) const {
  const std::vector<Run> runs = RunsOf(text);
  Phrase phrase;
  for (size_t i = 0; i < runs.size(); ++i) runs[i].AppendLookup(i + 1 < runs.size(), &phrase);
  return phrase;
}

}  // namespace kefu::text
