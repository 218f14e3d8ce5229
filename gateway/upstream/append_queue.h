// In which order appends go out on a stream, and how many may be under way: a credit of items and
// bytes for all shops together, taken in turns. A shop may have under way no more than what is
// still free (the dynamic threshold of Choudhury and Hahne, "Dynamic queue length thresholds for
// shared-memory packet switches", 1998), so that one alone gets half of the credit, and whoever
// comes beside it finds room at once.
//
// Pure: no clock, no I/O, no lock.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "proto/kefu/inquiries/v1/service.pb.h"

namespace kefu::gateway {

class AppendQueue {
 public:
  struct Limits {
    // Under way: taken and not answered.
    size_t items = 1024;
    size_t bytes = 1 << 20;
    // Not taken yet.
    size_t waiting = 8192;
  };
  explicit AppendQueue(Limits limits) : limits_(limits) {}

  // False: too many wait, and it was not taken in. `item.call` is new.
  bool Push(inquiries::v1::AppendItem item, int64_t deadline_ms);
  // Moves into `batch` what may go now, with the time that it has left; what is overdue is dropped.
  // False if there is nothing.
  bool Take(int64_t now_ms, inquiries::v1::AppendStreamRequest* batch);
  // Its answer is there: the credit is free again. Calls that are not under way change nothing.
  void Answered(uint64_t call);

  size_t waiting() const { return waiting_; }
  size_t under_way() const { return under_way_.size(); }

 private:
  struct Waiting {
    inquiries::v1::AppendItem item;
    int64_t deadline_ms = 0;
    size_t bytes = 0;
  };
  struct Shop {
    std::deque<Waiting> waiting;
    size_t items = 0;
    size_t bytes = 0;
  };
  struct Sent {
    std::string shop;
    size_t bytes = 0;
  };
  bool Fits(const Shop& shop, size_t bytes) const;
  // True if the shop's first item went or was dropped.
  bool TakeFirst(const std::string& name, Shop& shop, int64_t now_ms,
                 inquiries::v1::AppendStreamRequest* batch);

  const Limits limits_;
  absl::flat_hash_map<std::string, Shop> shops_;
  absl::flat_hash_map<uint64_t, Sent> under_way_;
  // Shops with something waiting, the next one first.
  std::deque<std::string> turns_;
  size_t waiting_ = 0;
  size_t bytes_ = 0;
};

}  // namespace kefu::gateway
