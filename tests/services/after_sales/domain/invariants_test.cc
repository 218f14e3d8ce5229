// Random commands, sensible and not: whatever comes, the promises about units, money and history
// hold after every single one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "services/after_sales/domain/amounts.h"
#include "tests/services/after_sales/support/cases.h"

namespace kefu::after_sales::domain {
namespace {

using test::Desk;

class Player {
 public:
  explicit Player(uint32_t seed) : random_(seed) {
    desk_.policy.inspect_before_refund = Pick(2) == 0;
    facts_ = test::Facts();
    facts_.lines = {test::Ordered("l1", 7, 9'999), test::Ordered("l2", 1, 1),
                    test::Ordered("l3", 3, 10'000)};
    facts_.paid = {"CNY", Pick(2) == 0 ? 0 : 15'000};
  }

  // What was done, for the message of a failure.
  std::string Step() {
    desk_.now = desk_.now + Pick(test::kDay);
    if (desk_.order.cases.empty() || Pick(6) == 0) return OpenOne();
    return MoveOne();
  }
  const Desk& desk() const { return desk_; }
  const OrderFacts& facts() const { return facts_; }

 private:
  int64_t Pick(int64_t below) {
    return std::uniform_int_distribution<int64_t>(0, below - 1)(random_);
  }
  Role AnyRole() { return test::Roles()[static_cast<size_t>(Pick(6))]; }
  std::string Amount() { return Pick(2) == 0 ? "" : std::to_string(Pick(120)) + ".5"; }
  std::vector<Units> SomeLines() {
    std::vector<Units> lines;
    for (const char* line : {"l1", "l2", "l3"}) {
      if (Pick(2) == 0) lines.push_back({line, static_cast<uint32_t>(Pick(5))});
    }
    return lines;
  }
  std::string OpenOne() {
    Open open{.order = facts_,
              .kind = test::Kinds()[static_cast<size_t>(Pick(3))],
              .lines = SomeLines(),
              .requested = Amount()};
    return "open: " + std::string(desk_.Open(open, Role::kBuyer).message());
  }
  Action AnyAction(uint32_t ordinal) {
    const Action actions[] = {RequestInformation{},
                              Amend{},
                              Approve{Pick(3) == 0 ? Amount() : ""},
                              Reject{},
                              ReportReturn{},
                              ReceiveReturn{SomeLines()},
                              ReceiveReturn{},
                              InspectReturn{SomeLines()},
                              InspectReturn{},
                              OrderRefund{Amount()},
                              desk_.Settle(true, ordinal),
                              desk_.Settle(false, ordinal),
                              AcceptExchange{},
                              ShipReplacement{},
                              Complete{},
                              Escalate{},
                              Close{},
                              Expire{}};
    return actions[static_cast<size_t>(Pick(std::size(actions)))];
  }
  // Mostly something that may be done by somebody who may: else the walk would stand still.
  std::pair<Action, Role> Choose(uint32_t ordinal) {
    const Case& one = desk_.At(ordinal);
    Action action = AnyAction(ordinal);
    for (int tries = 0; tries < 30 && Pick(10) > 0; ++tries) {
      const Role role = std::holds_alternative<Expire>(action) ? Role::kSystem : Role::kIntegrator;
      const bool rare =
          std::holds_alternative<Close>(action) || std::holds_alternative<Escalate>(action);
      const bool may = Next(VerbOf(action), one.state, one.kind, role).ok();
      if (may && !(rare && Pick(5) > 0)) return {action, role};
      action = AnyAction(ordinal);
    }
    return {action, AnyRole()};
  }
  std::string MoveOne() {
    const auto cases = static_cast<int64_t>(desk_.order.cases.size());
    const auto ordinal = static_cast<uint32_t>(1 + Pick(cases));
    const auto [action, role] = Choose(ordinal);
    const absl::Status status = desk_.Do(action, role, ordinal);
    return std::string(Name(VerbOf(action))) + " " + std::to_string(ordinal) + ": " +
           std::string(status.message());
  }

  std::mt19937 random_;
  Desk desk_;
  OrderFacts facts_;
};

void CheckLines(const Desk& desk, const OrderFacts& facts) {
  for (const OrderedLine& line : facts.lines) {
    uint64_t live_units = 0;
    int64_t refunded = 0;
    for (const Case& one : desk.order.cases) {
      for (const Line& mine : one.lines) {
        if (mine.line == line.line && IsLive(one.state)) live_units += mine.quantity;
      }
    }
    ASSERT_LE(live_units, line.quantity) << line.line;
    const Share held = HeldOf(desk.order, line.line);
    ASSERT_LE(held.units, line.quantity);
    ASSERT_LE(held.minor_units, line.total.minor_units);
    refunded += held.minor_units;
    ASSERT_GE(refunded, 0);
  }
}

void CheckMoney(const Desk& desk, const OrderFacts& facts) {
  int64_t lines_cost = 0, given = 0;
  for (const OrderedLine& line : facts.lines) lines_cost += line.total.minor_units;
  for (const Case& one : desk.order.cases) {
    ASSERT_GE(one.requested.minor_units, 0);
    ASSERT_LE(one.requested.minor_units, CostOf(one));
    ASSERT_LE(RefundedBy(one), one.requested.minor_units);
    size_t open_refunds = 0, succeeded = 0;
    for (const Refund& refund : one.refunds) {
      ASSERT_GT(refund.amount.minor_units, 0);
      open_refunds += refund.state == RefundState::kPending;
      succeeded += refund.state == RefundState::kSucceeded;
      ASSERT_EQ(refund.settle_time.has_value(), refund.state != RefundState::kPending);
      if (refund.state == RefundState::kSucceeded) given += refund.amount.minor_units;
    }
    ASSERT_LE(open_refunds + succeeded, 1u);
    ASSERT_EQ(open_refunds == 1, one.state == State::kRefundPending);
    if (succeeded > 0) {
      ASSERT_EQ(one.state, State::kCompleted);
    }
    for (const Line& line : one.lines) {
      ASSERT_LE(line.received, line.quantity);
      ASSERT_LE(line.accepted, line.received);
    }
  }
  ASSERT_LE(given, lines_cost);
  if (facts.paid.minor_units > 0) {
    ASSERT_LE(given, facts.paid.minor_units);
  }
}

void CheckHistory(const Desk& desk) {
  for (const Case& one : desk.order.cases) {
    ASSERT_EQ(one.version, one.history.size());
    State at = State::kNone;
    TimePoint last;
    for (const Move& move : one.history) {
      ASSERT_EQ(move.from, at);
      ASSERT_TRUE(After(move.from).Has(move.to)) << Name(move.from) << " → " << Name(move.to);
      ASSERT_GE(move.time, last);
      at = move.to;
      last = move.time;
    }
    ASSERT_EQ(one.state, at);
    ASSERT_EQ(one.update_time, last);
    ASSERT_EQ(one.deadline.has_value(), at == State::kApprovedAwaitingReturn);
  }
}

// What was over, and what was settled, is as it was.
void CheckUnchanged(const Desk& before, const Desk& after) {
  for (const Case& old : before.order.cases) {
    const Case& now = after.At(old.ordinal);
    if (IsTerminal(old.state)) {
      ASSERT_EQ(old, now);
    }
    for (size_t i = 0; i < old.refunds.size(); ++i) {
      if (old.refunds[i].state == RefundState::kPending) continue;
      ASSERT_EQ(old.refunds[i], now.refunds[i]);
    }
  }
}

TEST(InvariantsTest, HoldAfterEveryRandomCommand) {
  const char* const asked = std::getenv("KEFU_CASES_SEEDS");
  const uint32_t seeds = asked == nullptr ? 300 : static_cast<uint32_t>(std::atoi(asked));
  std::map<State, int> seen;
  for (uint32_t seed = 1; seed <= seeds; ++seed) {
    Player player(seed);
    for (int step = 0; step < 200; ++step) {
      const Desk before = player.desk();
      const std::string did = player.Step();
      SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(step) + " " + did);
      ASSERT_NO_FATAL_FAILURE(CheckLines(player.desk(), player.facts()));
      ASSERT_NO_FATAL_FAILURE(CheckMoney(player.desk(), player.facts()));
      ASSERT_NO_FATAL_FAILURE(CheckHistory(player.desk()));
      ASSERT_NO_FATAL_FAILURE(CheckUnchanged(before, player.desk()));
    }
    for (const Case& one : player.desk().order.cases) {
      for (const Move& move : one.history) ++seen[move.to];
    }
  }
  // The walk went everywhere that commands lead.
  for (int i = 1; i < kStates; ++i) {
    const State state = static_cast<State>(i);
    if (state == State::kRepairing) continue;
    EXPECT_GT(seen[state], 20) << Name(state);
  }
}

}  // namespace
}  // namespace kefu::after_sales::domain
