#include "gateway/rpc/events_service.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/rpc/methods.h"
#include "gateway/upstream/publishers.h"
#include "proto/kefu/events/v1/service.grpc.pb.h"
#include "services/common/base/ids.h"
#include "services/common/base/status.h"
#include "services/common/base/when_all.h"

namespace kefu::gateway {
namespace {

using events::v1::ConsumerService;
using events::v1::EventLogService;
using ConsumerStub = ConsumerService::StubInterface::async_interface;
using EventLogStub = EventLogService::StubInterface::async_interface;

constexpr std::array<std::string_view, 6> kConsumers = {"inquiries",   "orders",  "logistics",
                                                        "after_sales", "records", "gateway"};
constexpr uint32_t kMostEvents = 1000;
constexpr uint32_t kMostRefused = 200;
constexpr uint32_t kDefaultRefused = 50;

absl::StatusOr<std::string> ServiceOf(std::string_view source) {
  const auto found = std::find_if(kEventPublishers.begin(), kEventPublishers.end(),
                                  [&](const EventPublisher& one) { return one.source == source; });
  if (found != kEventPublishers.end()) return std::string(found->service);
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_SOURCE",
               "Name a source of events: inquiries, orders, logistics, after_sales, directory or "
               "routing.");
}

absl::Status CheckConsumer(std::string_view consumer) {
  if (std::find(kConsumers.begin(), kConsumers.end(), consumer) != kConsumers.end())
    return absl::OkStatus();
  return Error(absl::StatusCode::kNotFound, "NO_SUCH_CONSUMER",
               "Name a consumer of events: inquiries, orders, logistics, after_sales, records or "
               "gateway.");
}

server::CallScope Within(server::CallScope scope, int64_t ms) {
  scope.deadline_ms = std::min(scope.deadline_ms, MonotonicMs() + ms);
  return scope;
}

// Asks one consumer for its dead letters; the outcome is the caller's to judge.
Task<> AskForDeadLetters(ServiceChannels& services, std::string consumer, server::CallScope scope,
                         events::v1::ListDeadLettersRequest request,
                         std::optional<absl::StatusOr<events::v1::ListDeadLettersResponse>>* out) {
  out->emplace(co_await services.Call<ConsumerService>(
      std::move(consumer), &ConsumerStub::ListDeadLetters, std::move(scope), std::move(request)));
}

void AddRefused(const std::string& consumer, events::v1::ListDeadLettersResponse listed,
                v1::ListRefusedEventsResponse* response) {
  for (events::v1::DeadLetter& dead_letter : *listed.mutable_dead_letters()) {
    dead_letter.mutable_envelope()->clear_data();
    v1::ListRefusedEventsResponse::Refused& refused = *response->add_events();
    refused.set_consumer(consumer);
    *refused.mutable_dead_letter() = std::move(dead_letter);
  }
}

}  // namespace

void EventsService::Register(Registry& registry) {
  Methods<EventsService>(registry, "kefu.gateway.v1.EventsService", this)
      .Unary("ReadEvents", &EventsService::ReadEvents)
      .Unary("ListConsumers", &EventsService::ListConsumers)
      .Unary("ListRefusedEvents", &EventsService::ListRefusedEvents)
      .Unary("RetryRefusedEvent", &EventsService::RetryRefusedEvent)
      .Unary("DiscardRefusedEvent", &EventsService::DiscardRefusedEvent);
}

Task<absl::StatusOr<v1::ReadEventsResponse>> EventsService::ReadEvents(
    CallContext context, v1::ReadEventsRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_ASSIGN_OR_RETURN(const std::string service, ServiceOf(request.source()));
  events::v1::ReadRequest read;
  read.set_shop(shop.str());
  read.set_source(request.source());
  read.set_after_seq(request.after_seq());
  // The head comes with every answer.
  read.set_page_size(request.from_head() ? 1 : std::min(request.page_size(), kMostEvents));
  if (request.from_head()) read.clear_after_seq();
  absl::StatusOr<events::v1::ReadResponse> answer = co_await deps_.services.Call<EventLogService>(
      service, &EventLogStub::Read, context.scope, std::move(read));
  if (!answer.ok()) co_return answer.status();
  v1::ReadEventsResponse response;
  response.set_head_seq(answer->head_seq());
  response.set_store_epoch(answer->store_epoch());
  response.set_next_seq(request.from_head() ? answer->head_seq() : answer->next_seq());
  if (request.from_head()) co_return response;
  for (events::v1::Envelope& envelope : *answer->mutable_envelopes()) {
    envelope.clear_data();
    *response.add_envelopes() = std::move(envelope);
  }
  co_return response;
}

