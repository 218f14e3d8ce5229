// An agent of the shop who keeps a live stream, takes whatever sessions routing gives, plays the
// agent's part of the chats behind them and closes them. Which chat a session belongs to only the
// replay knows (World::chats). One thread; outlives the world's coroutines.
#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <map>
#include <string>

#include "deploy/ctl/replay/chat_run.h"
#include "deploy/ctl/replay/ledger.h"
#include "deploy/ctl/replay/world.h"
#include "proto/kefu/gateway/v1/agent.pb.h"

namespace kefu::ctl {

struct Login {
  std::string login;
  std::string password;
};

class Agent {
 public:
  // `number` from 1.
  Agent(World& world, size_t number, Login login);

  Task<absl::Status> SignIn();
  // Starts the stream and goes online; returns when both are done.
  Task<absl::Status> GoOnline();
  // Goes offline and ends the stream; writes the views down.
  Task<> Leave();

  // What the stream delivered, by conversation.
  const std::map<std::string, AgentSight>& sights() const { return sights_; }

 private:
  using Stream = ServerStream<gateway::v1::AgentFrame>;
  struct Hold {
    std::string conversation;
    uint64_t fence = 0;
  };

  Task<absl::Status> SetPresence(gateway::v1::Presence presence);
  Task<> Follow();
  Task<absl::Status> FollowOnce();
  void Handle(const gateway::v1::AgentFrame& frame);
  void OnSnapshot(const gateway::v1::AgentSnapshot& snapshot);
  void OnSession(const gateway::v1::Session& session, bool held);
  void OnEntry(const common::v1::Entry& entry);
  void OnResync(const gateway::v1::Resync& resync);
  void OnState(const gateway::v1::AgentState& state);
  void Take(const gateway::v1::Session& session);
  void Release(const std::string& session, bool closed);
  void WriteOwnership(const std::string& session, const Hold& hold, const char* event) const;
  Task<> BackOnline();

  // Plays in a session until it is closed or no longer held under this fence.
  Task<> Serve(ChatRun* chat, std::string session, uint64_t fence);
  bool Holds(const std::string& session, uint64_t fence) const;
  // The buyer's turns before it were seen here, and it is time.
  bool MayTake(const ChatRun& chat, size_t turn) const;
  Task<> Say(ChatRun* chat, size_t turn, std::string session, uint64_t fence);
  Task<> Close(ChatRun* chat, std::string session, uint64_t fence);
  Task<absl::Status> CloseOnce(std::string session, uint64_t fence, uint64_t last_seen_seq);
  bool SawAll(const ChatRun& chat) const;
  // Waits for the stream to show an entry after `seq`; reads the conversation's head if it does
  // not.
  Task<uint64_t> SeenAfter(ChatRun* chat, uint64_t seq);
  uint64_t LastSeen(const std::string& conversation) const;

  World& world_;
  const std::string name_;
  const Login login_;
  std::string token_;
  std::string agent_;
  std::map<std::string, Hold> holds_;  // by session
  // The highest version seen of each session, held or not: what is older is not news.
  std::map<std::string, uint64_t> versions_;
  std::map<std::string, AgentSight> sights_;
  // Conversations of which the stream may begin anew: it was given away since the last entry.
  std::map<std::string, bool> may_restart_;
  uint64_t store_epoch_ = 0;
  Stream* stream_ = nullptr;
  Signal changed_;
  int64_t reconnect_after_ms_ = 0;
  // The stream under way, and any before it, began with its snapshot.
  bool live_ = false, ever_live_ = false;
  bool going_online_ = false;
  bool leaving_ = false;
};

}  // namespace kefu::ctl
