#include "gateway/upstream/append_link.h"

#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/upstream/inquiries_client.h"
#include "services/common/base/status.h"
#include "services/common/server/grpc_server.h"
#include "services/common/server/io_threads.h"

namespace kefu::gateway {
namespace {

using inquiries::v1::AppendItem;
using inquiries::v1::AppendRequest;
using inquiries::v1::AppendResponse;
using inquiries::v1::AppendResult;
using inquiries::v1::AppendStreamRequest;
using inquiries::v1::AppendStreamResponse;
using inquiries::v1::ConversationService;
using Answer = absl::StatusOr<AppendResponse>;

// What a replica does with an item.
struct Verdict {
  std::optional<AppendResult> result;
  // Ends the stream before it answers.
  bool breaks = false;
};
using Judge = std::function<Verdict(const AppendItem&)>;

Verdict Accepted(const AppendItem& item) {
  AppendResult result;
  result.set_call(item.call());
  result.mutable_response()->mutable_entry()->set_request_id(item.append().request_id());
  return {.result = result};
}

// Answers as its judge says, one message for one.
class Replica final : public ConversationService::CallbackService {
 public:
  explicit Replica(Judge judge) : judge_(std::move(judge)) {
    auto server = server::GrpcServer::Start("127.0.0.1:0", {this});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  // Its clients have been stopped.
  ~Replica() override { server_.reset(); }

  server::ChannelPtr Channel() { return server::NewChannel(server_->address()); }
  int streams() {
    absl::MutexLock lock(&mutex_);
    return streams_;
  }
  std::vector<AppendItem> items() {
    absl::MutexLock lock(&mutex_);
    return items_;
  }
  int messages() {
    absl::MutexLock lock(&mutex_);
    return messages_;
  }

  grpc::ServerBidiReactor<AppendStreamRequest, AppendStreamResponse>* AppendStream(
      grpc::CallbackServerContext*) override {
    absl::MutexLock lock(&mutex_);
    ++streams_;
    return new Reactor(*this);
  }

 private:
  class Reactor final : public grpc::ServerBidiReactor<AppendStreamRequest, AppendStreamResponse> {
   public:
    explicit Reactor(Replica& replica) : replica_(replica) { StartRead(&read_); }
    void OnReadDone(bool ok) override {
      if (!ok) return Finish(grpc::Status::OK);
      const std::optional<AppendStreamResponse> results = replica_.Judged(read_);
      if (!results) return Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "killed"));
      write_ = *results;
      if (write_.results_size() > 0) return StartWrite(&write_);
      StartRead(&read_);
    }
    void OnWriteDone(bool ok) override {
      if (ok) StartRead(&read_);
    }
    void OnDone() override { delete this; }

   private:
    Replica& replica_;
    AppendStreamRequest read_;
    AppendStreamResponse write_;
  };

  std::optional<AppendStreamResponse> Judged(const AppendStreamRequest& batch) {
    AppendStreamResponse results;
    bool breaks = false;
    {
      absl::MutexLock lock(&mutex_);
      ++messages_;
      items_.insert(items_.end(), batch.items().begin(), batch.items().end());
    }
    for (const AppendItem& item : batch.items()) {
      Verdict verdict = judge_(item);
      breaks |= verdict.breaks;
      if (verdict.result) *results.add_results() = *std::move(verdict.result);
    }
    if (breaks) return std::nullopt;
    return results;
  }

