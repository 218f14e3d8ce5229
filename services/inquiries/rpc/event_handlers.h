// What other services' events say in a conversation: a parcel that was delivered, an after-sales
// case that was opened or moved on. Said by the system in the buyer's open session; without one,
// nothing is said.
//
// Harmless to repeat: the entry's request id follows from the event (of a parcel: from the parcel,
// which is delivered once), so what was said is recognised. Threads: thread-safe. Writer and reader
// outlive it.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>

#include "services/common/events/consumer.h"
#include "services/inquiries/storage/conversation_reader.h"
#include "services/inquiries/storage/conversation_writer.h"

namespace kefu::inquiries::rpc {

class EventHandlers {
 public:
  EventHandlers(storage::ConversationWriter& writer, storage::ConversationReader& reader)
      : writer_(writer), reader_(reader) {}

  // Sources "logistics" and "after_sales".
  void Register(events::Consumer& consumer);

 private:
  Task<absl::StatusOr<events::Effect>> OnShipment(events::Delivery delivery);
  Task<absl::StatusOr<events::Effect>> OnCase(events::Delivery delivery);
  Task<absl::StatusOr<events::Effect>> Say(events::Delivery delivery, std::string buyer,
                                           std::string request_id, common::v1::Content content);
  // The buyer's open session, where the conversation goes on now; none if there is none.
  Task<absl::StatusOr<std::optional<SessionId>>> OpenSession(ShopId shop, BuyerId buyer,
                                                             storage::Deadline deadline);

  storage::ConversationWriter& writer_;
  storage::ConversationReader& reader_;
};

}  // namespace kefu::inquiries::rpc
