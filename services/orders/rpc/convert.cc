#include "services/orders/rpc/convert.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "services/common/base/ids.h"
#include "services/common/base/status.h"

namespace kefu::orders::rpc {
namespace {

// Within the range that google.protobuf.Timestamp allows.
constexpr int64_t kLastSecond = 253'402'300'799;

template <class Axis, class ProtoAxis>
absl::Status ReadAxis(std::string_view field, ProtoAxis value, bool is_value,
                      std::optional<Axis>* axis) {
  if (!is_value) return InvalidField(field, "is not a value that this release knows");
  if (static_cast<int>(value) != 0) *axis = static_cast<Axis>(value);
  return absl::OkStatus();
}

domain::LineInput ToLine(const v1::LineInput& proto) {
  return {proto.line(),     proto.sku(),        proto.product(), proto.title(),
          proto.quantity(), proto.unit_price(), proto.total()};
}

domain::ContactInput ToContact(const v1::Contact& proto) {
  return {proto.name(),   proto.phone(), proto.address(),    proto.country(),
          proto.region(), proto.city(),  proto.postal_code()};
}

}  // namespace

absl::StatusOr<TimePoint> ToTime(std::string_view field, const google::protobuf::Timestamp& proto) {
  const bool good = proto.seconds() >= 0 && proto.seconds() <= kLastSecond && proto.nanos() >= 0 &&
                    proto.nanos() < 1'000'000'000;
  if (!good) return InvalidField(field, "must be a time after 1970");
  return TimePoint{proto.seconds() * 1000 + proto.nanos() / 1'000'000};
}

absl::StatusOr<domain::OrderInput> ToInput(const v1::OrderInput& proto) {
  if (proto.buyer().empty() && !proto.buyer_external_id().empty()) {
    return InvalidField("buyer_external_id",
                        "names no buyer: send the id that the shop signs for the buyer, through "
                        "the gateway, which knows whose it is; or send buyer");
  }
  domain::OrderInput input;
  input.source = proto.source();
  input.number = proto.number();
  input.buyer = proto.buyer();
  input.currency = proto.currency();
  input.source_version = proto.source_version();
  if (proto.has_create_time()) {
    KEFU_ASSIGN_OR_RETURN(input.create_time, ToTime("create_time", proto.create_time()));
  }
  if (proto.has_update_time()) {
    KEFU_ASSIGN_OR_RETURN(input.update_time, ToTime("update_time", proto.update_time()));
  }
  for (const v1::LineInput& line : proto.lines()) input.lines.push_back(ToLine(line));
  input.discount = proto.discount();
  input.freight = proto.freight();
  input.tax = proto.tax();
  input.total = proto.total();
  input.paid = proto.paid();
  input.refunded = proto.refunded();
  input.contact = ToContact(proto.contact());
  input.source_status = {proto.source_status().begin(), proto.source_status().end()};
  for (const v1::ParcelInput& parcel : proto.parcels())
    input.parcels.push_back({parcel.carrier(), parcel.tracking_number()});
  return input;
}

absl::StatusOr<domain::Said> ToSaid(const v1::OrderInput& proto) {
  domain::Said said;
  KEFU_RETURN_IF_ERROR(
      ReadAxis("state", proto.state(), v1::Order::State_IsValid(proto.state()), &said.state));
  KEFU_RETURN_IF_ERROR(ReadAxis("payment", proto.payment(),
                                v1::Order::Payment_IsValid(proto.payment()), &said.payment));
  KEFU_RETURN_IF_ERROR(ReadAxis("fulfilment", proto.fulfilment(),
                                v1::Order::Fulfilment_IsValid(proto.fulfilment()),
                                &said.fulfilment));
  return said;
}

std::string InputHash(v1::OrderInput proto) {
  proto.clear_contact();
  proto.clear_buyer_external_id();
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    // Else a map is written in any order.
    coded.SetSerializationDeterministic(true);
    proto.SerializeToCodedStream(&coded);
  }
  return DeriveToken("order input", bytes);
}

}  // namespace kefu::orders::rpc
