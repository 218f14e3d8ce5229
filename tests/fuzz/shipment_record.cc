// Shipments and pushes as they are stored.
#include "services/logistics/storage/records.h"
#include "tests/fuzz/record.h"

namespace kefu::fuzz {

namespace storage = logistics::storage;

void Try(std::string_view input) {
  const auto [kind, bytes] = Choose(input, 2);
  const auto encode = [](const auto& state) { return storage::Encode(state); };
  if (kind == 0) ExpectRoundTrip(bytes, storage::DecodeShipment, encode);
  if (kind == 1) ExpectRoundTrip(bytes, storage::DecodePush, encode);
}

}  // namespace kefu::fuzz
