#include "services/logistics/rpc/shipment_service.h"

#include <fmt/format.h>

#include <set>

#include "proto/google/rpc/error_details.pb.h"
#include "services/common/base/clock.h"
#include "services/common/redis/shard_map.h"
#include "services/logistics/storage/records.h"
#include "tests/services/logistics/support/service.h"
#include "tests/support/await.h"

namespace kefu::logistics::rpc {
namespace {

using Stub = v1::ShipmentService::Stub;

constexpr char kOrder[] = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr char kBuyer[] = "b_aaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr char kOther[] = "b_bbbbbbbbbbbbbbbbbbbbbbbbbb";
constexpr char kUps[] = "1Z5R89390357567127";

std::string ReasonOf(const google::rpc::Status& error) {
  return ErrorReason(DecodeRpcStatus(static_cast<absl::StatusCode>(error.code()), error.message(),
                                     error.SerializeAsString()));
}

class ShipmentServiceTest : public test::ServiceTest {
 protected:
  static v1::ShipmentInput Input(const std::string& number = kUps) {
    v1::ShipmentInput input;
    input.set_carrier("ups");
    input.set_tracking_number(number);
    input.set_order(kOrder);
    input.set_buyer(kBuyer);
    return input;
  }
  static v1::TrackingEventInput EventInput(v1::Shipment::Status status, int64_t minutes_ago,
                                           const std::string& number = kUps) {
    v1::TrackingEventInput input;
    input.set_carrier("ups");
    input.set_tracking_number(number);
    *input.mutable_time() = storage::ToTimestamp(SystemClock().Now() + -minutes_ago * 60'000);
    input.set_status(status);
    return input;
  }
  absl::StatusOr<v1::RegisterShipmentsResponse> Register(std::vector<v1::ShipmentInput> inputs,
                                                         const std::string& shop = "demo") {
    v1::RegisterShipmentsRequest request;
    request.set_shop(shop);
    request.set_request_id("request-1");
    for (const auto& input : inputs) *request.add_shipments() = input;
    v1::RegisterShipmentsResponse response;
    KEFU_RETURN_IF_ERROR(Call(*running_->shipments, &Stub::RegisterShipments, request, &response));
    return response;
  }
  absl::StatusOr<v1::AddTrackingEventsResponse> Add(std::vector<v1::TrackingEventInput> inputs) {
    v1::AddTrackingEventsRequest request;
    request.set_shop("demo");
    request.set_request_id("request-2");
    for (const auto& input : inputs) *request.add_events() = input;
    v1::AddTrackingEventsResponse response;
    KEFU_RETURN_IF_ERROR(Call(*running_->shipments, &Stub::AddTrackingEvents, request, &response));
    return response;
  }
  absl::StatusOr<v1::Shipment> Get(const std::string& shipment, Role role = ROLE_AGENT,
                                   const std::string& actor = "a_x",
                                   const std::string& shop = "demo") {
    v1::GetShipmentRequest request;
    request.set_shop(shop);
    request.mutable_actor()->set_role(role);
    request.mutable_actor()->set_id(actor);
    request.set_shipment(shipment);
    v1::Shipment response;
    KEFU_RETURN_IF_ERROR(Call(*running_->shipments, &Stub::GetShipment, request, &response));
    return response;
  }
  absl::StatusOr<v1::ListShipmentsResponse> List(v1::ListShipmentsRequest request) {
    request.set_shop("demo");
    if (request.actor().role() == ROLE_UNSPECIFIED) request.mutable_actor()->set_role(ROLE_AGENT);
    v1::ListShipmentsResponse response;
    KEFU_RETURN_IF_ERROR(Call(*running_->shipments, &Stub::ListShipments, request, &response));
    return response;
  }
  double Counted(const std::string& line) {
    const std::string text = running_->metrics.Render();
    const size_t at = text.find("\n" + line + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + line.size() + 2));
  }
};

TEST_F(ShipmentServiceTest, ABatchSaysOfEachWhatBecameOfIt) {
  v1::ShipmentInput bad = Input("?");
  v1::ShipmentInput wrong_digit = Input("1Z1111111111111111");
  const auto first = Register({Input(), bad, wrong_digit});
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->results_size(), 3);
  EXPECT_EQ(first->results(0).outcome(), v1::ShipmentResult::OUTCOME_CREATED);
  EXPECT_EQ(first->results(0).shipment(), ShipmentIdOf("ups", kUps).str());
  EXPECT_FALSE(first->results(0).check_digit_failed());
  EXPECT_EQ(first->results(1).outcome(), v1::ShipmentResult::OUTCOME_REFUSED);
  EXPECT_EQ(ReasonOf(first->results(1).error()), "INVALID_FIELD");
  EXPECT_EQ(first->results(2).outcome(), v1::ShipmentResult::OUTCOME_CREATED);
  EXPECT_TRUE(first->results(2).check_digit_failed());
  v1::ShipmentInput changed = wrong_digit;
  changed.set_order_number("4711");
  const auto second = Register({Input(), changed});
  EXPECT_EQ(second->results(0).outcome(), v1::ShipmentResult::OUTCOME_UNCHANGED);
  EXPECT_EQ(second->results(1).outcome(), v1::ShipmentResult::OUTCOME_UPDATED);
}

TEST_F(ShipmentServiceTest, AShipmentWhoseRecordIsDamagedIsRefusedAndTheOthersGoOn) {
  ASSERT_TRUE(Register({Input()}).ok());
  auto shards = redis::ShardMap::Single({redis_.address(), "", ""});
  redis::Command damage = {
      "HSET", "kf:logistics:{demo}:shipment:" + ShipmentIdOf("ups", kUps).str(), "s", "\xff\xff"};
  ASSERT_EQ(kefu::test::Await(shards->Of(*ShopId::Parse("demo")).Call(damage))->Int(), 0);
  v1::ShipmentInput changed = Input();
  changed.set_order_number("4711");
  const auto answer = Register({changed, Input("1Z1111111111111111")});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->results(0).outcome(), v1::ShipmentResult::OUTCOME_REFUSED);
  EXPECT_EQ(ReasonOf(answer->results(0).error()), "BAD_RECORD");
  EXPECT_EQ(answer->results(1).outcome(), v1::ShipmentResult::OUTCOME_CREATED);
}

