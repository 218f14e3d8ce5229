// A guest who plays the customer's part of one chat and keeps a live stream meanwhile. One thread;
// outlives the world's coroutines.
#pragma once

#include <absl/status/status.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deploy/ctl/replay/chat_run.h"
#include "deploy/ctl/replay/ledger.h"
#include "deploy/ctl/replay/stream_view.h"
#include "deploy/ctl/replay/world.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"

namespace kefu::ctl {

class Buyer {
 public:
  Buyer(World& world, ChatRun& chat);

  // Says the customer's turns; returns when the chat is finished and its sessions are closed, or
  // when nothing goes on any more.
  Task<> Play();
  // Reads the conversation, waits for the stream to catch up and ends the stream. After Play.
  Task<> Verify();

  // Some message may or may not have been stored: it can still turn up.
  bool uncertain() const { return uncertain_; }
  const ChatRun& chat() const { return chat_; }
  const StreamView& view() const { return view_; }
  // The conversation as read by Verify; nothing if that failed or there was nothing to read.
  const std::optional<std::vector<LogEntry>>& log() const { return log_; }

 private:
  using Stream = ServerStream<gateway::v1::BuyerFrame>;

  Task<bool> Begin();
  Task<> AwaitTurn(size_t turn);
  bool MayTake(size_t turn) const;
  Task<> Say(size_t turn);
  Task<absl::Status> Open(size_t message, const std::string text);
  Task<absl::Status> Send(size_t message, const std::string text);
  void Said(size_t turn, uint64_t seq);
  Task<> AwaitClose();
  Task<absl::StatusOr<std::vector<LogEntry>>> ReadLog();
  Task<> Follow();
  Task<absl::Status> FollowOnce();
  void Handle(const gateway::v1::BuyerFrame& frame);
  HistoryRecord Record(std::string op) const;

  World& world_;
  ChatRun& chat_;
  const std::string name_;
  std::string token_;
  std::string session_;
  StreamView view_{/*from_start=*/true};
  std::optional<std::vector<LogEntry>> log_;
  Stream* stream_ = nullptr;
  // A goodbye said when to come back.
  int64_t reconnect_after_ms_ = 0;
  bool live_once_ = false;
  bool uncertain_ = false;
  bool done_ = false;
};

}  // namespace kefu::ctl
