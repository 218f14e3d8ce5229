#include "services/common/server/channels.h"

#include <cstdlib>

namespace kefu::server {
namespace {

// A channel without calls is looked at by gRPC's backup poller only, every five seconds unless the
// environment says otherwise: for so long a new process would not be ready. gRPC reads it once,
// with the first channel.
void ConnectPromptly() {
  setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "50", /*overwrite=*/0);
}

}  // namespace

ChannelPtr NewChannel(const std::string& address) {
  ConnectPromptly();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  // Also how long one attempt to connect may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::vector<ChannelPtr> NewChannels(const std::vector<std::string>& addresses) {
  std::vector<ChannelPtr> channels;
  for (const std::string& address : addresses) channels.push_back(NewChannel(address));
  return channels;
}

Channels::Channels(std::vector<ChannelPtr> channels) {
  for (ChannelPtr& channel : channels) {
    // An in-process channel has no connection, and says that it is shut down; a client's channel
    // never is.
    const bool in_process = channel->GetState(false) == GRPC_CHANNEL_SHUTDOWN;
    replicas_.push_back({std::move(channel), in_process});
  }
}

bool Channels::Replica::Ready() const {
  return in_process || channel->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY;
}

const ChannelPtr& Channels::Pick() {
  const size_t first = next_.fetch_add(1, std::memory_order_relaxed);
  for (size_t i = 0; i < replicas_.size(); ++i) {
    const Replica& replica = replicas_[(first + i) % replicas_.size()];
    if (replica.Ready()) return replica.channel;
  }
  return replicas_[first % replicas_.size()].channel;
}

bool Channels::connected() const {
  for (const Replica& replica : replicas_) {
    if (replica.Ready()) return true;
  }
  return false;
}

}  // namespace kefu::server
