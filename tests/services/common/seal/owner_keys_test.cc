#include "services/common/seal/owner_keys.h"

#include <gtest/gtest.h>

#include "tests/contract/owner_keys_contract.h"

namespace kefu::seal {
namespace {

INSTANTIATE_TEST_SUITE_P(Keys, OwnerKeysContract, testing::ValuesIn(test::BothAggregates()),
                         test::NameOf);

}  // namespace
}  // namespace kefu::seal
