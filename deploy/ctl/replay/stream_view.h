// What one live stream delivered of one conversation, and whether it came as promised: each entry
// once, in order, none left out. Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace kefu::ctl {

struct ViewEntry {
  uint64_t seq = 0;
  // The previous entry of this audience.
  uint64_t prev_seq = 0;
  // The sender's request id; empty for lines of the system.
  std::string client_id;
};

enum class Arrival {
  kInOrder,
  // Came before.
  kDuplicate,
  // Comes after a later one.
  kReordered,
  // An entry before it was left out. It may still come, out of order, or never.
  kGap,
};

class StreamView {
 public:
  // `from_start`: the view begins with the conversation's first entry, as buyers' views do; else
  // with whatever comes first.
  explicit StreamView(bool from_start) : from_start_(from_start) {}

  Arrival Apply(ViewEntry entry);
  // Resync: forgets what comes after `keep_seq`.
  void KeepUntil(uint64_t keep_seq);

  // In order of arrival.
  const std::vector<ViewEntry>& entries() const { return entries_; }
  uint64_t last_seq() const { return last_seq_; }
  bool has(uint64_t seq) const { return seen_.contains(seq); }

  uint64_t epoch = 0;

 private:
  const bool from_start_;
  std::vector<ViewEntry> entries_;
  std::set<uint64_t> seen_;
  // The highest.
  uint64_t last_seq_ = 0;
};

}  // namespace kefu::ctl
