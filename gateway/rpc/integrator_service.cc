#include "gateway/rpc/integrator_service.h"

#include <utility>

#include "gateway/rpc/content_rules.h"
#include "gateway/rpc/methods.h"
#include "services/common/base/status.h"

namespace kefu::gateway {

void IntegratorService::Register(Registry& registry) {
  Methods<IntegratorService>(registry, "kefu.gateway.v1.IntegratorService", this)
      .Unary("OpenSession", &IntegratorService::OpenSession)
      .Unary("PostNotice", &IntegratorService::PostNotice);
}

Task<absl::StatusOr<v1::IntegratorOpenSessionResponse>> IntegratorService::OpenSession(
    CallContext context, v1::IntegratorOpenSessionRequest request) {
  KEFU_CO_RETURN_IF_ERROR(CheckBuyerContent(request.content()));
  absl::StatusOr<BuyerId> buyer = co_await buyer_id_of_(context.shop(), request.external_id());
  if (!buyer.ok()) co_return buyer.status();
  inquiries::v1::OpenInquiryRequest open;
  open.set_shop(context.shop().str());
  open.set_buyer(buyer->str());
  open.set_display_name(request.display_name());
  open.set_request_id(request.request_id());
  *open.mutable_opening() = std::move(*request.mutable_opening());
  if (open.opening().channel() == common::v1::CHANNEL_UNSPECIFIED) {
    open.mutable_opening()->set_channel(common::v1::CHANNEL_PLATFORM);
  }
  *open.mutable_content() = std::move(*request.mutable_content());
  const absl::StatusOr<sessions::OpenedSession> opened =
      co_await parts_.flow.Open(context.scope, std::move(open));
  if (!opened.ok()) co_return opened.status();
  v1::IntegratorOpenSessionResponse response;
  response.set_session(opened->inquiry.inquiry().session());
  response.set_conversation(opened->inquiry.inquiry().conversation());
  response.set_seq(opened->inquiry.entry().seq());
  co_return response;
}

Task<absl::StatusOr<v1::PostNoticeResponse>> IntegratorService::PostNotice(
    CallContext context, v1::PostNoticeRequest request) {
  KEFU_CO_RETURN_IF_ERROR(CheckIntegratorContent(request.content()));
  absl::StatusOr<BuyerId> buyer = co_await buyer_id_of_(context.shop(), request.external_id());
  if (!buyer.ok()) co_return buyer.status();
  inquiries::v1::GetConversationRequest get;
  get.set_shop(context.shop().str());
  get.set_conversation(ConversationOf(*buyer).str());
  absl::StatusOr<inquiries::v1::Conversation> conversation = co_await parts_.inquiries.Call(
      &InquiriesClient::Conversations::GetConversation, context.scope, std::move(get));
  if (!conversation.ok()) co_return conversation.status();
  inquiries::v1::AppendRequest append;
  append.set_shop(context.shop().str());
  append.set_conversation(conversation->conversation());
  append.set_session(conversation->inquiry().session());
  append.mutable_sender()->set_kind(common::v1::Sender::KIND_SYSTEM);
  append.set_request_id(request.request_id());
  append.set_channel(common::v1::CHANNEL_PLATFORM);
  *append.mutable_content() = std::move(*request.mutable_content());
  absl::StatusOr<inquiries::v1::AppendResponse> appended =
      co_await parts_.inquiries.Append(context.scope, std::move(append));
  if (!appended.ok()) co_return appended.status();
  v1::PostNoticeResponse response;
  response.set_seq(appended->entry().seq());
  co_return response;
}

}  // namespace kefu::gateway
