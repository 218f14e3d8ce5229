#include "services/records/rpc/conversion.h"

#include "services/common/base/status.h"
#include "services/common/base/timestamp.h"

namespace kefu::records::rpc {
namespace {

absl::Status CheckTime(std::string_view field, const google::protobuf::Timestamp& time) {
  if (time.seconds() >= kFirstTimestampSecond && time.seconds() <= kLastTimestampSecond &&
      time.nanos() >= 0 && time.nanos() < 1'000'000'000) {
    return absl::OkStatus();
  }
  return InvalidField(field, "must be a time between the years 1 and 9999");
}

}  // namespace

TimePoint FromTimestamp(const google::protobuf::Timestamp& time) { return ToTimePoint(time); }

google::protobuf::Timestamp ToTimestamp(TimePoint time) {
  google::protobuf::Timestamp message;
  const int64_t ms = (time.ms % 1000 + 1000) % 1000;
  message.set_seconds((time.ms - ms) / 1000);
  message.set_nanos(static_cast<int32_t>(ms * 1'000'000));
  return message;
}

absl::StatusOr<storage::TimeSpan> TimeSpanOf(const google::protobuf::Timestamp* from,
                                             const google::protobuf::Timestamp* to) {
  storage::TimeSpan span;
  if (from != nullptr) {
    KEFU_RETURN_IF_ERROR(CheckTime("from_time", *from));
    span.from = FromTimestamp(*from);
  }
  if (to != nullptr) {
    KEFU_RETURN_IF_ERROR(CheckTime("to_time", *to));
    span.to = FromTimestamp(*to);
  }
  if (span.from && span.to && *span.to <= *span.from) {
    return InvalidField("to_time", "must be after from_time");
  }
  return span;
}

v1::SearchTranscriptsResponse::Hit ToMessage(const storage::Hit& hit,
                                             const text::Analyser& analyser,
                                             const domain::Query& query) {
  v1::SearchTranscriptsResponse::Hit message;
  message.set_conversation(hit.conversation);
  message.set_session(hit.session);
  message.set_seq(hit.seq);
  *message.mutable_time() = ToTimestamp(hit.time);
  message.set_sender_kind(static_cast<common::v1::Sender::Kind>(hit.sender_kind));
  message.set_sender(hit.sender);
  message.set_text(hit.text);
  for (const domain::Span& span : domain::FindMatches(analyser.Analyse(hit.text), query)) {
    auto& match = *message.add_matches();
    match.set_begin(span.begin);
    match.set_end(span.end);
  }
  return message;
}

v1::SessionRow ToMessage(const storage::SessionRow& row) {
  v1::SessionRow message;
  message.set_session(row.session);
  message.set_conversation(row.conversation);
  message.set_buyer(row.buyer);
  message.set_agent(row.agent);
  message.set_category(static_cast<common::v1::Category>(row.category));
  if (row.open.ms != 0) *message.mutable_open_time() = ToTimestamp(row.open);
  if (row.close.ms != 0) *message.mutable_close_time() = ToTimestamp(row.close);
  message.set_close_reason(row.close_reason);
  message.set_buyer_messages(row.buyer_messages);
  message.set_agent_messages(row.agent_messages);
  message.set_answered(row.first_response_ms.has_value());
  message.set_first_response_ms(row.first_response_ms.value_or(0));
  message.set_stars(row.stars);
  if (row.assign.ms != 0) *message.mutable_assign_time() = ToTimestamp(row.assign);
  return message;
}

v1::Round ToMessage(const storage::RoundRow& row) {
  v1::Round message;
  message.set_session(row.session);
  message.set_asked_seq(row.round.asked_seq);
  *message.mutable_asked_time() = ToTimestamp(row.round.asked);
  if (row.round.answered_seq == 0) return message;
  message.set_answered_seq(row.round.answered_seq);
  *message.mutable_answered_time() = ToTimestamp(row.round.answered);
  message.set_agent(row.round.agent);
  return message;
}

v1::GetFiguresResponse::Row ToMessage(const storage::Figures& figures) {
  using storage::Figures;
  v1::GetFiguresResponse::Row message;
  message.set_day(figures.day);
  message.set_agent(figures.agent);
  message.set_sessions(figures.sessions);
  message.set_answered_sessions(figures.answered_sessions);
  message.set_first_response_ms(
      Figures::Mean(figures.first_response_sum_ms, figures.answered_sessions));
  message.set_rounds(figures.rounds);
  message.set_response_ms(Figures::Mean(figures.response_sum_ms, figures.rounds));
  message.set_rated_sessions(figures.rated_sessions);
  message.set_stars(figures.stars);
  message.set_prompt_rounds(figures.prompt_rounds);
  message.set_overdue_rounds(figures.overdue_rounds);
  return message;
}

v1::GetHourlyFiguresResponse::Row ToMessage(const storage::HourlyFigures& figures) {
  using storage::Figures;
  v1::GetHourlyFiguresResponse::Row message;
  *message.mutable_begin_time() = ToTimestamp(figures.begin);
  message.set_sessions(figures.sessions);
  message.set_assigned_sessions(figures.assigned_sessions);
  message.set_lost_sessions(figures.lost_sessions);
  message.set_wait_ms(Figures::Mean(figures.wait_sum_ms, figures.assigned_sessions));
  message.set_longest_wait_ms(figures.longest_wait_ms);
  message.set_answered_sessions(figures.answered_sessions);
  message.set_first_response_ms(
      Figures::Mean(figures.first_response_sum_ms, figures.answered_sessions));
  message.set_held_sessions(figures.held_sessions);
  return message;
}

}  // namespace kefu::records::rpc
