#include "services/logistics/storage/shipment_store.h"

#include <gtest/gtest.h>

#include "tests/contract/shipment_store_contract.h"

namespace kefu::logistics::storage {
namespace {

INSTANTIATE_TEST_SUITE_P(Shipments, ShipmentStoreContract,
                         testing::ValuesIn(kefu::test::BothAggregates()), kefu::test::NameOf);

}  // namespace
}  // namespace kefu::logistics::storage