TEST_F(ShipmentServiceTest, TheSameShipmentTwiceInABatchIsWrittenInOrder) {
  v1::ShipmentInput second = Input();
  second.set_order_number("second");
  const auto response = Register({Input(), second});
  EXPECT_EQ(response->results(0).outcome(), v1::ShipmentResult::OUTCOME_CREATED);
  EXPECT_EQ(response->results(1).outcome(), v1::ShipmentResult::OUTCOME_UPDATED);
  EXPECT_EQ(Get(response->results(0).shipment())->order_number(), "second");
}

TEST_F(ShipmentServiceTest, FieldsThatAreWrongAreNamed) {
  const auto refused = [this](auto spoil) {
    v1::ShipmentInput input = Input();
    spoil(input);
    const auto response = Register({input});
    EXPECT_TRUE(response.ok()) << response.status();
    const auto& result = response->results(0);
    EXPECT_EQ(result.outcome(), v1::ShipmentResult::OUTCOME_REFUSED);
    const auto violations = FieldViolationsOf(DecodeRpcStatus(
        absl::StatusCode::kInvalidArgument, "", result.error().SerializeAsString()));
    return violations.empty() ? "" : violations.front().field;
  };
  EXPECT_EQ(refused([](auto& input) { input.set_carrier("UPS"); }), "carrier");
  EXPECT_EQ(refused([](auto& input) { input.set_tracking_number("1|2"); }), "tracking_number");
  EXPECT_EQ(refused([](auto& input) { input.set_order("4711"); }), "order");
  EXPECT_EQ(refused([](auto& input) { input.set_buyer("b_x"); }), "buyer");
  EXPECT_EQ(refused([](auto& input) { input.set_parent("h_x"); }), "parent");
  EXPECT_EQ(refused([](auto& input) { input.set_order_number(std::string(65, 'x')); }),
            "order_number");
  EXPECT_EQ(
      refused([](auto& input) { input.set_direction(static_cast<v1::Shipment::Direction>(9)); }),
      "direction");
  EXPECT_EQ(refused([](auto& input) { input.add_arrivals(); }), "arrivals.kind");
}

