#include "services/orders/domain/axes.h"

#include <algorithm>
#include <array>

namespace kefu::orders::domain {
namespace {

using StateNames = std::array<std::string_view, 4>;
constexpr StateNames kStateNames = {"OPEN", "ON_HOLD", "COMPLETED", "CANCELLED"};
constexpr std::array<std::string_view, 10> kPaymentNames = {
    "UNPAID",   "PENDING", "AUTHORIZED", "PARTIALLY_PAID", "PAID", "PARTIALLY_REFUNDED",
    "REFUNDED", "VOIDED",  "EXPIRED",    "FAILED"};
constexpr std::array<std::string_view, 8> kFulfilmentNames = {
    "UNFULFILLED", "PROCESSING", "HELD",          "PARTIALLY_SHIPPED",
    "SHIPPED",     "DELIVERED",  "UNFULFILLABLE", "CANCELLED"};
constexpr std::array<std::string_view, 5> kAftersaleNames = {"NONE", "REQUESTED", "IN_PROGRESS",
                                                             "COMPLETED", "FAILED"};

// A set of values of one axis, a bit each.
using Set = uint16_t;

template <class Axis>
constexpr size_t Index(Axis value) {
  return static_cast<size_t>(value) - 1;
}

template <class... Axis>
constexpr Set Of(Axis... values) {
  return static_cast<Set>((0 | ... | (1u << Index(values))));
}

template <class Axis, size_t kCount>
struct Table {
  // Of each value, what it may become in one step.
  std::array<Set, kCount> steps;

  constexpr bool IsStep(Axis from, Axis to) const { return (steps[Index(from)] & Of(to)) != 0; }

