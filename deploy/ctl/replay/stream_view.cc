#include "deploy/ctl/replay/stream_view.h"

#include <algorithm>
#include <utility>

namespace kefu::ctl {

Arrival StreamView::Apply(ViewEntry entry) {
  if (seen_.contains(entry.seq)) return Arrival::kDuplicate;
  const bool first = entries_.empty() && !from_start_;
  const uint64_t seq = entry.seq;
  const uint64_t prev_seq = entry.prev_seq;
  seen_.insert(seq);
  entries_.push_back(std::move(entry));
  if (seq < last_seq_) return Arrival::kReordered;
  const bool follows = first || prev_seq == last_seq_;
  last_seq_ = seq;
  return follows ? Arrival::kInOrder : Arrival::kGap;
}

void StreamView::KeepUntil(uint64_t keep_seq) {
  std::erase_if(entries_, [&](const ViewEntry& entry) { return entry.seq > keep_seq; });
  seen_.erase(seen_.upper_bound(keep_seq), seen_.end());
  last_seq_ = seen_.empty() ? 0 : *seen_.rbegin();
}

}  // namespace kefu::ctl
