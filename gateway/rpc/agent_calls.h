// What the classes behind AgentService have in common: who may see what, and how they write into
// conversations. `parts` outlives the calls.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/caller.h"
#include "gateway/rpc/session_parts.h"
#include "proto/kefu/common/v1/entry.pb.h"
#include "proto/kefu/inquiries/v1/service.pb.h"

namespace kefu::gateway {

inline bool IsSupervisor(const CallContext& context) {
  return context.caller.role == ROLE_SUPERVISOR;
}

// NOT_FOUND NO_SUCH_SESSION, for absent and foreign ones alike.
absl::Status NoSuchSession();
// What agents say in a few words, e.g. why they close a session.
absl::Status CheckReason(const std::string& reason);
// An internal note: 1 to 8192 bytes without NUL.
absl::Status CheckNote(std::string_view field, const std::string& text);

// What an agent says in a session: under which request, as whom (the caller).
struct AgentWords {
  std::string request_id;
  common::v1::Content content;
};
// As the session's owner, under the fence.
Task<absl::StatusOr<inquiries::v1::AppendResponse>> AppendAsOwner(const SessionParts& parts,
                                                                  CallContext context,
                                                                  SessionId session, uint64_t fence,
                                                                  AgentWords words);
// A note by staff who need not own the session; it may be closed.
Task<absl::StatusOr<inquiries::v1::AppendResponse>> AppendAside(const SessionParts& parts,
                                                                CallContext context,
                                                                SessionId session,
                                                                std::string request_id,
                                                                common::v1::InternalNote note);
// A line for the staff about what the caller does, who is named in it. A session that is closed
// takes none: OK.
Task<absl::Status> AppendStaffLine(const SessionParts& parts, CallContext context,
                                   SessionId session, std::string request_id,
                                   common::v1::SystemLine line);

// Of any agent of the shop; answers its state then.
Task<absl::StatusOr<v1::AgentState>> SetPresence(const SessionParts& parts, CallContext context,
                                                 AgentId agent, v1::Presence presence);

// The agents who ever connected, with their names; without those who are disabled.
Task<absl::StatusOr<std::vector<v1::AgentState>>> NamedAgents(const SessionParts& parts,
                                                              ShopId shop);

// Whether the caller is asked in a consult of that session, which `owner` has now.
Task<absl::StatusOr<bool>> IsConsulted(const SessionParts& parts, CallContext context,
                                       std::string session, std::string owner);
// The same of a conversation's last session; nobody is asked about one that is over.
Task<absl::StatusOr<bool>> IsConsulted(const SessionParts& parts, CallContext context,
                                       inquiries::v1::Inquiry last);

}  // namespace kefu::gateway
