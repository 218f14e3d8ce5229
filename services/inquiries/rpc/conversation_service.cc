#include "services/inquiries/rpc/conversation_service.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "services/common/base/status.h"
#include "services/inquiries/domain/content_rules.h"
#include "services/inquiries/rpc/content.h"

namespace kefu::inquiries::rpc {
namespace {

using common::v1::Sender;

constexpr uint32_t kDefaultPageSize = 100;
constexpr uint32_t kMaxPageSize = 500;
constexpr int kMaxHeads = 500;
constexpr size_t kMaxReason = 64;

// Kept back for the way home: an answer that comes with the deadline is not heard any more.
constexpr int64_t kHopMs = 50;

storage::Deadline DeadlineOf(const server::CallScope& scope) {
  return {scope.deadline_ms - std::min<int64_t>(kHopMs, scope.remaining_ms() / 2)};
}

storage::CallInfo InfoOf(const server::CallScope& scope) {
  return {scope.trace.traceparent, DeadlineOf(scope)};
}

absl::Status CheckSeq(std::string_view field, uint64_t seq) {
  if (seq < static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return absl::OkStatus();
  return InvalidField(field, "must be a position in the conversation");
}

// The conversation and who sends into it must fit together.
absl::Status CheckSender(const Sender& sender, const ConversationId& conversation) {
  KEFU_RETURN_IF_ERROR(CheckDisplayName("sender.display_name", sender.display_name()));
  switch (sender.kind()) {
    case Sender::KIND_BUYER:
      if (sender.id() == BuyerOf(conversation).str()) return absl::OkStatus();
      return InvalidField("sender.id", "must be the conversation's buyer");
    case Sender::KIND_AGENT:
      return AgentId::Parse(sender.id()).status();
    case Sender::KIND_SYSTEM:
      if (sender.id().empty()) return absl::OkStatus();
      return InvalidField("sender.id", "must be empty for the system");
    default:
      return InvalidField("sender.kind", "must be a buyer, an agent or the system");
  }
}

absl::Status CheckParticipant(const common::v1::Marks& marks, const ConversationId& conversation) {
  if (marks.party() == Sender::KIND_BUYER) {
    if (marks.participant() == BuyerOf(conversation).str()) return absl::OkStatus();
    return InvalidField("marks.participant", "must be the conversation's buyer");
  }
  if (marks.party() == Sender::KIND_AGENT) return AgentId::Parse(marks.participant()).status();
  return InvalidField("marks.party", "must be a buyer or an agent");
}

absl::Status CheckAside(const v1::AppendRequest& request) {
  const bool rating = request.content().has_rating();
  if (rating && !request.aside())
    return InvalidField("content.rating", "is no message; rate the session that has ended");
  if (!request.aside() || rating || request.content().has_note()) return absl::OkStatus();
  return InvalidField("aside",
                      "must be an internal note or a rating; whoever says more owns the session");
}

storage::NewEntry EntryOf(const v1::AppendRequest& request) {
  return {request.sender(), request.channel(), request.request_id(), request.content(),
          request.aside()};
}

storage::NewEntry EntryOf(const v1::OpenInquiryRequest& request) {
  storage::NewEntry entry;
  entry.sender.set_kind(Sender::KIND_BUYER);
  entry.sender.set_id(request.buyer());
  entry.sender.set_display_name(request.display_name());
  entry.channel = request.opening().channel();
  entry.request_id = request.request_id();
  entry.content = request.content();
  return entry;
}

}  // namespace

ConversationServiceImpl::ConversationServiceImpl(server::IoThreads& io,
                                                 storage::ConversationWriter& writer,
                                                 storage::ConversationReader& reader)
    : io_(io),
      writer_(writer),
      reader_(reader),
      append_streams_(io, [this](server::CallScope scope, const v1::AppendRequest& request,
                                 v1::AppendResponse& response) {
        return DoAppend(std::move(scope), request, response);
      }) {}

grpc::ServerBidiReactor<v1::AppendStreamRequest, v1::AppendStreamResponse>*
ConversationServiceImpl::AppendStream(grpc::CallbackServerContext*) {
  return append_streams_.Open();
}

Task<absl::Status> ConversationServiceImpl::DoOpen(server::CallScope scope,
                                                   const v1::OpenInquiryRequest& request,
                                                   v1::OpenInquiryResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const BuyerId buyer, BuyerId::Parse(request.buyer()));
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  KEFU_CO_RETURN_IF_ERROR(CheckDisplayName("display_name", request.display_name()));
  KEFU_CO_RETURN_IF_ERROR(CheckOpening(request.opening()));
  KEFU_CO_RETURN_IF_ERROR(CheckContent(request.content(), Sender::KIND_BUYER));
  if (request.content().has_recall())
    co_return InvalidField("content.recall", "a session begins with a message");
  storage::CallInfo info = InfoOf(scope);
  storage::NewEntry entry = EntryOf(request);
  auto opened =
      co_await writer_.Open(std::move(info), shop, buyer, std::move(entry), request.opening());
  KEFU_CO_RETURN_IF_ERROR(opened.status());
  co_return co_await AnswerOpened(shop, buyer, *std::move(opened), DeadlineOf(scope), response);
}

Task<absl::Status> ConversationServiceImpl::AnswerOpened(ShopId shop, BuyerId buyer,
                                                         storage::ConversationWriter::Opened opened,
                                                         storage::Deadline deadline,
                                                         v1::OpenInquiryResponse& response) {
  const storage::Written& written = opened.committed.written;
  response.set_store_epoch(written.store_epoch);
  if (opened.entry && opened.inquiry) {
    *response.mutable_entry() = *std::move(opened.entry);
    *response.mutable_inquiry() = *std::move(opened.inquiry);
    response.set_opened(written.opened);
    co_return absl::OkStatus();
  }
  // A request repeated after its entry went into the archive.
  const ConversationId conversation = ConversationOf(buyer);
  auto entry = co_await reader_.GetEntry(shop, conversation, written.entry->stored.seq,
                                         v1::AUDIENCE_BUYER, deadline);
  KEFU_CO_RETURN_IF_ERROR(entry.status());
  auto inquiries = co_await reader_.ListInquiries(shop, conversation, deadline);
  KEFU_CO_RETURN_IF_ERROR(inquiries.status());
  for (const v1::Inquiry& inquiry : inquiries->inquiries()) {
    if (inquiry.session() == entry->session()) *response.mutable_inquiry() = inquiry;
  }
  response.set_opened(response.inquiry().first_seq() == entry->seq());
  *response.mutable_entry() = *std::move(entry);
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationServiceImpl::DoAppend(server::CallScope scope,
                                                     const v1::AppendRequest& request,
                                                     v1::AppendResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation,
                           ConversationId::Parse(request.conversation()));
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  if (session.conversation() != conversation)
    co_return InvalidField("session", "must be of the conversation");
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  KEFU_CO_RETURN_IF_ERROR(CheckSender(request.sender(), conversation));
  KEFU_CO_RETURN_IF_ERROR(CheckContent(request.content(), request.sender().kind()));
  KEFU_CO_RETURN_IF_ERROR(CheckAside(request));
  storage::CallInfo info = InfoOf(scope);
  storage::NewEntry entry = EntryOf(request);
  auto appended =
      co_await writer_.Append(std::move(info), shop, session, request.fence(), std::move(entry));
  KEFU_CO_RETURN_IF_ERROR(appended.status());
  const storage::Written& written = appended->committed.written;
  response.set_store_epoch(written.store_epoch);
  response.set_duplicate(written.duplicate);
  if (appended->entry) {
    *response.mutable_entry() = *std::move(appended->entry);
    co_return absl::OkStatus();
  }
  const v1::Audience audience =
      request.sender().kind() == Sender::KIND_BUYER ? v1::AUDIENCE_BUYER : v1::AUDIENCE_STAFF;
  auto first = co_await reader_.GetEntry(shop, conversation, written.entry->stored.seq, audience,
                                         DeadlineOf(scope));
  KEFU_CO_RETURN_IF_ERROR(first.status());
  *response.mutable_entry() = *std::move(first);
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationServiceImpl::DoListEntries(server::CallScope scope,
                                                          const v1::ListEntriesRequest& request,
                                                          v1::ListEntriesResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation,
                           ConversationId::Parse(request.conversation()));
  KEFU_CO_RETURN_IF_ERROR(CheckSeq("after_seq", request.after_seq()));
  KEFU_CO_RETURN_IF_ERROR(CheckSeq("before_seq", request.before_seq()));
  if (request.audience() != v1::AUDIENCE_BUYER && request.audience() != v1::AUDIENCE_STAFF) {
    co_return InvalidField("audience", "must be the buyer or the staff");
  }
  storage::ConversationReader::Range range;
  range.audience = request.audience();
  range.after_seq = request.after_seq();
  range.before_seq = request.before_seq();
  range.limit =
      std::min(request.page_size() == 0 ? kDefaultPageSize : request.page_size(), kMaxPageSize);
  auto found = co_await reader_.ListEntries(shop, conversation, range, DeadlineOf(scope));
  KEFU_CO_RETURN_IF_ERROR(found.status());
  response = *std::move(found);
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationServiceImpl::DoBatchGetHeads(server::CallScope scope,
                                                            const v1::BatchGetHeadsRequest& request,
                                                            v1::BatchGetHeadsResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  if (request.conversations_size() > kMaxHeads) {
    co_return InvalidField("conversations", "must have at most 500 elements");
  }
  std::vector<std::string> conversations(request.conversations().begin(),
                                         request.conversations().end());
  auto heads = co_await reader_.GetHeads(shop, std::move(conversations), DeadlineOf(scope));
  KEFU_CO_RETURN_IF_ERROR(heads.status());
  response = *std::move(heads);
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationServiceImpl::DoMoveMarks(server::CallScope scope,
                                                        const v1::MoveMarksRequest& request,
                                                        v1::MoveMarksResponse& response) {
  const common::v1::Marks& marks = request.marks();
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation,
                           ConversationId::Parse(marks.conversation()));
  KEFU_CO_RETURN_IF_ERROR(CheckParticipant(marks, conversation));
  KEFU_CO_RETURN_IF_ERROR(CheckSeq("marks.delivered_seq", marks.delivered_seq()));
  KEFU_CO_RETURN_IF_ERROR(CheckSeq("marks.read_seq", marks.read_seq()));
  storage::MarksArguments arguments;
  arguments.party = marks.party();
  arguments.participant = marks.participant();
  arguments.delivered = marks.delivered_seq();
  arguments.read = marks.read_seq();
  storage::CallInfo info = InfoOf(scope);
  auto moved =
      co_await writer_.MoveMarks(std::move(info), shop, conversation, std::move(arguments));
  KEFU_CO_RETURN_IF_ERROR(moved.status());
  *response.mutable_marks() = *std::move(moved);
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationServiceImpl::DoRaiseFence(server::CallScope scope,
                                                         const v1::RaiseFenceRequest& request,
                                                         v1::RaiseFenceResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  if (!request.agent().empty()) KEFU_CO_RETURN_IF_ERROR(AgentId::Parse(request.agent()));
  KEFU_CO_RETURN_IF_ERROR(CheckDisplayName("agent_display_name", request.agent_display_name()));
  KEFU_CO_RETURN_IF_ERROR(CheckSeq("fence", request.fence()));
  if (request.fence() == 0) co_return InvalidField("fence", "must be at least 1");
  storage::ConversationWriter::NewOwner owner;
  owner.fence = request.fence();
  owner.agent = request.agent();
  owner.display_name = request.agent_display_name();
  storage::CallInfo info = InfoOf(scope);
  auto raised = co_await writer_.RaiseFence(std::move(info), shop, session, std::move(owner));
  KEFU_CO_RETURN_IF_ERROR(raised.status());
  response = *std::move(raised);
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationServiceImpl::DoClose(server::CallScope scope,
                                                    const v1::CloseInquiryRequest& request,
                                                    v1::CloseInquiryResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  KEFU_CO_RETURN_IF_ERROR(CheckSeq("last_seen_seq", request.last_seen_seq()));
  KEFU_CO_RETURN_IF_ERROR(CheckSeq("fence", request.fence()));
  if (!request.agent().empty()) KEFU_CO_RETURN_IF_ERROR(AgentId::Parse(request.agent()));
  if (request.fence() != 0 && request.agent().empty()) {
    co_return InvalidField("agent", "must be named with its fence");
  }
  KEFU_CO_RETURN_IF_ERROR(domain::CheckText("reason", request.reason(), kMaxReason));
  storage::CallInfo info = InfoOf(scope);
  auto closed = co_await writer_.Close(std::move(info), shop, session, request);
  KEFU_CO_RETURN_IF_ERROR(closed.status());
  *response.mutable_inquiry() = *std::move(closed);
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationServiceImpl::DoReopen(server::CallScope scope,
                                                     const v1::ReopenInquiryRequest& request,
                                                     v1::ReopenInquiryResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const SessionId session, SessionId::Parse(request.session()));
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  storage::CallInfo info = InfoOf(scope);
  auto reopened = co_await writer_.Reopen(std::move(info), shop, session, request.request_id());
  KEFU_CO_RETURN_IF_ERROR(reopened.status());
  *response.mutable_inquiry() = *std::move(reopened);
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationServiceImpl::DoGetConversation(
    server::CallScope scope, const v1::GetConversationRequest& request,
    v1::Conversation& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation,
                           ConversationId::Parse(request.conversation()));
  auto found = co_await reader_.GetConversation(shop, conversation, DeadlineOf(scope));
  KEFU_CO_RETURN_IF_ERROR(found.status());
  response = *std::move(found);
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationServiceImpl::DoListInquiries(server::CallScope scope,
                                                            const v1::ListInquiriesRequest& request,
                                                            v1::ListInquiriesResponse& response) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId conversation,
                           ConversationId::Parse(request.conversation()));
  auto found = co_await reader_.ListInquiries(shop, conversation, DeadlineOf(scope));
  KEFU_CO_RETURN_IF_ERROR(found.status());
  response = *std::move(found);
  co_return absl::OkStatus();
}

Task<absl::Status> ConversationServiceImpl::DoLink(server::CallScope scope,
                                                   const v1::LinkConversationRequest& request,
                                                   v1::LinkConversationResponse&) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId from,
                           ConversationId::Parse(request.conversation()));
  KEFU_CO_ASSIGN_OR_RETURN(const ConversationId to, ConversationId::Parse(request.continued_in()));
  if (from == to) co_return InvalidField("continued_in", "must be another conversation");
  storage::CallInfo info = InfoOf(scope);
  co_return co_await writer_.Link(std::move(info), shop, from, to);
}

Task<absl::Status> ConversationServiceImpl::DoErase(server::CallScope scope,
                                                    const v1::EraseBuyerRequest& request,
                                                    v1::EraseBuyerResponse&) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  KEFU_CO_ASSIGN_OR_RETURN(const BuyerId buyer, BuyerId::Parse(request.buyer()));
  storage::CallInfo info = InfoOf(scope);
  co_return co_await writer_.EraseBuyer(std::move(info), shop, buyer, request.request_id());
}

