// The life of a session across two stores: inquiries decides that it exists, routing decides who
// owns it.
//
//   Open      inquiries.OpenInquiry → routing.Arrive → announce, or kept for later (arrivals.h)
//   Transfer  routing.Transfer (fence + 1) → announce (inquiries.RaiseFence) → answer
//   Close     inquiries.CloseInquiry → routing.Complete → announce
//   Reopen    inquiries.ReopenInquiry → routing.Reopen → announce
//
// A crash between two steps is repaired by InquiriesEvents and SessionUpkeep, which repeat the
// second from the first one's log. Every step is idempotent, so a client's retry does the same.
// Thread-safe.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>

#include "gateway/routing/router.h"
#include "gateway/sessions/announcer.h"
#include "gateway/sessions/arrivals.h"
#include "gateway/upstream/inquiries_client.h"
#include "services/common/base/ids.h"
#include "services/common/server/unary.h"

namespace kefu::gateway::sessions {

struct OpenedSession {
  inquiries::v1::OpenInquiryResponse inquiry;
  // Absent: somebody owned the session before, or it will be routed later.
  std::optional<Standing> standing;
};

class SessionFlow {
 public:
  SessionFlow(InquiriesClient& inquiries, routing::Router& router, Announcer& announcer,
              Arrivals& arrivals);

  Task<absl::StatusOr<OpenedSession>> Open(server::CallScope scope,
                                           inquiries::v1::OpenInquiryRequest request);
  Task<absl::StatusOr<v1::Session>> Transfer(server::CallScope scope, ShopId shop,
                                             SessionId session, AgentId from, uint64_t fence,
                                             std::optional<AgentId> to);
  Task<absl::StatusOr<v1::Session>> Close(server::CallScope scope,
                                          inquiries::v1::CloseInquiryRequest request);
  Task<absl::StatusOr<v1::Session>> Reopen(server::CallScope scope,
                                           inquiries::v1::ReopenInquiryRequest request,
                                           AgentId preferred);
  // Appends by the owner. If inquiries has not heard of the fence yet, tells it and tries again.
  Task<absl::StatusOr<inquiries::v1::AppendResponse>> AppendByAgent(
      server::CallScope scope, inquiries::v1::AppendRequest request);

  // The second step of opening, reopening and closing; also repeated from the log of inquiries. An
  // inquiry that went on meanwhile (it was reopened, or closed again) is left alone: a later entry
  // of the log is about that.
  Task<absl::Status> Arrive(server::CallScope scope, ShopId shop, inquiries::v1::Inquiry inquiry);
  Task<absl::Status> Rearrive(server::CallScope scope, ShopId shop, inquiries::v1::Inquiry inquiry);
  Task<absl::Status> Complete(server::CallScope scope, ShopId shop, inquiries::v1::Inquiry inquiry);

  // Makes known what routing did to the session, and answers it as it stands then.
  Task<absl::StatusOr<v1::Session>> Announced(server::CallScope scope, ShopId shop,
                                              SessionId session,
                                              absl::StatusOr<routing::Outcome> outcome);

 private:
  // inquiries refused what `agent` wanted to do under `fence`. If routing says that the session is
  // the agent's under it (a gateway died before it told inquiries), it is told: OK, try again.
  Task<absl::Status> TellOwner(server::CallScope scope, std::string shop, std::string session,
                               std::string agent, uint64_t fence, absl::Status refused);

  // Whatever waits: who opens a session again by hand is not refused.
  Task<absl::StatusOr<routing::Outcome>> RouteAgain(ShopId shop, routing::Arrival arrival,
                                                    AgentId preferred);

  InquiriesClient& inquiries_;
  routing::Router& router_;
  Announcer& announcer_;
  Arrivals& arrivals_;
};

}  // namespace kefu::gateway::sessions
