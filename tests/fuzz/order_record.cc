// Orders as they are stored.
#include "services/orders/storage/records.h"
#include "tests/fuzz/record.h"

namespace kefu::fuzz {

namespace storage = orders::storage;

void Try(std::string_view input) {
  static const OrderId id = OrderIdOf("taobao", "1");
  ExpectRoundTrip(input, storage::Decode,
                  [](const orders::domain::Order& order) { return storage::Encode(id, order); });
}

}  // namespace kefu::fuzz
