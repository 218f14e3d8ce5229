#include "services/orders/storage/records.h"

#include <utility>

#include "proto/kefu/orders/v1/events.pb.h"
#include "proto/kefu/orders/v1/record.pb.h"
#include "services/common/base/record.h"
#include "services/common/base/status.h"
#include "services/common/base/timestamp.h"

namespace kefu::orders::storage {
namespace {

using domain::Order;

constexpr uint32_t kRecordVersion = 1;

// The enumerations of the domain have the values of the API.
static_assert(static_cast<int>(domain::State::kCancelled) == v1::Order::STATE_CANCELLED);
static_assert(static_cast<int>(domain::Payment::kPartiallyRefunded) ==
              v1::Order::PAYMENT_PARTIALLY_REFUNDED);
static_assert(static_cast<int>(domain::Payment::kFailed) == v1::Order::PAYMENT_FAILED);
static_assert(static_cast<int>(domain::Fulfilment::kCancelled) == v1::Order::FULFILMENT_CANCELLED);
static_assert(static_cast<int>(domain::Aftersale::kFailed) == v1::Order::AFTERSALE_FAILED);

void SetTime(TimePoint time, google::protobuf::Timestamp* proto) {
  proto->set_seconds(time.ms / 1000);
  proto->set_nanos(static_cast<int32_t>(time.ms % 1000) * 1'000'000);
}

TimePoint TimeOf(const google::protobuf::Timestamp& proto) { return ToTimePoint(proto); }

void SetMoney(const Money& money, common::v1::Money* proto) {
  proto->set_currency(money.currency);
  proto->set_minor_units(money.minor_units);
}

Money MoneyOf(const common::v1::Money& proto) { return {proto.currency(), proto.minor_units()}; }

void SetLine(const domain::Line& line, v1::Line* proto) {
  proto->set_line(line.id);
  proto->set_sku(line.sku);
  proto->set_product(line.product);
  proto->set_title(line.title);
  proto->set_quantity(line.quantity);
  SetMoney(line.unit_price, proto->mutable_unit_price());
  SetMoney(line.total, proto->mutable_total());
}

domain::Line LineOf(const v1::Line& proto) {
  return {proto.line(),          proto.sku(),      proto.product(),
          proto.title(),         proto.quantity(), MoneyOf(proto.unit_price()),
          MoneyOf(proto.total())};
}

void SetTotals(const domain::Totals& totals, v1::Totals* proto) {
  SetMoney(totals.goods, proto->mutable_goods());
  SetMoney(totals.discount, proto->mutable_discount());
  SetMoney(totals.freight, proto->mutable_freight());
  SetMoney(totals.tax, proto->mutable_tax());
  SetMoney(totals.total, proto->mutable_total());
  SetMoney(totals.paid, proto->mutable_paid());
  SetMoney(totals.refunded, proto->mutable_refunded());
}

domain::Totals TotalsOf(const v1::Totals& proto) {
  return {MoneyOf(proto.goods()),   MoneyOf(proto.discount()), MoneyOf(proto.freight()),
          MoneyOf(proto.tax()),     MoneyOf(proto.total()),    MoneyOf(proto.paid()),
          MoneyOf(proto.refunded())};
}

void SetContact(const domain::MaskedContact& contact, v1::Contact* proto) {
  proto->set_name(contact.name);
  proto->set_phone(contact.phone);
  proto->set_country(contact.country);
  proto->set_region(contact.region);
  proto->set_city(contact.city);
}

void SetParcel(const std::string& shipment, const domain::Parcel& parcel, v1::Parcel* proto) {
  proto->set_shipment(shipment);
  proto->set_carrier(parcel.carrier);
  proto->set_tracking_number(parcel.tracking_number);
  proto->set_status(parcel.status);
}

void SetSeen(const domain::Seen& seen, v1::SeenRecord* proto) {
  proto->set_etag(seen.etag);
  SetTime(seen.update_time, proto->mutable_update_time());
}

domain::Seen SeenOf(const v1::SeenRecord& proto) {
  return {proto.etag(), TimeOf(proto.update_time())};
}

// What belongs to the order itself: neither parcels nor cases, which the record keeps with what was
// seen of them.
void SetOwn(const OrderId& id, const Order& order, v1::Order* proto) {
  proto->set_order(id.str());
  proto->set_source(order.source);
  proto->set_number(order.number);
  proto->set_buyer(order.buyer);
  proto->set_state(static_cast<v1::Order::State>(order.state));
  proto->set_payment(static_cast<v1::Order::Payment>(order.payment));
  proto->set_fulfilment(static_cast<v1::Order::Fulfilment>(order.fulfilment));
  proto->set_aftersale(static_cast<v1::Order::Aftersale>(order.aftersale));
  for (const domain::Line& line : order.lines) SetLine(line, proto->add_lines());
  SetTotals(order.totals, proto->mutable_totals());
  if (order.contact) SetContact(order.contact->masked, proto->mutable_contact());
  SetTime(order.create_time, proto->mutable_create_time());
  SetTime(order.update_time, proto->mutable_update_time());
  proto->set_source_version(order.source_version);
  for (const auto& [name, value] : order.source_status)
    (*proto->mutable_source_status())[name] = value;
}

void GetOwn(const v1::Order& proto, Order* order) {
  order->known = true;
  order->source = proto.source();
  order->number = proto.number();
  order->buyer = proto.buyer();
  order->state = static_cast<domain::State>(proto.state());
  order->payment = static_cast<domain::Payment>(proto.payment());
  order->fulfilment = static_cast<domain::Fulfilment>(proto.fulfilment());
  order->aftersale = static_cast<domain::Aftersale>(proto.aftersale());
  for (const v1::Line& line : proto.lines()) order->lines.push_back(LineOf(line));
  order->totals = TotalsOf(proto.totals());
  order->create_time = TimeOf(proto.create_time());
  order->update_time = TimeOf(proto.update_time());
  order->source_version = proto.source_version();
  order->source_status = {proto.source_status().begin(), proto.source_status().end()};
}

std::optional<domain::Contact> ContactOf(const v1::OrderRecord& record) {
  if (record.data_key().empty()) return std::nullopt;
  const v1::Contact& shown = record.order().contact();
  domain::Contact contact;
  contact.masked = {shown.name(), shown.phone(), shown.country(), shown.region(), shown.city()};
  contact.phone_tail = record.phone_tail();
  contact.key_owner = record.key_owner();
  contact.key = record.data_key();
  contact.sealed = record.sealed_contact();
  contact.hash = record.contact_hash();
  return contact;
}

void SetParcels(const Order& order, v1::OrderRecord* record) {
  for (const auto& [shipment, parcel] : order.parcels) {
    v1::ParcelRecord* proto = record->add_parcels();
    SetParcel(shipment, parcel, proto->mutable_parcel());
    proto->set_of_source(parcel.of_source);
    proto->set_delivered(parcel.delivered);
    if (parcel.seen != domain::Seen{}) SetSeen(parcel.seen, proto->mutable_seen());
  }
}

void SetCases(const Order& order, v1::OrderRecord* record) {
  for (const auto& [id, one] : order.cases) {
    v1::CaseRecord* proto = record->add_cases();
    proto->set_case_(id);
    proto->set_kind(one.kind);
    proto->set_state(one.state);
    SetSeen(one.seen, proto->mutable_seen());
  }
}

void GetHeard(const v1::OrderRecord& record, Order* order) {
  for (const v1::ParcelRecord& proto : record.parcels()) {
    order->parcels[proto.parcel().shipment()] = {
        proto.parcel().carrier(), proto.parcel().tracking_number(),
        proto.of_source(),        proto.parcel().status(),
        proto.delivered(),        SeenOf(proto.seen())};
  }
  for (const v1::CaseRecord& proto : record.cases())
    order->cases[proto.case_()] = {proto.kind(), proto.state(), SeenOf(proto.seen())};
}

}  // namespace

std::string Encode(const OrderId& id, const Order& order) {
  v1::OrderRecord record;
  record.set_record_version(kRecordVersion);
  if (order.known) SetOwn(id, order, record.mutable_order());
  record.set_source_state(static_cast<v1::Order::State>(order.source_state));
  record.set_source_fulfilment(static_cast<v1::Order::Fulfilment>(order.source_fulfilment));
  record.set_input_hash(order.input_hash);
  record.set_contact_erased(order.contact_erased);
  if (order.contact) {
    record.set_sealed_contact(order.contact->sealed);
    record.set_data_key(order.contact->key);
    record.set_key_owner(order.contact->key_owner);
    record.set_contact_hash(order.contact->hash);
    record.set_phone_tail(order.contact->phone_tail);
  }
  SetParcels(order, &record);
  SetCases(order, &record);
  return record.SerializeAsString();
}

absl::StatusOr<Order> Decode(std::string_view state) {
  Order order;
  if (state.empty()) return order;
  KEFU_ASSIGN_OR_RETURN(const auto record,
                        ParseRecord<v1::OrderRecord>(state, kRecordVersion, "order"));
  if (record.has_order()) GetOwn(record.order(), &order);
  order.source_state = static_cast<domain::State>(record.source_state());
  order.source_fulfilment = static_cast<domain::Fulfilment>(record.source_fulfilment());
  order.input_hash = record.input_hash();
  order.contact_erased = record.contact_erased();
  order.contact = ContactOf(record);
  GetHeard(record, &order);
  return order;
}

v1::Order Show(const OrderId& id, const Order& order, uint64_t version) {
  v1::Order proto;
  SetOwn(id, order, &proto);
  for (const auto& [shipment, parcel] : order.parcels)
    SetParcel(shipment, parcel, proto.add_parcels());
  for (const auto& [case_id, one] : order.cases) {
    v1::CaseSummary* summary = proto.add_cases();
    summary->set_case_(case_id);
    summary->set_kind(one.kind);
    summary->set_state(one.state);
    SetTime(one.seen.update_time, summary->mutable_update_time());
  }
  proto.set_etag(std::to_string(version));
  return proto;
}

std::string ShowChange(const OrderId& id, const Order& order, uint64_t version,
                       const std::vector<std::string>& moved) {
  v1::OrderChanged change;
  *change.mutable_order() = Show(id, order, version);
  change.mutable_order()->clear_contact();
  for (const std::string& axis : moved) change.add_moved(axis);
  return change.SerializeAsString();
}

}  // namespace kefu::orders::storage
