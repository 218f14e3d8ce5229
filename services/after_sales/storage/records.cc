#include "services/after_sales/storage/records.h"

#include <google/protobuf/util/time_util.h>

#include "proto/kefu/after_sales/v1/record.pb.h"
#include "services/after_sales/domain/amounts.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"

namespace kefu::after_sales::storage {
namespace {

using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

constexpr uint32_t kWithoutNotes = 1;
constexpr uint32_t kVersion = 2;
constexpr char kWhat[] = "order's list of cases";

// The domain's enumerators are the API's numbers.
static_assert(domain::kStates == v1::Case::State_ARRAYSIZE);
static_assert(static_cast<int>(domain::State::kClosed) == v1::Case::STATE_CLOSED);
static_assert(static_cast<int>(domain::State::kArbitration) == v1::Case::STATE_ARBITRATION);
static_assert(static_cast<int>(domain::Kind::kExchange) == v1::Case::KIND_EXCHANGE);
static_assert(v1::Case::Kind_ARRAYSIZE == 4);
static_assert(static_cast<int>(domain::Reason::kUnauthorized) == v1::Case::REASON_UNAUTHORIZED);
static_assert(v1::Case::Reason_ARRAYSIZE == 19);
static_assert(static_cast<int>(domain::Cause::kFraud) == v1::Case::CAUSE_FRAUD);
static_assert(static_cast<int>(domain::RefundState::kFailed) == v1::Refund::STATE_FAILED);
static_assert(static_cast<int>(domain::Role::kBuyer) == ROLE_BUYER);
static_assert(static_cast<int>(domain::Role::kIntegrator) == ROLE_INTEGRATOR);

void Put(TimePoint time, Timestamp* out) { *out = TimeUtil::MillisecondsToTimestamp(time.ms); }
TimePoint Get(const Timestamp& time) { return {TimeUtil::TimestampToMilliseconds(time)}; }

void Put(const Money& money, common::v1::Money* out) {
  out->set_currency(money.currency);
  out->set_minor_units(money.minor_units);
}
Money Get(const common::v1::Money& money) { return {money.currency(), money.minor_units()}; }

void Put(const domain::Parcel& parcel, v1::ParcelRef* out) {
  out->set_carrier(parcel.carrier);
  out->set_tracking_number(parcel.tracking_number);
}
domain::Parcel Get(const v1::ParcelRef& parcel) {
  return {parcel.carrier(), parcel.tracking_number()};
}

void Put(const domain::Line& line, v1::CaseLine* out) {
  out->set_line(line.line);
  out->set_quantity(line.quantity);
  out->set_received(line.received);
  out->set_accepted(line.accepted);
  out->set_sku(line.sku);
  out->set_title(line.title);
  Put(line.cost, out->mutable_total());
}
domain::Line Get(const v1::CaseLine& line) {
  return {.line = line.line(),
          .sku = line.sku(),
          .title = line.title(),
          .quantity = line.quantity(),
          .received = line.received(),
          .accepted = line.accepted(),
          .cost = Get(line.total())};
}

void Put(const domain::Refund& refund, v1::Refund* out) {
  Put(refund.amount, out->mutable_amount());
  out->set_state(static_cast<v1::Refund::State>(refund.state));
  out->set_reference(refund.reference);
  Put(refund.create_time, out->mutable_create_time());
  if (refund.settle_time) Put(*refund.settle_time, out->mutable_settle_time());
}
domain::Refund Get(const v1::Refund& refund) {
  domain::Refund out{.amount = Get(refund.amount()),
                     .state = static_cast<domain::RefundState>(refund.state()),
                     .reference = refund.reference(),
                     .create_time = Get(refund.create_time())};
  if (refund.has_settle_time()) out.settle_time = Get(refund.settle_time());
  return out;
}

void Put(const domain::Move& move, v1::Move* out) {
  out->set_from(static_cast<v1::Case::State>(move.from));
  out->set_to(static_cast<v1::Case::State>(move.to));
  out->mutable_actor()->set_role(static_cast<Role>(move.actor.role));
  out->mutable_actor()->set_id(move.actor.id);
  Put(move.time, out->mutable_time());
  out->set_note(move.note);
}
domain::Move Get(const v1::Move& move) {
  return {.from = static_cast<domain::State>(move.from()),
          .to = static_cast<domain::State>(move.to()),
          .actor = {static_cast<domain::Role>(move.actor().role()), move.actor().id()},
          .time = Get(move.time()),
          .note = move.note()};
}

// What does not follow from the rest.
v1::Case Stored(const domain::Case& one) {
  v1::Case out;
  out.set_buyer(one.buyer);
  out.set_kind(static_cast<v1::Case::Kind>(one.kind));
  out.set_state(static_cast<v1::Case::State>(one.state));
  out.set_reason(static_cast<v1::Case::Reason>(one.reason));
  for (const domain::Line& line : one.lines) Put(line, out.add_lines());
  Put(one.requested, out.mutable_requested());
  for (const domain::Refund& refund : one.refunds) Put(refund, out.add_refunds());
  if (!one.return_parcel.empty()) Put(one.return_parcel, out.mutable_return_parcel());
  if (!one.replacement_parcel.empty()) {
    Put(one.replacement_parcel, out.mutable_replacement_parcel());
  }
  for (const domain::Move& move : one.history) Put(move, out.add_history());
  if (one.deadline) Put(*one.deadline, out.mutable_deadline());
  Put(one.create_time, out.mutable_create_time());
  Put(one.update_time, out.mutable_update_time());
  return out;
}

domain::Case Get(const v1::CaseRecord& record, uint32_t ordinal) {
  const v1::Case& one = record.case_();
  domain::Case out{.ordinal = ordinal,
                   .version = record.version(),
                   .buyer = one.buyer(),
                   .kind = static_cast<domain::Kind>(one.kind()),
                   .state = static_cast<domain::State>(one.state()),
                   .reason = static_cast<domain::Reason>(one.reason()),
                   .requested = Get(one.requested()),
                   .return_parcel = Get(one.return_parcel()),
                   .replacement_parcel = Get(one.replacement_parcel()),
                   .create_time = Get(one.create_time()),
                   .update_time = Get(one.update_time())};
  for (const v1::CaseLine& line : one.lines()) out.lines.push_back(Get(line));
  for (const v1::Refund& refund : one.refunds()) out.refunds.push_back(Get(refund));
  for (const v1::Move& move : one.history()) out.history.push_back(Get(move));
  if (one.has_deadline()) out.deadline = Get(one.deadline());
  return out;
}

void PutNotes(const domain::Case& one, v1::CaseRecord* out) {
  for (size_t i = 0; i < one.history.size(); ++i) {
    const domain::SealedNote& sealed = one.history[i].sealed;
    if (sealed.bytes.empty()) continue;
    v1::NoteRecord* note = out->add_notes();
    note->set_move(static_cast<uint32_t>(i));
    note->set_data_key(sealed.key);
    note->set_sealed(sealed.bytes);
  }
}
// False if a note belongs to no move or holds nothing.
bool GetNotes(const v1::CaseRecord& record, domain::Case* out) {
  for (const v1::NoteRecord& note : record.notes()) {
    if (note.move() >= out->history.size() || note.sealed().empty()) return false;
    out->history[note.move()].sealed = {note.data_key(), note.sealed()};
  }
  return true;
}

}  // namespace

std::string Encode(const domain::OrderCases& order) {
  v1::OrderCasesRecord record;
  record.set_record_version(kWithoutNotes);
  record.set_order(order.order.str());
  record.set_number(order.number);
  for (const domain::Case& one : order.cases) {
    v1::CaseRecord* stored = record.add_cases();
    *stored->mutable_case_() = WithoutNotes(Stored(one));
    stored->set_version(one.version);
    PutNotes(one, stored);
    if (stored->notes_size() > 0) record.set_record_version(kVersion);
  }
  return record.SerializeAsString();
}

absl::StatusOr<domain::OrderCases> Decode(const OrderId& order, std::string_view bytes) {
  KEFU_ASSIGN_OR_RETURN(const auto record,
                        ParseRecord<v1::OrderCasesRecord>(bytes, kVersion, kWhat));
  if (record.order() != order.str()) return BadRecord(kWhat);
  domain::OrderCases out(order);
  out.number = record.number();
  for (const v1::CaseRecord& stored : record.cases()) {
    out.cases.push_back(Get(stored, static_cast<uint32_t>(out.cases.size() + 1)));
    if (!GetNotes(stored, &out.cases.back())) return BadRecord(kWhat);
  }
  return out;
}

v1::Case ToProto(const domain::OrderCases& order, const domain::Case& one) {
  v1::Case out = Stored(one);
  const CaseId id = order.IdOf(one);
  out.set_case_(id.str());
  out.set_order(order.order.str());
  out.set_order_number(order.number);
  out.set_cause(static_cast<v1::Case::Cause>(domain::CauseOf(one.reason)));
  for (v1::CaseLine& line : *out.mutable_lines()) {
    const Money total = Get(line.total());
    Put({total.currency, domain::PartOf({line.quantity(), total.minor_units}, 1)},
        line.mutable_unit_price());
  }
  for (int i = 0; i < out.refunds_size(); ++i)
    out.mutable_refunds(i)->set_refund(domain::RefundIdOf(id, static_cast<size_t>(i)));
  if (one.deadline) out.set_deadline_state(std::string(domain::Name(domain::State::kClosed)));
  out.set_etag(std::to_string(one.version));
  return out;
}

v1::Case WithoutNotes(v1::Case one) {
  for (v1::Move& move : *one.mutable_history()) move.clear_note();
  return one;
}

}  // namespace kefu::after_sales::storage
