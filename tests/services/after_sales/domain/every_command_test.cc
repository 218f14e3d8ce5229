// Every command by every role on a real case in every state: Apply does what the table written by
// hand says, whatever way the case came.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/services/after_sales/support/cases.h"
#include "tests/services/after_sales/support/expected.h"

namespace kefu::after_sales::domain {
namespace {

using test::Desk;

std::vector<Action> EveryAction(const Desk& desk) {
  return {RequestInformation{},
          Amend{},
          Approve{},
          Reject{},
          ReportReturn{},
          ReceiveReturn{},
          InspectReturn{},
          OrderRefund{},
          desk.Settle(true),
          desk.Settle(false),
          AcceptExchange{},
          ShipReplacement{},
          Complete{},
          Escalate{},
          Close{},
          Expire{}};
}

// All conditions beside the table are met.
Desk Willing(Desk desk, const Action& action) {
  desk.policy.inspect_before_refund = false;
  if (std::holds_alternative<Expire>(action)) desk.now = desk.now + 30 * test::kDay;
  return desk;
}

TEST(EveryCommandTest, OnEveryStateByEveryRoleDoesWhatTheTableSays) {
  size_t done = 0, refused = 0;
  for (const Kind kind : test::Kinds()) {
    for (int i = 0; i < kStates; ++i) {
      const State state = static_cast<State>(i);
      const std::optional<Desk> at = test::DeskAt(kind, state);
      if (!at) continue;
      for (const Action& action : EveryAction(*at)) {
        for (const Role role : test::Roles()) {
          Desk desk = Willing(*at, action);
          const OrderCases before = desk.order;
          const Verb verb = VerbOf(action);
          SCOPED_TRACE(std::string(Name(state)) + " " + std::string(test::CommandName(verb)) + " " +
                       std::string(Name(kind)) + " role " + std::to_string(static_cast<int>(role)));
          const absl::Status status = desk.Do(action, role);
          const auto expected = test::ExpectedState(state, verb, kind, role);
          ASSERT_EQ(status.ok(), expected.has_value()) << status;
          if (!expected) {
            ++refused;
            EXPECT_EQ(desk.order, before);
            continue;
          }
          ++done;
          EXPECT_EQ(Name(desk.At().state), *expected);
          EXPECT_EQ(desk.At().version, before.cases[0].version + 1);
          ASSERT_EQ(desk.At().history.size(), before.cases[0].history.size() + 1);
          const Move& move = desk.At().history.back();
          EXPECT_EQ(move, (Move{state, desk.At().state, test::By(role), desk.now, "because"}));
        }
      }
    }
  }
  size_t rows = 0;
  for (const test::Expected& row : test::kExpected) {
    if (row.from != "NONE") rows += row.kinds.size() * row.roles.size();
  }
  EXPECT_EQ(done, rows) << "some row was never tried on a case";
  EXPECT_GT(refused, 2000u);
}

TEST(EveryCommandTest, AForeignBuyerFindsNoCaseWhateverItsState) {
  for (const Kind kind : test::Kinds()) {
    for (int i = 0; i < kStates; ++i) {
      std::optional<Desk> desk = test::DeskAt(kind, static_cast<State>(i));
      if (!desk) continue;
      for (const Action& action : EveryAction(*desk)) {
        const absl::Status status = desk->Give(
            {.target = desk->Id(), .actor = {Role::kBuyer, "b_another"}, .action = action});
        EXPECT_EQ(ErrorReason(status), "NO_SUCH_CASE");
      }
    }
  }
}

}  // namespace
}  // namespace kefu::after_sales::domain
