#include "gateway/rpc/events_service.h"

#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/base/status.h"
#include "services/common/server/grpc_server.h"
#include "services/common/server/io_threads.h"
#include "tests/support/await.h"

namespace kefu::gateway {
namespace {

using testing::ElementsAre;

// A log of three events with data in it.
class FakeLog final : public events::v1::EventLogService::CallbackService {
 public:
  explicit FakeLog(server::IoThreads& io) : io_(io) {}

  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context,
                                 const events::v1::ReadRequest* request,
                                 events::v1::ReadResponse* response) override {
    return server::Unary(context, io_.Next(),
                         [this, request, response](server::CallScope) -> Task<absl::Status> {
                           absl::MutexLock lock(&mutex_);
                           source_ = request->source();
                           for (uint64_t seq = request->after_seq() + 1; seq <= 3; ++seq) {
                             events::v1::Envelope& envelope = *response->add_envelopes();
                             envelope.set_seq(seq);
                             envelope.set_type("com.kefu.order.created.v1");
                             envelope.set_data("personal");
                           }
                           response->set_next_seq(3);
                           response->set_head_seq(3);
                           response->set_store_epoch(7);
                           co_return absl::OkStatus();
                         });
  }
  std::string source() {
    absl::MutexLock lock(&mutex_);
    return source_;
  }

 private:
  server::IoThreads& io_;
  absl::Mutex mutex_;
  std::string source_;
};

// Two pages of cursors, one dead letter. `stuck`: answers when nobody waits any more.
class FakeConsumer final : public events::v1::ConsumerService::CallbackService {
 public:
  FakeConsumer(server::IoThreads& io, bool stuck) : io_(io), stuck_(stuck) {}

  grpc::ServerUnaryReactor* ListCursors(grpc::CallbackServerContext* context,
                                        const events::v1::ListCursorsRequest* request,
                                        events::v1::ListCursorsResponse* response) override {
    return Answer(context, [request, response] {
      const bool first = request->page_token().empty();
      response->add_cursors()->set_source(first ? "inquiries" : "routing");
      if (first) response->set_next_page_token("2");
      return absl::OkStatus();
    });
  }
  grpc::ServerUnaryReactor* ListDeadLetters(
      grpc::CallbackServerContext* context, const events::v1::ListDeadLettersRequest* request,
      events::v1::ListDeadLettersResponse* response) override {
    return Answer(context, [request, response] {
      events::v1::DeadLetter& letter = *response->add_dead_letters();
      letter.set_shop(request->shop());
      letter.set_reason("TRANSITION_FORBIDDEN");
      letter.mutable_envelope()->set_id("event-1");
      letter.mutable_envelope()->set_data("personal");
      return absl::OkStatus();
    });
  }
  grpc::ServerUnaryReactor* RetryDeadLetter(
      grpc::CallbackServerContext* context, const events::v1::RetryDeadLetterRequest* request,
      events::v1::RetryDeadLetterResponse* response) override {
    return Answer(context, [request, response] {
      response->set_handled(request->event() == "event-1");
      if (!response->handled()) response->set_reason("STILL_BAD");
      return absl::OkStatus();
    });
  }
  grpc::ServerUnaryReactor* DiscardDeadLetter(grpc::CallbackServerContext* context,
                                              const events::v1::DiscardDeadLetterRequest* request,
                                              events::v1::DiscardDeadLetterResponse*) override {
    return Answer(context, [request]() -> absl::Status {
      if (request->event() == "event-1") return absl::OkStatus();
      return Error(absl::StatusCode::kNotFound, "NO_SUCH_DEAD_LETTER", "There is none.");
    });
  }

 private:
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                   std::function<absl::Status()> answer) {
    return server::Unary(context, io_.Next(),
                         [stuck = stuck_, answer](server::CallScope scope) -> Task<absl::Status> {
                           if (stuck) co_await SleepMs(scope.remaining_ms() + 20);
                           co_return answer();
                         });
  }

  server::IoThreads& io_;
  const bool stuck_;
};

class EventsServiceTest : public testing::Test {
 protected:
  EventsServiceTest() {
    Serve("gateway", {&log_, &well_});
    Serve("records", {&well_});
    Serve("orders", {&stuck_, &log_});
  }
  void Serve(const std::string& name, const std::vector<grpc::Service*>& services) {
    auto server = server::GrpcServer::Start("127.0.0.1:0", services);
    ASSERT_TRUE(server.ok()) << server.status();
    services_.Add(name, {server::NewChannel((*server)->address())});
    servers_.push_back(std::move(*server));
  }
  static CallContext Operator() {
    CallContext context;
    context.caller.role = ROLE_OPERATOR;
    context.scope.deadline_ms = MonotonicMs() + 5000;
    return context;
  }
  static v1::ReadEventsRequest From(const std::string& source) {
    v1::ReadEventsRequest request;
    request.set_source(source);
    request.set_shop("demo");
    return request;
  }

  server::IoThreads io_{1};
  FakeLog log_{io_};
  FakeConsumer well_{io_, false};
  FakeConsumer stuck_{io_, true};
  std::vector<std::unique_ptr<server::GrpcServer>> servers_;
  ServiceChannels services_{{}};
  EventsService events_{{services_, /*part_ms=*/300}};
};

