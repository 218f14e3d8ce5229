// Whether a message may be written as it is: the limits of entry.proto, and who may send what.
// Pure; the rules for text are in domain/content_rules.h. Errors: INVALID_ARGUMENT, INVALID_FIELD
// with the field's path.
#pragma once

#include <absl/status/status.h>

#include "proto/kefu/common/v1/entry.pb.h"

namespace kefu::inquiries::rpc {

absl::Status CheckContent(const common::v1::Content& content, common::v1::Sender::Kind sender);
absl::Status CheckOpening(const common::v1::Opening& opening);
absl::Status CheckDisplayName(std::string_view field, std::string_view name);

}  // namespace kefu::inquiries::rpc
