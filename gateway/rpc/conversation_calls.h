// The calls to inquiries that buyers' and agents' methods have in common.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>

#include "gateway/auth/caller.h"
#include "gateway/rpc/session_parts.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"

namespace kefu::gateway {

// Which entries: after one, or the last ones before one.
struct EntryRange {
  uint64_t after_seq = 0;
  uint64_t before_seq = 0;
  uint32_t page_size = 0;

  // From a request that has these fields.
  template <class Request>
  static EntryRange Of(const Request& request) {
    return {request.after_seq(), request.before_seq(), request.page_size()};
  }
};

Task<absl::StatusOr<inquiries::v1::ListEntriesResponse>> ListEntries(
    InquiriesClient& inquiries, CallContext context, std::string conversation,
    inquiries::v1::Audience audience, EntryRange range);

// `marks` without a participant: that is the caller.
Task<absl::StatusOr<common::v1::Marks>> MoveMarks(InquiriesClient& inquiries, CallContext context,
                                                  common::v1::Marks marks);

Task<absl::StatusOr<inquiries::v1::Conversation>> GetConversation(InquiriesClient& inquiries,
                                                                  CallContext context,
                                                                  std::string conversation);

// The same, if the caller may read it; else NoSuchConversation().
Task<absl::StatusOr<inquiries::v1::Conversation>> ReadableConversation(InquiriesClient& inquiries,
                                                                       CallContext context,
                                                                       std::string conversation);

// Who may read a conversation's messages: the owner of its last session, and supervisors.
bool MayRead(const Caller& caller, const inquiries::v1::Conversation& conversation);
// Who may read them beside these: a program with SCOPE_SUGGEST, while somebody owns the session.
bool MayListen(const Caller& caller, const inquiries::v1::Conversation& conversation);
// NOT_FOUND NO_SUCH_CONVERSATION, for absent and foreign ones alike.
absl::Status NoSuchConversation();

// Tells the others that the caller types, or does no more.
void PublishTyping(sessions::Announcer& announcer, const CallContext& context,
                   std::string conversation, common::v1::Sender::Kind party, bool typing);

}  // namespace kefu::gateway
