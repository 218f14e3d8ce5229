#include "gateway/routing/simulation/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace kefu::gateway::routing::simulation {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kOfSlices[] = {"arrivals", "service_level", "abandonment", "wait_mean",
                                          "wait_p90"};

const FigureInfo& InfoOf(std::string_view figure) {
  const auto& all = AllFigures();
  return *std::find_if(all.begin(), all.end(),
                       [figure](const FigureInfo& info) { return info.name == figure; });
}

std::string Number(double value, Unit unit, bool exact) {
  switch (unit) {
    case Unit::kCount:
      return fmt::format("{:.{}f}", value, exact ? 0 : 1);
    case Unit::kSeconds:
      return fmt::format("{:.3f} s", value);
    case Unit::kShare:
      return fmt::format("{:.2f} %", value * 100);
    case Unit::kRatio:
      break;
  }
  return fmt::format("{:.3f}", value);
}

std::string Cell(const Estimate& estimate, Unit unit, bool exact) {
  std::string text = Number(estimate.mean, unit, exact);
  if (!exact) text += " ±" + Number(estimate.half_width, unit, exact);
  return text;
}

std::string Signed(const Estimate& estimate, Unit unit, bool exact) {
  const std::string text = Cell(estimate, unit, exact);
  return estimate.mean > 0 ? "+" + text : text;
}

// "±" is one column wide and two bytes long.
std::string Padded(const std::string& text, size_t width) {
  const auto continued =
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) == 0x80; });
  const size_t columns = text.size() - continued;
  return std::string(columns < width ? width - columns : 0, ' ') + text;
}

void AddRow(const Comparison& comparison, const Measured& measured, std::string_view label,
            std::string* text) {
  const Unit unit = InfoOf(measured.figure).unit;
  const bool exact = comparison.repetitions < 2;
  *text += fmt::format("{:<32}", label);
  for (const Estimate& value : measured.values) *text += Padded(Cell(value, unit, exact), 26);
  if (measured.values.size() > 1) {
    *text += Padded(Signed(measured.difference, unit, exact), 26);
  }
  *text += "\n";
}

void AddHead(const Comparison& comparison, std::string_view title, std::string* text) {
  *text += fmt::format("{:<32}", title);
  for (const std::string& policy : comparison.policies) *text += Padded(policy, 26);
  if (comparison.policies.size() > 1) *text += Padded("difference", 26);
  *text += "\n";
}

Json ToJson(const Estimate& estimate, bool exact) {
  if (exact) return estimate.mean;
  return {{"mean", estimate.mean}, {"half_width", estimate.half_width}};
}

Json ToJson(const Slice& slice, const Comparison& comparison) {
  const bool exact = comparison.repetitions < 2;
  Json figures = Json::object();
  for (const Measured& measured : slice.measured) {
    Json values = Json::array();
    for (const Estimate& value : measured.values) values.push_back(ToJson(value, exact));
    Json figure = {{"values", std::move(values)}};
    if (measured.values.size() > 1) figure["difference"] = ToJson(measured.difference, exact);
    figures[std::string(measured.figure)] = std::move(figure);
  }
  if (slice.trait.empty()) return figures;
  return {{"trait", slice.trait}, {"value", slice.value}, {"figures", std::move(figures)}};
}

}  // namespace

std::string ReportText(const Comparison& comparison) {
  std::string text =
      fmt::format("seed {}, repetitions {}, service level within {} s, slowdown {}",
                  comparison.seed, comparison.repetitions,
                  static_cast<double>(comparison.threshold_ms) / 1000, comparison.slowdown);
  text += comparison.repetitions > 1 ? ", ± 95 %\n\n" : "\n\n";
  for (const Slice& slice : comparison.slices) {
    const bool all = slice.trait.empty();
    if (!all) text += "\n";
    AddHead(comparison, all ? "" : slice.trait + " " + slice.value, &text);
    for (const Measured& measured : slice.measured) {
      const bool shown = all || std::find(std::begin(kOfSlices), std::end(kOfSlices),
                                          measured.figure) != std::end(kOfSlices);
      if (shown) AddRow(comparison, measured, InfoOf(measured.figure).label, &text);
    }
  }
  text.pop_back();
  return text;
}

std::string ReportJson(const Comparison& comparison) {
  Json json = {{"policies", comparison.policies},
               {"seed", comparison.seed},
               {"repetitions", comparison.repetitions},
               {"threshold_s", static_cast<double>(comparison.threshold_ms) / 1000},
               {"slowdown", comparison.slowdown},
               {"simulated_sessions", comparison.simulated_sessions}};
  Json slices = Json::array();
  for (const Slice& slice : comparison.slices) {
    if (slice.trait.empty()) {
      json["figures"] = ToJson(slice, comparison);
    } else {
      slices.push_back(ToJson(slice, comparison));
    }
  }
  json["by_trait"] = std::move(slices);
  return json.dump();
}

}  // namespace kefu::gateway::routing::simulation
