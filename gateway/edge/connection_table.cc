#include "gateway/edge/connection_table.h"

#include <absl/time/time.h>

namespace kefu::gateway {
namespace {

constexpr char kRefused[] = "kefu_edge_connections_refused_total";
constexpr char kRefusedHelp[] = "Connections refused, by the bound they met.";

}  // namespace

ConnectionTable::ConnectionTable(const Limits& limits, metrics::Metrics& metrics)
    : limits_(limits),
      open_(metrics.AddGauge("kefu_edge_connections", "HTTP connections open.")),
      refused_total_(metrics.AddCounter(kRefused, kRefusedHelp, {{"bound", "total"}})),
      refused_address_(metrics.AddCounter(kRefused, kRefusedHelp, {{"bound", "address"}})) {}

bool ConnectionTable::Reserve(const std::string& address) {
  absl::MutexLock lock(&mutex_);
  if (draining_ || reserved_ >= limits_.total) {
    refused_total_.Increment();
    return false;
  }
  if (!address.empty()) {
    size_t& count = by_address_[address];
    if (count >= limits_.per_address) {
      refused_address_.Increment();
      return false;
    }
    ++count;
  }
  ++reserved_;
  open_.Increment();
  return true;
}

void ConnectionTable::Release(const std::string& address) {
  absl::MutexLock lock(&mutex_);
  --reserved_;
  open_.Decrement();
  const auto found = by_address_.find(address);
  if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
}

void ConnectionTable::Add(const std::shared_ptr<OpenConnection>& connection) {
  bool too_late = false;
  {
    absl::MutexLock lock(&mutex_);
    connections_.emplace(connection.get(), connection);
    too_late = draining_;
  }
  if (too_late) connection->Drain();
}

void ConnectionTable::Remove(const OpenConnection* connection) {
  absl::MutexLock lock(&mutex_);
  connections_.erase(connection);
}

std::vector<std::shared_ptr<OpenConnection>> ConnectionTable::Snapshot() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::shared_ptr<OpenConnection>> all;
  for (const auto& [pointer, weak] : connections_) {
    if (auto connection = weak.lock()) all.push_back(std::move(connection));
  }
  return all;
}

void ConnectionTable::DrainAll() {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
  }
  for (const auto& connection : Snapshot()) connection->Drain();
}

void ConnectionTable::CloseAll() {
  for (const auto& connection : Snapshot()) connection->Close();
}

bool ConnectionTable::WaitUntilEmpty(int64_t bound_ms) {
  absl::MutexLock lock(&mutex_);
  const auto empty = [](size_t* reserved) { return *reserved == 0; };
  return mutex_.AwaitWithTimeout(absl::Condition(+empty, &reserved_), absl::Milliseconds(bound_ms));
}

bool ConnectionTable::draining() const {
  absl::MutexLock lock(&mutex_);
  return draining_;
}

}  // namespace kefu::gateway
