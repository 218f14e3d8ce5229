#include "gateway/rpc/content_rules.h"

#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

using common::v1::Content;

absl::Status NothingSaid() {
  return InvalidField("content", "Say something: set one kind of content.");
}

}  // namespace

absl::Status CheckBuyerContent(const Content& content) {
  switch (content.kind_case()) {
    case Content::KIND_NOT_SET:
      return NothingSaid();
    case Content::kNote:
      return InvalidField("content.note",
                          "Internal notes are written by the shop's staff only; send text.");
    case Content::kSystem:
      return InvalidField("content.system",
                          "System lines are written by the system only; send text.");
    case Content::kRating:
      return InvalidField("content.rating", "Rate the session by RateSession, once it has ended.");
    default:
      return absl::OkStatus();
  }
}

absl::Status CheckAgentContent(const Content& content) {
  if (content.kind_case() == Content::KIND_NOT_SET) return NothingSaid();
  if (content.has_system()) {
    return InvalidField("content.system",
                        "System lines are written by the system only; send text or a note.");
  }
  if (!content.note().consult().empty()) {
    return InvalidField("content.note.consult", "Write into consults by WriteConsult.");
  }
  if (content.note().whisper()) {
    return InvalidField("content.note.whisper", "Supervisors whisper by Whisper.");
  }
  return absl::OkStatus();
}

absl::Status CheckIntegratorContent(const Content& content) {
  switch (content.kind_case()) {
    case Content::kOrder:
    case Content::kProduct:
    case Content::kParcel:
      return absl::OkStatus();
    case Content::kSystem:
      if (content.system().kind() == common::v1::SystemLine::KIND_NOTICE) return absl::OkStatus();
      return InvalidField("content.system.kind",
                          "Programs write system lines of KIND_NOTICE only.");
    default:
      return InvalidField("content", "Programs post order, product and parcel cards, and notices.");
  }
}

}  // namespace kefu::gateway
