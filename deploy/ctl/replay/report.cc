#include "deploy/ctl/replay/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace kefu::ctl {
namespace {

const char* VerdictName(Report::Verdict verdict) {
  switch (verdict) {
    case Report::Verdict::kPassed:
      return "passed";
    case Report::Verdict::kBroken:
      return "broken";
    case Report::Verdict::kInconclusive:
      return "inconclusive";
  }
  return "";
}

std::string LatencyLine(const char* name, const Percentiles& of) {
  return fmt::format("{:<13} p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  max {:.2f} ms  ({})\n", name,
                     of.p50_us / 1e3, of.p90_us / 1e3, of.p99_us / 1e3, of.max_us / 1e3, of.count);
}

nlohmann::ordered_json LatencyJson(const Percentiles& of) {
  return {{"count", of.count},
          {"p50_us", of.p50_us},
          {"p90_us", of.p90_us},
          {"p99_us", of.p99_us},
          {"max_us", of.max_us}};
}

}  // namespace

void Report::Find(std::string finding) {
  if (findings.size() < kMostFindings) findings.push_back(std::move(finding));
}

void Report::Trouble(std::string trouble) {
  if (troubles.size() < kMostFindings) troubles.push_back(std::move(trouble));
}

Report::Verdict Report::verdict() const {
  if (broken.any()) return Verdict::kBroken;
  // A run that acknowledged nothing shows nothing.
  const bool whole = chats.finished + chats.cut == chats.selected && chats.unverified == 0;
  return whole && messages.acknowledged > 0 ? Verdict::kPassed : Verdict::kInconclusive;
}

int Report::exit_code() const {
  switch (verdict()) {
    case Verdict::kPassed:
      return 0;
    case Verdict::kBroken:
      return 1;
    case Verdict::kInconclusive:
      return 3;
  }
  return 1;
}

std::string ReportText(const Report& r) {
  std::string out;
  out +=
      fmt::format("chats         {} selected, {} finished, {} cut short, {} unverified, {:.1f} s\n",
                  r.chats.selected, r.chats.finished, r.chats.cut, r.chats.unverified, r.seconds);
  out +=
      fmt::format("messages      {} sent, {} acknowledged, {} refused, {} unknown\n",
                  r.messages.sent, r.messages.acknowledged, r.messages.refused, r.messages.unknown);
  out += fmt::format("streams       {} delivered to the other party, {} to the sender\n",
                     r.messages.delivered, r.messages.echoed);
  out += fmt::format("lost          {} ({} from the log, {} in streams)\n", r.broken.lost(),
                     r.broken.lost_from_log, r.broken.lost_in_streams);
  out += fmt::format("duplicated    {} ({} in the log, {} in streams)\n", r.broken.duplicated(),
                     r.broken.duplicated_in_log, r.broken.duplicated_in_streams);
  out += fmt::format("reordered     {} ({} in the log, {} in streams)\n", r.broken.reordered(),
                     r.broken.reordered_in_log, r.broken.reordered_in_streams);
  out += fmt::format("unlike log    {}\n", r.broken.views_unlike_log);
  out += fmt::format(
      "sessions      {} opened, {} assigned, {} moved, {} closed, {} closes tried again, {} "
      "waiting at "
      "most\n",
      r.sessions.opened, r.sessions.assigned, r.sessions.moved, r.sessions.closed,
      r.sessions.close_retries, r.sessions.most_waiting);
  out += fmt::format("effort        {} retries, {} reconnects, {} resyncs, {} gaps in streams\n",
                     r.effort.retries, r.effort.reconnects, r.effort.resyncs, r.effort.gaps);
  out += LatencyLine("acknowledge", r.acknowledge);
  out += LatencyLine("deliver", r.deliver);
  out += LatencyLine("assign", r.assign);
  if (r.late.count > 0) out += LatencyLine("sent late by", r.late);
  for (const std::string& finding : r.findings) out += fmt::format("  broken: {}\n", finding);
  for (const std::string& trouble : r.troubles) out += fmt::format("  trouble: {}\n", trouble);
  out += fmt::format("verdict       {}\n", VerdictName(r.verdict()));
  return out;
}

std::string ReportJson(const Report& r) {
  nlohmann::ordered_json out;
  out["verdict"] = VerdictName(r.verdict());
  out["seconds"] = r.seconds;
  out["chats"] = {{"selected", r.chats.selected},
                  {"finished", r.chats.finished},
                  {"cut", r.chats.cut},
                  {"unverified", r.chats.unverified}};
  out["messages"] = {{"sent", r.messages.sent},           {"acknowledged", r.messages.acknowledged},
                     {"refused", r.messages.refused},     {"unknown", r.messages.unknown},
                     {"delivered", r.messages.delivered}, {"echoed", r.messages.echoed}};
  out["lost"] = r.broken.lost();
  out["duplicated"] = r.broken.duplicated();
  out["reordered"] = r.broken.reordered();
  out["broken"] = {{"lost_from_log", r.broken.lost_from_log},
                   {"lost_in_streams", r.broken.lost_in_streams},
                   {"duplicated_in_log", r.broken.duplicated_in_log},
                   {"duplicated_in_streams", r.broken.duplicated_in_streams},
                   {"reordered_in_log", r.broken.reordered_in_log},
                   {"reordered_in_streams", r.broken.reordered_in_streams},
                   {"views_unlike_log", r.broken.views_unlike_log}};
  out["sessions"] = {{"opened", r.sessions.opened},
                     {"assigned", r.sessions.assigned},
                     {"moved", r.sessions.moved},
                     {"closed", r.sessions.closed},
                     {"close_retries", r.sessions.close_retries},
                     {"most_waiting", r.sessions.most_waiting}};
  out["effort"] = {{"retries", r.effort.retries},
                   {"reconnects", r.effort.reconnects},
                   {"resyncs", r.effort.resyncs},
                   {"gaps", r.effort.gaps}};
  out["latency"] = {{"acknowledge", LatencyJson(r.acknowledge)},
                    {"deliver", LatencyJson(r.deliver)},
                    {"assign", LatencyJson(r.assign)},
                    {"late", LatencyJson(r.late)}};
  out["findings"] = r.findings;
  out["troubles"] = r.troubles;
  return out.dump();
}

}  // namespace kefu::ctl
