// Which command leads where, for whom: written by hand from the specification, not from machine.cc.
#pragma once

#include <optional>
#include <string_view>

#include "services/after_sales/domain/machine.h"

namespace kefu::after_sales::test {

struct Expected {
  std::string_view from;
  std::string_view command;
  std::string_view to;
  // Of "RTX": refund only, return and refund, exchange.
  std::string_view kinds;
  // Of "CBASIM": clock, buyer, agent, supervisor, integrator, adMin.
  std::string_view roles;
};

inline constexpr Expected kExpected[] = {
    {"NONE", "OpenCase", "REQUESTED", "RTX", "BASI"},

    {"REQUESTED", "RequestInformation", "INFO_REQUIRED", "RTX", "ASI"},
    {"REQUESTED", "ApproveCase", "REFUND_PENDING", "R", "ASI"},
    {"REQUESTED", "ApproveCase", "APPROVED_AWAITING_RETURN", "TX", "ASI"},
    {"REQUESTED", "RejectCase", "REJECTED", "RTX", "ASI"},
    {"REQUESTED", "EscalateCase", "ARBITRATION", "RTX", "BASI"},
    {"REQUESTED", "CloseCase", "CLOSED", "RTX", "BASI"},

    {"INFO_REQUIRED", "AmendCase", "REQUESTED", "RTX", "BASI"},
    {"INFO_REQUIRED", "CloseCase", "CLOSED", "RTX", "BASI"},

    {"REJECTED", "AmendCase", "REQUESTED", "RTX", "BI"},
    {"REJECTED", "EscalateCase", "ARBITRATION", "RTX", "BASI"},
    {"REJECTED", "CloseCase", "CLOSED", "RTX", "BASI"},

    {"APPROVED_AWAITING_RETURN", "ReportReturn", "RETURN_IN_TRANSIT", "TX", "BASI"},
    {"APPROVED_AWAITING_RETURN", "CloseCase", "CLOSED", "TX", "BASI"},
    {"APPROVED_AWAITING_RETURN", "Expire", "CLOSED", "TX", "C"},

    {"RETURN_IN_TRANSIT", "ReceiveReturn", "RECEIVED", "TX", "ASI"},
    {"RETURN_IN_TRANSIT", "EscalateCase", "ARBITRATION", "TX", "BASI"},

    {"RECEIVED", "InspectReturn", "INSPECTED", "TX", "ASI"},
    {"RECEIVED", "RefundCase", "REFUND_PENDING", "T", "ASI"},

    {"INSPECTED", "RefundCase", "REFUND_PENDING", "T", "ASI"},
    {"INSPECTED", "AcceptExchange", "AWAITING_REPLACEMENT", "X", "ASI"},
    {"INSPECTED", "RejectCase", "REJECTED_RETURN", "TX", "ASI"},
    {"INSPECTED", "EscalateCase", "ARBITRATION", "TX", "BASI"},

    {"REJECTED_RETURN", "EscalateCase", "ARBITRATION", "TX", "BASI"},
    {"REJECTED_RETURN", "CloseCase", "CLOSED", "TX", "BASI"},

    {"AWAITING_REPLACEMENT", "ShipReplacement", "REPLACEMENT_IN_TRANSIT", "X", "ASI"},
    {"AWAITING_REPLACEMENT", "RefundCase", "REFUND_PENDING", "X", "ASI"},

    {"REPLACEMENT_IN_TRANSIT", "CompleteCase", "COMPLETED", "X", "ASI"},
    {"REPLACEMENT_IN_TRANSIT", "EscalateCase", "ARBITRATION", "X", "BASI"},

    {"ARBITRATION", "RefundCase", "REFUND_PENDING", "RTX", "SI"},
    {"ARBITRATION", "ApproveCase", "APPROVED_AWAITING_RETURN", "TX", "SI"},
    {"ARBITRATION", "CloseCase", "CLOSED", "RTX", "BSI"},

    {"REFUND_PENDING", "SettleRefund+", "COMPLETED", "RTX", "SI"},
    {"REFUND_PENDING", "SettleRefund-", "REFUND_FAILED", "RTX", "SI"},

    {"REFUND_FAILED", "RefundCase", "REFUND_PENDING", "RTX", "ASI"},
};

inline std::string_view CommandName(domain::Verb verb) {
  if (verb == domain::Verb::kSettleSucceeded) return "SettleRefund+";
  if (verb == domain::Verb::kSettleFailed) return "SettleRefund-";
  return domain::Name(verb);
}

inline char Letter(domain::Kind kind) { return "?RTX"[static_cast<int>(kind)]; }
inline char Letter(domain::Role role) { return "C?BASMI"[static_cast<int>(role)]; }

// The name of the state it leads to; none if it is refused.
inline std::optional<std::string_view> ExpectedState(domain::State from, domain::Verb verb,
                                                     domain::Kind kind, domain::Role role) {
  for (const Expected& one : kExpected) {
    if (one.from == domain::Name(from) && one.command == CommandName(verb) &&
        one.kinds.find(Letter(kind)) != std::string_view::npos &&
        one.roles.find(Letter(role)) != std::string_view::npos) {
      return one.to;
    }
  }
  return std::nullopt;
}

}  // namespace kefu::after_sales::test
