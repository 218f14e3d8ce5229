#include "services/inquiries/domain/conversation_log.h"

#include <algorithm>
#include <optional>

#include "services/common/base/status.h"

namespace kefu::inquiries::domain {
namespace {

using absl::StatusCode;

absl::Status NoSuchConversation() {
  return Error(StatusCode::kNotFound, "NO_SUCH_CONVERSATION", "There is no such conversation.");
}

absl::Status NoSuchEntry() {
  return Error(StatusCode::kNotFound, "NO_SUCH_ENTRY", "The entry does not exist.");
}

// The result of an earlier request with this id; nothing if the id is new.
absl::StatusOr<std::optional<uint64_t>> Earlier(const Conversation& state, const Request& request,
                                                TimePoint now) {
  const auto found = state.requests.find(request.id);
  if (found == state.requests.end() || found->second.week < now.ms / kDedupPeriodMs - 1) {
    return std::optional<uint64_t>();
  }
  if (found->second.payload != request.payload) {
    return Error(StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                 "The request id was used for something else; take a new one.");
  }
  return std::optional<uint64_t>(found->second.seq);
}

void Remember(Conversation& next, const Request& request, uint64_t seq, TimePoint now) {
  next.requests[request.id] = {seq, request.payload, now.ms / kDedupPeriodMs};
}

absl::Status SessionClosed() {
  return Error(StatusCode::kFailedPrecondition, "SESSION_CLOSED",
               "The session is closed; open a new one or reopen it.");
}

// The conversation's last session, open or not.
absl::Status CheckCurrent(const Conversation& state, uint32_t session) {
  if (!state.exists()) return NoSuchConversation();
  if (session < 1 || session > state.inquiries.size()) {
    return Error(StatusCode::kNotFound, "NO_SUCH_SESSION", "There is no such session.");
  }
  return session < state.inquiries.size() ? SessionClosed() : absl::OkStatus();
}

absl::Status CheckOpen(const Conversation& state, uint32_t session) {
  KEFU_RETURN_IF_ERROR(CheckCurrent(state, session));
  return state.inquiries.back().open ? absl::OkStatus() : SessionClosed();
}

absl::Status CheckFence(const Inquiry& inquiry, uint64_t fence, const std::string& agent) {
  const ErrorMetadata metadata = {{"fence", std::to_string(inquiry.fence)}};
  if (fence > inquiry.fence) {
    return Error(StatusCode::kFailedPrecondition, "FENCE_AHEAD",
                 "The fence is not known here yet; raise it first.", metadata);
  }
  if (fence < inquiry.fence || agent != inquiry.owner) {
    return Error(StatusCode::kAborted, "STALE_FENCE",
                 "Another agent owns the session; read it again.", metadata);
  }
  return absl::OkStatus();
}

// What is in the archive is not looked at.
absl::Status CheckQuote(const Conversation& state, uint64_t quoted, bool buyer_visible) {
  if (quoted == 0) return absl::OkStatus();
  if (quoted > state.head()) return NoSuchEntry();
  if (quoted > state.archived && buyer_visible && !state.log[quoted - 1].buyer_visible) {
    return NoSuchEntry();
  }
  return absl::OkStatus();
}

absl::Status CheckRecall(const Conversation& state, const Append& command, TimePoint now) {
  if (command.recalls > state.head()) return NoSuchEntry();
  const LogEntry& entry = state.log[command.recalls - 1];
  if (command.recalls <= state.archived || now - entry.time > kRecallMs) {
    return Error(StatusCode::kFailedPrecondition, "RECALL_TOO_LATE",
                 "An entry can be recalled within two minutes.");
  }
  if (entry.sender != command.sender) {
    return Error(StatusCode::kFailedPrecondition, "NOT_YOUR_ENTRY",
                 "Only its sender can recall an entry.");
  }
  if (entry.recalls != 0 || state.recalled.contains(command.recalls)) {
    return Error(StatusCode::kFailedPrecondition, "NOTHING_TO_RECALL",
                 "The entry was recalled already.");
  }
  return absl::OkStatus();
}

void AddEntry(Decision& decision, std::string_view sender, uint32_t session, bool buyer_visible,
              uint64_t recalls, TimePoint now) {
  Conversation& next = decision.next;
  const uint64_t seq = next.head() + 1;
  next.log.push_back(
      {seq, next.buyer_head, buyer_visible, now, std::string(sender), session, recalls});
  if (buyer_visible) next.buyer_head = seq;
  if (sender == kBuyer) next.last_buyer_seq = seq;
  decision.seq = seq;
  decision.events.push_back({Event::Kind::kEntry, seq, session});
}

Decision Duplicate(const Conversation& state, uint64_t seq) {
  Decision decision{.next = state, .seq = seq, .duplicate = true};
  return decision;
}

absl::StatusOr<Decision> Do(const Conversation& state, const Open& command, TimePoint now) {
  KEFU_ASSIGN_OR_RETURN(const auto earlier, Earlier(state, command.request, now));
  if (earlier) {
    Decision decision = Duplicate(state, *earlier);
    decision.session = state.log[*earlier - 1].session;
    decision.opened = state.inquiries[decision.session - 1].first_seq == *earlier;
    return decision;
  }
  KEFU_RETURN_IF_ERROR(CheckQuote(state, command.quoted, true));

  Decision decision{.next = state};
  if (state.inquiries.empty() || !state.inquiries.back().open) {
    Inquiry inquiry;
    inquiry.ordinal = static_cast<uint32_t>(state.inquiries.size()) + 1;
    inquiry.open = true;
    inquiry.first_seq = state.head() + 1;
    inquiry.open_time = now;
    decision.next.inquiries.push_back(inquiry);
    decision.opened = true;
    decision.events.push_back({Event::Kind::kOpened, 0, inquiry.ordinal});
  }
  decision.session = decision.next.inquiries.back().ordinal;
  AddEntry(decision, kBuyer, decision.session, true, 0, now);
  Remember(decision.next, command.request, decision.seq, now);
  return decision;
}

absl::StatusOr<Decision> Do(const Conversation& state, const Append& command, TimePoint now) {
  KEFU_ASSIGN_OR_RETURN(const auto earlier, Earlier(state, command.request, now));
  if (earlier) return Duplicate(state, *earlier);
  KEFU_RETURN_IF_ERROR(command.aside ? CheckCurrent(state, command.session)
                                     : CheckOpen(state, command.session));
  if (command.sender != kBuyer && command.sender != kSystem && !command.aside) {
    KEFU_RETURN_IF_ERROR(CheckFence(state.inquiries.back(), command.fence, command.sender));
  }
  KEFU_RETURN_IF_ERROR(CheckQuote(state, command.quoted, command.buyer_visible));
  bool buyer_visible = command.buyer_visible;
  if (command.recalls != 0) {
    KEFU_RETURN_IF_ERROR(CheckRecall(state, command, now));
    buyer_visible = state.log[command.recalls - 1].buyer_visible;
  }

  Decision decision{.next = state};
  AddEntry(decision, command.sender, command.session, buyer_visible, command.recalls, now);
  if (command.recalls != 0) decision.next.recalled.insert(command.recalls);
  Remember(decision.next, command.request, decision.seq, now);
  return decision;
}

absl::StatusOr<Decision> Do(const Conversation& state, const RaiseFence& command, TimePoint now) {
  if (state.exists()) {
    const Inquiry& current = state.inquiries.back();
    if (current.ordinal == command.session && current.fence == command.fence &&
        current.owner == command.agent) {
      return Decision{.next = state};
    }
  }
  KEFU_RETURN_IF_ERROR(CheckOpen(state, command.session));
  const Inquiry& inquiry = state.inquiries.back();
  // What was offered has no owner under its fence yet; who accepts becomes it.
  const bool accepted =
      command.fence == inquiry.fence && inquiry.owner.empty() && !command.agent.empty();
  if (command.fence <= inquiry.fence && !accepted) {
    return Error(StatusCode::kAborted, "STALE_FENCE",
                 "The session has another owner by now; read it again.",
                 {{"fence", std::to_string(inquiry.fence)}});
  }

  Decision decision{.next = state};
  if (inquiry.owner.empty() && command.agent.empty()) {
    // Nobody owned it and nobody does: nothing to tell.
    decision.next.inquiries.back().fence = command.fence;
    return decision;
  }
  decision.next.inquiries.back().fence = command.fence;
  decision.next.inquiries.back().owner = command.agent;
  decision.events.push_back({Event::Kind::kFence, 0, command.session});
  AddEntry(decision, kSystem, command.session, true, 0, now);
  return decision;
}

absl::StatusOr<Decision> Do(const Conversation& state, const Close& command, TimePoint now) {
  KEFU_ASSIGN_OR_RETURN(const auto earlier, Earlier(state, command.request, now));
  if (earlier) {
    Decision decision = Duplicate(state, *earlier);
    decision.session = command.session;
    return decision;
  }
  KEFU_RETURN_IF_ERROR(CheckOpen(state, command.session));
  if (command.fence != 0) {
    KEFU_RETURN_IF_ERROR(CheckFence(state.inquiries.back(), command.fence, command.agent));
  }
  if (state.last_buyer_seq > command.last_seen) {
    return Error(StatusCode::kAborted, "NEWER_BUYER_ENTRY",
                 "The buyer wrote since; read it, then decide.");
  }

  Decision decision{.next = state, .session = command.session};
  AddEntry(decision, kSystem, command.session, true, 0, now);
  decision.events.push_back({Event::Kind::kClosed, 0, command.session});
  Inquiry& inquiry = decision.next.inquiries.back();
  inquiry.open = false;
  inquiry.close_time = now;
  inquiry.last_seq = decision.seq;
  inquiry.reason = command.reason;
  Remember(decision.next, command.request, decision.seq, now);
  return decision;
}

absl::StatusOr<Decision> Do(const Conversation& state, const Reopen& command, TimePoint now) {
  KEFU_ASSIGN_OR_RETURN(const auto earlier, Earlier(state, command.request, now));
  if (earlier) {
    Decision decision = Duplicate(state, *earlier);
    decision.session = command.session;
    return decision;
  }
  const absl::Status open = CheckOpen(state, command.session);
  if (open.ok()) return Decision{.next = state, .duplicate = true, .session = command.session};
  if (ErrorReason(open) != "SESSION_CLOSED") return open;
  if (command.session != state.inquiries.size() ||
      now - state.inquiries.back().close_time > command.window_ms) {
    return Error(StatusCode::kFailedPrecondition, "REOPEN_TOO_LATE",
                 "The session is over for good; open a new one.");
  }

  Decision decision{.next = state, .session = command.session};
  AddEntry(decision, kSystem, command.session, true, 0, now);
  decision.events.push_back({Event::Kind::kReopened, 0, command.session});
  Inquiry& inquiry = decision.next.inquiries.back();
  inquiry.open = true;
  inquiry.close_time = {};
  inquiry.last_seq = 0;
  inquiry.reason.clear();
  ++inquiry.reopened;
  Remember(decision.next, command.request, decision.seq, now);
  return decision;
}

absl::StatusOr<Decision> Do(const Conversation& state, const MoveMarks& command, TimePoint) {
  if (!state.exists()) return NoSuchConversation();
  Decision decision{.next = state};
  const uint64_t head = command.is_buyer ? state.buyer_head : state.head();
  const auto found = state.marks.find(command.participant);
  MarkPair marks = found == state.marks.end() ? MarkPair{} : found->second;
  marks.read = std::max(marks.read, std::min(command.read, head));
  marks.delivered = std::max({marks.delivered, std::min(command.delivered, head), marks.read});
  if (marks != MarkPair{}) decision.next.marks[command.participant] = marks;
  return decision;
}

absl::StatusOr<Decision> Do(const Conversation& state, const Link& command, TimePoint) {
  if (!state.exists()) return NoSuchConversation();
  if (state.continued_in == command.to) return Decision{.next = state};
  if (!state.continued_in.empty()) {
    return Error(StatusCode::kFailedPrecondition, "ALREADY_LINKED",
                 "The conversation goes on in another one already.");
  }
  if (command.to_goes_on == command.from) {
    return Error(StatusCode::kFailedPrecondition, "LINK_CYCLE",
                 "That conversation goes on in this one.");
  }
  Decision decision{.next = state};
  decision.next.continued_in = command.to;
  return decision;
}

absl::StatusOr<Decision> Do(const Conversation& state, const Archive& command, TimePoint now) {
  const bool unchanged = state.exists() && state.inquiries.back().ordinal == command.session &&
                         !state.inquiries.back().open && state.head() == command.seq &&
                         state.archived == command.archived_before &&
                         command.archived_before != command.seq &&
                         now - state.inquiries.back().close_time >= command.after_ms;
  if (!unchanged) {
    return Error(StatusCode::kAborted, "CONVERSATION_CHANGED",
                 "The conversation is not as it was read; leave its log in place.");
  }
  Decision decision{.next = state};
  decision.next.archived = command.seq;
  decision.next.recalled.clear();
  return decision;
}

}  // namespace

absl::StatusOr<Decision> Apply(const Conversation& state, const Command& command, TimePoint now) {
  return std::visit([&](const auto& specific) { return Do(state, specific, now); }, command);
}

}  // namespace kefu::inquiries::domain
