#include "services/after_sales/storage/notes.h"

#include <gtest/gtest.h>

#include "services/common/base/status.h"
#include "tests/contract/case_notes_contract.h"
#include "tests/services/after_sales/support/cases.h"

namespace kefu::after_sales::storage {
namespace {

INSTANTIATE_TEST_SUITE_P(Cases, CaseNotesContract, testing::ValuesIn(kefu::test::BothAggregates()),
                         kefu::test::NameOf);

TEST(Notes, OpenInTheirOwnPlaceOnly) {
  test::Desk desk = *test::DeskAt(Kind::kReturnRefund, domain::State::kReturnInTransit);
  const NoteKeys keys = {
      {test::Buyer(), std::make_shared<const seal::DataKey>(seal::DataKey::Random())}};
  SealNotes(keys, &desk.order);
  domain::OrderCases order = desk.order;
  ASSERT_TRUE(OpenNotes(keys, &order).ok());
  EXPECT_EQ(order.cases[0].history[2].note, "because");
  order = desk.order;
  std::swap(order.cases[0].history[1].sealed, order.cases[0].history[2].sealed);
  EXPECT_EQ(ErrorReason(OpenNotes(keys, &order)), "SEAL_BROKEN");
}

}  // namespace
}  // namespace kefu::after_sales::storage
