#include "services/after_sales/storage/case_list.h"

#include <gtest/gtest.h>

#include "tests/contract/case_list_contract.h"

namespace kefu::after_sales::storage {
namespace {

INSTANTIATE_TEST_SUITE_P(Cases, CaseListContract, testing::ValuesIn(kefu::test::BothAggregates()),
                         kefu::test::NameOf);

}  // namespace
}  // namespace kefu::after_sales::storage
