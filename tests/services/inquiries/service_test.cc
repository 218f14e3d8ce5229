// The whole service in one process, called over gRPC.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "proto/kefu/inquiries/v1/service.grpc.pb.h"
#include "services/common/base/status.h"
#include "services/common/server/unary.h"
#include "services/inquiries/bind.h"
#include "tests/services/inquiries/support/stack.h"

namespace kefu::inquiries {
namespace {

using common::v1::Sender;
using testing::HasSubstr;

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    redis_.LoadFunctions("inquiries", /*for_tests=*/false);
    config_.listen = "127.0.0.1:0";
    config_.redis.address = redis_.address();
    config_.events_bind = "tcp://127.0.0.1:*";
    config_.blobs_folder = folder_.path;
    config_.master_keys = *seal::MasterKeys::Parse("k1 " + std::string(64, 'a'));
    Start();
  }
  ~ServiceTest() override { Stop(); }

  void Start() {
    absl::StatusOr<std::unique_ptr<server::Service>> bound = Bind(config_, metrics_);
    ASSERT_TRUE(bound.ok()) << bound.status();
    service_ = *std::move(bound);
    const auto channel =
        grpc::CreateChannel(service_->Addresses()["grpc"], grpc::InsecureChannelCredentials());
    stub_ = v1::ConversationService::NewStub(channel);
    events_ = events::v1::EventLogService::NewStub(channel);
    while (!service_->NotReady().empty()) std::this_thread::yield();
  }
  void Stop() {
    if (!service_) return;
    service_->Drain();
    service_->Stop();
    service_.reset();
  }

  template <class Stub, class Request, class Response>
  absl::Status Call(Stub& stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    const grpc::Status status = (stub.*method)(&context, request, response);
    return server::FromGrpcStatus(status, context);
  }

  v1::OpenInquiryRequest Opening(const std::string& id = "request-1") const {
    v1::OpenInquiryRequest request;
    request.set_shop("demo");
    request.set_buyer(buyer_.str());
    request.set_display_name("小王");
    request.set_request_id(id);
    request.mutable_opening()->set_channel(common::v1::CHANNEL_WIDGET);
    request.mutable_content()->mutable_text()->set_body("在吗？");
    return request;
  }
  v1::AppendRequest FromBuyer(const std::string& id) const {
    v1::AppendRequest request;
    request.set_shop("demo");
    request.set_conversation(conversation_.str());
    request.set_session(session_.str());
    request.mutable_sender()->set_kind(Sender::KIND_BUYER);
    request.mutable_sender()->set_id(buyer_.str());
    request.set_request_id(id);
    request.mutable_content()->mutable_text()->set_body("hello");
    return request;
  }
  absl::Status Open() {
    v1::OpenInquiryResponse response;
    return Call(*stub_, &Stub::OpenInquiry, Opening(), &response);
  }
  // The reason with which an append is refused, and for an invalid field its name.
  std::string Refused(const std::function<void(v1::AppendRequest&)>& change) {
    v1::AppendRequest request = FromBuyer("request-9");
    change(request);
    v1::AppendResponse response;
    const absl::Status status = Call(*stub_, &Stub::Append, request, &response);
    if (status.ok()) return "accepted";
    EXPECT_FALSE(status.message().empty());
    const auto violations = FieldViolationsOf(status);
    return violations.empty() ? ErrorReason(status) : violations[0].field;
  }

  using Stub = v1::ConversationService::Stub;
  test::TemporaryFolder folder_;
  kefu::test::RedisServer redis_;
  Config config_;
  metrics::Metrics metrics_;
  std::unique_ptr<server::Service> service_;
  std::unique_ptr<Stub> stub_;
  std::unique_ptr<events::v1::EventLogService::Stub> events_;
  const BuyerId buyer_ = BuyerId::New();
  const ConversationId conversation_ = ConversationOf(buyer_);
  const SessionId session_{conversation_, 1};
  const AgentId agent_ = AgentId::New();
};

