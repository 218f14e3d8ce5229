#include "services/inquiries/rpc/append_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "services/common/base/async.h"
#include "services/common/base/status.h"
#include "services/common/server/channels.h"
#include "services/common/server/grpc_server.h"

namespace kefu::inquiries::rpc {
namespace {

using testing::Contains;
using testing::ElementsAre;

// A request id "late…" is answered after the others, "bad…" is refused.
Task<absl::Status> Carried(server::CallScope scope, const v1::AppendRequest& request,
                           v1::AppendResponse& response) {
  if (request.request_id().starts_with("late")) co_await SleepMs(200);
  if (request.request_id().starts_with("bad"))
    co_return Error(absl::StatusCode::kAborted, "STALE_FENCE", "No.", {{"fence", "7"}});
  response.mutable_entry()->set_request_id(request.request_id());
  response.set_store_epoch(scope.remaining_ms() > 0 ? 1 : 0);
  co_return absl::OkStatus();
}

class Conversations final : public v1::ConversationService::CallbackService {
 public:
  explicit Conversations(server::IoThreads& io) : streams(io, Carried) {}
  grpc::ServerBidiReactor<v1::AppendStreamRequest, v1::AppendStreamResponse>* AppendStream(
      grpc::CallbackServerContext*) override {
    return streams.Open();
  }
  AppendStreams streams;
};

class AppendStreamTest : public testing::Test {
 protected:
  AppendStreamTest() {
    auto server = server::GrpcServer::Start("127.0.0.1:0", {&conversations_});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = v1::ConversationService::NewStub(server::NewChannel(server_->address()));
    stream_ = stub_->AppendStream(&context_);
  }

  void Send(const std::vector<std::string>& request_ids) {
    v1::AppendStreamRequest batch;
    for (const std::string& request_id : request_ids) {
      v1::AppendItem& item = *batch.add_items();
      item.set_call(++last_call_);
      item.set_remaining_ms(1000);
      item.mutable_append()->set_request_id(request_id);
    }
    ASSERT_TRUE(stream_->Write(batch));
  }

  // Calls in the order in which they were answered.
  std::vector<uint64_t> Receive(size_t count) {
    std::vector<uint64_t> calls;
    v1::AppendStreamResponse read;
    while (calls.size() < count && stream_->Read(&read)) {
      for (v1::AppendResult& result : *read.mutable_results()) {
        calls.push_back(result.call());
        results_[result.call()] = std::move(result);
      }
    }
    return calls;
  }

  server::IoThreads io_{2};
  Conversations conversations_{io_};
  std::unique_ptr<server::GrpcServer> server_;
  std::unique_ptr<v1::ConversationService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AppendStreamRequest, v1::AppendStreamResponse>>
      stream_;
  std::map<uint64_t, v1::AppendResult> results_;
  uint64_t last_call_ = 0;
};

TEST_F(AppendStreamTest, AnswersComeAsTheyAreReadyNotInOrder) {
  Send({"late", "soon"});
  EXPECT_THAT(Receive(2), ElementsAre(2, 1));
  EXPECT_EQ(results_[1].response().entry().request_id(), "late");
  EXPECT_EQ(results_[1].response().store_epoch(), 1u);
}

TEST_F(AppendStreamTest, ARefusalIsAResultLikeAnyOther) {
  Send({"good", "bad", "good too"});
  Receive(3);
  EXPECT_TRUE(results_[1].has_response());
  EXPECT_TRUE(results_[3].has_response());
  const v1::AppendFailure& failure = results_[2].failure();
  const absl::Status status = DecodeRpcStatus(static_cast<absl::StatusCode>(failure.code()),
                                              failure.message(), failure.details());
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_EQ(ErrorReason(status), "STALE_FENCE");
}

TEST_F(AppendStreamTest, AClientThatHasSaidAllGetsAllAnswersAndAnOrderlyEnd) {
  for (int i = 0; i < 50; ++i) Send({"late", "a", "b"});
  ASSERT_TRUE(stream_->WritesDone());
  EXPECT_EQ(Receive(1000).size(), 150u);
  EXPECT_TRUE(stream_->Finish().ok());
}

TEST_F(AppendStreamTest, MoreThanAreCarriedOutAtOnceAreAnsweredAll) {
  std::thread sending([this] {
    for (int i = 0; i < 60; ++i) Send(std::vector<std::string>(100, "late"));
    stream_->WritesDone();
  });
  EXPECT_EQ(Receive(10'000).size(), 6000u);
  sending.join();
  EXPECT_TRUE(stream_->Finish().ok());
}

TEST_F(AppendStreamTest, EndingAnswersWhatWasReadAndTakesNoNewStream) {
  Send({"late", "soon"});
  EXPECT_THAT(Receive(1), ElementsAre(2));
  conversations_.streams.End();
  EXPECT_THAT(Receive(2), ElementsAre(1));
  EXPECT_TRUE(stream_->Finish().ok());
  grpc::ClientContext context;
  const auto another = stub_->AppendStream(&context);
  v1::AppendStreamResponse none;
  EXPECT_FALSE(another->Read(&none));
  EXPECT_TRUE(another->Finish().ok());
  server_->Drain();  // at once, for nothing is open
}

TEST_F(AppendStreamTest, AClientThatIsGoneHoldsNothingUp) {
  Send({"late", "late"});
  context_.TryCancel();
  EXPECT_EQ(stream_->Finish().error_code(), grpc::StatusCode::CANCELLED);
  server_->Drain();
}

}  // namespace
}  // namespace kefu::inquiries::rpc
