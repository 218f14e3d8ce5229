#include <gtest/gtest.h>

#include "services/after_sales/storage/case_store.h"
#include "tests/contract/case_deadline_contract.h"

namespace kefu::after_sales::storage {
namespace {

INSTANTIATE_TEST_SUITE_P(Cases, CaseDeadlineContract,
                         testing::ValuesIn(kefu::test::BothAggregates()), kefu::test::NameOf);

}  // namespace
}  // namespace kefu::after_sales::storage