TEST_F(ServiceTest, ASessionLivesThroughAllItsCalls) {
  v1::OpenInquiryResponse opened;
  ASSERT_TRUE(Call(*stub_, &Stub::OpenInquiry, Opening(), &opened).ok());
  EXPECT_TRUE(opened.opened());
  EXPECT_EQ(opened.inquiry().session(), session_.str());
  EXPECT_EQ(opened.store_epoch(), 1u);

  v1::RaiseFenceRequest fence;
  fence.set_shop("demo");
  fence.set_session(session_.str());
  fence.set_fence(1);
  fence.set_agent(agent_.str());
  fence.set_agent_display_name("Ada");
  v1::RaiseFenceResponse raised;
  ASSERT_TRUE(Call(*stub_, &Stub::RaiseFence, fence, &raised).ok());
  EXPECT_EQ(raised.entry().seq(), 2u);

  v1::AppendRequest reply = FromBuyer("reply-0001");
  reply.mutable_sender()->set_kind(Sender::KIND_AGENT);
  reply.mutable_sender()->set_id(agent_.str());
  reply.set_fence(1);
  v1::AppendResponse appended;
  ASSERT_TRUE(Call(*stub_, &Stub::Append, reply, &appended).ok());
  EXPECT_EQ(appended.entry().seq(), 3u);
  ASSERT_TRUE(Call(*stub_, &Stub::Append, reply, &appended).ok());
  EXPECT_TRUE(appended.duplicate());

  v1::MoveMarksRequest marks;
  marks.set_shop("demo");
  marks.mutable_marks()->set_conversation(conversation_.str());
  marks.mutable_marks()->set_party(Sender::KIND_BUYER);
  marks.mutable_marks()->set_participant(buyer_.str());
  marks.mutable_marks()->set_read_seq(3);
  v1::MoveMarksResponse moved;
  ASSERT_TRUE(Call(*stub_, &Stub::MoveMarks, marks, &moved).ok());
  EXPECT_EQ(moved.marks().delivered_seq(), 3u);

  v1::CloseInquiryRequest close;
  close.set_shop("demo");
  close.set_session(session_.str());
  close.set_request_id("close-001");
  close.set_fence(1);
  close.set_agent(agent_.str());
  close.set_last_seen_seq(3);
  close.set_reason("solved");
  v1::CloseInquiryResponse closed;
  ASSERT_TRUE(Call(*stub_, &Stub::CloseInquiry, close, &closed).ok());
  EXPECT_EQ(closed.inquiry().state(), v1::Inquiry::STATE_CLOSED);
  EXPECT_EQ(Refused([](v1::AppendRequest&) {}), "SESSION_CLOSED");

  v1::ReopenInquiryRequest reopen;
  reopen.set_shop("demo");
  reopen.set_session(session_.str());
  reopen.set_request_id("reopen-1");
  v1::ReopenInquiryResponse reopened;
  ASSERT_TRUE(Call(*stub_, &Stub::ReopenInquiry, reopen, &reopened).ok());
  EXPECT_EQ(reopened.inquiry().reopened(), 1u);

  v1::ListEntriesRequest list;
  list.set_shop("demo");
  list.set_conversation(conversation_.str());
  list.set_audience(v1::AUDIENCE_BUYER);
  v1::ListEntriesResponse entries;
  ASSERT_TRUE(Call(*stub_, &Stub::ListEntries, list, &entries).ok());
  EXPECT_EQ(entries.entries_size(), 5);

  events::v1::ReadRequest read;
  read.set_shop("demo");
  events::v1::ReadResponse log;
  ASSERT_TRUE(Call(*events_, &events::v1::EventLogService::Stub::Read, read, &log).ok());
  EXPECT_EQ(log.envelopes_size(), 9);
  EXPECT_EQ(log.next_seq(), log.head_seq());
}

TEST_F(ServiceTest, WhatIsWrongIsNamed) {
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Refused([](auto& r) { r.set_shop("De mo"); }), "shop");
  EXPECT_EQ(Refused([](auto& r) { r.set_conversation("c_x"); }), "conversation");
  EXPECT_EQ(Refused([](auto& r) { r.set_session("s_x_1"); }), "session");
  EXPECT_EQ(Refused([](auto& r) { r.set_session(SessionId(ConversationId::New(), 1).str()); }),
            "session");
  EXPECT_EQ(Refused([](auto& r) { r.set_request_id("short"); }), "request_id");
  EXPECT_EQ(Refused([](auto& r) { r.mutable_sender()->set_id(BuyerId::New().str()); }),
            "sender.id");
  EXPECT_EQ(Refused([](auto& r) { r.mutable_sender()->clear_kind(); }), "sender.kind");
  EXPECT_EQ(Refused([](auto& r) { r.mutable_content()->mutable_note()->set_body("x"); }),
            "content.note");
  EXPECT_EQ(Refused([](auto& r) { r.clear_content(); }), "content");
  EXPECT_EQ(Refused([this](auto& r) { r.set_session(SessionId(conversation_, 2).str()); }),
            "NO_SUCH_SESSION");
  EXPECT_EQ(Refused([](auto& r) { r.set_shop("other"); }), "NO_SUCH_CONVERSATION");
  EXPECT_EQ(Refused([](auto& r) { r.mutable_content()->set_quoted_seq(2); }), "NO_SUCH_ENTRY");
  EXPECT_EQ(Refused([this](auto& r) {
              r.mutable_sender()->set_kind(Sender::KIND_AGENT);
              r.mutable_sender()->set_id(agent_.str());
            }),
            "STALE_FENCE");
  EXPECT_EQ(Refused([](auto& r) { r.set_aside(true); }), "aside");
  EXPECT_EQ(Refused([](auto& r) { r.mutable_content()->mutable_rating()->set_stars(4); }),
            "content.rating");
  EXPECT_EQ(Refused([](auto& r) {
              r.set_aside(true);
              r.set_request_id("rating-1");
              r.mutable_content()->mutable_rating()->set_stars(4);
            }),
            "accepted");
  EXPECT_EQ(Refused([this](auto& r) {
              r.set_aside(true);
              r.mutable_sender()->set_kind(Sender::KIND_AGENT);
              r.mutable_sender()->set_id(agent_.str());
              r.mutable_content()->mutable_note()->set_body("by the way");
            }),
            "accepted");
  EXPECT_EQ(Refused([](auto&) {}), "accepted");
}