Task<absl::StatusOr<v1::ListConsumersResponse>> EventsService::ListConsumers(
    CallContext context, v1::ListConsumersRequest request) {
  if (!request.shop().empty()) {
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  }
  v1::ListConsumersResponse response;
  for (const std::string_view name : kConsumers) {
    if (deps_.services.To(name).ok()) response.add_consumers()->set_consumer(std::string(name));
  }
  std::vector<Task<>> parts;
  for (auto& consumer : *response.mutable_consumers()) {
    parts.push_back(AddConsumer(Within(context.scope, deps_.part_ms), request.shop(), &consumer));
  }
  co_await WhenAll(std::move(parts));
  co_return response;
}

Task<> EventsService::AddConsumer(server::CallScope scope, std::string shop,
                                  v1::ListConsumersResponse::Consumer* consumer) {
  events::v1::ListCursorsRequest request;
  request.set_shop(std::move(shop));
  do {
    absl::StatusOr<events::v1::ListCursorsResponse> page =
        co_await deps_.services.Call<ConsumerService>(consumer->consumer(),
                                                      &ConsumerStub::ListCursors, scope, request);
    if (!page.ok()) {
      consumer->set_gap(ErrorReason(page.status()));
      co_return;
    }
    consumer->mutable_cursors()->MergeFrom(page->cursors());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
}

Task<absl::StatusOr<v1::ListRefusedEventsResponse>> EventsService::ListRefusedEvents(
    CallContext context, v1::ListRefusedEventsRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  std::vector<std::string> consumers;
  if (request.consumer().empty()) {
    for (const std::string_view name : kConsumers) {
      if (deps_.services.To(name).ok()) consumers.emplace_back(name);
    }
  } else {
    KEFU_CO_RETURN_IF_ERROR(CheckConsumer(request.consumer()));
    consumers.push_back(request.consumer());
  }
  events::v1::ListDeadLettersRequest list;
  list.set_shop(shop.str());
  list.set_page_size(request.page_size() == 0 ? kDefaultRefused
                                              : std::min(request.page_size(), kMostRefused));
  std::vector<std::optional<absl::StatusOr<events::v1::ListDeadLettersResponse>>> answers(
      consumers.size());
  std::vector<Task<>> parts;
  for (size_t i = 0; i < consumers.size(); ++i) {
    parts.push_back(AskForDeadLetters(deps_.services, consumers[i],
                                      Within(context.scope, deps_.part_ms), list, &answers[i]));
  }
  co_await WhenAll(std::move(parts));
  v1::ListRefusedEventsResponse response;
  for (size_t i = 0; i < consumers.size(); ++i) {
    if (answers[i]->ok()) {
      AddRefused(consumers[i], **std::move(answers[i]), &response);
      continue;
    }
    if (!request.consumer().empty()) co_return answers[i]->status();
    v1::ListRefusedEventsResponse::Gap& gap = *response.add_gaps();
    gap.set_consumer(consumers[i]);
    gap.set_reason(ErrorReason(answers[i]->status()));
  }
  co_return response;
}

Task<absl::StatusOr<v1::RetryRefusedEventResponse>> EventsService::RetryRefusedEvent(
    CallContext context, v1::RetryRefusedEventRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(CheckConsumer(request.consumer()));
  events::v1::RetryDeadLetterRequest retry;
  retry.set_shop(shop.str());
  retry.set_source(request.source());
  retry.set_event(request.event());
  absl::StatusOr<events::v1::RetryDeadLetterResponse> answer =
      co_await deps_.services.Call<ConsumerService>(
          request.consumer(), &ConsumerStub::RetryDeadLetter, context.scope, std::move(retry));
  if (!answer.ok()) co_return answer.status();
  v1::RetryRefusedEventResponse response;
  response.set_handled(answer->handled());
  response.set_reason(answer->reason());
  response.set_message(answer->message());
  co_return response;
}

Task<absl::StatusOr<v1::DiscardRefusedEventResponse>> EventsService::DiscardRefusedEvent(
    CallContext context, v1::DiscardRefusedEventRequest request) {
  KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
  KEFU_CO_RETURN_IF_ERROR(CheckConsumer(request.consumer()));
  events::v1::DiscardDeadLetterRequest discard;
  discard.set_shop(shop.str());
  discard.set_source(request.source());
  discard.set_event(request.event());
  KEFU_CO_RETURN_IF_ERROR(co_await deps_.services.Call<ConsumerService>(
      request.consumer(), &ConsumerStub::DiscardDeadLetter, context.scope, std::move(discard)));
  co_return v1::DiscardRefusedEventResponse();
}

}  // namespace kefu::gateway
