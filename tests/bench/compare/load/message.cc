#include "tests/bench/compare/load/message.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <utility>

namespace kefu::bench {
namespace {

constexpr std::string_view kSign = "@kefu";
constexpr size_t kSenderAt = kSign.size();
constexpr size_t kSenderDigits = 4;
constexpr size_t kNumberAt = kSenderAt + kSenderDigits + 1;
constexpr size_t kNumberDigits = 10;

void PutDigits(char* to, size_t digits, uint64_t value, unsigned base) {
  for (size_t i = digits; i-- > 0; value /= base) to[i] = "0123456789abcdef"[value % base];
}

uint64_t Digits(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Ids of another run must not be met again in the same store.
uint64_t RunId() {
  static const uint64_t id =
      (static_cast<uint64_t>(getpid()) << 16) ^ static_cast<uint64_t>(time(nullptr));
  return id;
}

}  // namespace

Template::Template(std::string bytes)
    : bytes_(std::move(bytes)), mark_(bytes_.find(kMark)), id_(bytes_.find(kId)) {}

std::string_view Template::Fill(int sender, uint64_t number) {
  PutDigits(bytes_.data() + mark_ + kSenderAt, kSenderDigits, static_cast<uint64_t>(sender), 10);
  PutDigits(bytes_.data() + mark_ + kNumberAt, kNumberDigits, number, 10);
  if (id_ != std::string::npos) {
    PutDigits(bytes_.data() + id_, 8, RunId(), 16);
    PutDigits(bytes_.data() + id_ + 24, 12, number * 10'000 + static_cast<uint64_t>(sender), 16);
  }
  return bytes_;
}

MarkFinder::MarkFinder(OnMark on_mark) : on_mark_(std::move(on_mark)) {}

void MarkFinder::Feed(std::string_view piece) {
  rest_ += piece;
  const std::string_view all = rest_;
  size_t from = 0;
  for (;;) {
    const size_t at = all.find(kSign, from);
    if (at == std::string_view::npos || all.size() - at < kMark.size()) break;
    on_mark_(static_cast<int>(Digits(all.substr(at + kSenderAt, kSenderDigits))),
             Digits(all.substr(at + kNumberAt, kNumberDigits)));
    from = at + kMark.size();
  }
  const size_t keep = std::min(all.size() - from, kMark.size() - 1);
  rest_.erase(0, rest_.size() - keep);
}

}  // namespace kefu::bench
