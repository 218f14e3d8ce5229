#include "tests/gateway/edge/toy_services.h"

#include <boost/asio/redirect_error.hpp>
#include <stdexcept>

#include "proto/kefu/gateway/v1/admin.pb.h"
#include "proto/kefu/gateway/v1/auth.pb.h"
#include "proto/kefu/gateway/v1/buyer.pb.h"
#include "proto/kefu/orders/v1/service.pb.h"
#include "services/common/base/async.h"
#include "services/common/base/status.h"

namespace kefu::gateway {
namespace {

constexpr int64_t kForEverMs = 24LL * 3600 * 1000;

std::vector<MessagePtr> One(v1::BuyerFrame frame) {
  std::vector<MessagePtr> frames;
  frames.push_back(std::make_unique<v1::BuyerFrame>(std::move(frame)));
  return frames;
}

std::vector<MessagePtr> Hello(const std::string& buyer) {
  v1::BuyerFrame frame;
  frame.mutable_hello()->set_buyer(buyer);
  return One(std::move(frame));
}

std::vector<MessagePtr> Entries(uint64_t count, size_t size) {
  std::vector<MessagePtr> frames;
  for (uint64_t seq = 1; seq <= count; ++seq) {
    auto frame = std::make_unique<v1::BuyerFrame>();
    frame->mutable_entry()->set_seq(seq);
    frame->mutable_entry()->mutable_content()->mutable_text()->set_body(std::string(size, 'x'));
    frames.push_back(std::move(frame));
  }
  return frames;
}

// Returns when the client is gone, or the server wants the stream to end.
Task<> UntilGone(StreamWriter& writer) {
  Timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(std::chrono::milliseconds(kForEverMs));
  bool gone = false;
  writer.OnGone([&] {
    gone = true;
    timer.cancel();
  });
  boost::system::error_code ignored;
  if (!gone) co_await timer.async_wait(boost::asio::redirect_error(kAwait, ignored));
}

Task<absl::Status> Flood(StreamWriter& writer) {
  absl::Status status;
  while (status.ok()) {
    std::vector<MessagePtr> frames = Entries(16, 4096);
    status = co_await writer.Write(std::move(frames));
  }
  co_return status;
}

absl::Status Failed() {
  return Error(absl::StatusCode::kFailedPrecondition, "TOY_FAILED", "The toy was asked to fail.");
}

}  // namespace

Task<absl::StatusOr<Caller>> FakeAuthenticator::Authenticate(std::string bearer) {
  ++asked;
  if (bearer.empty())
    co_return Error(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING", "Send a token.");
  if (bearer == "stuck") co_await SleepMs(kForEverMs);
  Caller caller;
  caller.subject = bearer;
  if (bearer.starts_with("buyer")) caller.role = ROLE_BUYER;
  if (bearer == "agent") caller.role = ROLE_AGENT;
  if (bearer == "integrator") caller.role = ROLE_INTEGRATOR;
  if (bearer == "operator") caller.role = ROLE_OPERATOR;
  if (caller.role == ROLE_ANYONE) {
    co_return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID", "Send a valid token.");
  }
  if (caller.role != ROLE_OPERATOR) caller.shop = *ShopId::Parse("demo");
  co_return caller;
}

Task<absl::Status> FakeAuditor::Record(CallContext context, std::string method,
                                       std::string request_json) {
  entries.push_back(context.caller.subject + " " + method + " " + request_json);
  co_return answer;
}

ToyServices::Seen ToyServices::seen() const {
  absl::MutexLock lock(&mutex_);
  return seen_;
}

bool ToyServices::WaitFor(const std::function<bool(const Seen&)>& condition) const {
  absl::MutexLock lock(&mutex_);
  const auto holds = [&] {
    mutex_.AssertReaderHeld();
    return condition(seen_);
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&holds), absl::Seconds(5));
}

void ToyServices::Note(const std::function<void(Seen&)>& change) {
  absl::MutexLock lock(&mutex_);
  change(seen_);
}

void ToyServices::Register(Registry& registry) {
  registry.Unary<v1::BuyerGetStateRequest, v1::BuyerGetStateResponse>(
      "kefu.gateway.v1.BuyerService/GetState",
      [this](CallContext context,
             v1::BuyerGetStateRequest) -> Task<absl::StatusOr<v1::BuyerGetStateResponse>> {
        v1::BuyerGetStateResponse response;
        response.set_buyer(context.caller.subject);
        response.set_conversation(context.peer);
        Note([&](Seen& seen) { seen.last_context = context; });
        co_return response;
      });
  registry.Unary<v1::BuyerSendMessageRequest, v1::BuyerSendMessageResponse>(
      "kefu.gateway.v1.BuyerService/SendMessage",
      [this](CallContext context, v1::BuyerSendMessageRequest request)
          -> Task<absl::StatusOr<v1::BuyerSendMessageResponse>> {
        Note([&](Seen& seen) {
          ++seen.messages;
          seen.last_context = context;
        });
        const std::string& text = request.content().text().body();
        if (text == "throw") throw std::runtime_error("toy");
        if (text == "stall") co_await SleepMs(kForEverMs);
        if (text == "unavailable") {
          co_return Error(absl::StatusCode::kUnavailable, "TOY_DOWN",
                          "The toy is down; try again.");
        }
        v1::BuyerSendMessageResponse response;
        response.mutable_entry()->set_seq(1);
        response.mutable_entry()->set_request_id(request.request_id());
        *response.mutable_entry()->mutable_content() = request.content();
        co_return response;
      });
  registry.Stream<v1::BuyerSubscribeRequest>(
      "kefu.gateway.v1.BuyerService/Subscribe",
      [this](CallContext context, v1::BuyerSubscribeRequest request,
             StreamWriter& writer) -> Task<absl::Status> {
        Note([&](Seen& seen) {
          ++seen.streams_begun;
          seen.last_context = context;
        });
        absl::Status status;
        if (request.resume().seq() > 0) {
          std::vector<MessagePtr> frames = Entries(request.resume().seq(), 2);
          status = co_await writer.Write(std::move(frames));
        } else {
          std::vector<MessagePtr> hello = Hello(context.caller.subject);
          status = co_await writer.Write(std::move(hello));
          if (request.resume().conversation() == "fail") {
            status = Failed();
          } else if (request.resume().conversation() == "flood") {
            status = co_await Flood(writer);
            Note([](Seen& seen) { ++seen.streams_gone; });
          } else {
            co_await UntilGone(writer);
            Note([](Seen& seen) { ++seen.streams_gone; });
            v1::BuyerFrame goodbye;
            goodbye.mutable_goodbye()->set_reconnect_after_ms(1);
            std::vector<MessagePtr> frames = One(std::move(goodbye));
            status = co_await writer.Write(std::move(frames));
            if (status.ok()) Note([](Seen& seen) { ++seen.goodbyes_sent; });
          }
        }
        Note([](Seen& seen) { ++seen.streams_ended; });
        co_return status;
      });
  registry.Unary<v1::StartGuestRequest, v1::StartGuestResponse>(
      "kefu.gateway.v1.AuthService/StartGuest",
      [](CallContext,
         v1::StartGuestRequest request) -> Task<absl::StatusOr<v1::StartGuestResponse>> {
        v1::StartGuestResponse response;
        response.set_buyer(request.shop());
        co_return response;
      });
  registry.Unary<v1::CreatePersonRequest, v1::CreatePersonResponse>(
      "kefu.gateway.v1.OperatorService/CreatePerson",
      [](CallContext, v1::CreatePersonRequest) -> Task<absl::StatusOr<v1::CreatePersonResponse>> {
        v1::CreatePersonResponse response;
        response.set_person("p_1");
        co_return response;
      });
  registry.AnyUnary(
      "kefu.orders.v1.OrderService/UpsertOrders",
      [](CallContext, MessagePtr request) -> Task<absl::StatusOr<MessagePtr>> {
        const auto& upsert = static_cast<const orders::v1::UpsertOrdersRequest&>(*request);
        auto response = std::make_unique<orders::v1::UpsertOrdersResponse>();
        for (int i = 0; i < upsert.orders_size(); ++i) response->add_results();
        co_return MessagePtr(std::move(response));
      },
      /*max_body_bytes=*/1 << 20);
}

}  // namespace kefu::gateway
