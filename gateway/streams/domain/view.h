// One client's view of one conversation: which entries it has seen, what may be shown next, and
// when the log must be read. Pure: no I/O, no clock, no protobuf.
//
// A notice tells of one entry and of the entry before it that this audience may see. Notices may be
// lost, repeated or out of order; a client that joins late or comes back has simply missed many.
// All of these are the same case, a gap, and have the same cure: read the log after the last entry
// shown.
//
//        Start ──► reading ──► live ──► gap seen: wait 20 ms for stragglers ──► reading ──► live
//
// Another store epoch than the view's means that the store may have lost its end and used numbers
// twice: everything shown is forgotten and read anew.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "services/common/base/clock.h"

namespace kefu::common::v1 {
class Entry;
}

namespace kefu::gateway::streams {

// An entry as one audience sees it.
struct Item {
  uint64_t seq = 0;
  // The previous entry that the audience may see.
  uint64_t prev_seq = 0;
  // False: it takes a number, but this audience never sees it.
  bool visible = true;
  std::shared_ptr<const common::v1::Entry> entry;
};

// What the log answered to a read after position().
struct Page {
  uint64_t epoch = 0;
  std::vector<Item> items;
  // Last entry of all, and last that the audience may see.
  uint64_t head = 0;
  uint64_t audience_head = 0;
};

struct Step {
  // To be shown now, in order.
  std::vector<Item> show;
  // The client must forget what it has: the epoch changed.
  bool restart = false;
  // The store has less than was seen in the same epoch: its epoch must be raised.
  bool lost_tail = false;
};

class View {
 public:
  // Both are true but in tests that prove what they are for.
  struct Options {
    bool repair_gaps = true;
    bool respect_epoch = true;
  };

  // `epoch` 0: not known. Entries up to `seq` have been shown before.
  View(uint64_t epoch, uint64_t seq, TimePoint now, Options options);

  Step OnNotice(uint64_t epoch, Item item, TimePoint now);
  // The head of the conversation, over all audiences, as heard from the store.
  void OnHead(uint64_t epoch, uint64_t head, TimePoint now);
  // Call before the log is read; notices are held back until OnPage or OnReadFailed.
  void OnReadBegins();
  Step OnPage(Page page, TimePoint now);
  void OnReadFailed(TimePoint now);

  // When the log must be read; nothing: no gap is known.
  std::optional<TimePoint> read_at() const { return reading_ ? std::nullopt : read_at_; }
  uint64_t epoch() const { return epoch_; }
  // Last entry shown.
  uint64_t position() const { return position_; }
  // Everything up to the head was shown once.
  bool live() const { return live_; }

 private:
  void ReadAt(TimePoint when);
  void Show(Item item, Step* step);
  // Shows what follows on without a gap.
  void Drain(Step* step);

  const Options options_;
  uint64_t epoch_;
  uint64_t position_;
  // Every entry up to here was shown or is not for this audience.
  uint64_t covered_;
  // The head as last heard from the store.
  uint64_t known_head_ = 0;
  bool live_ = false;
  bool reading_ = false;
  int failures_ = 0;
  std::optional<TimePoint> read_at_;
  std::map<uint64_t, Item> held_back_;
};

}  // namespace kefu::gateway::streams
