// What a consumer is while it runs. Everything but `posted` and what Holds reads belongs to the
// executor once started. Internal to Consumer.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/common/base/task_group.h"
#include "services/common/events/bucket_leases.h"
#include "services/common/events/consumer.h"
#include "services/common/events/cursor_reports.h"
#include "services/common/events/dead_letter_retry.h"
#include "services/common/events/log_follower.h"

namespace kefu::events {

struct Consumer::State {
  // One log: who follows it and when it is its turn.
  struct Entry {
    explicit Entry(LogFollower f) : follower(std::move(f)) {}
    LogFollower follower;
    bool queued = false;
    bool working = false;
    bool pausing = false;
    bool waiting_for_gap = false;
    int failures = 0;
    // When its head was last asked for, and told; 0: never.
    int64_t compared_ms = 0;
  };

  State(ConsumerOptions o, metrics::Metrics& m)
      : options(std::move(o)),
        metrics(m),
        leases(options.cursors, [this](uint32_t bucket, bool held) { OnLease(bucket, held); }) {}

  // Reading: consumer.cc.
  bool GoesOn(const ShopId& shop) const { return !tasks->stopping() && leases.Holds(shop); }
  Entry& EntryOf(SourceLink& link, const ShopId& shop);
  void Hear(std::string_view topic, std::string_view envelope);
  void OnNotice(SourceLink& link, const std::string& bytes);
  void OnLease(uint32_t bucket, bool held);
  void Enqueue(Entry& entry);
  void Pump();
  Task<> Work(Entry* entry);
  void Failed(Entry& entry, const absl::Status& status);
  Task<> PauseAfterFailure(Entry* entry, int64_t ms);
  Task<> AwaitGap(Entry* entry);

  // How far the logs have got, and how far this consumer: consumer_heads.cc.
  Task<> KeepComparing(SourceLink* link);
  Task<> CompareSoon(SourceLink* link);
  Task<> Compare(SourceLink* link);
  Task<absl::Status> CompareAll(SourceLink* link, int64_t asked_ms);
  void SeeMissing(SourceLink& link, int64_t asked_ms);
  std::vector<std::pair<ShopId, redis::Cursor>> Positions(SourceLink* link) const;
  Task<> KeepMeasuring();
  void Measure(SourceLink& link);
  Task<bool> UpToDate(ShopId shop, std::string source);
  Task<absl::StatusOr<std::vector<v1::ConsumerCursor>>> ListCursors(std::optional<ShopId> shop);
  Task<absl::Status> AddCursors(ShopId shop, std::vector<v1::ConsumerCursor>* cursors);

  ConsumerOptions options;
  metrics::Metrics& metrics;
  std::map<std::string, HandlersByType> handlers;
  DeadLetterRetry dead_letters{options.cursors, handlers};
  BucketLeases leases;
  std::unique_ptr<TaskGroup> tasks;
  std::vector<std::unique_ptr<SourceLink>> links;
  std::vector<std::unique_ptr<CursorReports>> reports;
  std::map<std::string, SourceLink*, std::less<>> by_topic;
  std::unique_ptr<Subscriber> subscriber;
  std::atomic<int> posted{0};
  std::map<std::pair<SourceLink*, ShopId>, Entry> entries;
  std::deque<Entry*> ready;
  int workers = 0;
  std::set<SourceLink*> comparing_soon;
  std::map<SourceLink*, bool> reachable;
  std::minstd_rand random{std::random_device()()};
};

}  // namespace kefu::events
