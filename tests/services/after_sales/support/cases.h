// Orders and cases for tests, and the shortest ways to every state.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "services/after_sales/domain/commands.h"
#include "services/common/base/status.h"

namespace kefu::after_sales::test {

inline constexpr TimePoint kNow{1'700'000'000'000};
inline constexpr int64_t kDay = int64_t{24} * 3600 * 1000;

inline const std::vector<domain::Kind>& Kinds() {
  static const auto* kinds = new std::vector<domain::Kind>{
      domain::Kind::kRefundOnly, domain::Kind::kReturnRefund, domain::Kind::kExchange};
  return *kinds;
}
inline const std::vector<domain::Role>& Roles() {
  static const auto* roles = new std::vector<domain::Role>{
      domain::Role::kSystem,     domain::Role::kBuyer, domain::Role::kAgent,
      domain::Role::kSupervisor, domain::Role::kAdmin, domain::Role::kIntegrator};
  return *roles;
}

// The buyer of every order here.
inline const std::string& Buyer() {
  static const auto* buyer = new std::string("b_aaaaaaaaaaaaaaaaaaaaaaaaaa");
  return *buyer;
}
inline domain::Actor By(domain::Role role) {
  return {role, role == domain::Role::kBuyer ? Buyer() : "somebody"};
}

inline domain::OrderedLine Ordered(const std::string& line, uint32_t quantity, int64_t total) {
  return {.line = line,
          .sku = "sku-" + line,
          .title = "title of " + line,
          .quantity = quantity,
          .total = {"CNY", total}};
}

// Paid; three units of "l1" for 100.00 together, one of "l2" for 50.00.
inline domain::OrderFacts Facts() {
  return {.number = "N-1",
          .buyer = Buyer(),
          .payment = domain::Payment::kPaid,
          .paid = {"CNY", 15'000},
          .lines = {Ordered("l1", 3, 10'000), Ordered("l2", 1, 5'000)}};
}

inline domain::Open Opening(domain::Kind kind, std::vector<domain::Units> lines = {{"l1", 3}}) {
  return {.order = Facts(), .kind = kind, .lines = std::move(lines)};
}

// One order, changed command by command. Commands that are refused change nothing.
struct Desk {
  domain::OrderCases order{OrderIdOf("test", "N-1")};
  domain::Policy policy;
  TimePoint now = kNow;

  CaseId Id(uint32_t ordinal = 1) const { return CaseId(order.order, ordinal); }
  const domain::Case& At(uint32_t ordinal = 1) const { return order.cases.at(ordinal - 1); }

  absl::Status Open(const domain::Open& open, domain::Role role = domain::Role::kBuyer,
                    const std::string& note = "") {
    auto decision = domain::Apply(order, open, By(role), note, now);
    if (decision.ok()) order = decision->next;
    return decision.status();
  }
  absl::Status Do(domain::Action action, domain::Role role = domain::Role::kSupervisor,
                  uint32_t ordinal = 1, const std::string& note = "because") {
    return Give(
        {.target = Id(ordinal), .actor = By(role), .note = note, .action = std::move(action)});
  }
  absl::Status Give(const domain::Command& command) {
    auto decision = domain::Apply(order, command, policy, now);
    if (decision.ok()) order = decision->next;
    return decision.status();
  }
  // The refund that was made last.
  domain::SettleRefund Settle(bool succeeded, uint32_t ordinal = 1) const {
    const size_t refunds = At(ordinal).refunds.size();
    return {domain::RefundIdOf(Id(ordinal), refunds == 0 ? 0 : refunds - 1), succeeded, "p-1"};
  }
};

// A desk whose first case is of the kind and in the state; none if the kind never gets there.
inline std::optional<Desk> DeskAt(domain::Kind kind, domain::State state) {
  using namespace domain;  // NOLINT: the words of the domain
  Desk desk;
  const auto go = [&](std::vector<Action> actions) {
    EXPECT_TRUE(desk.Open(Opening(kind)).ok());
    for (Action& action : actions) {
      if (auto* settle = std::get_if<SettleRefund>(&action))
        *settle = desk.Settle(settle->succeeded);
      const absl::Status done =
          desk.Do(action, std::holds_alternative<Amend>(action) ? Role::kBuyer : Role::kSupervisor);
      EXPECT_TRUE(done.ok()) << Name(state) << ": " << done;
    }
    EXPECT_EQ(desk.At().state, state);
    return desk;
  };
  const bool sent_back = kind != Kind::kRefundOnly;
  const bool exchange = kind == Kind::kExchange;
  switch (state) {
    case State::kNone:
    case State::kRepairing:
      return std::nullopt;
    case State::kRequested:
      return go({});
    case State::kInfoRequired:
      return go({RequestInformation{}});
    case State::kRejected:
      return go({Reject{}});
    case State::kArbitration:
      return go({Escalate{}});
    case State::kClosed:
      return go({domain::Close{}});
    case State::kRefundPending:
      return go({Escalate{}, OrderRefund{}});
    case State::kRefundFailed:
      return go({Escalate{}, OrderRefund{}, SettleRefund{}});
    case State::kCompleted:
      return go({Escalate{}, OrderRefund{}, SettleRefund{.succeeded = true}});
    case State::kApprovedAwaitingReturn:
      if (sent_back) return go({Approve{}});
      return std::nullopt;
    case State::kReturnInTransit:
      if (sent_back) return go({Approve{}, ReportReturn{}});
      return std::nullopt;
    case State::kReceived:
      if (sent_back) return go({Approve{}, ReportReturn{}, ReceiveReturn{}});
      return std::nullopt;
    case State::kInspected:
      if (sent_back) return go({Approve{}, ReportReturn{}, ReceiveReturn{}, InspectReturn{}});
      return std::nullopt;
    case State::kRejectedReturn:
      if (!sent_back) return std::nullopt;
      return go({Approve{}, ReportReturn{}, ReceiveReturn{}, InspectReturn{}, Reject{}});
    case State::kAwaitingReplacement:
      if (!exchange) return std::nullopt;
      return go({Approve{}, ReportReturn{}, ReceiveReturn{}, InspectReturn{}, AcceptExchange{}});
    case State::kReplacementInTransit:
      if (!exchange) return std::nullopt;
      return go({Approve{}, ReportReturn{}, ReceiveReturn{}, InspectReturn{}, AcceptExchange{},
                 ShipReplacement{}});
  }
  return std::nullopt;
}

}  // namespace kefu::after_sales::test
