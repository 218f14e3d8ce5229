// The whole service in one process, called over in-process gRPC.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "proto/kefu/orders/v1/events.pb.h"
#include "tests/services/orders/support.h"

namespace kefu::orders {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ServiceTest : public test::ReplicaTest {
 protected:
  absl::StatusOr<v1::UpsertOrdersResponse> Upsert(const std::vector<v1::OrderInput>& orders) {
    return ReplicaTest::Upsert(replica_, orders);
  }
  v1::UpsertResult UpsertOne(const v1::OrderInput& order) {
    const auto response = Upsert({order});
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->results(0) : v1::UpsertResult();
  }
  absl::StatusOr<v1::Order> Get(const std::string& order, Role role = ROLE_AGENT,
                                const std::string& actor = "a_1",
                                const std::string& shop = "demo") {
    return ReplicaTest::Get(replica_, order, role, actor, shop);
  }
  static v1::ListOrdersRequest Listing() {
    v1::ListOrdersRequest request;
    request.set_shop("demo");
    request.mutable_actor()->set_role(ROLE_AGENT);
    return request;
  }
  absl::StatusOr<v1::ListOrdersResponse> List(const v1::ListOrdersRequest& request) {
    v1::ListOrdersResponse response;
    const absl::Status status = Call(*replica_.orders, &Stub::ListOrders, request, &response);
    if (!status.ok()) return status;
    return response;
  }
  std::vector<std::string> Numbers(const v1::ListOrdersRequest& request) {
    const auto response = List(request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> numbers;
    if (response.ok())
      for (const v1::Order& order : response->orders()) numbers.push_back(order.number());
    return numbers;
  }
  absl::StatusOr<v1::Contact> Unmask(const std::string& order, const std::string& purpose = "calls",
                                     Role role = ROLE_AGENT, const std::string& actor = "a_1") {
    return ReplicaTest::Unmask(replica_, order, purpose, role, actor);
  }
  static std::string ReasonOf(const v1::UpsertResult& result) {
    google::rpc::ErrorInfo info;
    for (const auto& detail : result.error().details())
      if (detail.UnpackTo(&info)) return info.reason();
    return "";
  }

  test::Replica replica_{redis_.address()};
};

TEST_F(ServiceTest, AnOrderIsTakenInFoundAndShownWithItsMasks) {
  v1::OrderInput input = WithContact(Input("A-1"));
  input.set_payment(v1::Order::PAYMENT_PAID);
  const v1::UpsertResult result = UpsertOne(input);
  EXPECT_EQ(result.outcome(), v1::UpsertResult::OUTCOME_CREATED);
  const auto order = Get(result.order());
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->number(), "A-1");
  EXPECT_EQ(order->state(), v1::Order::STATE_OPEN);
  EXPECT_EQ(order->payment(), v1::Order::PAYMENT_PAID);
  EXPECT_EQ(order->totals().total().minor_units(), 3980);
  EXPECT_EQ(order->contact().name(), "张*");
  EXPECT_EQ(order->contact().phone(), "138****5678");
  EXPECT_EQ(order->contact().address(), "");
  EXPECT_EQ(order->contact().postal_code(), "");
  EXPECT_EQ(order->contact().city(), "杭州");
  EXPECT_EQ(order->etag(), "1");
}

TEST_F(ServiceTest, RepeatedAndLateVersionsSayWhatBecameOfThem) {
  EXPECT_EQ(UpsertOne(Input("A", 5)).outcome(), v1::UpsertResult::OUTCOME_CREATED);
  EXPECT_EQ(UpsertOne(Input("A", 5)).outcome(), v1::UpsertResult::OUTCOME_UNCHANGED);
  EXPECT_EQ(UpsertOne(Input("A", 4)).outcome(), v1::UpsertResult::OUTCOME_STALE);
  EXPECT_EQ(UpsertOne(Input("A", 6)).outcome(), v1::UpsertResult::OUTCOME_UPDATED);
  v1::OrderInput other = Input("A", 6);
  other.set_total("1.00");
  const v1::UpsertResult reused = UpsertOne(other);
  EXPECT_EQ(reused.outcome(), v1::UpsertResult::OUTCOME_REFUSED);
  EXPECT_EQ(ReasonOf(reused), "SOURCE_VERSION_REUSED");
  EXPECT_EQ(reused.error().code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(reused.order(), OrderIdOf("native", "A").str());
}

TEST_F(ServiceTest, ARepetitionWithTheSameContactIsOneAndWithAnotherIsRefused) {
  EXPECT_EQ(UpsertOne(WithContact(Input("A"))).outcome(), v1::UpsertResult::OUTCOME_CREATED);
  EXPECT_EQ(UpsertOne(WithContact(Input("A"))).outcome(), v1::UpsertResult::OUTCOME_UNCHANGED);
  v1::OrderInput other = WithContact(Input("A"));
  other.mutable_contact()->set_phone("13912345678");
  EXPECT_EQ(ReasonOf(UpsertOne(other)), "SOURCE_VERSION_REUSED");
}

TEST_F(ServiceTest, InABatchTheGoodOnesStayAndEachBadOneIsReported) {
  std::vector<v1::OrderInput> orders = {Input("good-1"), Input("bad-1"), Input("good-2"),
                                        Input("bad-2"),  Input("bad-3"), Input("bad-4")};
  orders[1].set_currency("RMB");
  orders[3].mutable_lines(0)->set_unit_price("-1");
  orders[4].clear_lines();
  orders[5].mutable_create_time()->set_seconds(4'000'000'000);
  const auto response = Upsert(orders);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->results_size(), 6);
  EXPECT_EQ(response->results(0).outcome(), v1::UpsertResult::OUTCOME_CREATED);
  EXPECT_EQ(response->results(2).outcome(), v1::UpsertResult::OUTCOME_CREATED);
  const char* reasons[] = {"",           "UNKNOWN_CURRENCY", "",
                           "BAD_AMOUNT", "INVALID_FIELD",    "INVALID_FIELD"};
  for (const int bad : {1, 3, 4, 5}) {
    EXPECT_EQ(response->results(bad).outcome(), v1::UpsertResult::OUTCOME_REFUSED);
    EXPECT_EQ(ReasonOf(response->results(bad)), reasons[bad]);
    EXPECT_EQ(response->results(bad).error().code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_NE(response->results(bad).error().message(), "");
  }
  EXPECT_EQ(Numbers(Listing()).size(), 2u);
}

TEST_F(ServiceTest, SeveralVersionsOfOneOrderInABatchFollowEachOther) {
  v1::OrderInput paid = Input("A", 2);
  paid.set_payment(v1::Order::PAYMENT_PAID);
  const auto response = Upsert({Input("A", 1), paid, Input("A", 1)});
  EXPECT_EQ(response->results(0).outcome(), v1::UpsertResult::OUTCOME_CREATED);
  EXPECT_EQ(response->results(1).outcome(), v1::UpsertResult::OUTCOME_UPDATED);
  EXPECT_EQ(response->results(2).outcome(), v1::UpsertResult::OUTCOME_STALE);
}

TEST_F(ServiceTest, WhileTheStoreIsAwayTheCallFailsAsAWholeAndMayBeRepeated) {
  redis_.Kill();
  const absl::Status failed = Upsert({Input("A"), Input("B")}).status();
  EXPECT_EQ(failed.code(), absl::StatusCode::kUnavailable) << failed;
  redis_.Start();
  for (;;) {
    const auto again = Upsert({Input("A"), Input("B")});
    if (again.status().code() == absl::StatusCode::kUnavailable) continue;
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->results(0).outcome(), v1::UpsertResult::OUTCOME_CREATED);
    break;
  }
}

TEST_F(ServiceTest, BatchesOfBadSizeAndCallsWithoutRequestIdAreRefused) {
  EXPECT_EQ(FieldViolationsOf(Upsert({}).status())[0].field, "orders");
  std::vector<v1::OrderInput> many;
  for (int i = 0; i < 101; ++i) many.push_back(Input(std::to_string(i)));
  EXPECT_EQ(FieldViolationsOf(Upsert(many).status())[0].field, "orders");
  EXPECT_THAT(Numbers(Listing()), IsEmpty());
  many.pop_back();
  EXPECT_EQ(Upsert(many)->results_size(), 100);
  v1::UpsertOrdersRequest request;
  request.set_shop("demo");
  *request.add_orders() = Input("A");
  v1::UpsertOrdersResponse response;
  EXPECT_EQ(
      FieldViolationsOf(Call(*replica_.orders, &Stub::UpsertOrders, request, &response))[0].field,
      "request_id");
}

TEST_F(ServiceTest, AForbiddenTransitionRefusesTheOrderAndLeavesItAsItWas) {
  v1::OrderInput cancelled = Input("A", 1);
  cancelled.set_state(v1::Order::STATE_CANCELLED);
  const std::string id = UpsertOne(cancelled).order();
  v1::OrderInput open = Input("A", 2);
  open.set_state(v1::Order::STATE_OPEN);
  EXPECT_EQ(ReasonOf(UpsertOne(open)), "TRANSITION_FORBIDDEN");
  EXPECT_EQ(Get(id)->source_version(), 1);
}

TEST_F(ServiceTest, PlatformStatusesAreTranslatedAndUnknownOnesKeptAndCounted) {
  v1::OrderInput input = Input("1001", 1);
  input.set_source("shopify");
  (*input.mutable_source_status())["financial_status"] = "paid";
  (*input.mutable_source_status())["fulfillment_status"] = "partial";
  const std::string id = UpsertOne(input).order();
  EXPECT_EQ(Get(id)->payment(), v1::Order::PAYMENT_PAID);
  EXPECT_EQ(Get(id)->fulfilment(), v1::Order::FULFILMENT_PARTIALLY_SHIPPED);
  input.set_source_version(2);
  (*input.mutable_source_status())["financial_status"] = "moonlit";
  const v1::UpsertResult result = UpsertOne(input);
  EXPECT_THAT(result.unknown_statuses(), ElementsAre("financial_status"));
  const auto order = Get(id);
  EXPECT_EQ(order->payment(), v1::Order::PAYMENT_PAID);
  EXPECT_EQ(order->source_status().at("financial_status"), "moonlit");
  EXPECT_THAT(replica_.metrics.Render(),
              HasSubstr("kefu_orders_unknown_statuses_total{source=\"shopify\"} 1"));
}

TEST_F(ServiceTest, WhatTheCallerSaysOutrightWinsOverTheTable) {
  v1::OrderInput input = Input("1002");
  input.set_source("shopify");
  (*input.mutable_source_status())["financial_status"] = "paid";
  input.set_payment(v1::Order::PAYMENT_AUTHORIZED);
  EXPECT_EQ(Get(UpsertOne(input).order())->payment(), v1::Order::PAYMENT_AUTHORIZED);
}

TEST_F(ServiceTest, AxesAndBuyersThatOnlyOthersKnowAreRefused) {
  v1::OrderInput input = Input("A");
  input.set_payment(static_cast<v1::Order::Payment>(99));
  EXPECT_EQ(ReasonOf(UpsertOne(input)), "INVALID_FIELD");
  input = Input("A");
  input.set_buyer_external_id("customer-17");
  EXPECT_EQ(ReasonOf(UpsertOne(input)), "INVALID_FIELD");
}

TEST_F(ServiceTest, AbsentForeignAndOtherShopsOrdersAreAllNotFound) {
  v1::OrderInput input = Input("A");
  input.set_buyer(buyer_);
  const std::string id = UpsertOne(input).order();
  EXPECT_TRUE(Get(id, ROLE_BUYER, buyer_).ok());
  for (const auto& refused : {Get(OrderId::New().str()), Get(id, ROLE_BUYER, BuyerId::New().str()),
                              Get(id, ROLE_BUYER, ""), Get(id, ROLE_AGENT, "a_1", "other")}) {
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ErrorReason(refused.status()), "NO_SUCH_ORDER");
    EXPECT_EQ(refused.status().message(), Get(OrderId::New().str()).status().message());
  }
  EXPECT_EQ(Get("A").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ServiceTest, ABuyerListsTheirOwnOrdersWhateverTheyAskFor) {
  const std::string other = BuyerId::New().str();
  v1::OrderInput mine = Input("mine"), theirs = Input("theirs");
  mine.set_buyer(buyer_);
  theirs.set_buyer(other);
  ASSERT_TRUE(Upsert({mine, theirs, Input("nobodys")}).ok());
  v1::ListOrdersRequest request = Listing();
  request.mutable_actor()->set_role(ROLE_BUYER);
  request.mutable_actor()->set_id(buyer_);
  EXPECT_THAT(Numbers(request), ElementsAre("mine"));
  request.set_buyer(other);
  EXPECT_THAT(Numbers(request), ElementsAre("mine"));
  request.set_number("theirs");
  EXPECT_THAT(Numbers(request), IsEmpty());
  request.mutable_actor()->clear_id();
  EXPECT_EQ(List(request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ServiceTest, OrdersAreFoundByNumberPhoneTailAndTrackingNumber) {
  v1::OrderInput input = WithContact(Input("A-1"));
  input.add_parcels()->set_carrier("shunfeng");
  input.mutable_parcels(0)->set_tracking_number("sf 123456");
  v1::OrderInput same = Input("A-1");
  same.set_source("taobao");
  ASSERT_TRUE(Upsert({input, same, Input("B")}).ok());
  v1::ListOrdersRequest request = Listing();
  request.set_number("A-1");
  EXPECT_THAT(Numbers(request), ElementsAre("A-1", "A-1"));
  request.set_phone_tail("5678");
  EXPECT_THAT(Numbers(request), ElementsAre("A-1"));
  request.set_tracking_number("SF123456");
  EXPECT_THAT(Numbers(request), ElementsAre("A-1"));
  request.set_phone_tail("678");
  EXPECT_EQ(FieldViolationsOf(List(request).status())[0].field, "phone_tail");
  request.set_number("");
  EXPECT_EQ(FieldViolationsOf(List(request).status())[0].field, "number");
  request.set_tracking_number("x");
  EXPECT_EQ(FieldViolationsOf(List(request).status())[0].field, "tracking_number");
}

TEST_F(ServiceTest, PageTokensAreGoodForTheirQueryOnly) {
  std::vector<v1::OrderInput> orders;
  for (int i = 0; i < 7; ++i) orders.push_back(Input("N" + std::to_string(i)));
  ASSERT_TRUE(Upsert(orders).ok());
  v1::ListOrdersRequest request = Listing();
  request.set_page_size(3);
  std::set<std::string> seen;
  int pages = 0;
  for (;;) {
    const auto page = List(request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::Order& order : page->orders()) EXPECT_TRUE(seen.insert(order.number()).second);
    ++pages;
    if (page->next_page_token().empty()) break;
    request.set_page_token(page->next_page_token());
  }
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(pages, 3);
  request.set_state(v1::Order::STATE_OPEN);
  EXPECT_EQ(ErrorReason(List(request).status()), "BAD_PAGE_TOKEN");
  request.clear_state();
  request.set_shop("other");
  EXPECT_EQ(ErrorReason(List(request).status()), "BAD_PAGE_TOKEN");
  request.set_shop("demo");
  request.set_page_token("made-up");
  EXPECT_EQ(ErrorReason(List(request).status()), "BAD_PAGE_TOKEN");
}

TEST_F(ServiceTest, AContactIsUnmaskedForThoseWhoSayWhy) {
  const std::string id = UpsertOne(WithContact(Input("A"))).order();
  const auto contact = Unmask(id);
  ASSERT_TRUE(contact.ok()) << contact.status();
  EXPECT_EQ(contact->name(), "张三");
  EXPECT_EQ(contact->phone(), "13812345678");
  EXPECT_EQ(contact->address(), "文三路 1 号");
  EXPECT_EQ(FieldViolationsOf(Unmask(id, "").status())[0].field, "purpose");
  EXPECT_EQ(FieldViolationsOf(Unmask(id, std::string(201, 'x')).status())[0].field, "purpose");
  EXPECT_EQ(ErrorReason(Unmask(id, "x", ROLE_BUYER, BuyerId::New().str()).status()),
            "NO_SUCH_ORDER");
  const std::string without = UpsertOne(Input("B")).order();
  EXPECT_EQ(Unmask(without)->name(), "");
  EXPECT_THAT(replica_.metrics.Render(), HasSubstr("kefu_orders_unmasked_total 1"));
}

TEST_F(ServiceTest, AnOrderWithoutBuyerHasAContactOfItsOwn) {
  v1::OrderInput input = WithContact(Input("A"));
  input.clear_buyer();
  const std::string id = UpsertOne(input).order();
  EXPECT_EQ(Get(id)->contact().phone(), "138****5678");
  EXPECT_EQ(Unmask(id)->phone(), "13812345678");
}

TEST_F(ServiceTest, WhatIsToldToOthersHoldsNoContactAndStandsInTheLogAndTheSnapshot) {
  v1::OrderInput paid = WithContact(Input("A", 2));
  paid.set_payment(v1::Order::PAYMENT_PAID);
  ASSERT_TRUE(Upsert({WithContact(Input("A", 1)), paid}).ok());
  events::v1::ReadRequest read;
  read.set_shop("demo");
  events::v1::ReadResponse log;
  ASSERT_TRUE(Call(*replica_.log, &events::v1::EventLogService::Stub::Read, read, &log).ok());
  ASSERT_EQ(log.envelopes_size(), 2);
  EXPECT_EQ(log.envelopes(0).type(), "com.kefu.order.created.v1");
  EXPECT_EQ(log.envelopes(1).type(), "com.kefu.order.changed.v1");
  EXPECT_EQ(log.envelopes(1).source(), "orders");
  v1::OrderChanged changed;
  ASSERT_TRUE(changed.ParseFromString(log.envelopes(1).data()));
  EXPECT_THAT(changed.moved(), ElementsAre("payment"));
  EXPECT_FALSE(changed.order().has_contact());

  events::v1::SnapshotRequest request;
  request.set_shop("demo");
  events::v1::SnapshotResponse snapshot;
  ASSERT_TRUE(
      Call(*replica_.log, &events::v1::EventLogService::Stub::Snapshot, request, &snapshot).ok());
  ASSERT_EQ(snapshot.envelopes_size(), 1);
  ASSERT_TRUE(changed.ParseFromString(snapshot.envelopes(0).data()));
  EXPECT_EQ(changed.order().payment(), v1::Order::PAYMENT_PAID);
  EXPECT_EQ(changed.moved_size(), 0);
  EXPECT_FALSE(changed.order().has_contact());
}

TEST_F(ServiceTest, TheNamesOfItsMetricsStay) {
  const std::string text = replica_.metrics.Render();
  for (const char* name :
       {"kefu_orders_upserts_total{outcome=\"created\"}",
        "kefu_orders_upserts_total{outcome=\"stale\"}",
        "kefu_orders_upserts_total{outcome=\"refused\"}",
        "kefu_orders_unknown_statuses_total{source=\"other\"}",
        "kefu_orders_unknown_statuses_total{source=\"taobao\"}", "kefu_orders_unmasked_total"}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
}

}  // namespace
}  // namespace kefu::orders
