#include "services/logistics/storage/push_store.h"

#include <gtest/gtest.h>

#include "tests/contract/push_store_contract.h"

namespace kefu::logistics::storage {
namespace {

INSTANTIATE_TEST_SUITE_P(Pushes, PushStoreContract, testing::ValuesIn(kefu::test::BothAggregates()),
                         kefu::test::NameOf);

}  // namespace
}  // namespace kefu::logistics::storage