TEST_F(ShipmentServiceTest, ABatchIsNeitherEmptyNorTooLarge) {
  EXPECT_EQ(ErrorReason(Register({}).status()), "INVALID_FIELD");
  EXPECT_EQ(ErrorReason(Register(std::vector<v1::ShipmentInput>(101, Input())).status()),
            "INVALID_FIELD");
  EXPECT_EQ(ErrorReason(Add({}).status()), "INVALID_FIELD");
  const auto event = EventInput(v1::Shipment::STATUS_IN_TRANSIT, 1);
  EXPECT_EQ(ErrorReason(Add(std::vector<v1::TrackingEventInput>(501, event)).status()),
            "INVALID_FIELD");
}

TEST_F(ShipmentServiceTest, AWriteNeedsItsRequestId) {
  v1::AddTrackingEventsRequest request;
  request.set_shop("demo");
  *request.add_events() = EventInput(v1::Shipment::STATUS_IN_TRANSIT, 1);
  v1::AddTrackingEventsResponse response;
  EXPECT_EQ(ErrorReason(Call(*running_->shipments, &Stub::AddTrackingEvents, request, &response)),
            "INVALID_FIELD");
}

TEST_F(ShipmentServiceTest, EventsOfManyShipmentsComeInOneBatch) {
  std::vector<v1::TrackingEventInput> inputs;
  for (int i = 0; i < 30; ++i) {
    inputs.push_back(EventInput(v1::Shipment::STATUS_DELIVERED, 1, fmt::format("N{:04}", i)));
    inputs.push_back(EventInput(v1::Shipment::STATUS_PICKED_UP, 9, fmt::format("N{:04}", i)));
  }
  const auto response = Add(inputs);
  ASSERT_TRUE(response.ok()) << response.status();
  for (const auto& result : response->results())
    EXPECT_EQ(result.outcome(), v1::TrackingEventResult::OUTCOME_ADDED);
  const auto shipment = Get(ShipmentIdOf("ups", "N0007").str());
  ASSERT_TRUE(shipment.ok()) << shipment.status();
  EXPECT_EQ(shipment->status(), v1::Shipment::STATUS_DELIVERED);
  ASSERT_EQ(shipment->events_size(), 2);
  EXPECT_EQ(shipment->events(0).status(), v1::Shipment::STATUS_DELIVERED) << "newest first";
  EXPECT_EQ(shipment->etag(), "1") << "one commit for all of its events";
  const auto again = Add(inputs);
  for (const auto& result : again->results())
    EXPECT_EQ(result.outcome(), v1::TrackingEventResult::OUTCOME_UNCHANGED);
  EXPECT_EQ(Counted("kefu_logistics_tracking_events_total{outcome=\"added\"}"), 60);
  EXPECT_EQ(Counted("kefu_logistics_tracking_events_total{outcome=\"unchanged\"}"), 60);
}

TEST_F(ShipmentServiceTest, BadEventsAreReportedAndTheOthersKept) {
  auto future = EventInput(v1::Shipment::STATUS_DELIVERED, -10);
  auto timeless = EventInput(v1::Shipment::STATUS_DELIVERED, 1);
  timeless.clear_time();
  auto silent = EventInput(v1::Shipment::STATUS_UNSPECIFIED, 1);
  auto foreign = silent;
  foreign.set_source("carrier-pigeon");
  foreign.set_raw_code("coo");
  auto loud = EventInput(v1::Shipment::STATUS_IN_TRANSIT, 1);
  loud.set_text(std::string(1001, 'x'));
  const auto response = Add(
      {EventInput(v1::Shipment::STATUS_IN_TRANSIT, 5), future, timeless, silent, foreign, loud});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->results(0).outcome(), v1::TrackingEventResult::OUTCOME_ADDED);
  const std::vector<std::string> expected = {"TIME_IN_FUTURE", "INVALID_FIELD", "INVALID_FIELD",
                                             "UNKNOWN_SOURCE", "INVALID_FIELD"};
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(response->results(i).outcome(), v1::TrackingEventResult::OUTCOME_REFUSED) << i;
    EXPECT_EQ(ReasonOf(response->results(i).error()), expected[static_cast<size_t>(i) - 1]) << i;
  }
  const auto shipment = Get(response->results(0).shipment());
  EXPECT_EQ(shipment->status(), v1::Shipment::STATUS_IN_TRANSIT);
  EXPECT_EQ(shipment->events_size(), 1);
  EXPECT_EQ(Counted("kefu_logistics_tracking_events_total{outcome=\"refused\"}"), 5);
}

