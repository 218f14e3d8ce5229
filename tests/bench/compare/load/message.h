// What is said: the same in every protocol. A template of bytes has one mark in it, by which a
// message is known again wherever it is shown, and maybe an id; both are overwritten in place, so
// that no encoder runs for a message.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace kefu::bench {

// "@kefu", the sender in four digits, ":", the message's number in ten.
inline constexpr std::string_view kMark = "@kefu0000:0000000000";
inline constexpr std::string_view kId = "00000000-0000-4000-8000-000000000000";

class Template {
 public:
  explicit Template(std::string bytes);

  // Valid until the next call.
  std::string_view Fill(int sender, uint64_t number);

 private:
  std::string bytes_;
  size_t mark_;
  size_t id_;
};

// Finds marks in bytes that come in pieces.
class MarkFinder {
 public:
  using OnMark = std::function<void(int sender, uint64_t number)>;

  explicit MarkFinder(OnMark on_mark);

  void Feed(std::string_view piece);

 private:
  OnMark on_mark_;
  // The end of the piece before, shorter than a mark.
  std::string rest_;
};

}  // namespace kefu::bench
