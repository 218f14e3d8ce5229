#include "gateway/upstream/inquiries_client.h"

namespace kefu::gateway {

Task<absl::StatusOr<inquiries::v1::AppendResponse>> InquiriesClient::Append(
    server::CallScope scope, inquiries::v1::AppendRequest request) {
  return Call(&Conversations::Append, std::move(scope), std::move(request));
}

}  // namespace kefu::gateway
