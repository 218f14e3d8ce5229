#include "services/records/rpc/event_handlers.h"

#include <string>
#include <utility>
#include <vector>

#include "services/common/base/status.h"
#include "services/records/rpc/conversion.h"
#include "services/records/rpc/facts_of.h"

namespace kefu::records::rpc {

void EventHandlers::RegisterWith(events::Consumer& consumer) {
  for (const EventKind& kind : KnownEvents()) {
    consumer.On(std::string(kind.source), std::string(kind.type),
                [this](events::Delivery delivery) { return Handle(std::move(delivery)); });
  }
}

Task<absl::StatusOr<events::Effect>> EventHandlers::Handle(events::Delivery delivery) {
  KEFU_CO_ASSIGN_OR_RETURN(std::vector<storage::Fact> facts, FactsOf(delivery.envelope));
  const TimePoint time = FromTimestamp(delivery.envelope.time());
  const bool moves = delivery.move.has_value();
  KEFU_CO_RETURN_IF_ERROR(co_await keeper_.Keep(std::move(delivery.shop), std::move(facts),
                                                std::move(delivery.move), time));
  // Without a move there is none to make either: rows may be written twice without harm.
  co_return moves ? events::Effect::kCommitted : events::Effect::kNone;
}

}  // namespace kefu::records::rpc
