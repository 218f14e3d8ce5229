// kefuctl cases
#include <utility>

#include "deploy/ctl/commands/command.h"

namespace kefu::ctl {
namespace {

std::vector<std::string> Columns() {
  return {"case", "order_number", "kind", "state", "requested", "buyer", "deadline", "etag"};
}

// A command that moves one case: all have the case, a note and the version that it must still have.
Command Move(std::string verb, std::string method, std::string help,
             std::vector<Option> more = {}) {
  std::vector<Option> options = {
      {.name = "case", .field = "case", .help = "k_…", .required = true},
      {.name = "--note", .field = "note", .help = "A word to the others"},
      {.name = "--etag", .field = "etag", .help = "Only if the case is still this version"}};
  for (Option& option : more) options.push_back(std::move(option));
  return {.verb = std::move(verb),
          .help = std::move(help),
          .method = "kefu.after_sales.v1.CaseService/" + method,
          .options = std::move(options),
          .rows = "case",
          .columns = Columns()};
}

Option Lines(const char* units, const char* help, bool required = false) {
  return {.name = "--line",
          .field = "lines",
          .help = help,
          .required = required,
          .repeated = true,
          .parts = {"line", units}};
}

Option Parcel() {
  return {.name = "--parcel",
          .field = "parcel",
          .help = "CARRIER:NUMBER",
          .parts = {"carrier", "tracking_number"}};
}

Command Open() {
  return {.verb = "open",
          .help = "Open a case",
          .method = "kefu.after_sales.v1.CaseService/OpenCase",
          .options = {{.name = "order", .field = "order", .help = "o_…", .required = true},
                      {.name = "--kind",
                       .field = "kind",
                       .help = "refund_only, return_refund or exchange",
                       .required = true},
                      {.name = "--reason",
                       .field = "reason",
                       .help = "e.g. size, defective, not_received",
                       .required = true},
                      Lines("quantity", "LINE:UNITS; repeatable", true),
                      {.name = "--requested",
                       .field = "requested",
                       .help = "Amount; what the lines cost if absent"},
                      {.name = "--note", .field = "note", .help = "In the buyer's words"}},
          .rows = "case",
          .columns = Columns()};
}

Command List() {
  return {
      .verb = "list",
      .help = "List cases, last changed first",
      .method = "kefu.after_sales.v1.CaseService/ListCases",
      .options = {{.name = "--buyer", .field = "buyer", .help = "Of this buyer, b_…"},
                  {.name = "--order", .field = "order", .help = "Of this order, o_…"},
                  {.name = "--state", .field = "state", .help = "e.g. requested, refund_pending"},
                  {.name = "--live",
                   .field = "live_only",
                   .help = "Neither completed nor closed",
                   .flag = true}},
      .rows = "cases",
      .columns = Columns()};
}

}  // namespace

Noun CasesNoun() {
  return {
      .name = "cases",
      .help = "Refunds, returns and exchanges",
      .commands = {
          Open(),
          Move("ask", "RequestInformation", "Ask the buyer for more"),
          Move("amend", "AmendCase", "Say more, or ask again after a rejection"),
          Move("approve", "ApproveCase", "Approve it",
               {{.name = "--refund", .field = "refund", .help = "Amount, of a refund only"}}),
          Move("reject", "RejectCase", "Reject it; the note says why"),
          Move("return", "ReportReturn", "The goods are on their way back", {Parcel()}),
          Move("receive", "ReceiveReturn", "The goods are back",
               {Lines("received", "LINE:UNITS that came; all if absent")}),
          Move("inspect", "InspectReturn", "The goods were looked at",
               {Lines("accepted", "LINE:UNITS accepted; all that came if absent")}),
          Move("refund", "RefundCase", "Order the money back",
               {{.name = "--amount", .field = "amount", .help = "What is accepted if absent"}}),
          Move("settle", "SettleRefund", "What the payment provider answered",
               {{.name = "--refund", .field = "refund", .help = "k_…_r1", .required = true},
                {.name = "--succeeded", .field = "succeeded", .help = "It was paid", .flag = true},
                {.name = "--reference", .field = "reference", .help = "The provider's"}}),
          Move("exchange", "AcceptExchange", "The goods of an exchange may go out"),
          Move("ship", "ShipReplacement", "The replacement was sent", {Parcel()}),
          Move("complete", "CompleteCase", "The buyer has the replacement"),
          Move("escalate", "EscalateCase", "To arbitration"),
          Move("close", "CloseCase", "Withdrawn or over, without money"),
          {.verb = "get",
           .help = "Show a case with its history",
           .method = "kefu.after_sales.v1.CaseService/GetCase",
           .options = {{.name = "case", .field = "case", .help = "k_…", .required = true}}},
          List(),
      }};
}

}  // namespace kefu::ctl
