#include "deploy/ctl/commands/cli_nouns.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "deploy/ctl/commands/command.h"

namespace kefu::ctl {
namespace {

// Lives as long as the command line.
struct Row {
  Command command;
  Given given;
};

void AddOption(CLI::App* verb, const Option& option, Given* given) {
  if (option.flag) {
    verb->add_flag_callback(
        option.name, [given, name = option.name] { (*given)[name] = {"true"}; }, option.help);
    return;
  }
  CLI::Option* added = verb->add_option_function<std::vector<std::string>>(
      option.name,
      [given, name = option.name](const std::vector<std::string>& values) {
        (*given)[name] = values;
      },
      option.help);
  added->required(option.required)->type_size(1)->allow_extra_args(false);
  if (!option.repeated) added->expected(1);
}

// "dead-letters list" goes below "dead-letters", whose help names what is below it.
CLI::App* NewVerb(CLI::App* group, const Command& command) {
  const size_t blank = command.verb.find(' ');
  if (blank == std::string::npos) return group->add_subcommand(command.verb, command.help);
  const std::string outer = command.verb.substr(0, blank);
  const std::vector<CLI::App*> there =
      group->get_subcommands([&](CLI::App* app) { return app->get_name() == outer; });
  CLI::App* inner =
      there.empty() ? group->add_subcommand(outer)->require_subcommand(1) : there.front();
  const std::string name = command.verb.substr(blank + 1);
  const std::string known = inner->get_description();
  inner->description(known.empty() ? name : known + ", " + name);
  return inner->add_subcommand(name, command.help);
}

void AddCommand(CLI::App* group, Command command, Invocation* to) {
  auto row = std::make_shared<Row>(Row{std::move(command), {}});
  CLI::App* verb = NewVerb(group, row->command);
  bool names_shop = false;
  for (const Option& option : row->command.options) {
    AddOption(verb, option, &row->given);
    names_shop = names_shop || option.name == "--shop";
  }
  if (!row->command.items.empty()) {
    const Option file = {
        .name = kFile, .help = "JSON lines or an array; - for standard input", .required = true};
    AddOption(verb, file, &row->given);
  }
  if (Writes(row->command)) {
    const Option request_id = {.name = kRequestId,
                               .help = "The same again changes nothing; random if absent"};
    AddOption(verb, request_id, &row->given);
  }
  if (Pages(row->command)) {
    AddOption(verb, {.name = kLimit, .help = "So many at most"}, &row->given);
  }
  if (!names_shop) {
    verb->add_option("--shop", to->globals.shop, "Shop to sign in to; needed by staff of several")
        ->envname("KEFU_SHOP");
  }
  verb->callback([row, to] {
    to->command = [row](Context& context) { return RunCommand(context, row->command, row->given); };
  });
}

}  // namespace

void AddNouns(CLI::App& app, Invocation* to) {
  for (Noun& noun : AllNouns()) {
    CLI::App* group = app.add_subcommand(noun.name, noun.help)->require_subcommand(1);
    for (Command& command : noun.commands) AddCommand(group, std::move(command), to);
  }
}

}  // namespace kefu::ctl
