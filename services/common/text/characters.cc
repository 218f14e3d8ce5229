#include "services/common/text/characters.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace kefu::text {
namespace {

constexpr char32_t kFirstSurrogate = 0xD800, kLastSurrogate = 0xDFFF, kLastCharacter = 0x10FFFF;
constexpr char32_t kRightQuote = 0x2019;

struct Range {
  char32_t first;
  char32_t last;
};

constexpr std::array kIdeographs = {
    Range{0x3005, 0x3007},    // iteration mark, closing mark, zero
    Range{0x3041, 0x3096},    // hiragana
    Range{0x30A1, 0x30FA},    // katakana
    Range{0x30FC, 0x30FC},    // its long vowel
    Range{0x3400, 0x4DBF},    // ideographs, extension A
    Range{0x4E00, 0x9FFF},    // ideographs
    Range{0xAC00, 0xD7A3},    // hangul
    Range{0xF900, 0xFAFF},    // compatibility ideographs
    Range{0xFF66, 0xFF9D},    // half-width katakana
    Range{0x20000, 0x323AF},  // ideographs, further extensions
};

// Letters outside ASCII, by block; scripts that kefu's shops meet.
constexpr std::array kLetters = {
    Range{0x00AA, 0x00AA}, Range{0x00B5, 0x00B5}, Range{0x00BA, 0x00BA},
    Range{0x00C0, 0x00D6}, Range{0x00D8, 0x00F6}, Range{0x00F8, 0x02AF},  // Latin
    Range{0x0370, 0x0373}, Range{0x0376, 0x0377}, Range{0x037B, 0x037D},  // Greek
    Range{0x0386, 0x0386}, Range{0x0388, 0x03FF},                         //
    Range{0x0400, 0x0481}, Range{0x048A, 0x052F},                         // Cyrillic
    Range{0x0531, 0x0556}, Range{0x0561, 0x0587},                         // Armenian
    Range{0x05D0, 0x05EA},                                                // Hebrew
    Range{0x0620, 0x064A}, Range{0x066E, 0x06D3},                         // Arabic
    Range{0x0900, 0x0963}, Range{0x0980, 0x0DF3},                         // Indic, with marks
    Range{0x0E01, 0x0E3A}, Range{0x0E40, 0x0E4E},                         // Thai
    Range{0x0E81, 0x0EDF}, Range{0x1000, 0x109F},                         // Lao, Burmese
    Range{0x10A0, 0x10FF}, Range{0x1100, 0x11FF}, Range{0x1780, 0x17D3},  // Georgian, Jamo, Khmer
    Range{0x1E00, 0x1FFC},                                                // Latin, Greek extended
    Range{0xFF21, 0xFF3A}, Range{0xFF41, 0xFF5A},                         // full-width Latin
};

constexpr std::array kDigits = {
    Range{'0', '9'},       Range{0x0660, 0x0669}, Range{0x0966, 0x096F},
    Range{0x0E50, 0x0E59}, Range{0xFF10, 0xFF19},
};

template <size_t kSize>
constexpr bool IsSorted(const std::array<Range, kSize>& ranges) {
  for (size_t i = 1; i < kSize; ++i) {
    if (ranges[i].first <= ranges[i - 1].last) return false;
  }
  return true;
}
static_assert(IsSorted(kIdeographs) && IsSorted(kLetters) && IsSorted(kDigits));

template <size_t kSize>
bool IsIn(const std::array<Range, kSize>& ranges, char32_t character) {
  const auto after = std::upper_bound(
      ranges.begin(), ranges.end(), character,
      [](char32_t searched, const Range& range) { return searched < range.first; });
  return after != ranges.begin() && character <= std::prev(after)->last;
}

// U+00C0 to U+00FF without accents; a dot where there is nothing to take away.
constexpr std::string_view kLatin1 =
    "aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y";
static_assert(kLatin1.size() == 0x40);

bool IsAsciiLetter(char32_t character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

}  // namespace

Decoded DecodeAt(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < length) return {};
  char32_t character = lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    character = character << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kLowest = {0, 0, 0x80, 0x800, 0x10000};
  if (character < kLowest[length] || character > kLastCharacter) return {};
  if (character >= kFirstSurrogate && character <= kLastSurrogate) return {};
  return {character, length};
}

void AppendUtf8(char32_t character, std::string* text) {
  const auto tail = [&](int shift) {
    text->push_back(static_cast<char>(0x80 | (character >> shift & 0x3F)));
  };
  if (character < 0x80) {
    text->push_back(static_cast<char>(character));
  } else if (character < 0x800) {
    text->push_back(static_cast<char>(0xC0 | character >> 6));
    tail(0);
  } else if (character < 0x10000) {
    text->push_back(static_cast<char>(0xE0 | character >> 12));
    tail(6);
    tail(0);
  } else {
    text->push_back(static_cast<char>(0xF0 | character >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

CharacterClass ClassOf(char32_t character) {
  if (IsAsciiLetter(character)) return CharacterClass::kLetter;
  if (character == '\'' || character == kRightQuote) return CharacterClass::kApostrophe;
  if (IsIn(kDigits, character)) return CharacterClass::kDigit;
  if (character < 0x80) return CharacterClass::kSeparator;
  if (character >= 0x0300 && character <= 0x036F) return CharacterClass::kMark;
  if (IsIn(kIdeographs, character)) return CharacterClass::kIdeograph;
  return IsIn(kLetters, character) ? CharacterClass::kLetter : CharacterClass::kSeparator;
}

char32_t FoldCase(char32_t character) {
  if (character >= 0xFF01 && character <= 0xFF5E) character -= 0xFF01 - '!';
  if (character >= 'A' && character <= 'Z') return character + ('a' - 'A');
  if (character < 0xC0) return character;
  if (character <= 0xFF) {
    const char plain = kLatin1[character - 0xC0];
    if (plain != '.') return static_cast<char32_t>(plain);
    return character <= 0xDE && character != 0xD7 ? character + 0x20 : character;
  }
  // Pairs of upper and lower case.
  const bool even_is_upper =
      (character >= 0x100 && character <= 0x137) || (character >= 0x14A && character <= 0x177) ||
      (character >= 0x1E00 && character <= 0x1EFF) || (character >= 0x460 && character <= 0x481) ||
      (character >= 0x48A && character <= 0x52F);
  if (even_is_upper) return character | 1;
  const bool odd_is_upper =
      (character >= 0x139 && character <= 0x148) || (character >= 0x179 && character <= 0x17E);
  if (odd_is_upper) return character + (character & 1);
  if (character >= 0x391 && character <= 0x3A9) return character + 0x20;
  if (character >= 0x410 && character <= 0x42F) return character + 0x20;
  if (character >= 0x400 && character <= 0x40F) return character + 0x50;
  return character;
}

}  // namespace kefu::text
