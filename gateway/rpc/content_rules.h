// Who may say what: the kinds of content that each sender may send. Limits within a kind are
// checked by inquiries.
#pragma once

#include <absl/status/status.h>

#include "proto/kefu/common/v1/entry.pb.h"

namespace kefu::gateway {

// INVALID_ARGUMENT with the field, for kinds that the sender may not use.
absl::Status CheckBuyerContent(const common::v1::Content& content);
absl::Status CheckAgentContent(const common::v1::Content& content);
absl::Status CheckIntegratorContent(const common::v1::Content& content);

}  // namespace kefu::gateway
