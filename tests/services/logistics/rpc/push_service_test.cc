#include "services/logistics/rpc/push_service.h"

#include <thread>

#include "services/common/base/clock.h"
#include "services/common/timers/due_queue.h"
#include "services/logistics/storage/records.h"
#include "tests/services/logistics/support/pushes.h"
#include "tests/services/logistics/support/service.h"
#include "tests/services/logistics/support/stack.h"

namespace kefu::logistics::rpc {
namespace {

using test::Await;
using test::KuaidiForm;
using test::KuaidiParam;
using Stub = v1::PushService::Stub;

constexpr char kWebhook[] = "w_aaaaaaaaaaaaaaaaaaaaaaaaaa";

v1::ReceivePushRequest Push(const std::string& key, const std::string& body,
                            const std::string& source = "kuaidi100") {
  v1::ReceivePushRequest request;
  request.set_shop("demo");
  request.set_source(source);
  request.set_webhook(kWebhook);
  request.set_deduplication_key(key);
  request.set_body(body);
  return request;
}

std::string Delivered() { return KuaidiForm(KuaidiParam({{"2025-03-04 08:12:33", "3"}}, "3")); }

class PushServiceTest : public test::ServiceTest {
 protected:
  absl::StatusOr<bool> Receive(const v1::ReceivePushRequest& request) {
    v1::ReceivePushResponse response;
    KEFU_RETURN_IF_ERROR(Call(*running_->pushes, &Stub::ReceivePush, request, &response));
    return response.duplicate();
  }
  // Waits until the shipment of the test's pushes is there; it is taken apart after the answer.
  v1::Shipment Shipment() {
    v1::GetShipmentRequest request;
    request.set_shop("demo");
    request.set_shipment(ShipmentIdOf("yuantong", "YT8800000000017").str());
    v1::Shipment shipment;
    Until([&] {
      return Call(*running_->shipments, &v1::ShipmentService::Stub::GetShipment, request, &shipment)
          .ok();
    });
    return shipment;
  }
  template <class Condition>
  static void Until(Condition condition) {
    const int64_t give_up_ms = MonotonicMs() + 10'000;
    while (!condition()) {
      ASSERT_LT(MonotonicMs(), give_up_ms) << "it never came to be";
      std::this_thread::yield();
    }
  }
  bool Says(const std::string& line) {
    return ("\n" + running_->metrics.Render()).find("\n" + line + "\n") != std::string::npos;
  }
};

TEST_F(PushServiceTest, APushIsAnsweredAndThenTakenApart) {
  const auto duplicate = Receive(Push("key-1", Delivered()));
  ASSERT_TRUE(duplicate.ok()) << duplicate.status();
  EXPECT_FALSE(*duplicate);
  EXPECT_EQ(Shipment().status(), v1::Shipment::STATUS_DELIVERED);
  Until([this] { return Says("kefu_logistics_pushes_total{outcome=\"processed\"} 1"); });
}

TEST_F(PushServiceTest, TheSameKeyAgainIsADuplicate) {
  ASSERT_FALSE(*Receive(Push("key-1", Delivered())));
  EXPECT_TRUE(*Receive(Push("key-1", Delivered())));
  EXPECT_TRUE(Says("kefu_logistics_pushes_total{outcome=\"duplicate\"} 1"));
}

TEST_F(PushServiceTest, ABodyThatCannotBeReadIsCountedAndBlocksNothing) {
  ASSERT_TRUE(Receive(Push("key-1", "param=%")).ok());
  ASSERT_TRUE(Receive(Push("key-2", "{}", "aftership")).ok());
  ASSERT_TRUE(Receive(Push("key-3", Delivered())).ok());
  EXPECT_EQ(Shipment().status(), v1::Shipment::STATUS_DELIVERED);
  Until([this] { return Says("kefu_logistics_pushes_total{outcome=\"unreadable\"} 2"); });
}

TEST_F(PushServiceTest, UnknownCodesAreCounted) {
  ASSERT_TRUE(
      Receive(Push("key-1", KuaidiForm(KuaidiParam({{"2025-03-04 08:12:33", "777"}})))).ok());
  EXPECT_EQ(Shipment().status(), v1::Shipment::STATUS_PENDING);
  EXPECT_TRUE(Says("kefu_logistics_unknown_statuses_total{source=\"kuaidi100\"} 1"));
}

TEST_F(PushServiceTest, WhatIsNoPushIsRefused) {
  const auto reason = [this](auto spoil) {
    v1::ReceivePushRequest request = Push("key-1", "{}");
    spoil(request);
    return ErrorReason(Receive(request).status());
  };
  EXPECT_EQ(reason([](auto& r) { r.set_source("fax"); }), "UNKNOWN_SOURCE");
  EXPECT_EQ(reason([](auto& r) { r.set_shop(""); }), "INVALID_FIELD");
  EXPECT_EQ(reason([](auto& r) { r.set_webhook("w_"); }), "INVALID_FIELD");
  EXPECT_EQ(reason([](auto& r) { r.set_deduplication_key(""); }), "INVALID_FIELD");
  EXPECT_EQ(reason([](auto& r) { r.set_deduplication_key(std::string(129, 'k')); }),
            "INVALID_FIELD");
  EXPECT_EQ(reason([](auto& r) { r.set_body(std::string((1 << 20) + 1, 'x')); }), "INVALID_FIELD");
}

TEST_F(PushServiceTest, ABodyOfTheGreatestSizeIsKept) {
  EXPECT_TRUE(Receive(Push("key-1", std::string(1 << 20, 'x'))).ok());
}

// The due queue's part, with a clock set by hand: what a process that died has left.
class DuePushTest : public test::StackTest {
 protected:
  DuePushTest()
      : process_(NewProcess()),
        logistics_metrics_(metrics_),
        service_(io_, process_->pushes, process_->shipments, table_, logistics_metrics_) {
    table_.Add("kuaidi100", {.codes = {{"3", {Status::kDelivered, ""}}}});
  }
  absl::Status Keep(const std::string& id, const std::string& body) {
    storage::PushState push;
    push.source = "kuaidi100";
    push.webhook = kWebhook;
    push.body = body;
    return Await(process_->pushes.Keep(shop_, {}, id, std::move(push))).status();
  }
  // What the loop of every process does.
  void Sweep() {
    const auto due = Await(timers_.Claim(shop_, 10, 1000));
    ASSERT_TRUE(due.ok()) << due.status();
    for (const timers::DueItem& item : *due) {
      ASSERT_TRUE(Await(service_.OnDue(shop_, item)).ok());
      ASSERT_TRUE(Await(timers_.Complete(shop_, item)).ok());
    }
  }

