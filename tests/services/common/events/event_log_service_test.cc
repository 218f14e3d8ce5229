#include "services/common/events/event_log_service.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "services/common/server/unary.h"

namespace kefu::events {
namespace {

// Answers what it was asked.
class EchoOutbox final : public Outbox {
 public:
  explicit EchoOutbox(std::string source) : source_(std::move(source)) {}
  const std::string& source() const override { return source_; }

  Task<absl::StatusOr<v1::ReadResponse>> Read(server::CallScope, ShopId shop,
                                              v1::ReadRequest request) override {
    if (request.store_epoch() == 9) {
      co_return Error(absl::StatusCode::kOutOfRange, "STALE_EPOCH", "Stale.", {{"epoch", "10"}});
    }
    v1::ReadResponse response;
    response.add_envelopes()->set_shop(source_ + "/" + shop.str());
    response.set_next_seq(request.after_seq() + 1);
    co_return response;
  }
  Task<absl::StatusOr<v1::ListHeadsResponse>> ListHeads(server::CallScope,
                                                        v1::ListHeadsRequest request) override {
    v1::ListHeadsResponse response;
    response.add_heads()->set_shop(source_ + "/" + request.page_token());
    co_return response;
  }
  Task<absl::Status> ReportCursors(server::CallScope, v1::ReportCursorsRequest request) override {
    reported = request.consumer();
    co_return absl::OkStatus();
  }
  Task<absl::StatusOr<v1::SnapshotResponse>> Snapshot(server::CallScope, ShopId shop,
                                                      v1::SnapshotRequest) override {
    v1::SnapshotResponse response;
    response.set_next_page_token(source_ + "/" + shop.str());
    co_return response;
  }
  Task<absl::StatusOr<uint64_t>> RaiseEpoch(server::CallScope, ShopId, uint64_t observed) override {
    co_return observed + 1;
  }
  Task<absl::StatusOr<uint64_t>> Trim(ShopId) override { co_return uint64_t{0}; }

  std::string reported;

 private:
  const std::string source_;
};

class EventLogServiceTest : public testing::Test {
 protected:
  void Serve(std::vector<Outbox*> outboxes) {
    service_ = NewEventLogService(io_, std::move(outboxes));
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::EventLogService::NewStub(server_->InProcessChannel({}));
  }
  ~EventLogServiceTest() override {
    if (server_) server_->Shutdown();
  }

  absl::Status Read(const std::string& source, const std::string& shop, uint64_t epoch = 0) {
    v1::ReadRequest request;
    request.set_source(source);
    request.set_shop(shop);
    request.set_store_epoch(epoch);
    grpc::ClientContext context;
    const grpc::Status status = stub_->Read(&context, request, &read_);
    return server::FromGrpcStatus(status, context);
  }

  EchoOutbox directory_{"directory"}, routing_{"routing"};
  server::IoThreads io_{1};
  std::unique_ptr<v1::EventLogService::CallbackService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::EventLogService::Stub> stub_;
  v1::ReadResponse read_;
};

TEST_F(EventLogServiceTest, ARequestGoesToTheSourceItNames) {
  Serve({&directory_, &routing_});
  ASSERT_TRUE(Read("routing", "demo").ok());
  EXPECT_EQ(read_.envelopes(0).shop(), "routing/demo");
  ASSERT_TRUE(Read("directory", "demo").ok());
  EXPECT_EQ(read_.envelopes(0).shop(), "directory/demo");
}

TEST_F(EventLogServiceTest, WithOneSourceOnlyNoneNeedBeNamed) {
  Serve({&routing_});
  ASSERT_TRUE(Read("", "demo").ok());
  EXPECT_EQ(read_.envelopes(0).shop(), "routing/demo");
}

TEST_F(EventLogServiceTest, ASourceThatIsNotHereIsNotFound) {
  Serve({&directory_, &routing_});
  for (const char* source : {"", "orders"}) {
    const absl::Status status = Read(source, "demo");
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << source;
    EXPECT_EQ(ErrorReason(status), "NO_SUCH_SOURCE");
  }
}

TEST_F(EventLogServiceTest, AShopThatIsNoneIsRefused) {
  Serve({&routing_});
  EXPECT_EQ(Read("", "No Shop").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(EventLogServiceTest, ErrorsKeepTheirReasonAndMetadata) {
  Serve({&routing_});
  const absl::Status status = Read("", "demo", 9);
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ErrorReason(status), "STALE_EPOCH");
  EXPECT_EQ(ErrorMetadataOf(status).at("epoch"), "10");
}

TEST_F(EventLogServiceTest, EveryMethodReachesItsOutbox) {
  Serve({&directory_, &routing_});
  {
    v1::ListHeadsRequest request;
    request.set_source("directory");
    request.set_page_token("x");
    v1::ListHeadsResponse response;
    grpc::ClientContext context;
    ASSERT_TRUE(stub_->ListHeads(&context, request, &response).ok());
    EXPECT_EQ(response.heads(0).shop(), "directory/x");
  }
  {
    v1::ReportCursorsRequest request;
    request.set_source("routing");
    request.set_consumer("records");
    v1::ReportCursorsResponse response;
    grpc::ClientContext context;
    ASSERT_TRUE(stub_->ReportCursors(&context, request, &response).ok());
    EXPECT_EQ(routing_.reported, "records");
    EXPECT_EQ(directory_.reported, "");
  }
  {
    v1::SnapshotRequest request;
    request.set_source("routing");
    request.set_shop("demo");
    v1::SnapshotResponse response;
    grpc::ClientContext context;
    ASSERT_TRUE(stub_->Snapshot(&context, request, &response).ok());
    EXPECT_EQ(response.next_page_token(), "routing/demo");
  }
  {
    v1::RaiseEpochRequest request;
    request.set_source("routing");
    request.set_shop("demo");
    request.set_observed_epoch(4);
    v1::RaiseEpochResponse response;
    grpc::ClientContext context;
    ASSERT_TRUE(stub_->RaiseEpoch(&context, request, &response).ok());
    EXPECT_EQ(response.store_epoch(), 5u);
  }
}

}  // namespace
}  // namespace kefu::events