  // Warshall's closure, with every value reaching itself.
  constexpr std::array<Set, kCount> Reach() const {
    std::array<Set, kCount> reach = steps;
    for (size_t i = 0; i < kCount; ++i) reach[i] |= static_cast<Set>(1u << i);
    for (size_t via = 0; via < kCount; ++via) {
      for (size_t from = 0; from < kCount; ++from) {
        if ((reach[from] >> via) & 1u) reach[from] |= reach[via];
      }
    }
    return reach;
  }
};

constexpr Table<State, 4> kStateTable = {{
    /* OPEN */ Of(State::kOnHold, State::kCompleted, State::kCancelled),
    /* ON_HOLD */ Of(State::kOpen, State::kCancelled),
    /* COMPLETED */ Set{0},
    /* CANCELLED */ Set{0},
}};

constexpr Table<Payment, 10> kPaymentTable = {{
    /* UNPAID */ Of(Payment::kPending, Payment::kAuthorized, Payment::kPaid),
    /* PENDING */ Of(Payment::kAuthorized, Payment::kPaid, Payment::kExpired, Payment::kFailed),
    /* AUTHORIZED */
    Of(Payment::kPartiallyPaid, Payment::kPaid, Payment::kVoided, Payment::kExpired),
    /* PARTIALLY_PAID */ Of(Payment::kPaid),
    /* PAID */ Of(Payment::kPartiallyRefunded),
    /* PARTIALLY_REFUNDED */ Of(Payment::kRefunded),
    /* REFUNDED */ Set{0},
    /* VOIDED */ Set{0},
    /* EXPIRED */ Set{0},
    /* FAILED */ Of(Payment::kPending),
}};

constexpr Table<Fulfilment, 8> kFulfilmentTable = {{
    /* UNFULFILLED */
    Of(Fulfilment::kProcessing, Fulfilment::kHeld, Fulfilment::kPartiallyShipped,
       Fulfilment::kShipped, Fulfilment::kUnfulfillable, Fulfilment::kCancelled),
    /* PROCESSING */
    Of(Fulfilment::kHeld, Fulfilment::kPartiallyShipped, Fulfilment::kShipped,
       Fulfilment::kUnfulfillable, Fulfilment::kCancelled),
    /* HELD */
    Of(Fulfilment::kUnfulfilled, Fulfilment::kProcessing, Fulfilment::kUnfulfillable,
       Fulfilment::kCancelled),
    /* PARTIALLY_SHIPPED */
    Of(Fulfilment::kShipped, Fulfilment::kUnfulfillable, Fulfilment::kCancelled),
    /* SHIPPED */ Of(Fulfilment::kDelivered),
    /* DELIVERED */ Set{0},
    /* UNFULFILLABLE */ Of(Fulfilment::kCancelled),
    /* CANCELLED */ Set{0},
}};

constexpr auto kStateReach = kStateTable.Reach();
constexpr auto kPaymentReach = kPaymentTable.Reach();
constexpr auto kFulfilmentReach = kFulfilmentTable.Reach();

template <class Axis, size_t kCount>
std::optional<Axis> Parse(const std::array<std::string_view, kCount>& names,
                          std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Axis>(found - names.begin() + 1);
}

template <class Axis, size_t kCount>
bool Reaches(const std::array<Set, kCount>& reach, Axis from, Axis to) {
  return (reach[Index(from)] & Of(to)) != 0;
}

bool IsAmong(std::string_view value, std::initializer_list<std::string_view> values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

std::string_view Name(State state) { return kStateNames[Index(state)]; }
std::string_view Name(Payment payment) { return kPaymentNames[Index(payment)]; }
std::string_view Name(Fulfilment fulfilment) { return kFulfilmentNames[Index(fulfilment)]; }
std::string_view Name(Aftersale aftersale) { return kAftersaleNames[Index(aftersale)]; }

std::optional<State> ParseState(std::string_view name) { return Parse<State>(kStateNames, name); }
std::optional<Payment> ParsePayment(std::string_view name) {
  return Parse<Payment>(kPaymentNames, name);
}
std::optional<Fulfilment> ParseFulfilment(std::string_view name) {
  return Parse<Fulfilment>(kFulfilmentNames, name);
}

bool IsStep(State from, State to) { return kStateTable.IsStep(from, to); }
bool IsStep(Payment from, Payment to) { return kPaymentTable.IsStep(from, to); }
bool IsStep(Fulfilment from, Fulfilment to) { return kFulfilmentTable.IsStep(from, to); }
bool MayMove(State from, State to) { return Reaches(kStateReach, from, to); }
bool MayMove(Payment from, Payment to) { return Reaches(kPaymentReach, from, to); }
bool MayMove(Fulfilment from, Fulfilment to) { return Reaches(kFulfilmentReach, from, to); }

bool IsFulfilled(Fulfilment fulfilment) {
  return fulfilment == Fulfilment::kShipped || fulfilment == Fulfilment::kDelivered ||
         fulfilment == Fulfilment::kUnfulfillable || fulfilment == Fulfilment::kCancelled;
}

bool IsSettled(Payment payment) {
  return payment == Payment::kPaid || payment == Payment::kPartiallyRefunded ||
         payment == Payment::kRefunded;
}

Fulfilment Advance(Fulfilment known, Fulfilment said) {
  return MayMove(known, said) ? said : known;
}

Carriage CarriageOf(std::string_view shipment_status) {
  if (shipment_status == "DELIVERED") return Carriage::kDelivered;
  if (shipment_status == "CANCELLED") return Carriage::kCancelled;
  if (IsAmong(shipment_status, {"", "UNSPECIFIED", "PENDING", "INFO_RECEIVED", "EXPIRED"}))
    return Carriage::kWaiting;
  return Carriage::kMoving;
}

Fulfilment Derive(Fulfilment source, const std::vector<Carriage>& parcels) {
  const auto count = [&](Carriage carriage) {
    return std::count(parcels.begin(), parcels.end(), carriage);
  };
  const auto delivered = count(Carriage::kDelivered);
  const auto under_way = delivered + count(Carriage::kMoving);
  const auto all = under_way + count(Carriage::kWaiting);
  if (under_way == 0) return source;
  Fulfilment shown = Fulfilment::kPartiallyShipped;
  if (source != Fulfilment::kPartiallyShipped && under_way == all) {
    shown = delivered == all ? Fulfilment::kDelivered : Fulfilment::kShipped;
  }
  return MayMove(shown, source) ? source : shown;
}

Aftersale Derive(const std::vector<std::string_view>& states) {
  bool requested = false, failed = false, completed = false;
  for (const std::string_view state : states) {
    if (IsAmong(state, {"REQUESTED", "INFO_REQUIRED"})) {
      requested = true;
    } else if (IsAmong(state, {"REJECTED", "REJECTED_RETURN", "REFUND_FAILED"})) {
      failed = true;
    } else if (state == "COMPLETED") {
      completed = true;
    } else if (!IsAmong(state, {"CLOSED", "UNSPECIFIED", ""})) {
      return Aftersale::kInProgress;
    }
  }
  if (requested) return Aftersale::kRequested;
  if (failed) return Aftersale::kFailed;
  return completed ? Aftersale::kCompleted : Aftersale::kNone;
}

State Derive(State source, Fulfilment fulfilment, Payment payment, bool free) {
  if (source != State::kCompleted) return source;
  const bool done = IsFulfilled(fulfilment) && (free || IsSettled(payment));
  return done ? State::kCompleted : State::kOpen;
}

}  // namespace kefu::orders::domain
