#include "gateway/upstream/inquiries_client.h"

#include <cstdlib>

namespace kefu::gateway {
namespace {

// A channel without calls is looked at by gRPC's backup poller only, every five seconds unless the
// environment says otherwise: for so long a new gateway would not be ready. gRPC reads it once,
// with the first channel.
void ConnectPromptly() {
  setenv("GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS", "50", /*overwrite=*/0);
}

}  // namespace

std::shared_ptr<grpc::Channel> NewServiceChannel(const std::string& address) {
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

InquiriesClient::InquiriesClient(const std::vector<std::shared_ptr<grpc::Channel>>& channels) {
  for (const auto& channel : channels) {
    replicas_.push_back({channel, inquiries::v1::ConversationService::NewStub(channel),
                         events::v1::EventLogService::NewStub(channel)});
  }
}

const InquiriesClient::Replica& InquiriesClient::Pick() {
  const size_t first = next_.fetch_add(1, std::memory_order_relaxed);
  for (size_t i = 0; i < replicas_.size(); ++i) {
    const Replica& replica = replicas_[(first + i) % replicas_.size()];
    if (replica.channel->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY) return replica;
  }
  return replicas_[first % replicas_.size()];
}

Task<absl::StatusOr<inquiries::v1::AppendResponse>> InquiriesClient::Append(
    server::CallScope scope, inquiries::v1::AppendRequest request) {
  return Call(&Conversations::Append, std::move(scope), std::move(request));
}

bool InquiriesClient::connected() const {
  for (const Replica& replica : replicas_) {
    if (replica.channel->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY) return true;
  }
  return false;
}

}  // namespace kefu::gateway
