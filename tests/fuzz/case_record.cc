// After-sales cases as they are stored.
#include "services/after_sales/storage/records.h"
#include "tests/fuzz/record.h"

namespace kefu::fuzz {

namespace storage = after_sales::storage;

void Try(std::string_view input) {
  static const OrderId order = OrderIdOf("taobao", "1");
  const auto decode = [](std::string_view bytes) {
    auto cases = storage::Decode(order, bytes);
    // Notes in clear are read from old records and never written.
    if (cases.ok()) {
      for (auto& one : cases->cases) {
        for (auto& move : one.history) move.note.clear();
      }
    }
    return cases;
  };
  ExpectRoundTrip(input, decode, storage::Encode);
}

}  // namespace kefu::fuzz
