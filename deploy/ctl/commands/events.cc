// kefuctl events: what services tell each other, and how far the listeners are.
#include <absl/strings/numbers.h>
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <utility>

#include "deploy/ctl/chat/terminal.h"
#include "deploy/ctl/commands/command.h"
#include "proto/kefu/gateway/v1/operations.pb.h"
#include "services/common/base/async.h"
#include "services/common/base/ids.h"

namespace kefu::ctl {
namespace {

namespace v1 = gateway::v1;
using google::protobuf::util::TimeUtil;

constexpr int kRefused = 2;
constexpr int64_t kPollMs = 500;

// Prints what is there after the position, then what comes, until a signal; with --once only what
// is there.
Task<ExitCode> Tail(Context& context, const Given& given) {
  const bool once = given.contains("--once");
  v1::ReadEventsRequest request;
  request.set_source(ValueOf(given, "source"));
  request.set_shop(ValueOf(given, "--shop"));
  const std::string after = ValueOf(given, "--after");
  request.set_from_head(after.empty() && !once);
  uint64_t seq = 0;
  if (!after.empty() && !absl::SimpleAtoi(after, &seq)) {
    co_return InvalidField("after", "It must be a number.");
  }
  request.set_after_seq(seq);
  while (true) {
    absl::StatusOr<v1::ReadEventsResponse> page =
        co_await context.AsOperator<v1::ReadEventsResponse>(
            "kefu.gateway.v1.EventsService/ReadEvents", request);
    if (!page.ok()) co_return page.status();
    for (const events::v1::Envelope& envelope : page->envelopes()) {
      context.Print(envelope, fmt::format("{}  {}  {}  {}  {}", envelope.seq(),
                                          TimeUtil::ToString(envelope.time()), envelope.type(),
                                          envelope.subject(), envelope.id()));
    }
    const bool at_end = page->next_seq() >= page->head_seq();
    request.set_from_head(false);
    request.set_after_seq(page->next_seq());
    if (at_end && once) co_return 0;
    if (at_end) co_await SleepMs(kPollMs);
  }
}

void PrintConsumer(const Context& context, const v1::ListConsumersResponse::Consumer& consumer) {
  if (context.globals().json) {
    context.Print(consumer, "");
    return;
  }
  if (!consumer.gap().empty()) {
    PrintLine(fmt::format("{}  no answer: {}", consumer.consumer(), consumer.gap()));
  }
  for (const events::v1::ConsumerCursor& cursor : consumer.cursors()) {
    const uint64_t behind = cursor.head_seq() > cursor.seq() ? cursor.head_seq() - cursor.seq() : 0;
    PrintLine(fmt::format("{}  {}  {}  at {} of {}  behind {}  dead letters {}",
                          consumer.consumer(), cursor.source(), cursor.shop(), cursor.seq(),
                          cursor.head_seq(), behind, cursor.dead_letters()));
  }
}

// 2 if a consumer did not answer.
Task<ExitCode> Lag(Context& context, const Given& given) {
  v1::ListConsumersRequest request;
  request.set_shop(ValueOf(given, "--shop"));
  absl::StatusOr<v1::ListConsumersResponse> response =
      co_await context.AsOperator<v1::ListConsumersResponse>(
          "kefu.gateway.v1.EventsService/ListConsumers", std::move(request));
  if (!response.ok()) co_return response.status();
  int code = 0;
  for (const auto& consumer : response->consumers()) {
    PrintConsumer(context, consumer);
    if (!consumer.gap().empty()) code = kRefused;
  }
  co_return code;
}

// 2 if it was refused again.
Task<ExitCode> Retry(Context& context, const Given& given) {
  v1::RetryRefusedEventRequest request;
  request.set_request_id(ValueOf(given, kRequestId, "c-" + NewToken()));
  request.set_consumer(ValueOf(given, "--consumer"));
  request.set_shop(ValueOf(given, "--shop"));
  request.set_source(ValueOf(given, "--source"));
  request.set_event(ValueOf(given, "event"));
  absl::StatusOr<v1::RetryRefusedEventResponse> response =
      co_await context.AsOperator<v1::RetryRefusedEventResponse>(
          "kefu.gateway.v1.EventsService/RetryRefusedEvent", std::move(request));
  if (!response.ok()) co_return response.status();
  context.Print(*response,
                response->handled()
                    ? "handled"
                    : fmt::format("refused again: {} {}", response->reason(), response->message()));
  co_return response->handled() ? 0 : kRefused;
}

std::vector<Option> OneEvent() {
  return {{.name = "event", .field = "event", .help = "Id of the event", .required = true},
          {.name = "--consumer", .field = "consumer", .help = "Who refused it", .required = true},
          {.name = "--source", .field = "source", .help = "Whose event it is", .required = true},
          {.name = "--shop", .field = "shop", .help = "In which shop", .required = true}};
}

}  // namespace

Noun EventsNoun() {
  return {
      .name = "events",
      .help = "Events between services (operator)",
      .commands = {
          {.verb = "tail",
           .help = "Print the events of a source as they come",
           .method = "kefu.gateway.v1.EventsService/ReadEvents",
           .options = {{.name = "source",
                        .field = "source",
                        .help = "inquiries, orders, logistics, after_sales, directory or routing",
                        .required = true},
                       {.name = "--shop", .field = "shop", .help = "The shop", .required = true},
                       {.name = "--after",
                        .field = "after_seq",
                        .help = "After this event; from now on if absent"},
                       {.name = "--once",
                        .help =
                            "End when there is no more; from the first event if --after is absent",
                        .flag = true}},
           .run = Tail},
          {.verb = "lag",
           .help = "How far every consumer is behind",
           .method = "kefu.gateway.v1.EventsService/ListConsumers",
           .options = {{.name = "--shop", .field = "shop", .help = "In this shop only"}},
           .run = Lag},
          {.verb = "dead-letters list",
           .help = "List events that a consumer refused for good",
           .method = "kefu.gateway.v1.EventsService/ListRefusedEvents",
           .options =
               {{.name = "--consumer", .field = "consumer", .help = "By this consumer"},
                {.name = "--shop", .field = "shop", .help = "In this shop", .required = true}},
           .rows = "events",
           .columns = {"consumer", "dead_letter.source", "dead_letter.shop",
                       "dead_letter.envelope.id", "dead_letter.envelope.type",
                       "dead_letter.envelope.subject", "dead_letter.attempts", "dead_letter.reason",
                       "dead_letter.message"}},
          {.verb = "dead-letters retry",
           .help = "Have it handled once more",
           .method = "kefu.gateway.v1.EventsService/RetryRefusedEvent",
           .options = OneEvent(),
           .run = Retry},
          {.verb = "dead-letters discard",
           .help = "Give it up",
           .method = "kefu.gateway.v1.EventsService/DiscardRefusedEvent",
           .options = OneEvent()},
      }};
}

}  // namespace kefu::ctl
