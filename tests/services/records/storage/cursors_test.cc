#include "services/records/storage/cursors.h"

#include <memory>

#include "tests/contract/cursor_store_contract.h"
#include "tests/services/records/support/world.h"

namespace kefu::contract {

class SqlWorld final : public CursorStoreWorld {
 public:
  redis::CursorStore& store() override { return world_.cursors(); }
  ManualClock& clock() override { return world_.clock(); }

 private:
  records::test::World world_;
};

INSTANTIATE_TEST_SUITE_P(Sql, CursorStoreContract,
                         testing::Values(Subject{"sql",
                                                 [] { return std::make_unique<SqlWorld>(); }}),
                         SubjectName);

}  // namespace kefu::contract

namespace kefu::records {
namespace {

TEST(SqlCursors, OutliveTheProcess) {
  test::World world;
  const ShopId shop = *ShopId::Parse("demo");
  ASSERT_TRUE(test::Await(world.cursors().Advance(shop, "orders", {}, {2, 7})).ok());
  world.Restart();
  EXPECT_EQ(*test::Await(world.cursors().Get(shop, "orders")), (redis::Cursor{2, 7}));
}

}  // namespace
}  // namespace kefu::records
