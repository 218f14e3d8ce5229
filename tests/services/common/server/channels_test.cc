#include "services/common/server/channels.h"

#include <gtest/gtest.h>

#include <string>

#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/server/grpc_server.h"
#include "services/common/server/io_threads.h"
#include "tests/support/await.h"

namespace kefu::server {
namespace {

using events::v1::EventLogService;
using EventLogStub = EventLogService::StubInterface::async_interface;

// Answers every question for heads with the shop it was given.
class Heads final : public EventLogService::CallbackService {
 public:
  Heads(IoThreads& io, std::string shop) : io_(io), shop_(std::move(shop)) {}

  grpc::ServerUnaryReactor* ListHeads(grpc::CallbackServerContext* context,
                                      const events::v1::ListHeadsRequest*,
                                      events::v1::ListHeadsResponse* response) override {
    return Unary(context, io_.Next(), [this, response](CallScope) -> Task<absl::Status> {
      response->add_heads()->set_shop(shop_);
      co_return absl::OkStatus();
    });
  }

 private:
  IoThreads& io_;
  const std::string shop_;
};

CallScope In(int64_t ms) {
  CallScope scope;
  scope.deadline_ms = MonotonicMs() + ms;
  return scope;
}

absl::StatusOr<std::string> ShopOf(Channels& channels) {
  auto heads = test::Await(channels.Call<EventLogService>(&EventLogStub::ListHeads, In(5000),
                                                          events::v1::ListHeadsRequest()));
  if (!heads.ok()) return heads.status();
  return heads->heads(0).shop();
}

TEST(ChannelsTest, AnInProcessChannelIsConnectedAtOnceAndCanBeCalled) {
  IoThreads io(1);
  Heads heads(io, "here");
  auto server = GrpcServer::Start("", {&heads});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ((*server)->address(), "");
  Channels channels({(*server)->InProcessChannel()});
  EXPECT_TRUE(channels.connected());
  const auto shop = ShopOf(channels);
  ASSERT_TRUE(shop.ok()) << shop.status();
  EXPECT_EQ(*shop, "here");
}

TEST(ChannelsTest, AReplicaThatIsGoneIsPassedOver) {
  IoThreads io(1);
  Heads heads(io, "second");
  auto gone = GrpcServer::Start("127.0.0.1:0", {&heads});
  ASSERT_TRUE(gone.ok()) << gone.status();
  const std::string address = (*gone)->address();
  gone->reset();
  auto server = GrpcServer::Start("127.0.0.1:0", {&heads});
  ASSERT_TRUE(server.ok()) << server.status();
  Channels channels(NewChannels({address, (*server)->address()}));
  for (int call = 0; call < 4; ++call) EXPECT_TRUE(ShopOf(channels).ok());
  EXPECT_TRUE(channels.connected());
}

TEST(ChannelsTest, WithoutAReplicaThatAnswersTheCallIsUnavailable) {
  IoThreads io(1);
  Heads heads(io, "gone");
  auto server = GrpcServer::Start("127.0.0.1:0", {&heads});
  ASSERT_TRUE(server.ok()) << server.status();
  Channels channels(NewChannels({(*server)->address()}));
  server->reset();
  EXPECT_EQ(ShopOf(channels).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(channels.connected());
}

TEST(GrpcServerTest, AnAddressInUseIsRefused) {
  IoThreads io(1);
  Heads heads(io, "first"), others(io, "second");
  auto first = GrpcServer::Start("127.0.0.1:0", {&heads});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = GrpcServer::Start((*first)->address(), {&others});
  EXPECT_EQ(ErrorReason(second.status()), "CANNOT_LISTEN");
}

TEST(CallInFlightTest, ACallCountsUntilItsAnswerHasCome) {
  IoThreads io(1);
  Heads heads(io, "here");
  auto server = GrpcServer::Start("127.0.0.1:0", {&heads});
  ASSERT_TRUE(server.ok()) << server.status();
  Channels channels(NewChannels({(*server)->address()}));
  EXPECT_TRUE(ShopOf(channels).ok());
  EXPECT_TRUE(CallInFlight::AwaitNone(1000));
  const CallInFlight one;
  EXPECT_FALSE(CallInFlight::AwaitNone(0));
}

}  // namespace
}  // namespace kefu::server
