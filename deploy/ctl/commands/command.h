// Commands that are one method of the public API each: rows of a table per noun. The request is
// filled from options by the method's descriptor, the answer is printed as lines of some of its
// fields, or as JSON; adding a command needs no code.
//
//   {.verb = "get", .help = "Show an order",
//    .method = "kefu.orders.v1.OrderService/GetOrder",
//    .options = {{.name = "order", .field = "order", .help = "o_…", .required = true}}}
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "deploy/ctl/commands/admin.h"

namespace kefu::ctl {

struct Option {
  // "order" stands by itself on the command line, "--buyer" needs its name.
  std::string name;
  // Of the request; empty: the command's own affair.
  std::string field;
  std::string help;
  bool required = false;
  // A flag without a value.
  bool flag = false;
  // May be given several times, for a repeated field.
  bool repeated = false;
  // The value is read from the file of that name, so that it is no argument.
  bool secret = false;
  // Of a field that is a message: fields.h.
  std::vector<std::string> parts = {};
};

// What was given, by the names of the options.
using Given = std::map<std::string, std::vector<std::string>>;

struct Command {
  // "list"; "dead-letters list" is a command below a command.
  std::string verb;
  std::string help;
  // "kefu.orders.v1.OrderService/GetOrder".
  std::string method;
  std::vector<Option> options;
  // A repeated field of the request that comes from the file "file" (- is standard input),
  // `portion` items to a call.
  std::string items;
  int portion = 0;
  // The field of the answer to print, one or many; empty: the answer.
  std::string rows;
  // Fields of a row for its line; empty: everything, a line for each field.
  std::vector<std::string> columns;
  // Instead of calling `method`.
  std::function<Task<ExitCode>(Context&, const Given&)> run;
};

struct Noun {
  std::string name;
  std::string help;
  std::vector<Command> commands;
};

// Beside those of its table every command has: --request-id (of what writes; a random one if
// absent), --limit (of lists), "file" (of what has `items`).
inline constexpr char kRequestId[] = "--request-id";
inline constexpr char kLimit[] = "--limit";
inline constexpr char kFile[] = "file";

// Whether the method changes something, and whether its answer comes in pages.
bool Writes(const Command& command);
bool Pages(const Command& command);
// Empty, or what the table says that the protos do not know. For its test.
std::vector<std::string> Faults(const Command& command);

// 0; 2 if an item was refused.
Task<ExitCode> RunCommand(Context& context, const Command& command, Given given);

// The value of an option that is given at most once.
std::string ValueOf(const Given& given, const std::string& option, std::string otherwise = "");

Noun BoardNoun();
Noun OrdersNoun();
Noun ParcelsNoun();
Noun CasesNoun();
Noun EventsNoun();
Noun RecordsNoun();
Noun RoutingNoun();
Noun WebhooksNoun();
std::vector<Noun> AllNouns();

}  // namespace kefu::ctl
