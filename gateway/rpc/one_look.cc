#include "gateway/rpc/one_look.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/rpc/conversation_calls.h"
#include "gateway/rpc/methods.h"
#include "proto/kefu/after_sales/v1/service.grpc.pb.h"
#include "proto/kefu/logistics/v1/service.grpc.pb.h"
#include "proto/kefu/orders/v1/service.grpc.pb.h"
#include "proto/kefu/records/v1/service.grpc.pb.h"
#include "services/common/base/status.h"
#include "services/common/base/when_all.h"

namespace kefu::gateway {
namespace {

using after_sales::v1::CaseService;
using logistics::v1::ShipmentService;
using orders::v1::OrderService;
using records::v1::RecordService;

constexpr uint32_t kMost = 20;
// Kept for putting the answer together when every part takes its whole time.
constexpr int64_t kReserveMs = 100;

template <class Service>
using Async = typename Service::StubInterface::async_interface;

// A list of the buyer's things, as the caller may see them.
template <class Request>
Request ListOf(const CallContext& context, const BuyerId& buyer, uint32_t page_size = kMost) {
  Request request;
  request.set_shop(context.shop().str());
  request.mutable_actor()->set_role(context.caller.role);
  request.mutable_actor()->set_id(context.caller.subject);
  request.set_buyer(buyer.str());
  request.set_page_size(page_size);
  return request;
}

}  // namespace

struct OneLookService::Look {
  CallContext context;
  ConversationId conversation;
  // Whose things are shown: the one in whom the conversation's buyer goes on, if there is one.
  BuyerId buyer;
  // The session that is open now, if one is.
  std::string open_session;
  v1::OneLook answer;

  void Miss(const char* service, const absl::Status& status) {
    v1::OneLook::Gap& gap = *answer.add_gaps();
    gap.set_service(service);
    gap.set_reason(ErrorReason(status));
  }
  // OK: nothing is missing.
  template <class Response>
  bool Has(const char* service, const absl::StatusOr<Response>& part) {
    if (!part.ok()) Miss(service, part.status());
    return part.ok();
  }
  server::CallScope Within(int64_t ms) const {
    server::CallScope scope = context.scope;
    scope.deadline_ms = std::min(scope.deadline_ms - kReserveMs, MonotonicMs() + ms);
    return scope;
  }
};

void OneLookService::Register(Registry& registry) {
  Methods<OneLookService>(registry, "kefu.gateway.v1.OneLookService", this)
      .Unary("GetOneLook", &OneLookService::GetOneLook);
}

Task<absl::StatusOr<v1::OneLook>> OneLookService::GetOneLook(CallContext context,
                                                             v1::GetOneLookRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation,
                           ConversationId::Parse(request.conversation()));
  Look look{context, conversation, BuyerOf(conversation), {}, {}};
  CallContext hurried = context;
  hurried.scope = look.Within(deps_.part_ms);
  absl::StatusOr<inquiries::v1::Conversation> found =
      co_await GetConversation(deps_.inquiries, std::move(hurried), conversation.str());
  KEFU_CO_RETURN_IF_ERROR(co_await CheckMayLook(context, conversation, found));

  std::vector<Task<>> parts;
  v1::OneLook::Profile& profile = *look.answer.mutable_profile();
  profile.set_buyer(look.buyer.str());
  if (look.Has("inquiries", found)) {
    profile.set_display_name(found->display_name());
    profile.set_continued_in(found->continued_in());
    if (found->inquiry().state() == inquiries::v1::Inquiry::STATE_OPEN)
      look.open_session = found->inquiry().session();
    const auto next = ConversationId::Parse(found->continued_in());
    if (next.ok()) look.buyer = BuyerOf(*next);
    parts.push_back(AddSessions(&look));
  }
  parts.push_back(AddOrders(&look));
  parts.push_back(AddShipments(&look));
  parts.push_back(AddCases(&look));
  parts.push_back(AddEarlierSessions(&look));
  co_await WhenAll(std::move(parts));
  co_return std::move(look.answer);
}

