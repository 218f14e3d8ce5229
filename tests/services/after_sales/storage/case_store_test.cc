#include "services/after_sales/storage/case_store.h"

#include <gtest/gtest.h>

#include "tests/contract/case_store_contract.h"

namespace kefu::after_sales::storage {
namespace {

INSTANTIATE_TEST_SUITE_P(Cases, CaseStoreContract, testing::ValuesIn(kefu::test::BothAggregates()),
                         kefu::test::NameOf);

}  // namespace
}  // namespace kefu::after_sales::storage