TEST_F(EventsServiceTest, EventsAreReadWithoutTheirData) {
  v1::ReadEventsRequest request = From("orders");
  request.set_after_seq(1);
  const auto read = test::Await(events_.ReadEvents(Operator(), request));
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->envelopes_size(), 2);
  EXPECT_EQ(read->envelopes(0).seq(), 2u);
  EXPECT_EQ(read->envelopes(0).data(), "");
  EXPECT_EQ(read->next_seq(), 3u);
  EXPECT_EQ(read->head_seq(), 3u);
  EXPECT_EQ(read->store_epoch(), 7u);
}

TEST_F(EventsServiceTest, TheGatewaysOwnLogsAreReadByTheirNames) {
  for (const char* source : {"directory", "routing"}) {
    ASSERT_TRUE(test::Await(events_.ReadEvents(Operator(), From(source))).ok());
    EXPECT_EQ(log_.source(), source);
  }
}

TEST_F(EventsServiceTest, FromTheHeadNothingIsReadButWhereToGoOn) {
  v1::ReadEventsRequest request = From("orders");
  request.set_from_head(true);
  const auto read = test::Await(events_.ReadEvents(Operator(), request));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->envelopes_size(), 0);
  EXPECT_EQ(read->next_seq(), 3u);
}

TEST_F(EventsServiceTest, SourcesThatAreNoneOrNotConfiguredAreToldApart) {
  EXPECT_EQ(ErrorReason(test::Await(events_.ReadEvents(Operator(), From("weather"))).status()),
            "NO_SUCH_SOURCE");
  EXPECT_EQ(ErrorReason(test::Await(events_.ReadEvents(Operator(), From("logistics"))).status()),
            "SERVICE_NOT_CONFIGURED");
}

TEST_F(EventsServiceTest, EveryConsumerIsAskedForAllPagesAndAStuckOneIsAGap) {
  const auto listed = test::Await(events_.ListConsumers(Operator(), v1::ListConsumersRequest()));
  ASSERT_TRUE(listed.ok()) << listed.status();
  std::vector<std::string> seen;
  for (const auto& consumer : listed->consumers()) {
    seen.push_back(consumer.consumer() + " " + std::to_string(consumer.cursors_size()) + " " +
                   consumer.gap());
  }
  EXPECT_THAT(seen, ElementsAre("orders 0 DEADLINE_EXCEEDED", "records 2 ", "gateway 2 "));
}

TEST_F(EventsServiceTest, RefusedEventsOfAllConsumersAreListedWithoutDataAndWithGaps) {
  v1::ListRefusedEventsRequest request;
  request.set_shop("demo");
  const auto listed = test::Await(events_.ListRefusedEvents(Operator(), request));
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->events_size(), 2);
  EXPECT_EQ(listed->events(0).consumer(), "records");
  EXPECT_EQ(listed->events(0).dead_letter().shop(), "demo");
  EXPECT_EQ(listed->events(0).dead_letter().envelope().id(), "event-1");
  EXPECT_EQ(listed->events(0).dead_letter().envelope().data(), "");
  ASSERT_EQ(listed->gaps_size(), 1);
  EXPECT_EQ(listed->gaps(0).consumer(), "orders");
  EXPECT_EQ(listed->gaps(0).reason(), "DEADLINE_EXCEEDED");
}

TEST_F(EventsServiceTest, TheErrorOfTheOneConsumerAskedForIsTheCalls) {
  v1::ListRefusedEventsRequest request;
  request.set_shop("demo");
  request.set_consumer("orders");
  EXPECT_EQ(test::Await(events_.ListRefusedEvents(Operator(), request)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  request.set_consumer("nobody");
  EXPECT_EQ(ErrorReason(test::Await(events_.ListRefusedEvents(Operator(), request)).status()),
            "NO_SUCH_CONSUMER");
}

TEST_F(EventsServiceTest, ARefusedEventIsTriedAgainAndSaysWhyNot) {
  v1::RetryRefusedEventRequest request;
  request.set_consumer("records");
  request.set_shop("demo");
  request.set_event("event-1");
  auto retried = test::Await(events_.RetryRefusedEvent(Operator(), request));
  ASSERT_TRUE(retried.ok()) << retried.status();
  EXPECT_TRUE(retried->handled());
  request.set_event("event-2");
  retried = test::Await(events_.RetryRefusedEvent(Operator(), request));
  ASSERT_TRUE(retried.ok()) << retried.status();
  EXPECT_EQ(retried->reason(), "STILL_BAD");
}

TEST_F(EventsServiceTest, ARefusedEventIsDiscardedAndOneThatIsNotThereIsNotFound) {
  v1::DiscardRefusedEventRequest request;
  request.set_consumer("records");
  request.set_shop("demo");
  request.set_event("event-1");
  EXPECT_TRUE(test::Await(events_.DiscardRefusedEvent(Operator(), request)).ok());
  request.set_event("event-2");
  EXPECT_EQ(ErrorReason(test::Await(events_.DiscardRefusedEvent(Operator(), request)).status()),
            "NO_SUCH_DEAD_LETTER");
}

}  // namespace
}  // namespace kefu::gateway
