#include "services/orders/storage/order_store.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "services/orders/storage/records.h"
#include "tests/contract/order_store_contract.h"

namespace kefu::orders::storage {
namespace {

INSTANTIATE_TEST_SUITE_P(Orders, OrderStoreContract,
                         testing::ValuesIn(kefu::test::BothAggregates()), kefu::test::NameOf);

TEST(OrderRecord, ARecordOfALaterReleaseIsRefusedNotMisread) {
  EXPECT_EQ(ErrorReason(Decode("\x08\x02").status()), "RECORD_TOO_NEW");
  EXPECT_EQ(ErrorReason(Decode("\xff").status()), "BAD_RECORD");
  EXPECT_FALSE(Decode("")->known);
}

}  // namespace
}  // namespace kefu::orders::storage
