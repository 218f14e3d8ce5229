#include "gateway/streams/domain/view.h"

#include <algorithm>
#include <utility>

namespace kefu::gateway::streams {
namespace {

// Two replicas may publish in the wrong order by about this much.
constexpr int64_t kStragglerMs = 20;
// Beyond this many the log is read anyway; what is dropped comes from there.
constexpr size_t kMaxHeldBack = 64;
constexpr int64_t kRetryMs = 100;
constexpr int kMaxRetryDoublings = 4;

}  // namespace

View::View(uint64_t epoch, uint64_t seq, TimePoint now, Options options)
    : options_(options), epoch_(epoch), position_(seq), covered_(seq), read_at_(now) {}

Step View::OnNotice(uint64_t epoch, Item item, TimePoint now) {
  Step step;
  if (epoch > epoch_ && epoch_ != 0 && options_.respect_epoch) {
    ReadAt(now);
    return step;
  }
  const bool stale = epoch < epoch_ && options_.respect_epoch;
  if (stale || item.seq <= covered_) return step;
  if (!options_.repair_gaps && live_ && !reading_) {
    if (item.visible) Show(std::move(item), &step);
    return step;
  }
  if (held_back_.size() < kMaxHeldBack) held_back_.emplace(item.seq, std::move(item));
  if (reading_ || !live_) return step;
  Drain(&step);
  if (!held_back_.empty()) {
    ReadAt(now + kStragglerMs);
  } else if (covered_ >= known_head_) {
    read_at_.reset();
  }
  return step;
}

void View::OnHead(uint64_t epoch, uint64_t head, TimePoint now) {
  if (!options_.repair_gaps) return;
  const bool epoch_changed = epoch != epoch_ && options_.respect_epoch;
  if (epoch_changed || head < covered_) ReadAt(now);
  if (head > covered_) {
    known_head_ = head;
    ReadAt(now + kStragglerMs);
  }
}

void View::OnReadBegins() {
  reading_ = true;
  read_at_.reset();
}

Step View::OnPage(Page page, TimePoint now) {
  Step step;
  reading_ = false;
  failures_ = 0;
  if (epoch_ == 0 || !options_.respect_epoch) epoch_ = page.epoch;
  // A lower one, too: a token from before a restore of an older copy names an epoch that the store
  // never reached again.
  if (page.epoch != epoch_) {
    epoch_ = page.epoch;
    position_ = covered_ = 0;
    live_ = false;
    held_back_.clear();
    step.restart = true;
    ReadAt(now);
    return step;
  }
  if (page.audience_head < position_ && options_.respect_epoch) {
    step.lost_tail = true;
    OnReadFailed(now);
    return step;
  }
  for (Item& item : page.items) {
    if (item.seq > position_) Show(std::move(item), &step);
  }
  if (position_ < page.audience_head) {
    ReadAt(now);
    return step;
  }
  covered_ = std::max(covered_, page.head);
  known_head_ = page.head;
  live_ = true;
  Drain(&step);
  if (!held_back_.empty()) ReadAt(now + kStragglerMs);
  return step;
}

void View::OnReadFailed(TimePoint now) {
  reading_ = false;
  ReadAt(now + (kRetryMs << std::min(failures_++, kMaxRetryDoublings)));
}

void View::ReadAt(TimePoint when) { read_at_ = read_at_ ? std::min(*read_at_, when) : when; }

void View::Show(Item item, Step* step) {
  position_ = item.seq;
  covered_ = std::max(covered_, item.seq);
  step->show.push_back(std::move(item));
}

void View::Drain(Step* step) {
  while (!held_back_.empty()) {
    Item& next = held_back_.begin()->second;
    if (next.seq > covered_) {
      const bool follows = next.visible ? next.prev_seq <= position_ : next.seq == covered_ + 1;
      if (!follows) return;
      if (next.visible) {
        Show(std::move(next), step);
      } else {
        covered_ = next.seq;
      }
    }
    held_back_.erase(held_back_.begin());
  }
}

}  // namespace kefu::gateway::streams
