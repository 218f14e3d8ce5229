#include "deploy/ctl/staffing/scenario.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "deploy/ctl/staffing/fields.h"
#include "services/common/base/status.h"
#include "services/common/staffing/calculator.h"

namespace kefu::ctl {
namespace {

using staffing::Performance;

// Ten decimals; null for what is infinite, which JSON has no word for.
Json Rounded(double value) {
  constexpr double kDecimals = 1e10;
  if (!std::isfinite(value)) return nullptr;
  return std::abs(value) < 1e5 ? std::round(value * kDecimals) / kDecimals : value;
}

staffing::Desk TakeDesk(QuestionFields& fields) {
  staffing::Desk desk;
  desk.chats_per_agent = fields.OptionalNumber("chats_per_agent").value_or(1);
  const std::optional<size_t> sharing = fields.Choice("sharing", {"none", "processor"});
  if (sharing) {
    desk.sharing = *sharing == 0 ? staffing::Sharing::kNone : staffing::Sharing::kProcessor;
  }
  return desk;
}

staffing::Aim TakeAim(QuestionFields& fields) {
  return {.target_s = fields.OptionalNumber("target_s"),
          .service_level = fields.OptionalNumber("service_level"),
          .max_asa_s = fields.OptionalNumber("max_asa_s"),
          .max_abandon_probability = fields.OptionalNumber("max_abandon_probability"),
          .max_occupancy = fields.OptionalNumber("max_occupancy")};
}

void AddPerformance(const Performance& performance, bool with_target, bool abandons, Json* out) {
  (*out)["stable"] = performance.stable;
  (*out)["wait_probability"] = Rounded(performance.wait_probability);
  if (with_target) (*out)["service_level"] = Rounded(performance.service_level);
  (*out)["asa"] = Rounded(performance.asa_s);
  (*out)["occupancy"] = Rounded(performance.occupancy);
  (*out)["queue_length"] = Rounded(performance.queue_length);
  if (abandons) (*out)["abandon_probability"] = Rounded(performance.abandon_probability);
}

Json RequiredJson(const staffing::Required& required, bool with_target, bool abandons) {
  Json out;
  out["agents"] = required.agents;
  out["agents_with_shrinkage"] = required.agents_with_shrinkage;
  out["traffic_erlang"] = Rounded(required.traffic_erlang);
  AddPerformance(required.performance, with_target, abandons, &out);
  return out;
}

absl::StatusOr<Json> ErlangB(QuestionFields& fields) {
  const double traffic = fields.Number("traffic_erlang");
  const double lines = fields.Number("lines");
  KEFU_RETURN_IF_ERROR(fields.status());
  KEFU_ASSIGN_OR_RETURN(const double blocking, staffing::Blocking(traffic, lines));
  return Json{{"blocking", Rounded(blocking)}};
}

absl::StatusOr<Json> Erlang(QuestionFields& fields, bool abandons) {
  staffing::CalculateInput input;
  input.demand.arrivals_per_hour = fields.Number("arrivals_per_hour");
  input.demand.aht_s = fields.Number("aht_s");
  if (abandons) input.demand.patience_s = fields.Number("patience_s");
  input.agents = fields.Number("agents");
  input.target_s = fields.OptionalNumber("target_s");
  input.desk = TakeDesk(fields);
  KEFU_RETURN_IF_ERROR(fields.status());
  KEFU_ASSIGN_OR_RETURN(const staffing::Calculation found, staffing::Calculate(input));
  Json out;
  out["traffic_erlang"] = Rounded(found.traffic_erlang);
  AddPerformance(found.performance, input.target_s.has_value(), abandons, &out);
  if (!found.performance.stable) out["stable_agents"] = found.stable_agents;
  return out;
}

absl::StatusOr<Json> ErlangC(QuestionFields& fields) { return Erlang(fields, false); }
absl::StatusOr<Json> ErlangA(QuestionFields& fields) { return Erlang(fields, true); }

absl::StatusOr<Json> Staffing(QuestionFields& fields) {
  staffing::RequireInput input;
  input.demand.arrivals_per_hour = fields.Number("arrivals_per_hour");
  input.demand.aht_s = fields.Number("aht_s");
  input.demand.patience_s = fields.OptionalNumber("patience_s");
  input.aim = TakeAim(fields);
  input.shrinkage = fields.OptionalNumber("shrinkage").value_or(0);
  input.desk = TakeDesk(fields);
  KEFU_RETURN_IF_ERROR(fields.status());
  KEFU_ASSIGN_OR_RETURN(const staffing::Required required, staffing::Require(input));
  return RequiredJson(required, input.aim.target_s.has_value(),
                      input.demand.patience_s.has_value());
}

// "aht_s" is one number for all intervals, or an array with one for each.
absl::Status TakeIntervals(QuestionFields& fields, staffing::PlanInput* plan) {
  const std::vector<double> arrivals = fields.Numbers("arrivals");
  std::vector<double> each;
  if (fields.IsList("aht_s")) {
    each = fields.Numbers("aht_s");
    if (each.size() != arrivals.size()) {
      return InvalidField("aht_s", "Give one number, or as many as there are arrivals.");
    }
    if (!each.empty()) plan->aht_s = each.front();
  } else {
    plan->aht_s = fields.Number("aht_s");
  }
  for (size_t i = 0; i < arrivals.size(); ++i) {
    staffing::PlanInterval& interval = plan->intervals.emplace_back();
    interval.arrivals = arrivals[i];
    if (!each.empty()) interval.aht_s = each[i];
  }
  return absl::OkStatus();
}

absl::StatusOr<Json> Plan(QuestionFields& fields) {
  staffing::PlanInput plan;
  plan.interval_minutes = fields.OptionalNumber("interval_minutes").value_or(plan.interval_minutes);
  KEFU_RETURN_IF_ERROR(TakeIntervals(fields, &plan));
  plan.patience_s = fields.OptionalNumber("patience_s");
  plan.aim = TakeAim(fields);
  plan.shrinkage = fields.OptionalNumber("shrinkage").value_or(0);
  plan.desk = TakeDesk(fields);
  KEFU_RETURN_IF_ERROR(fields.status());
  KEFU_RETURN_IF_ERROR(staffing::CheckPlan(plan));
  Json rows = Json::array();
  staffing::PlanTotals totals;
  for (size_t i = 0; i < plan.intervals.size(); ++i) {
    KEFU_ASSIGN_OR_RETURN(const staffing::Required required, staffing::RequireInInterval(plan, i));
    rows.push_back(
        RequiredJson(required, plan.aim.target_s.has_value(), plan.patience_s.has_value()));
    totals.Add(required, plan.interval_minutes);
  }
  return Json{{"rows", std::move(rows)},
              {"peak_agents", totals.peak_agents},
              {"peak_agents_with_shrinkage", totals.peak_agents_with_shrinkage},
              {"agent_hours", Rounded(totals.agent_hours)},
              {"agent_hours_with_shrinkage", Rounded(totals.agent_hours_with_shrinkage)}};
}

absl::StatusOr<Json> ExpectedWait(QuestionFields& fields) {
  staffing::WaitInput input;
  input.ahead = fields.Number("ahead");
  input.agents = fields.Number("agents");
  input.aht_s = fields.Number("aht_s");
  input.patience_s = fields.OptionalNumber("patience_s");
  input.last_wait_s = fields.OptionalNumber("last_wait_s");
  input.desk = TakeDesk(fields);
  KEFU_RETURN_IF_ERROR(fields.status());
  KEFU_ASSIGN_OR_RETURN(const staffing::WaitAnswer answer, staffing::PredictWait(input));
  return Json{{"expected_wait_s", Rounded(answer.expected_wait_s)},
              {"low_s", Rounded(answer.range.low_s)},
              {"high_s", Rounded(answer.range.high_s)}};
}

struct Model {
  const char* name;
  absl::StatusOr<Json> (*answer)(QuestionFields& fields);
};
constexpr std::array<Model, 6> kModels = {{{"erlang_b", ErlangB},
                                           {"erlang_c", ErlangC},
                                           {"erlang_a", ErlangA},
                                           {"staffing", Staffing},
                                           {"plan", Plan},
                                           {"expected_wait", ExpectedWait}}};

absl::StatusOr<Json> Results(const Json& question) {
  if (!question.is_object()) {
    return Error(absl::StatusCode::kInvalidArgument, "NOT_JSON",
                 "A question is one JSON object on a line.");
  }
  const auto in = question.find("in");
  if (in == question.end() || !in->is_object()) {
    return InvalidField("in", "Give an object with the model's inputs.");
  }
  const auto name = question.find("model");
  for (const Model& model : kModels) {
    if (name == question.end() || *name != model.name) continue;
    QuestionFields fields(*in);
    return model.answer(fields);
  }
  return InvalidField("model",
                      "Choose erlang_b, erlang_c, erlang_a, staffing, plan or "
                      "expected_wait.");
}

Json ErrorJson(const absl::Status& status, size_t number) {
  Json error;
  error["line"] = number;
  error["reason"] = ErrorReason(status);
  const std::vector<FieldViolation> violations = FieldViolationsOf(status);
  if (!violations.empty()) error["field"] = violations.front().field;
  error["message"] =
      violations.empty() ? std::string(FromAbsl(status.message())) : violations.front().description;
  return error;
}

}  // namespace

Answer AnswerStaffing(std::string_view line, size_t number) {
  Json answer = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  const absl::StatusOr<Json> results = Results(answer);
  if (!answer.is_object()) answer = Json::object();
  answer.erase("out");
  answer.erase("error");
  if (results.ok()) {
    answer["out"] = *results;
  } else {
    answer["error"] = ErrorJson(results.status(), number);
  }
  return {answer.dump(-1, ' ', false, Json::error_handler_t::replace), results.ok()};
}

}  // namespace kefu::ctl
