// The life of a session across two stores: inquiries decides that it exists, routing decides who
// owns it.
//
//   Open      inquiries.OpenInquiry → routing.Arrive → announce
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
#include "gateway/upstream/inquiries_client.h"
#include "services/common/base/ids.h"
#include "services/common/server/unary.h"

namespace kefu::gateway::sessions {

class SessionFlow {
 public:
  SessionFlow(InquiriesClient& inquiries, routing::Router& router, Announcer& announcer);

  Task<absl::StatusOr<inquiries::v1::OpenInquiryResponse>> Open(
      server::CallScope scope, inquiries::v1::OpenInquiryRequest request);
  Task<absl::StatusOr<v1::Session>> Transfer(server::CallScope scope, ShopId shop,
                                             SessionId session, AgentId from, uint64_t fence,
                                             std::optional<AgentId> to);
  Task<absl::StatusOr<v1::Session>> TakeOver(server::CallScope scope, ShopId shop,
                                             SessionId session, AgentId by);
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

 private:
  Task<absl::StatusOr<v1::Session>> Announced(server::CallScope scope, ShopId shop,
                                              SessionId session, routing::Outcome outcome);

  InquiriesClient& inquiries_;
  routing::Router& router_;
  Announcer& announcer_;
};

}  // namespace kefu::gateway::sessions