Task<absl::Status> OneLookService::CheckMayLook(CallContext context, ConversationId conversation,
                                                absl::StatusOr<inquiries::v1::Conversation> found) {
  if (absl::IsNotFound(found.status())) co_return NoSuchConversation();
  if (found.ok()) {
    if (MayRead(context.caller, *found)) co_return absl::OkStatus();
    KEFU_CO_ASSIGN_OR_RETURN(const bool consulted,
                             co_await deps_.consulted(context, found->inquiry()));
    co_return consulted ? absl::OkStatus() : NoSuchConversation();
  }
  if (context.caller.role == ROLE_SUPERVISOR) co_return absl::OkStatus();
  KEFU_CO_ASSIGN_OR_RETURN(const AgentId agent, AgentId::Parse(context.caller.subject));
  const absl::StatusOr<bool> holds = co_await deps_.holds(context.shop(), agent, conversation);
  // Not known, rather than not allowed: it may be a session that was closed before.
  if (!holds.ok() || !*holds) co_return found.status();
  co_return absl::OkStatus();
}

Task<> OneLookService::AddSessions(Look* look) {
  inquiries::v1::ListInquiriesRequest request;
  request.set_shop(look->context.shop().str());
  request.set_conversation(look->conversation.str());
  server::CallScope scope = look->Within(deps_.part_ms);
  absl::StatusOr<inquiries::v1::ListInquiriesResponse> listed = co_await deps_.inquiries.Call(
      &InquiriesClient::Conversations::ListInquiries, std::move(scope), std::move(request));
  if (!look->Has("inquiries", listed) || listed->inquiries().empty()) co_return;
  v1::OneLook::Profile& profile = *look->answer.mutable_profile();
  profile.set_sessions(static_cast<uint32_t>(listed->inquiries_size()));
  *profile.mutable_last_contact_time() = listed->inquiries(0).open_time();
  *profile.mutable_first_contact_time() =
      listed->inquiries(listed->inquiries_size() - 1).open_time();
}

Task<> OneLookService::AddOrders(Look* look) {
  auto request = ListOf<orders::v1::ListOrdersRequest>(look->context, look->buyer);
  server::CallScope scope = look->Within(deps_.part_ms);
  auto listed = co_await deps_.services.Call<OrderService>(
      "orders", &Async<OrderService>::ListOrders, std::move(scope), std::move(request));
  if (look->Has("orders", listed)) look->answer.mutable_orders()->Swap(listed->mutable_orders());
}

Task<> OneLookService::AddShipments(Look* look) {
  auto request = ListOf<logistics::v1::ListShipmentsRequest>(look->context, look->buyer);
  server::CallScope scope = look->Within(deps_.part_ms);
  auto listed = co_await deps_.services.Call<ShipmentService>(
      "logistics", &Async<ShipmentService>::ListShipments, std::move(scope), std::move(request));
  if (look->Has("logistics", listed))
    look->answer.mutable_shipments()->Swap(listed->mutable_shipments());
}

Task<> OneLookService::AddCases(Look* look) {
  auto request = ListOf<after_sales::v1::ListCasesRequest>(look->context, look->buyer);
  server::CallScope scope = look->Within(deps_.part_ms);
  auto listed = co_await deps_.services.Call<CaseService>(
      "after_sales", &Async<CaseService>::ListCases, std::move(scope), std::move(request));
  if (look->Has("after_sales", listed)) look->answer.mutable_cases()->Swap(listed->mutable_cases());
}

Task<> OneLookService::AddEarlierSessions(Look* look) {
  // One more, for the open one is not among the earlier.
  auto request = ListOf<records::v1::ListSessionsRequest>(look->context, look->buyer, kMost + 1);
  // Whoever looks at the buyer sees colleagues' sessions, too, which agents alone may not list.
  request.clear_actor();
  server::CallScope scope = look->Within(deps_.part_ms);
  auto listed = co_await deps_.services.Call<RecordService>(
      "records", &Async<RecordService>::ListSessions, std::move(scope), std::move(request));
  if (!look->Has("records", listed)) co_return;
  for (records::v1::SessionRow& session : *listed->mutable_sessions()) {
    if (session.session() == look->open_session) continue;
    if (look->answer.earlier_sessions_size() == static_cast<int>(kMost)) break;
    *look->answer.add_earlier_sessions() = std::move(session);
  }
}

}  // namespace kefu::gateway
