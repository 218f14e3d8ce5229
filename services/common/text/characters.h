// Characters as the analyser sees them: UTF-8 decoding that no input can break, and what a
// character is part of. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kefu::text {

struct Decoded {
  // 0 for bytes that are not UTF-8; those are taken one at a time.
  char32_t character = 0;
  size_t length = 1;
};

// The character at `at`, which is within `text`.
Decoded DecodeAt(std::string_view text, size_t at);
void AppendUtf8(char32_t character, std::string* text);

enum class CharacterClass {
  kSeparator,
  // Stands for itself: ideographs, kana, hangul.
  kIdeograph,
  kLetter,
  kDigit,
  // Belongs to the word it stands in, and is left out of its term.
  kMark,
  kApostrophe
};
CharacterClass ClassOf(char32_t character);

// Lower case, full-width forms as ASCII, Latin letters without their accents.
char32_t FoldCase(char32_t character);

}  // namespace kefu::text