  const Judge judge_;
  absl::Mutex mutex_;
  int streams_ = 0;
  int messages_ = 0;
  std::vector<AppendItem> items_;
  std::unique_ptr<server::GrpcServer> server_;
};

// A replica from before there were streams.
class OldReplica final : public ConversationService::CallbackService {
 public:
  OldReplica() {
    auto server = server::GrpcServer::Start("127.0.0.1:0", {this});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ~OldReplica() override { server_.reset(); }
  server::ChannelPtr Channel() { return server::NewChannel(server_->address()); }

  grpc::ServerUnaryReactor* Append(grpc::CallbackServerContext* context,
                                   const AppendRequest* request,
                                   AppendResponse* response) override {
    response->mutable_entry()->set_request_id(request->request_id());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  std::unique_ptr<server::GrpcServer> server_;
};

AppendRequest Saying(const std::string& request_id) {
  AppendRequest request;
  request.set_shop("demo");
  request.set_request_id(request_id);
  return request;
}

server::CallScope Within(int64_t ms) {
  server::CallScope scope;
  scope.deadline_ms = MonotonicMs() + ms;
  return scope;
}

class AppendLinkTest : public testing::Test {
 protected:
  template <class Way>
  std::future<Answer> Begin(Way& way, const server::CallScope& scope,
                            const std::string& request_id) {
    auto answer = std::make_shared<std::promise<Answer>>();
    boost::asio::co_spawn(io_.Next(), way.Append(scope, Saying(request_id)),
                          [answer](const std::exception_ptr& thrown, Answer got) {
                            if (thrown) return answer->set_exception(thrown);
                            answer->set_value(std::move(got));
                          });
    return answer->get_future();
  }
  template <class Way>
  std::future<Answer> Begin(Way& way, const std::string& request_id, int64_t within_ms = 5000) {
    return Begin(way, Within(within_ms), request_id);
  }
  template <class Way>
  Answer Append(Way& way, const std::string& request_id, int64_t within_ms = 5000) {
    return Begin(way, request_id, within_ms).get();
  }

  server::IoThreads io_{2};
};

TEST_F(AppendLinkTest, EachGetsItsOwnAnswerOverOneStream) {
  Replica replica(Accepted);
  AppendLink link(replica.Channel());
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 500; ++i) answers.push_back(Begin(link, "r" + std::to_string(i)));
  for (int i = 0; i < 500; ++i) {
    const Answer answer = answers[i].get();
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->entry().request_id(), "r" + std::to_string(i));
  }
  EXPECT_EQ(replica.streams(), 1);
  EXPECT_EQ(replica.items().size(), 500u);
  EXPECT_LT(replica.messages(), 500) << "nothing was sent together";
}

TEST_F(AppendLinkTest, ARefusalKeepsItsReasonAndTouchesNobodyElse) {
  Replica replica([](const AppendItem& item) {
    if (item.append().request_id() != "stale") return Accepted(item);
    const absl::Status refusal = Error(absl::StatusCode::kAborted, "STALE_FENCE",
                                       "Somebody else owns it.", {{"fence", "7"}});
    AppendResult result;
    result.set_call(item.call());
    result.mutable_failure()->set_code(static_cast<int>(refusal.code()));
    result.mutable_failure()->set_message(std::string(refusal.message()));
    result.mutable_failure()->set_details(EncodeRpcStatus(refusal));
    return Verdict{.result = result};
  });
  AppendLink link(replica.Channel());
  std::future<Answer> stale = Begin(link, "stale");
  std::future<Answer> good = Begin(link, "good");
  const absl::Status refused = stale.get().status();
  EXPECT_TRUE(absl::IsAborted(refused));
  EXPECT_EQ(ErrorReason(refused), "STALE_FENCE");
  EXPECT_TRUE(good.get().ok());
}

TEST_F(AppendLinkTest, PassesTraceAndTimeOn) {
  Replica replica(Accepted);
  AppendLink link(replica.Channel());
  server::CallScope scope = Within(2000);
  scope.trace.traceparent = "00-11111111111111111111111111111111-2222222222222222-01";
  ASSERT_TRUE(Begin(link, scope, "r").get().ok());
  const AppendItem item = replica.items().at(0);
  EXPECT_EQ(item.traceparent(), scope.trace.traceparent);
  EXPECT_GT(item.remaining_ms(), 1000);
  EXPECT_LE(item.remaining_ms(), 1950);
}

TEST_F(AppendLinkTest, ABrokenStreamIsTriedOnceMoreWithTheSameRequestId) {
  std::atomic<int> seen{0};
  Replica replica([&](const AppendItem& item) {
    if (seen++ == 0) return Verdict{.breaks = true};
    return Accepted(item);
  });
  InquiriesClient client({replica.Channel()});
  const Answer answer = Append(client, "once");
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(replica.items().size(), 2u);
  EXPECT_EQ(replica.items()[0].append().request_id(), replica.items()[1].append().request_id());
  client.Stop();
}

TEST_F(AppendLinkTest, BreakingTwiceIsUnavailable) {
  Replica replica([](const AppendItem&) { return Verdict{.breaks = true}; });
  InquiriesClient client({replica.Channel()});
  const absl::Status status = Append(client, "never").status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(ErrorReason(status), "SERVICE_UNAVAILABLE");
  EXPECT_EQ(replica.items().size(), 2u);
  client.Stop();
}

TEST_F(AppendLinkTest, WhatIsNotAnsweredInTimeEndsInTimeAndTheStreamIsReplaced) {
  Replica replica([](const AppendItem& item) {
    return item.append().request_id() == "lost" ? Verdict{} : Accepted(item);
  });
  AppendLink link(replica.Channel());
  ASSERT_TRUE(Append(link, "first").ok());
  const int64_t begun_ms = MonotonicMs();
  const absl::Status status = Append(link, "lost", 400).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_LT(MonotonicMs() - begun_ms, 3000);
  EXPECT_TRUE(Append(link, "after").ok());
  EXPECT_EQ(replica.streams(), 2);
}

TEST_F(AppendLinkTest, AStreamThatAnswersOthersIsNotReplacedForOneThatIsLate) {
  Replica replica([](const AppendItem& item) {
    return item.append().request_id() == "lost" ? Verdict{} : Accepted(item);
  });
  AppendLink link(replica.Channel());
  std::future<Answer> lost = Begin(link, "lost", 400);
  while (lost.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) {
    ASSERT_TRUE(Append(link, "other").ok());
  }
  EXPECT_TRUE(absl::IsDeadlineExceeded(lost.get().status()));
  EXPECT_EQ(replica.streams(), 1);
}

TEST_F(AppendLinkTest, AStreamOfAgeIsReplacedAndLosesNothing) {
  Replica replica(Accepted);
  AppendLink link(replica.Channel(), /*stream_age_ms=*/20);
  const int64_t until_ms = MonotonicMs() + 500;
  while (MonotonicMs() < until_ms) {
    std::vector<std::future<Answer>> answers;
    for (int i = 0; i < 20; ++i) answers.push_back(Begin(link, "r"));
    for (std::future<Answer>& answer : answers) ASSERT_TRUE(answer.get().ok());
  }
  EXPECT_GT(replica.streams(), 3);
}

TEST_F(AppendLinkTest, AReplicaWithoutStreamsIsCalledOneByOne) {
  OldReplica replica;
  InquiriesClient client({replica.Channel()});
  for (int i = 0; i < 3; ++i) {
    const Answer answer = Append(client, "r");
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->entry().request_id(), "r");
  }
  client.Stop();
}

TEST_F(AppendLinkTest, WhereNobodyListensItIsUnavailable) {
  InquiriesClient client({server::NewChannel("127.0.0.1:1")});
  const absl::Status status = Append(client, "r").status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  client.Stop();
}

TEST_F(AppendLinkTest, StoppingEndsWhatIsUnderWayAndTakesNoMore) {
  Replica replica([](const AppendItem&) { return Verdict{}; });
  AppendLink link(replica.Channel());
  std::future<Answer> pending = Begin(link, "pending", 60'000);
  while (replica.items().empty()) std::this_thread::yield();
  link.Stop();
  EXPECT_TRUE(absl::IsUnavailable(pending.get().status()));
  EXPECT_TRUE(absl::IsUnavailable(Append(link, "late").status()));
}

}  // namespace
}  // namespace kefu::gateway
