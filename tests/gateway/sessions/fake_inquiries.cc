#include "tests/gateway/sessions/fake_inquiries.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

#include "services/common/base/status.h"
#include "services/common/server/unary.h"

namespace kefu::gateway::sessions::test {
namespace {

using inquiries::v1::Inquiry;

grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(server::ToGrpcStatus(status));
  return reactor;
}

}  // namespace

FakeInquiries::FakeInquiries(const SessionId& session) {
  conversation_.set_conversation(session.conversation().str());
  conversation_.set_head_seq(1);
  Inquiry& inquiry = *conversation_.mutable_inquiry();
  inquiry.set_session(session.str());
  inquiry.set_conversation(session.conversation().str());
  inquiry.set_state(Inquiry::STATE_OPEN);
  inquiry.mutable_opening()->set_language("zh-CN");
  inquiry.mutable_opening()->set_channel(common::v1::CHANNEL_WIDGET);
  server_ = server::GrpcServer::Start("127.0.0.1:0", {this}).value();
  client_ = std::make_unique<InquiriesClient>(
      std::vector<server::ChannelPtr>{server::NewChannel(server_->address())});
}

FakeInquiries::~FakeInquiries() {
  client_.reset();
  server_.reset();
}

Inquiry FakeInquiries::inquiry() {
  absl::MutexLock lock(&mutex_);
  return conversation_.inquiry();
}

void FakeInquiries::Change(const std::function<void(Inquiry&)>& change) {
  absl::MutexLock lock(&mutex_);
  change(*conversation_.mutable_inquiry());
}

void FakeInquiries::BuyerWrites(TimePoint at) {
  absl::MutexLock lock(&mutex_);
  common::v1::Entry entry;
  conversation_.set_head_seq(conversation_.head_seq() + 1);
  entry.set_seq(conversation_.head_seq());
  entry.mutable_sender()->set_kind(common::v1::Sender::KIND_BUYER);
  *entry.mutable_create_time() = google::protobuf::util::TimeUtil::MillisecondsToTimestamp(at.ms);
  entries_.push_back(std::move(entry));
}

void FakeInquiries::SetEarlier(std::vector<Inquiry> earlier) {
  absl::MutexLock lock(&mutex_);
  earlier_ = std::move(earlier);
}

std::map<std::string, std::string> FakeInquiries::said() {
  absl::MutexLock lock(&mutex_);
  return said_;
}

int FakeInquiries::lists() {
  absl::MutexLock lock(&mutex_);
  return lists_;
}

grpc::ServerUnaryReactor* FakeInquiries::GetConversation(
    grpc::CallbackServerContext* context, const inquiries::v1::GetConversationRequest*,
    inquiries::v1::Conversation* response) {
  absl::MutexLock lock(&mutex_);
  *response = conversation_;
  return Answer(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* FakeInquiries::ListInquiries(
    grpc::CallbackServerContext* context, const inquiries::v1::ListInquiriesRequest*,
    inquiries::v1::ListInquiriesResponse* response) {
  absl::MutexLock lock(&mutex_);
  ++lists_;
  *response->add_inquiries() = conversation_.inquiry();
  for (const Inquiry& one : earlier_) *response->add_inquiries() = one;
  return Answer(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* FakeInquiries::ListEntries(grpc::CallbackServerContext* context,
                                                     const inquiries::v1::ListEntriesRequest*,
                                                     inquiries::v1::ListEntriesResponse* response) {
  absl::MutexLock lock(&mutex_);
  for (const common::v1::Entry& entry : entries_) *response->add_entries() = entry;
  return Answer(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* FakeInquiries::Append(grpc::CallbackServerContext* context,
                                                const inquiries::v1::AppendRequest* request,
                                                inquiries::v1::AppendResponse*) {
  absl::MutexLock lock(&mutex_);
  if (conversation_.inquiry().state() != Inquiry::STATE_OPEN) {
    return Answer(context,
                  Error(absl::StatusCode::kFailedPrecondition, "SESSION_CLOSED", "It is closed."));
  }
  const auto& parameters = request->content().system().parameters();
  const bool parked = request->content().system().kind() == common::v1::SystemLine::KIND_PARKED;
  said_.emplace(request->request_id(), parameters.at(parked ? "reason" : "occasion"));
  return Answer(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* FakeInquiries::CloseInquiry(
    grpc::CallbackServerContext* context, const inquiries::v1::CloseInquiryRequest* request,
    inquiries::v1::CloseInquiryResponse* response) {
  absl::MutexLock lock(&mutex_);
  if (request->last_seen_seq() < conversation_.head_seq()) {
    return Answer(context,
                  Error(absl::StatusCode::kAborted, "NEWER_BUYER_ENTRY", "The buyer wrote."));
  }
  conversation_.mutable_inquiry()->set_state(Inquiry::STATE_CLOSED);
  conversation_.mutable_inquiry()->set_close_reason(request->reason());
  *response->mutable_inquiry() = conversation_.inquiry();
  return Answer(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* FakeInquiries::RaiseFence(grpc::CallbackServerContext* context,
                                                    const inquiries::v1::RaiseFenceRequest*,
                                                    inquiries::v1::RaiseFenceResponse*) {
  return Answer(context, absl::OkStatus());
}

}  // namespace kefu::gateway::sessions::test