TEST_F(ServiceTest, AConversationLinksOnceAndNotToItself) {
  ASSERT_TRUE(Open().ok());
  v1::LinkConversationRequest link;
  link.set_shop("demo");
  link.set_request_id("link-0001");
  link.set_conversation(conversation_.str());
  link.set_continued_in(conversation_.str());
  v1::LinkConversationResponse response;
  EXPECT_EQ(FieldViolationsOf(Call(*stub_, &Stub::LinkConversation, link, &response))[0].field,
            "continued_in");
  const std::string other = ConversationId::New().str();
  link.set_continued_in(other);
  EXPECT_TRUE(Call(*stub_, &Stub::LinkConversation, link, &response).ok());
  EXPECT_TRUE(Call(*stub_, &Stub::LinkConversation, link, &response).ok());
  v1::GetConversationRequest get;
  get.set_shop("demo");
  get.set_conversation(conversation_.str());
  v1::Conversation conversation;
  ASSERT_TRUE(Call(*stub_, &Stub::GetConversation, get, &conversation).ok());
  EXPECT_EQ(conversation.continued_in(), other);
}

TEST_F(ServiceTest, AReplacedProcessGoesOnWhereItsPredecessorEnded) {
  ASSERT_TRUE(Open().ok());
  Stop();
  Start();
  v1::AppendResponse response;
  ASSERT_TRUE(Call(*stub_, &Stub::Append, FromBuyer("request-2"), &response).ok());
  EXPECT_EQ(response.entry().seq(), 2u);
  EXPECT_EQ(response.entry().prev_seq(), 1u);
}

TEST_F(ServiceTest, AClosedConversationGoesIntoTheArchiveByItselfAndComesBackFromThere) {
  Stop();
  config_.archive_after_ms = 0;
  config_.sweep_interval_ms = 100;
  Start();
  ASSERT_TRUE(Open().ok());
  v1::CloseInquiryRequest close;
  close.set_shop("demo");
  close.set_session(session_.str());
  close.set_request_id("close-001");
  close.set_last_seen_seq(1);
  v1::CloseInquiryResponse closed;
  ASSERT_TRUE(Call(*stub_, &Stub::CloseInquiry, close, &closed).ok());
  while (metrics_.Render().find("kefu_inquiries_archived_total 1") == std::string::npos) {
    std::this_thread::yield();
  }
  v1::ListEntriesRequest list;
  list.set_shop("demo");
  list.set_conversation(conversation_.str());
  list.set_audience(v1::AUDIENCE_BUYER);
  v1::ListEntriesResponse entries;
  ASSERT_TRUE(Call(*stub_, &Stub::ListEntries, list, &entries).ok());
  ASSERT_EQ(entries.entries_size(), 2);
  EXPECT_EQ(entries.entries(0).content().text().body(), "在吗？");

  // Requests from before are recognised, though what they wrote lies in the archive.
  v1::OpenInquiryResponse again;
  ASSERT_TRUE(Call(*stub_, &Stub::OpenInquiry, Opening(), &again).ok());
  EXPECT_TRUE(again.opened());
  EXPECT_EQ(again.entry().SerializeAsString(), entries.entries(0).SerializeAsString());
  EXPECT_EQ(again.inquiry().state(), v1::Inquiry::STATE_CLOSED);
}

TEST_F(ServiceTest, ItIsNotReadyWithoutItsStoreAndSaysWhy) {
  redis_.Kill();
  while (service_->NotReady().empty()) std::this_thread::yield();
  EXPECT_THAT(service_->NotReady(), HasSubstr("store"));
  v1::OpenInquiryResponse response;
  const absl::Status status = Call(*stub_, &Stub::OpenInquiry, Opening(), &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  redis_.Start();
  while (!service_->NotReady().empty()) std::this_thread::yield();
}

TEST_F(ServiceTest, TheNamesOfItsMetricsStay) {
  ASSERT_TRUE(Open().ok());
  const std::string text = metrics_.Render();
  for (const char* name :
       {"kefu_inquiries_entries_total{sender=\"buyer\"} 1",
        "kefu_inquiries_entries_total{sender=\"agent\"} 0",
        "kefu_inquiries_entries_total{sender=\"system\"} 0", "kefu_inquiries_duplicates_total 0",
        "kefu_inquiries_commit_seconds_count", "kefu_inquiries_notices_total 2",
        "kefu_inquiries_archived_total 0", "kefu_inquiries_archived_entries_total 0"}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
}

TEST_F(ServiceTest, AnAddressInUseIsAnError) {
  Config second = config_;
  second.listen = service_->Addresses()["grpc"];
  EXPECT_EQ(ErrorReason(Bind(second, metrics_).status()), "CANNOT_LISTEN");
}

}  // namespace
}  // namespace kefu::inquiries
