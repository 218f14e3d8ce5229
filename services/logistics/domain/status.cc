#include "services/logistics/domain/status.h"

#include <array>

namespace kefu::logistics {
namespace {

constexpr std::array<std::string_view, kStatuses> kNames = {"NONE",
                                                            "PENDING",
                                                            "INFO_RECEIVED",
                                                            "PICKED_UP",
                                                            "IN_TRANSIT",
                                                            "OUT_FOR_DELIVERY",
                                                            "AVAILABLE_FOR_PICKUP",
                                                            "ATTEMPT_FAILED",
                                                            "DELIVERED",
                                                            "EXCEPTION",
                                                            "RETURNING",
                                                            "RETURNED",
                                                            "CANCELLED",
                                                            "LOST",
                                                            "EXPIRED"};

}  // namespace

std::string_view NameOf(Status status) { return kNames[static_cast<size_t>(status)]; }

std::optional<Status> StatusNamed(std::string_view name) {
  for (size_t i = 1; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Status>(i);
  }
  return std::nullopt;
}

Weight WeightOf(Status status) {
  switch (status) {
    case Status::kNone:
      return Weight::kNote;
    case Status::kPending:
    case Status::kExpired:
      return Weight::kWeak;
    case Status::kInfoReceived:
    case Status::kPickedUp:
    case Status::kInTransit:
    case Status::kOutForDelivery:
    case Status::kAvailableForPickup:
    case Status::kAttemptFailed:
      return Weight::kOrdinary;
    case Status::kDelivered:
    case Status::kException:
    case Status::kReturning:
    case Status::kReturned:
    case Status::kCancelled:
    case Status::kLost:
      return Weight::kDecisive;
  }
  return Weight::kNote;
}

bool IsTerminal(Status status) {
  return status == Status::kDelivered || status == Status::kReturned ||
         status == Status::kCancelled || status == Status::kLost;
}

}  // namespace kefu::logistics