// The methods of the generated class, each starting its coroutine.
#define KEFU_UNARY(Method, Request, Response, handler)                                            \
  grpc::ServerUnaryReactor* ConversationServiceImpl::Method(                                      \
      grpc::CallbackServerContext* context, const v1::Request* request, v1::Response* response) { \
    return Start(context, &ConversationServiceImpl::handler, request, response);                  \
  }
KEFU_UNARY(OpenInquiry, OpenInquiryRequest, OpenInquiryResponse, DoOpen)
KEFU_UNARY(Append, AppendRequest, AppendResponse, DoAppend)
KEFU_UNARY(ListEntries, ListEntriesRequest, ListEntriesResponse, DoListEntries)
KEFU_UNARY(BatchGetHeads, BatchGetHeadsRequest, BatchGetHeadsResponse, DoBatchGetHeads)
KEFU_UNARY(MoveMarks, MoveMarksRequest, MoveMarksResponse, DoMoveMarks)
KEFU_UNARY(RaiseFence, RaiseFenceRequest, RaiseFenceResponse, DoRaiseFence)
KEFU_UNARY(CloseInquiry, CloseInquiryRequest, CloseInquiryResponse, DoClose)
KEFU_UNARY(ReopenInquiry, ReopenInquiryRequest, ReopenInquiryResponse, DoReopen)
KEFU_UNARY(GetConversation, GetConversationRequest, Conversation, DoGetConversation)
KEFU_UNARY(ListInquiries, ListInquiriesRequest, ListInquiriesResponse, DoListInquiries)
KEFU_UNARY(LinkConversation, LinkConversationRequest, LinkConversationResponse, DoLink)
KEFU_UNARY(EraseBuyer, EraseBuyerRequest, EraseBuyerResponse, DoErase)
#undef KEFU_UNARY

}  // namespace kefu::inquiries::rpc
