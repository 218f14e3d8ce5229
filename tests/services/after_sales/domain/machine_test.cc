#include "services/after_sales/domain/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "services/common/base/status.h"
#include "tests/services/after_sales/support/cases.h"
#include "tests/services/after_sales/support/expected.h"

namespace kefu::after_sales::domain {
namespace {

using test::ExpectedState;
using test::Kinds;
using test::Roles;
using testing::ElementsAre;

State StateAt(int i) { return static_cast<State>(i); }

// As it stands in the specification, from → to.
const std::map<std::string, std::set<std::string>>& Table() {
  static const auto* table = new std::map<std::string, std::set<std::string>>{
      {"NONE", {"REQUESTED"}},
      {"REQUESTED",
       {"INFO_REQUIRED", "APPROVED_AWAITING_RETURN", "REFUND_PENDING", "AWAITING_REPLACEMENT",
        "REJECTED", "ARBITRATION", "CLOSED"}},
      {"INFO_REQUIRED", {"REQUESTED", "CLOSED"}},
      {"REJECTED", {"REQUESTED", "ARBITRATION", "CLOSED"}},
      {"APPROVED_AWAITING_RETURN", {"RETURN_IN_TRANSIT", "CLOSED"}},
      {"RETURN_IN_TRANSIT", {"RECEIVED", "ARBITRATION"}},
      {"RECEIVED", {"INSPECTED", "REFUND_PENDING"}},
      {"INSPECTED",
       {"REFUND_PENDING", "AWAITING_REPLACEMENT", "REPAIRING", "REJECTED_RETURN", "ARBITRATION"}},
      {"REJECTED_RETURN", {"ARBITRATION", "CLOSED"}},
      {"AWAITING_REPLACEMENT", {"REPLACEMENT_IN_TRANSIT", "REFUND_PENDING"}},
      {"REPAIRING", {"REPLACEMENT_IN_TRANSIT", "REFUND_PENDING"}},
      {"REPLACEMENT_IN_TRANSIT", {"COMPLETED", "ARBITRATION"}},
      {"ARBITRATION", {"REFUND_PENDING", "APPROVED_AWAITING_RETURN", "CLOSED"}},
      {"REFUND_PENDING", {"COMPLETED", "REFUND_FAILED"}},
      {"REFUND_FAILED", {"REFUND_PENDING"}},
      {"COMPLETED", {}},
      {"CLOSED", {}},
  };
  return *table;
}

TEST(MachineTest, TheTableIsThatOfTheSpecification) {
  std::map<std::string, std::set<std::string>> table;
  for (int from = 0; from < kStates; ++from) {
    std::set<std::string>& after = table[std::string(Name(StateAt(from)))];
    for (int to = 0; to < kStates; ++to) {
      if (After(StateAt(from)).Has(StateAt(to))) after.insert(std::string(Name(StateAt(to))));
    }
  }
  EXPECT_EQ(table, Table());
}

TEST(MachineTest, OnlyCompletedAndClosedAreTheEnd) {
  for (int i = 1; i < kStates; ++i) {
    const State state = StateAt(i);
    EXPECT_EQ(IsTerminal(state), state == State::kCompleted || state == State::kClosed);
    EXPECT_NE(IsTerminal(state), IsLive(state));
  }
  EXPECT_FALSE(IsLive(State::kNone));
}

TEST(MachineTest, EveryStateEveryCommandEveryKindEveryRoleIsAsWrittenByHand) {
  int moves = 0;
  for (int from = 0; from < kStates; ++from) {
    for (int v = 0; v < kVerbs; ++v) {
      const Verb verb = static_cast<Verb>(v);
      for (const Kind kind : Kinds()) {
        for (const Role role : Roles()) {
          SCOPED_TRACE(std::string(Name(StateAt(from))) + " " +
                       std::string(test::CommandName(verb)) + " " + std::string(Name(kind)) +
                       " role " + std::to_string(static_cast<int>(role)));
          const auto expected = ExpectedState(StateAt(from), verb, kind, role);
          const auto next = Next(verb, StateAt(from), kind, role);
          EXPECT_EQ(next.ok(), expected.has_value());
          if (next.ok() && expected) {
            EXPECT_EQ(Name(*next), *expected);
          }
          if (!next.ok()) {
            EXPECT_THAT(ErrorReason(next.status()),
                        testing::AnyOf("TRANSITION_FORBIDDEN", "WRONG_KIND", "ROLE_NOT_ALLOWED"));
          }
          moves += next.ok();
        }
      }
    }
  }
  EXPECT_GT(moves, 200);
}

TEST(MachineTest, EveryRowWrittenByHandIsPossible) {
  for (const test::Expected& row : test::kExpected) {
    EXPECT_TRUE(Table().at(std::string(row.from)).count(std::string(row.to)))
        << row.from << " → " << row.to;
  }
}

TEST(MachineTest, OfTheTableOnlyTheseMovesBelongToKindsThatAreNotThereYet) {
  std::set<std::string> left;
  for (const auto& [from, after] : Table()) {
    for (const std::string& to : after) left.insert(from + ">" + to);
  }
  for (const test::Expected& row : test::kExpected)
    left.erase(std::string(row.from) + ">" + std::string(row.to));
  EXPECT_THAT(left,
              ElementsAre("INSPECTED>REPAIRING", "REPAIRING>REFUND_PENDING",
                          "REPAIRING>REPLACEMENT_IN_TRANSIT", "REQUESTED>AWAITING_REPLACEMENT"));
}

TEST(MachineTest, ARefusalSaysWhereTheCaseIsAndWhatIsPossible) {
  const absl::Status refused =
      Next(Verb::kReceiveReturn, State::kRequested, Kind::kReturnRefund, Role::kAgent).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ErrorReason(refused), "TRANSITION_FORBIDDEN");
  const ErrorMetadata metadata = ErrorMetadataOf(refused);
  EXPECT_EQ(metadata.at("from"), "REQUESTED");
  EXPECT_EQ(metadata.at("command"), "ReceiveReturn");
  EXPECT_EQ(metadata.at("allowed"),
            "RequestInformation,ApproveCase,RejectCase,EscalateCase,CloseCase");
}

TEST(MachineTest, ABuyerIsToldWhatBuyersMayDo) {
  const absl::Status refused =
      Next(Verb::kReportReturn, State::kRejected, Kind::kReturnRefund, Role::kBuyer).status();
  EXPECT_EQ(ErrorMetadataOf(refused).at("allowed"), "AmendCase,EscalateCase,CloseCase");
}

TEST(MachineTest, AnotherWayOfAnotherKindIsWrongKind) {
  EXPECT_EQ(
      ErrorReason(Next(Verb::kAcceptExchange, State::kInspected, Kind::kReturnRefund, Role::kAgent)
                      .status()),
      "WRONG_KIND");
}

TEST(MachineTest, WhatARoleMayNeverDoIsDeniedWhateverTheState) {
  for (const State from : {State::kRequested, State::kClosed}) {
    const absl::Status denied =
        Next(Verb::kApprove, from, Kind::kReturnRefund, Role::kBuyer).status();
    EXPECT_EQ(denied.code(), absl::StatusCode::kPermissionDenied);
  }
}

}  // namespace
}  // namespace kefu::after_sales::domain
