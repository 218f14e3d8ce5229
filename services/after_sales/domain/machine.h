// The states of a case and the moves between them, as data.
//
// After(from) is the whole transition table, for every kind of case there will be. kSteps are the
// moves that commands make for the three kinds there are, each with the roles that may make it; the
// compiler checks that each of them is in the table. What a move asks for beyond that (amounts,
// units, times) is in moves.cc.
//
// Enumerators have the numbers of kefu.after_sales.v1 and kefu.Role. Pure.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace kefu::after_sales::domain {

enum class Kind : uint8_t { kRefundOnly = 1, kReturnRefund = 2, kExchange = 3 };

enum class State : uint8_t {
  // Before it was opened.
  kNone = 0,
  kRequested = 1,
  kInfoRequired = 2,
  kRejected = 3,
  kApprovedAwaitingReturn = 4,
  kReturnInTransit = 5,
  kReceived = 6,
  kInspected = 7,
  kRejectedReturn = 8,
  kAwaitingReplacement = 9,
  kRepairing = 10,
  kReplacementInTransit = 11,
  kArbitration = 12,
  kRefundPending = 13,
  kRefundFailed = 14,
  kCompleted = 15,
  kClosed = 16,
};
inline constexpr uint8_t kStates = 17;

enum class Role : uint8_t {
  // after_sales itself: timers.
  kSystem = 0,
  kBuyer = 2,
  kAgent = 3,
  kSupervisor = 4,
  kAdmin = 5,
  kIntegrator = 6,
};

enum class Verb : uint8_t {
  kOpen,
  kRequestInformation,
  kAmend,
  kApprove,
  kReject,
  kReportReturn,
  kReceiveReturn,
  kInspectReturn,
  kRefund,
  kSettleSucceeded,
  kSettleFailed,
  kAcceptExchange,
  kShipReplacement,
  kComplete,
  kEscalate,
  kClose,
  kExpire,
};
inline constexpr uint8_t kVerbs = 17;

// A set of the enumerators of one of the types above.
template <class Enum>
class SetOf {
 public:
  constexpr SetOf() = default;
  constexpr SetOf(std::initializer_list<Enum> members) {
    for (const Enum member : members) bits_ |= Bit(member);
  }
  constexpr bool Has(Enum member) const { return (bits_ & Bit(member)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  static constexpr uint32_t Bit(Enum member) { return uint32_t{1} << static_cast<uint8_t>(member); }
  uint32_t bits_ = 0;
};

// Where a case may go from `from`.
constexpr SetOf<State> After(State from) {
  using enum State;
  switch (from) {
    case kNone:
      return {kRequested};
    case kRequested:
      return {kInfoRequired,  kApprovedAwaitingReturn,
              kRefundPending, kAwaitingReplacement,
              kRejected,      kArbitration,
              kClosed};
    case kInfoRequired:
      return {kRequested, kClosed};
    case kRejected:
      return {kRequested, kArbitration, kClosed};
    case kApprovedAwaitingReturn:
      return {kReturnInTransit, kClosed};
    case kReturnInTransit:
      return {kReceived, kArbitration};
    case kReceived:
      return {kInspected, kRefundPending};
    case kInspected:
      return {kRefundPending, kAwaitingReplacement, kRepairing, kRejectedReturn, kArbitration};
    case kRejectedReturn:
      return {kArbitration, kClosed};
    case kAwaitingReplacement:
    case kRepairing:
      return {kReplacementInTransit, kRefundPending};
    case kReplacementInTransit:
      return {kCompleted, kArbitration};
    case kArbitration:
      return {kRefundPending, kApprovedAwaitingReturn, kClosed};
    case kRefundPending:
      return {kCompleted, kRefundFailed};
    case kRefundFailed:
      return {kRefundPending};
    case kCompleted:
    case kClosed:
      return {};
  }
  return {};
}

// Nothing more will happen to it.
constexpr bool IsTerminal(State state) { return After(state).empty(); }
// Its units are spoken for.
constexpr bool IsLive(State state) { return state != State::kNone && !IsTerminal(state); }

struct Step {
  Verb verb;
  State from;
  State to;
  SetOf<Kind> kinds;
  SetOf<Role> roles;
};

// The state that `verb` leads to. FAILED_PRECONDITION TRANSITION_FORBIDDEN (metadata from, command,
// allowed: what this role may do instead), WRONG_KIND; PERMISSION_DENIED ROLE_NOT_ALLOWED.
absl::StatusOr<State> Next(Verb verb, State from, Kind kind, Role role);

// "REQUESTED", "APPROVED_AWAITING_RETURN": as in the API, without the prefix.
std::string_view Name(State state);
// "RETURN_REFUND".
std::string_view Name(Kind kind);
// "ApproveCase": the method's name.
std::string_view Name(Verb verb);

}  // namespace kefu::after_sales::domain