  std::unique_ptr<test::Process> process_;
  timers::DueQueue timers_{shards(), "logistics", &clock_};
  StatusTable table_;
  metrics::Metrics metrics_;
  LogisticsMetrics logistics_metrics_;
  server::IoThreads io_{1};
  PushServiceImpl service_;
};

TEST_F(DuePushTest, WhatAProcessLeftBehindIsTakenApartAndLaterDropped) {
  clock_.Advance(86'400'000);
  const std::string id = storage::PushIdOf(kWebhook, "key");
  ASSERT_TRUE(Keep(id, Delivered()).ok());
  Sweep();
  EXPECT_FALSE((*Await(process_->pushes.Find(shop_, id)))->processed);
  clock_.Advance(30'000);
  Sweep();
  const auto stored =
      Await(process_->shipments.Get(shop_, ShipmentIdOf("yuantong", "YT8800000000017")));
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->shipment.whereabouts.status, Status::kDelivered);
  EXPECT_TRUE((*Await(process_->pushes.Find(shop_, id)))->processed);
  clock_.Advance(int64_t{7} * 86'400'000);
  Sweep();
  EXPECT_EQ(*Await(process_->pushes.Find(shop_, id)), std::nullopt);
}

TEST_F(DuePushTest, AnEventInTheFutureIsToldWithTheBody) {
  const std::string id = storage::PushIdOf(kWebhook, "key");
  const std::string body =
      KuaidiForm(KuaidiParam({{"2030-03-04 08:12:33", "3"}, {"2025-03-03 08:12:33", "777"}}));
  ASSERT_TRUE(Keep(id, body).ok());
  clock_.Advance(30'000);
  Sweep();
  const auto push = *Await(process_->pushes.Find(shop_, id));
  EXPECT_EQ(push->problem.substr(0, 14), "TIME_IN_FUTURE");
  const auto stored =
      Await(process_->shipments.Get(shop_, ShipmentIdOf("yuantong", "YT8800000000017")));
  EXPECT_EQ(stored->shipment.events.size(), 1u);
}

TEST_F(DuePushTest, ATimerOfWhatIsGoneOrOfSomethingElseIsDoneWith) {
  EXPECT_TRUE(Await(service_.OnDue(shop_, {"push:nothing", clock_.Now()})).ok());
  EXPECT_TRUE(Await(service_.OnDue(shop_, {"other:thing", clock_.Now()})).ok());
}

}  // namespace
}  // namespace kefu::logistics::rpc
