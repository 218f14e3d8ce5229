#include "deploy/ctl/chat/render.h"

#include <fmt/format.h>

#include "deploy/ctl/chat/terminal.h"

namespace kefu::ctl {
namespace {

using common::v1::Content;
using common::v1::Entry;
using common::v1::Sender;
using common::v1::SystemLine;

// Enum names without their prefix: "KIND_AGENT_JOINED" becomes "AGENT_JOINED".
std::string Short(const std::string& name, std::string_view prefix) {
  return name.compare(0, prefix.size(), prefix) == 0 ? name.substr(prefix.size()) : name;
}

std::string SystemText(const SystemLine& line) {
  std::string text = Short(SystemLine::Kind_Name(line.kind()), "KIND_");
  for (const char* shown : {"display_name", "reason", "text", "tracking_number"}) {
    const auto found = line.parameters().find(shown);
    if (found != line.parameters().end() && !found->second.empty())
      text += " " + Printable(found->second);
  }
  return text;
}

std::string ContentText(const Content& content) {
  switch (content.kind_case()) {
    case Content::kText:
      return Printable(content.text().body());
    case Content::kNote:
      return Printable(content.note().body());
    case Content::kSystem:
      return SystemText(content.system());
    case Content::kOrder:
      return "[order " + Printable(content.order().order_number()) + "] " +
             Printable(content.order().title());
    case Content::kProduct:
      return "[product " + Printable(content.product().product()) + "] " +
             Printable(content.product().title());
    case Content::kParcel:
      return "[parcel " + Printable(content.parcel().tracking_number()) + "]";
    case Content::kCase:
      return fmt::format("[case {}] {} {}", Printable(content.case_().order_number()),
                         Printable(content.case_().kind()), Printable(content.case_().state()));
    case Content::kRating:
      return fmt::format("[rated {} of 5] {}", content.rating().stars(),
                         Printable(content.rating().comment()));
    case Content::kRecall:
      return fmt::format("[recalled #{}]", content.recall().recalled_seq());
    case Content::KIND_NOT_SET:
      return "";
  }
  return "";
}

std::string Who(const Entry& entry) {
  if (entry.sender().kind() == Sender::KIND_SYSTEM) return "system";
  const char* kind = entry.sender().kind() == Sender::KIND_BUYER ? "buyer" : "agent";
  if (entry.content().has_note()) kind = "note";
  const std::string name = Printable(entry.sender().display_name());
  return name.empty() ? kind : fmt::format("{} {}", kind, name);
}

}  // namespace

std::string EntryLine(const Entry& entry) {
  const std::string text = entry.redacted() ? "[no longer shown]" : ContentText(entry.content());
  return fmt::format("#{} {}: {}", entry.seq(), Who(entry), text);
}

std::string SessionLine(const gateway::v1::Session& session) {
  return fmt::format("{} {} fence {} buyer {}", session.session(),
                     Short(gateway::v1::Session::State_Name(session.state()), "STATE_"),
                     session.fence(), Printable(session.buyer_display_name()));
}

}  // namespace kefu::ctl
