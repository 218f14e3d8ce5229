// After-sales cases, and all cases of one order together: the aggregate, so that no unit is in two
// live cases and no money is given back twice. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/after_sales/domain/machine.h"
#include "services/common/base/clock.h"
#include "services/common/base/ids.h"
#include "services/common/base/money.h"

namespace kefu::after_sales::domain {

inline constexpr size_t kMaxCases = 50;
inline constexpr size_t kMaxLines = 50;
inline constexpr size_t kMaxNote = 500;
inline constexpr size_t kMaxReference = 128;
// Of one case. Only asking for more and answering go round in circles, and failed refunds.
inline constexpr size_t kMaxMoves = 100;
inline constexpr size_t kMaxRefunds = 20;

enum class Reason : uint8_t {
  kChangedMind = 1,
  kSize = 2,
  kColor = 3,
  kStyle = 4,
  kOrderedWrong = 5,
  kNotCompatible = 6,
  kDefective = 7,
  kNotAsDescribed = 8,
  kWrongItem = 9,
  kMissingParts = 10,
  kQuality = 11,
  kCounterfeit = 12,
  kLateShipment = 13,
  kDamagedInTransit = 14,
  kLost = 15,
  kNotReceived = 16,
  kMissedEstimate = 17,
  kUnauthorized = 18,
};

enum class Cause : uint8_t { kBuyerRemorse = 1, kSellerFault = 2, kCarrierFault = 3, kFraud = 4 };

// Whose fault it is decides who pays the freight.
constexpr Cause CauseOf(Reason reason) {
  if (reason <= Reason::kNotCompatible) return Cause::kBuyerRemorse;
  if (reason <= Reason::kLateShipment) return Cause::kSellerFault;
  if (reason <= Reason::kMissedEstimate) return Cause::kCarrierFault;
  return Cause::kFraud;
}

struct Actor {
  Role role = Role::kSystem;
  std::string id;
  bool operator==(const Actor&) const = default;
};

struct Line {
  // The order's id of it.
  std::string line;
  std::string sku;
  std::string title;
  uint32_t quantity = 0;
  uint32_t received = 0;
  uint32_t accepted = 0;
  // What these units cost together, as paid (amounts.h).
  Money cost;
  bool operator==(const Line&) const = default;
};

enum class RefundState : uint8_t { kPending = 1, kSucceeded = 2, kFailed = 3 };

struct Refund {
  Money amount;
  RefundState state = RefundState::kPending;
  std::string reference;
  TimePoint create_time;
  std::optional<TimePoint> settle_time;
  bool operator==(const Refund&) const = default;
};

struct Parcel {
  std::string carrier;
  std::string tracking_number;
  bool operator==(const Parcel&) const = default;
  bool empty() const { return carrier.empty() && tracking_number.empty(); }
};

// A note as it is stored, unreadable without the data key of that id.
struct SealedNote {
  std::string key;
  std::string bytes;
  bool operator==(const SealedNote&) const = default;
};

struct Move {
  State from = State::kNone;
  State to = State::kNone;
  Actor actor;
  TimePoint time;
  // What was said; storage keeps it sealed only, and opens it for those who read the case.
  std::string note;
  SealedNote sealed;
  bool operator==(const Move&) const = default;
};

struct Case {
  // From 1 in its order.
  uint32_t ordinal = 0;
  // Rises with every change: the etag.
  uint64_t version = 0;
  // Empty: nobody's.
  std::string buyer;
  Kind kind = Kind::kRefundOnly;
  State state = State::kNone;
  Reason reason = Reason::kChangedMind;
  std::vector<Line> lines;
  Money requested;
  std::vector<Refund> refunds;
  Parcel return_parcel;
  Parcel replacement_parcel;
  std::vector<Move> history;
  // When it closes by itself; only while the goods are awaited.
  std::optional<TimePoint> deadline;
  TimePoint create_time;
  TimePoint update_time;
  bool operator==(const Case&) const = default;
};

// `cases[i]` has ordinal i + 1; cases are never taken away.
struct OrderCases {
  explicit OrderCases(OrderId order) : order(std::move(order)) {}
  OrderId order;
  // As the buyer knows it.
  std::string number;
  std::vector<Case> cases;
  bool operator==(const OrderCases&) const = default;

  CaseId IdOf(const Case& one) const { return CaseId(order, one.ordinal); }
  // None if there is no such case here.
  const Case* Find(const CaseId& id) const {
    const bool here = id.order() == order && id.ordinal() >= 1 && id.ordinal() <= cases.size();
    return here ? &cases[id.ordinal() - 1] : nullptr;
  }
};

// `<case>_r<n>`, from 1.
inline std::string RefundIdOf(const CaseId& id, size_t index) {
  return id.str() + "_r" + std::to_string(index + 1);
}

}  // namespace kefu::after_sales::domain
