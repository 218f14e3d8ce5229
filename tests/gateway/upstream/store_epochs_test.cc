#include "gateway/upstream/store_epochs.h"

#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/base/status.h"
#include "services/common/server/grpc_server.h"
#include "services/common/server/io_threads.h"
#include "tests/support/await.h"

namespace kefu::gateway {
namespace {

using testing::ElementsAre;
using testing::Pair;

// Logs by source, each with its epoch.
class FakeLogs final : public events::v1::EventLogService::CallbackService {
 public:
  FakeLogs(server::IoThreads& io, std::map<std::string, uint64_t> epochs)
      : io_(io), epochs_(std::move(epochs)) {}

  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context,
                                 const events::v1::ReadRequest* request,
                                 events::v1::ReadResponse* response) override {
    return server::Unary(context, io_.Next(),
                         [this, request, response](server::CallScope) -> Task<absl::Status> {
                           absl::MutexLock lock(&mutex_);
                           response->set_store_epoch(epochs_.at(request->source()));
                           co_return absl::OkStatus();
                         });
  }
  grpc::ServerUnaryReactor* RaiseEpoch(grpc::CallbackServerContext* context,
                                       const events::v1::RaiseEpochRequest* request,
                                       events::v1::RaiseEpochResponse* response) override {
    return server::Unary(context, io_.Next(),
                         [this, request, response](server::CallScope) -> Task<absl::Status> {
                           absl::MutexLock lock(&mutex_);
                           uint64_t& epoch = epochs_.at(request->source());
                           if (request->observed_epoch() == epoch) ++epoch;
                           response->set_store_epoch(epoch);
                           co_return absl::OkStatus();
                         });
  }

 private:
  server::IoThreads& io_;
  absl::Mutex mutex_;
  std::map<std::string, uint64_t> epochs_;
};

class StoreEpochsTest : public testing::Test {
 protected:
  absl::StatusOr<std::map<std::string, uint64_t>> Raise(ServiceChannels& services) {
    server::CallScope scope;
    scope.deadline_ms = MonotonicMs() + 5000;
    return test::Await(
        RaiseStoreEpochs(services, scope, ShopId::Parse("demo").value(), "request-1"));
  }

  server::IoThreads io_{1};
};

TEST_F(StoreEpochsTest, EveryLogThatTheGatewayKnowsOfIsRaisedAndNoOther) {
  FakeLogs orders(io_, {{"orders", 4}});
  FakeLogs own(io_, {{"directory", 1}, {"routing", 7}});
  auto orders_server = server::GrpcServer::Start("", {&orders});
  auto own_server = server::GrpcServer::Start("", {&own});
  ASSERT_TRUE(orders_server.ok() && own_server.ok());
  ServiceChannels services({{"orders", {(*orders_server)->InProcessChannel()}},
                            {"gateway", {(*own_server)->InProcessChannel()}}});
  const auto epochs = Raise(services);
  ASSERT_TRUE(epochs.ok()) << epochs.status();
  EXPECT_THAT(*epochs, ElementsAre(Pair("directory", 2), Pair("orders", 5), Pair("routing", 8)));
}

TEST_F(StoreEpochsTest, AServiceThatCannotBeReachedIsAnError) {
  ServiceChannels services({{"orders", server::NewChannels({"unix:/nonexistent/orders.sock"})}});
  EXPECT_EQ(Raise(services).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace kefu::gateway