TEST_F(ShipmentServiceTest, CodesAreTranslatedAndUnknownOnesKept) {
  auto known = EventInput(v1::Shipment::STATUS_UNSPECIFIED, 9);
  known.set_source("kuaidi100");
  known.set_raw_code("304");
  auto unknown = EventInput(v1::Shipment::STATUS_UNSPECIFIED, 1);
  unknown.set_source("kuaidi100");
  unknown.set_raw_code("777");
  const auto response = Add({known, unknown});
  ASSERT_TRUE(response.ok());
  EXPECT_FALSE(response->results(0).unknown_code());
  EXPECT_TRUE(response->results(1).unknown_code());
  EXPECT_EQ(response->results(1).outcome(), v1::TrackingEventResult::OUTCOME_ADDED);
  const auto shipment = Get(response->results(0).shipment());
  EXPECT_EQ(shipment->status(), v1::Shipment::STATUS_DELIVERED);
  EXPECT_EQ(shipment->substatus(), "LOCKER");
  EXPECT_EQ(shipment->events(0).raw_code(), "777");
  EXPECT_EQ(Counted("kefu_logistics_unknown_statuses_total{source=\"kuaidi100\"}"), 1);
}

TEST_F(ShipmentServiceTest, ABuyerSeesOwnShipmentsOnly) {
  const auto registered = Register({Input()});
  const std::string id = registered->results(0).shipment();
  EXPECT_TRUE(Get(id, ROLE_BUYER, kBuyer).ok());
  const absl::Status foreign = Get(id, ROLE_BUYER, kOther).status();
  const absl::Status absent = Get(ShipmentIdOf("ups", "N0000").str(), ROLE_BUYER, kOther).status();
  EXPECT_EQ(ErrorReason(foreign), "NO_SUCH_SHIPMENT");
  EXPECT_EQ(foreign, absent);
  EXPECT_EQ(Get(id, ROLE_AGENT, "a_x", "other").status(), absent);
  EXPECT_FALSE(Get(id, ROLE_BUYER, "").ok());

  v1::ListShipmentsRequest request;
  request.mutable_actor()->set_role(ROLE_BUYER);
  request.mutable_actor()->set_id(kOther);
  request.set_buyer(kBuyer);
  EXPECT_EQ(List(request)->shipments_size(), 0) << "whatever buyer is asked for";
  request.mutable_actor()->set_id(kBuyer);
  request.clear_buyer();
  EXPECT_EQ(List(request)->shipments_size(), 1);
  request.mutable_actor()->clear_id();
  EXPECT_FALSE(List(request).ok());
}

TEST_F(ShipmentServiceTest, ListsPageByTokensOfTheirOwnQuery) {
  std::vector<v1::ShipmentInput> inputs;
  for (int i = 0; i < 7; ++i) inputs.push_back(Input(fmt::format("N{:04}", i)));
  ASSERT_TRUE(Register(inputs).ok());
  v1::ListShipmentsRequest request;
  request.set_order(kOrder);
  request.set_page_size(3);
  std::set<std::string> seen;
  int pages = 0;
  do {
    const auto page = List(request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& shipment : page->shipments()) seen.insert(shipment.shipment());
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(pages, 3);

  request.set_page_token(List(request)->next_page_token());
  request.set_status(v1::Shipment::STATUS_PENDING);
  EXPECT_EQ(ErrorReason(List(request).status()), "BAD_PAGE_TOKEN");
  request.clear_status();
  request.set_page_token("made up");
  EXPECT_EQ(ErrorReason(List(request).status()), "BAD_PAGE_TOKEN");
  request.clear_page_token();
  request.set_page_size(101);
  EXPECT_EQ(ErrorReason(List(request).status()), "INVALID_FIELD");
}

TEST_F(ShipmentServiceTest, MalformedIdsAreRefused) {
  EXPECT_EQ(ErrorReason(Get("h_x").status()), "INVALID_FIELD");
  EXPECT_EQ(ErrorReason(Register({Input()}, "Demo").status()), "INVALID_FIELD");
  v1::ListShipmentsRequest request;
  request.set_order("x");
  EXPECT_EQ(ErrorReason(List(request).status()), "INVALID_FIELD");
}

TEST_F(ShipmentServiceTest, WithoutItsStoreACallIsUnavailableAsAWhole) {
  redis_.Kill();
  EXPECT_EQ(Register({Input()}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Add({EventInput(v1::Shipment::STATUS_IN_TRANSIT, 1)}).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace kefu::logistics::rpc
