#include "gateway/upstream/inquiries_client.h"

namespace kefu::gateway {

using inquiries::v1::AppendRequest;
using inquiries::v1::AppendResponse;

InquiriesClient::InquiriesClient(std::vector<server::ChannelPtr> channels) : channels_(channels) {
  for (const server::ChannelPtr& channel : channels) {
    links_.emplace(channel.get(), std::make_unique<AppendLink>(channel));
  }
}

Task<absl::StatusOr<AppendResponse>> InquiriesClient::Append(server::CallScope scope,
                                                             AppendRequest request) {
  constexpr int kAttempts = 2;
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    AppendLink& link = *links_.at(channels_.Pick().get());
    if (!link.streams()) break;
    absl::StatusOr<AppendResponse> appended = co_await link.Append(scope, request);
    if (appended.ok()) co_return appended;
    status = appended.status();
    if (!absl::IsUnavailable(status) || scope.remaining_ms() <= 0) break;
  }
  const bool unary = status.ok() || absl::IsUnimplemented(status);
  if (!unary) co_return status;
  co_return co_await Call(&Conversations::Append, std::move(scope), std::move(request));
}

void InquiriesClient::Stop() {
  for (const auto& [channel, link] : links_) link->Stop();
}

}  // namespace kefu::gateway
