// An order and what may happen to it. Pure: the state and a command in, the next state or a refusal
// out.
//
// An order may be heard of before its source states it: a parcel registered for it, a case. Such an
// order is not `known` yet; it keeps what it heard and shows nothing. So it does not matter who
// comes first.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/common/base/clock.h"
#include "services/common/base/money.h"
#include "services/orders/domain/axes.h"

namespace kefu::orders::domain {

struct Line {
  std::string id, sku, product, title;
  uint32_t quantity = 0;
  Money unit_price, total;
  bool operator==(const Line&) const = default;
};

struct Totals {
  Money goods, discount, freight, tax, total, paid, refunded;
  bool operator==(const Totals&) const = default;
};

// What may be shown of a contact.
struct MaskedContact {
  std::string name, phone, country, region, city;
  bool operator==(const MaskedContact&) const = default;
};

// A contact as it is kept: masks to show, and the whole under a data key.
struct Contact {
  MaskedContact masked;
  // The last four digits of the phone; empty if it has none to show.
  std::string phone_tail;
  // Whose key: the buyer's, or the order's own if it has no buyer.
  std::string key_owner;
  std::string key;
  std::string sealed;
  // Keyed hash of the whole: tells a repetition from a change.
  std::string hash;
  bool operator==(const Contact&) const = default;
};

// Which of two reports of another service is the later one.
struct Seen {
  uint64_t etag = 0;
  TimePoint update_time;
  bool operator==(const Seen&) const = default;
  // Neither its number nor its time goes beyond what was seen. (After a restore of the other store
  // numbers begin lower, while times go on.)
  bool IsOldTo(const Seen& known) const {
    return etag <= known.etag && update_time <= known.update_time;
  }
};

struct Parcel {
  std::string carrier, tracking_number;
  // The source names it in its newest version; else it is known from logistics only.
  bool of_source = false;
  // Of logistics; empty until it has told.
  std::string status;
  // It was delivered once, whatever came after.
  bool delivered = false;
  Seen seen;
  bool operator==(const Parcel&) const = default;
};

struct Case {
  std::string kind, state;
  Seen seen;
  bool operator==(const Case&) const = default;
};

struct Order {
  bool known = false;
  std::string source, number, buyer;
  State state = State::kOpen;
  Payment payment = Payment::kUnpaid;
  Fulfilment fulfilment = Fulfilment::kUnfulfilled;
  Aftersale aftersale = Aftersale::kNone;
  // What the source says, of which the axes above are derived.
  State source_state = State::kOpen;
  Fulfilment source_fulfilment = Fulfilment::kUnfulfilled;
  std::vector<Line> lines;
  Totals totals;
  std::optional<Contact> contact;
  // There was one, and it was erased with its key.
  bool contact_erased = false;
  // By shipment id, case id.
  std::map<std::string, Parcel> parcels;
  std::map<std::string, Case> cases;
  TimePoint create_time, update_time;
  int64_t source_version = 0;
  std::map<std::string, std::string> source_status;
  // Over the newest version as it came, without its contact.
  std::string input_hash;
  bool operator==(const Order&) const = default;
};

// What a version says of the axes; what it says nothing of stays as it is.
struct Said {
  std::optional<State> state;
  // Closed without saying how: CANCELLED if nothing was shipped, else COMPLETED.
  bool closed = false;
  std::optional<Payment> payment;
  std::optional<Fulfilment> fulfilment;
  bool operator==(const Said&) const = default;
};

struct ParcelName {
  std::string shipment, carrier, tracking_number;
};

// A version of the order as its source states it, checked (domain/input.h). It is whole: lines,
// contact and parcels that it leaves out are gone.
struct Upsert {
  std::string source, number, buyer;
  int64_t source_version = 0;
  TimePoint create_time, update_time;
  std::vector<Line> lines;
  Totals totals;
  std::optional<Contact> contact;
  Said said;
  std::map<std::string, std::string> source_status;
  std::vector<ParcelName> parcels;
  std::string input_hash;
};

// Logistics says how an outbound parcel of the order is.
struct ReportParcel {
  std::string shipment, carrier, tracking_number, status;
  bool delivered = false;
  Seen seen;
};

// after_sales says how a case of the order is.
struct ReportCase {
  std::string id, kind, state;
  Seen seen;
};

// Drops the contact unless it is sealed under `key`, the one in force (empty: none is).
struct EraseContact {
  std::string key;
};

enum class Outcome { kCreated, kUpdated, kUnchanged, kStale };

struct Decision {
  Outcome outcome = Outcome::kUnchanged;
  // As before if the outcome is kUnchanged or kStale.
  Order next;
  // "state", "payment", "fulfilment", "aftersale", "parcels" (one was added). Of a new order
  // parcels only.
  std::vector<std::string> moved;
  // Something that is shown of the order changed.
  bool shows = false;
};

// FAILED_PRECONDITION TRANSITION_FORBIDDEN (metadata axis, from, to); ALREADY_EXISTS
// SOURCE_VERSION_REUSED; INVALID_ARGUMENT for times over five minutes after `now`.
absl::StatusOr<Decision> Apply(const Order& order, const Upsert& upsert, TimePoint now);
// These refuse nothing.
Decision Apply(const Order& order, const ReportParcel& report);
Decision Apply(const Order& order, const ReportCase& report);
Decision Apply(const Order& order, const EraseContact& erase);

}  // namespace kefu::orders::domain
