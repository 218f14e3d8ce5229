#include "services/orders/domain/status_table.h"

#include <algorithm>

namespace kefu::orders::domain {
namespace {

using Status = std::map<std::string, std::string>;

constexpr std::string_view kNull = "null";

std::string Plain(std::string_view value) {
  std::string plain(value.empty() ? kNull : value);
  std::transform(plain.begin(), plain.end(), plain.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return plain;
}

std::string ValueOf(const Status& status, const std::string& field) {
  const auto found = status.find(field);
  return found == status.end() ? std::string(kNull) : Plain(found->second);
}

bool Matches(const StatusRule& rule, const std::string& value) {
  return rule.value ? Plain(*rule.value) == value : value != kNull;
}

bool Holds(const StatusRule& rule, const Status& status) {
  // A field that was not sent says nothing, not even null.
  if (status.count(rule.field) == 0 || !Matches(rule, ValueOf(status, rule.field))) return false;
  return std::all_of(rule.where.begin(), rule.where.end(), [&](const auto& condition) {
    return Plain(condition.second) == ValueOf(status, condition.first);
  });
}

// Of `later`, what `said` does not speak of yet.
void Complete(Said* said, const Said& later) {
  if (!said->state && !said->closed) {
    said->state = later.state;
    said->closed = later.closed;
  }
  if (!said->payment) said->payment = later.payment;
  if (!said->fulfilment) said->fulfilment = later.fulfilment;
}

bool Knows(const SourceTable& table, const std::string& field, const std::string& value) {
  if (table.ignored.count(field) > 0) return true;
  bool names_field = false;
  for (const StatusRule& rule : table.rules) {
    // A condition distinguishes one value; the others are as good as known.
    if (rule.where.count(field) > 0) return true;
    if (rule.field != field) continue;
    names_field = true;
    if (Matches(rule, value)) return true;
  }
  return names_field && value == kNull;
}

}  // namespace

StatusTables::Translated StatusTables::Translate(std::string_view source,
                                                 const Status& status) const {
  static const SourceTable kEmpty;
  const auto found = sources_.find(std::string(source));
  const SourceTable& table = found == sources_.end() ? kEmpty : found->second;
  Translated translated;
  for (const StatusRule& rule : table.rules) {
    if (Holds(rule, status)) Complete(&translated.said, rule.said);
  }
  for (const auto& [field, value] : status) {
    if (!Knows(table, field, Plain(value))) translated.unknown.push_back(field);
  }
  return translated;
}

}  // namespace kefu::orders::domain
