#include "tests/support/memory_log.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cstdlib>

#include "services/common/base/clock.h"
#include "services/common/base/status.h"
#include "services/common/server/unary.h"

namespace kefu::test {

using events::v1::Envelope;

Envelope MemoryLog::Append(const ShopId& shop, const std::string& type, const std::string& subject,
                           const std::string& data) {
  absl::MutexLock lock(&mutex_);
  Shop& log = shops_[shop.str()];
  Envelope envelope;
  envelope.set_id(NewToken());
  envelope.set_source(source_);
  envelope.set_type(type);
  envelope.set_subject(subject);
  envelope.set_shop(shop.str());
  envelope.set_seq(++log.head);
  envelope.set_store_epoch(log.epoch);
  envelope.set_data(data.empty() ? "state of " + subject + " at " + std::to_string(log.head)
                                 : data);
  *envelope.mutable_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(SystemClock().Now().ms);
  log.events.push_back(envelope);
  return envelope;
}

void MemoryLog::Cut(Shop& log, uint64_t kept) {
  while (log.head > kept) {
    log.events.pop_back();
    --log.head;
  }
}

void MemoryLog::LoseTail(const ShopId& shop, uint64_t kept) {
  absl::MutexLock lock(&mutex_);
  Cut(shops_[shop.str()], kept);
}

void MemoryLog::RaiseEpoch(const ShopId& shop) {
  absl::MutexLock lock(&mutex_);
  ++shops_[shop.str()].epoch;
}

void MemoryLog::Restore(const ShopId& shop, uint64_t kept) {
  absl::MutexLock lock(&mutex_);
  Shop& log = shops_[shop.str()];
  Cut(log, kept);
  ++log.epoch;
}

void MemoryLog::Trim(const ShopId& shop, uint64_t first) {
  absl::MutexLock lock(&mutex_);
  Shop& log = shops_[shop.str()];
  while (!log.events.empty() && log.first() < first) log.events.erase(log.events.begin());
}

redis::Cursor MemoryLog::head(const ShopId& shop) const {
  absl::MutexLock lock(&mutex_);
  const Shop& log = shops_[shop.str()];
  return {log.epoch, log.head};
}

std::vector<Envelope> MemoryLog::events(const ShopId& shop) const {
  absl::MutexLock lock(&mutex_);
  return shops_[shop.str()].events;
}

redis::Cursor MemoryLog::reported(const std::string& consumer, const ShopId& shop) const {
  absl::MutexLock lock(&mutex_);
  return reported_[{consumer, shop.str()}];
}

grpc::ServerUnaryReactor* MemoryLog::Finish(grpc::CallbackServerContext* context,
                                            absl::Status status) const {
  if (!reachable_) status = Error(absl::StatusCode::kUnavailable, "AWAY", "The test took it away.");
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(server::ToGrpcStatus(status));
  return reactor;
}

grpc::ServerUnaryReactor* MemoryLog::Read(grpc::CallbackServerContext* context,
                                          const events::v1::ReadRequest* request,
                                          events::v1::ReadResponse* response) {
  ++reads_;
  absl::MutexLock lock(&mutex_);
  return Finish(context, ReadLocked(*request, response));
}

absl::Status MemoryLog::ReadLocked(const events::v1::ReadRequest& request,
                                   events::v1::ReadResponse* response) {
  const Shop& log = ShopOf(request.shop());
  if (request.store_epoch() != 0 && request.store_epoch() != log.epoch) {
    return Error(absl::StatusCode::kOutOfRange, "STALE_EPOCH", "Read on in the epoch given.",
                 {{"epoch", std::to_string(log.epoch)}, {"head", std::to_string(log.head)}});
  }
  if (request.after_seq() != 0 && request.after_seq() + 1 < log.first()) {
    return Error(absl::StatusCode::kOutOfRange, "LOG_TRIMMED", "Take a snapshot.",
                 {{"first", std::to_string(log.first())}, {"head", std::to_string(log.head)}});
  }
  response->set_head_seq(log.head);
  response->set_store_epoch(log.epoch);
  response->set_next_seq(std::max(request.after_seq(), log.head));
  uint32_t left = request.page_size();
  for (const Envelope& envelope : log.events) {
    if (envelope.seq() <= request.after_seq()) continue;
    if (left-- == 0) break;
    response->set_next_seq(envelope.seq());
    const auto& types = request.types();
    if (types.empty() || std::find(types.begin(), types.end(), envelope.type()) != types.end()) {
      *response->add_envelopes() = envelope;
    }
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* MemoryLog::ListHeads(grpc::CallbackServerContext* context,
                                               const events::v1::ListHeadsRequest* request,
                                               events::v1::ListHeadsResponse* response) {
  absl::MutexLock lock(&mutex_);
  // Two to a page, so that pages are turned; the token is the last shop.
  for (auto shop = shops_.upper_bound(request->page_token()); shop != shops_.end(); ++shop) {
    if (response->heads_size() == 2) {
      response->set_next_page_token(response->heads(1).shop());
      break;
    }
    auto* const head = response->add_heads();
    head->set_shop(shop->first);
    head->set_head_seq(shop->second.head);
    head->set_store_epoch(shop->second.epoch);
  }
  return Finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* MemoryLog::ReportCursors(grpc::CallbackServerContext* context,
                                                   const events::v1::ReportCursorsRequest* request,
                                                   events::v1::ReportCursorsResponse*) {
  absl::MutexLock lock(&mutex_);
  for (const auto& cursor : request->cursors()) {
    reported_[{request->consumer(), cursor.shop()}] = {cursor.store_epoch(), cursor.seq()};
  }
  return Finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* MemoryLog::Snapshot(grpc::CallbackServerContext* context,
                                              const events::v1::SnapshotRequest* request,
                                              events::v1::SnapshotResponse* response) {
  absl::MutexLock lock(&mutex_);
  const Shop& log = ShopOf(request->shop());
  std::map<std::string, Envelope> latest;
  for (const Envelope& envelope : log.events) latest[envelope.subject()] = envelope;
  response->set_head_seq(log.head);
  response->set_store_epoch(log.epoch);
  // One to a page; the token is the last subject.
  const auto next = latest.upper_bound(request->page_token());
  if (next != latest.end()) {
    Envelope* const shown = response->add_envelopes();
    *shown = next->second;
    shown->set_id(next->first + "@" + std::to_string(next->second.seq()));
    shown->set_seq(0);
    if (std::next(next) != latest.end()) response->set_next_page_token(next->first);
  }
  return Finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* MemoryLog::RaiseEpoch(grpc::CallbackServerContext* context,
                                                const events::v1::RaiseEpochRequest* request,
                                                events::v1::RaiseEpochResponse* response) {
  absl::MutexLock lock(&mutex_);
  Shop& log = ShopOf(request->shop());
  if (reachable_ && log.epoch <= request->observed_epoch())
    log.epoch = request->observed_epoch() + 1;
  response->set_store_epoch(log.epoch);
  return Finish(context, absl::OkStatus());
}

}  // namespace kefu::test
